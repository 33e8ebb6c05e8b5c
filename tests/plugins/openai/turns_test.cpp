// Whose turn it is: greetings, answers, and a caller who breaks in.
#include "tests/plugins/openai/call.hpp"

namespace openai_test {
namespace {

const Json kSpeechStarted = {{"type", "input_audio_buffer.speech_started"}, {"item_id", "u"}, {"audio_start_ms", 100}};
const Json kSpeechStopped = {{"type", "input_audio_buffer.speech_stopped"}, {"item_id", "u"}, {"audio_end_ms", 900}};

Json call(const std::string& id, const std::string& name, const std::string& arguments,
          const std::string& status = "completed") {
  return {{"id", "item_" + id}, {"type", "function_call"}, {"status", status}, {"call_id", id},
          {"name", name},       {"arguments", arguments}};
}
Json itemDone(const Json& item, const std::string& response) {
  return {{"type", "response.output_item.done"}, {"response_id", response}, {"output_index", 0}, {"item", item}};
}
Voice& withTool(Voice& v) {
  v.start.tools = {{"lookup", "Find an order.", R"({"type":"object","properties":{"n":{"type":"string"}}})"}};
  return v;
}

TEST(OpenAiTurns, TheGreetingIsSaidFirst) {
  Voice v;
  const auto creates = Voice::sent(v.greeting("Hello, \"Acme\".").ready(), "response.create");
  ASSERT_EQ(creates.size(), 1u);
  EXPECT_NE(creates[0]["response"]["instructions"].get<std::string>().find("Hello, \"Acme\"."), std::string::npos);
  EXPECT_EQ(creates[0]["response"]["tool_choice"], "none");
}

TEST(OpenAiTurns, WithoutAGreetingTheCallerBegins) {
  Voice v;
  EXPECT_TRUE(Voice::sent(v.greeting("").ready()).empty());
}

TEST(OpenAiTurns, BargeInTruncatesAtWhatWasHeardAndDropsLateAudio) {
  Voice v;
  v.greeting("").ready();
  v.created("r1");
  v.item("a1", "r1");
  v.delta(std::string(8000, 'x'), "a1", "r1");
  EXPECT_TRUE(v.says(kSpeechStarted).has(HKS_SPEECH_STARTED));
  const auto cut = Voice::sent(v.step(In::heard("a1", 400, 1000)), "conversation.item.truncate");
  ASSERT_EQ(cut.size(), 1u);
  EXPECT_EQ(cut[0]["item_id"], "a1");
  EXPECT_EQ(cut[0]["audio_end_ms"], 400);
  EXPECT_EQ(cut[0]["content_index"], 0);
  EXPECT_FALSE(v.delta(std::string(800, 'y'), "a1", "r1").has(HKS_AUDIO));
  EXPECT_FALSE(v.audioDone("a1", "r1").has(HKS_AUDIO_END));
  const auto line =
      v.transcriptDone("a1", "r1", "one two three four five six seven eight nine ten elf").only(HKS_TRANSCRIPT);
  EXPECT_EQ(line.text, "one two three four");  // 400 of 1100 ms
  v.done("r1", "cancelled");
  v.created("r2");
  EXPECT_TRUE(v.delta("fresh", "a2", "r2").has(HKS_AUDIO));
}

TEST(OpenAiTurns, AFinishedAnswerThatStillPlaysIsTruncatedToo) {
  Voice v;
  v.greeting("").ready();
  v.answer("a1", "r1", 10000, "this was told already in full");
  EXPECT_TRUE(v.says(kSpeechStarted).has(HKS_SPEECH_STARTED));
  const auto out = v.step(In::heard("a1", 5000, 10000));
  EXPECT_EQ(Voice::sent(out).at(0)["audio_end_ms"], 5000);
  EXPECT_EQ(out.only(HKS_TRANSCRIPT).text, "this was told");
  EXPECT_EQ(out.only(HKS_TRANSCRIPT).item, "a1");
}

TEST(OpenAiTurns, NeverTruncatesBeyondWhatWasReceived) {
  Voice v;
  v.greeting("").ready();
  v.created("r1");
  v.item("a1", "r1");
  v.delta(std::string(803, 'x'), "a1", "r1");
  v.says(kSpeechStarted);
  EXPECT_EQ(Voice::sent(v.step(In::heard("a1", 99999, 99999))).at(0)["audio_end_ms"], 100);
}

TEST(OpenAiTurns, NothingIsTruncatedOfWhatNeverCameOrWasHeardInFull) {
  Voice v;
  v.greeting("").ready();
  v.answer("a1", "r1", 1000, "heard in full");
  v.created("r2");
  v.item("a2", "r2");
  v.says(kSpeechStarted);
  EXPECT_TRUE(v.step(In::heard("a1", 1000, 1000)).empty());
  EXPECT_TRUE(v.step(In::heard("a2", 0, 0)).empty());
  EXPECT_TRUE(v.step(In::heard("nobody", 5, 5)).empty());
}

TEST(OpenAiTurns, InTheSecondItemOfAnAnswerOnlyThatOneIsCut) {
  Voice v;
  v.greeting("").ready();
  v.created("r1");
  v.item("a1", "r1");
  v.delta(std::string(800, 'x'), "a1", "r1");
  v.audioDone("a1", "r1");
  v.item("a2", "r1");
  v.delta(std::string(800, 'x'), "a2", "r1");
  v.says(kSpeechStarted);
  const auto cut = Voice::sent(v.step(In::heard("a2", 20, 100)));
  ASSERT_EQ(cut.size(), 1u);
  EXPECT_EQ(cut[0]["item_id"], "a2");
  EXPECT_TRUE(v.step(In::heard("a2", 20, 100)).empty());
}

TEST(OpenAiTurns, LinesComeInTheOrderOfTheConversation) {
  Voice v;
  v.greeting("").ready();
  v.says({{"type", "input_audio_buffer.committed"}, {"item_id", "u1"}, {"previous_item_id", nullptr}});
  v.created("r1");
  v.item("a1", "r1");
  EXPECT_FALSE(v.transcriptDone("a1", "r1", "At nine.").has(HKS_TRANSCRIPT));
  const auto out = v.says({{"type", "conversation.item.input_audio_transcription.completed"},
                           {"item_id", "u1"},
                           {"transcript", "When do\nyou open? "}})
                       .ofType(HKS_TRANSCRIPT);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].speaker, unsigned(HKS_USER));
  EXPECT_EQ(out[0].text, "When do you open?");
  EXPECT_EQ(out[1].text, "At nine.");
}

TEST(OpenAiTurns, ALongLineReachesTheHostWhole) {
  Voice v;
  v.greeting("").ready();
  const std::string said(70'000, 'x');  // more than the host keeps, so that it is the host that marks it as cut
  v.says({{"type", "input_audio_buffer.committed"}, {"item_id", "u1"}});
  EXPECT_EQ(
      v.says(
           {{"type", "conversation.item.input_audio_transcription.completed"}, {"item_id", "u1"}, {"transcript", said}})
          .only(HKS_TRANSCRIPT)
          .text,
      said);
  v.created("r1");
  v.item("a1", "r1");
  v.delta(std::string(800, 'x'), "a1", "r1");
  EXPECT_EQ(v.transcriptDone("a1", "r1", said).only(HKS_TRANSCRIPT).text, said);
}

TEST(OpenAiTurns, ALineIsNotHeldForEverByOneThatNeverComes) {
  Voice v;
  v.greeting("").ready();
  v.says({{"type", "input_audio_buffer.committed"}, {"item_id", "u1"}});
  v.created("r1");
  v.item("a1", "r1");
  EXPECT_FALSE(v.transcriptDone("a1", "r1", "At nine.").has(HKS_TRANSCRIPT));
  EXPECT_EQ(v.step(In::timer(6)).only(HKS_TRANSCRIPT).text, "At nine.");
  EXPECT_EQ(v.says({{"type", "conversation.item.input_audio_transcription.completed"},
                    {"item_id", "u1"},
                    {"transcript", "late"}})
                .only(HKS_TRANSCRIPT)
                .text,
            "late");
}

TEST(OpenAiTurns, AFailedTranscriptionHoldsNothingUp) {
  Voice v;
  v.greeting("").ready();
  v.says({{"type", "input_audio_buffer.committed"}, {"item_id", "u1"}});
  v.transcriptDone("a1", "r1", "Yes.");
  const auto out = v.says(
      {{"type", "conversation.item.input_audio_transcription.failed"}, {"item_id", "u1"}, {"error", {{"code", "x"}}}});
  EXPECT_EQ(out.only(HKS_TRANSCRIPT).text, "Yes.");
}

TEST(OpenAiTurns, OneAnswerAtATime) {
  Voice v;
  v.greeting("Hi").ready();
  EXPECT_TRUE(Voice::sent(v.step(In::say("Five minutes left."))).empty());
  v.created("r1");
  const auto out = Voice::sent(v.done("r1"), "response.create");
  ASSERT_EQ(out.size(), 1u);
  EXPECT_NE(out[0]["response"]["instructions"].get<std::string>().find("Five minutes left."), std::string::npos);
}

TEST(OpenAiTurns, ACreateThatLosesARaceAgainstTheServersIsSentAfterIt) {
  Voice v;
  const std::string id = Voice::sent(v.greeting("Hi").ready(), "response.create").at(0)["event_id"];
  v.created("r_vad");
  EXPECT_FALSE(v.error("conversation_already_has_active_response", id).has(HKS_DATA));
  EXPECT_EQ(Voice::sent(v.done("r_vad"), "response.create").at(0)["event_id"], id);
}

TEST(OpenAiTurns, HalfACharacterInAnAnswerDoesNotShutTheGate) {
  Voice v;
  v.greeting("").ready();
  v.created("r1");
  v.item("i1", "r1");
  v.delta(std::string(800, 'a'), "i1", "r1");
  v.step(In::dtmf("1#"));
  const auto out = v.step(In::data(
      v.conn, R"({"type":"response.done","response":{"id":"r1","status":"completed","output":[{"id":"i1","type":)"
              R"("message","content":[{"type":"output_audio","transcript":"Fine \ud83d"}]}],"usage":null}})"));
  EXPECT_FALSE(out.has(HKS_LOG));
  EXPECT_EQ(Voice::sent(out, "response.create").size(), 1u) << "what has waited is asked for";
  EXPECT_EQ(out.only(HKS_TRANSCRIPT).text, "Fine \xEF\xBF\xBD");
}

TEST(OpenAiTurns, ACreateThatIsNeitherBegunNorRefusedDoesNotBlockTheCall) {
  Voice v;
  v.greeting("Hi").ready();
  v.step(In::say("Later."));
  EXPECT_EQ(v.player.timers().at(3), 3500u) << "the caller waits";
  EXPECT_EQ(Voice::sent(v.step(In::timer(3)), "response.create").size(), 1u);
}

TEST(OpenAiTurns, KeysBecomeOneTextItemAndAreAnswered) {
  Voice v;
  v.greeting("").ready();
  v.step(In::dtmf("1"));
  v.step(In::dtmf("2"));
  const auto out = Voice::sent(v.step(In::dtmf("#")));
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0]["item"]["content"][0]["text"], "The caller pressed 1 2 # on the keypad.");
  EXPECT_EQ(out[0]["item"]["role"], "user");
  EXPECT_EQ(out[1]["type"], "response.create");
  v.step(In::dtmf("9"));
  EXPECT_EQ(Voice::sent(v.step(In::timer(5))).at(0)["item"]["content"][0]["text"],
            "The caller pressed 9 on the keypad.");
}

TEST(OpenAiTurns, WhenTheHostSilencesItTheAnswerIsCancelledAndNoMoreOfItIsHeard) {
  Voice v;
  v.greeting("").ready();
  v.created("r1");
  v.item("i1", "r1");
  v.delta(std::string(8000, 'a'), "i1", "r1");
  const auto cancels = Voice::sent(v.step(In::heard("", 0, 0)), "response.cancel");
  ASSERT_EQ(cancels.size(), 1u);
  EXPECT_EQ(cancels[0]["response_id"], "r1");
  const auto cut = Voice::sent(v.step(In::heard("i1", 300, 1000)), "conversation.item.truncate");
  ASSERT_EQ(cut.size(), 1u);
  EXPECT_EQ(cut[0]["audio_end_ms"], 300);
  EXPECT_TRUE(Voice::sent(v.step(In::heard("", 0, 0))).empty()) << "once";
  EXPECT_FALSE(v.delta("late", "i1", "r1").has(HKS_AUDIO));
  v.item("i2", "r1");
  EXPECT_FALSE(v.delta("late", "i2", "r1").has(HKS_AUDIO)) << "nor of another item of the same answer";
  EXPECT_TRUE(Voice::sent(v.step(In::dtmf("2#")), "response.create").empty()) << "one answer at a time";
  EXPECT_EQ(Voice::sent(v.done("r1", "cancelled"), "response.create").size(), 1u);
  EXPECT_FALSE(v.delta("later still", "i3", "r1").has(HKS_AUDIO));
  v.created("r2");
  v.item("i4", "r2");
  EXPECT_TRUE(v.delta("heard", "i4", "r2").has(HKS_AUDIO));
}

TEST(OpenAiTurns, AnAnswerThatWasAskedForBeforeTheHostSilencedItIsCancelledWhenItBegins) {
  Voice v;
  v.greeting("A long menu").ready();
  EXPECT_TRUE(Voice::sent(v.step(In::heard("", 0, 0))).empty()) << "there is nothing to cancel yet";
  EXPECT_EQ(Voice::sent(v.created("r1"), "response.cancel").size(), 1u);
  v.item("i1", "r1");
  EXPECT_FALSE(v.delta("late", "i1", "r1").has(HKS_AUDIO));
  v.done("r1", "cancelled");
  v.step(In::dtmf("#"));
  EXPECT_TRUE(Voice::sent(v.created("r2"), "response.cancel").empty()) << "what answers the key is wanted";
}

TEST(OpenAiTurns, AToolIsCalledOnceAndItsOutputIsFollowedByOneAnswer) {
  Voice v;
  withTool(v).greeting("").ready();
  v.created("r1");
  const auto called = v.says(itemDone(call("c1", "lookup", R"({"n":"7"})"), "r1"));
  const auto& asked = called.only(HKS_TOOL_CALL);
  EXPECT_EQ(asked.name, "lookup");
  EXPECT_EQ(asked.json, R"({"n":"7"})");
  const auto second = v.says(itemDone(call("c2", "lookup", "{}"), "r1")).only(HKS_TOOL_CALL).id;
  EXPECT_FALSE(v.says(itemDone(call("c1", "lookup", "{}"), "r1")).has(HKS_TOOL_CALL));
  auto out = Voice::sent(v.step(In::toolResult(asked.id, R"({"status":"shipped"})")));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0]["item"]["call_id"], "c1");
  EXPECT_EQ(out[0]["item"]["output"], R"({"status":"shipped"})");
  EXPECT_TRUE(
      Voice::sent(v.done("r1", "completed", Json::array({call("c1", "lookup", "{}"), call("c2", "lookup", "{}")})))
          .empty());
  out = Voice::sent(v.step(In::toolResult(second, "it broke", true)));
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0]["item"]["output"], R"({"error":"it broke"})");
  EXPECT_EQ(out[1]["type"], "response.create");
  EXPECT_TRUE(v.step(In::toolResult(second, "{}")).empty());
}

TEST(OpenAiTurns, AnInterruptedCallIsNotRunAndBadArgumentsAreAnsweredAtOnce) {
  Voice v;
  withTool(v).greeting("").ready();
  v.created("r1");
  EXPECT_TRUE(v.says(itemDone(call("c1", "lookup", "{}", "incomplete"), "r1")).empty());
  const auto bad = v.says(itemDone(call("c2", "lookup", "{\"n\":"), "r1"));
  EXPECT_FALSE(bad.has(HKS_TOOL_CALL));
  EXPECT_EQ(Voice::sent(bad).at(0)["item"]["call_id"], "c2");
  EXPECT_EQ(Voice::sent(v.says(itemDone(call("c3", "format_disk", "{}"), "r1"))).at(0)["item"]["output"],
            R"({"error":"there is no such tool"})");
  EXPECT_EQ(Voice::sent(v.done("r1"), "response.create").size(), 1u);
}

TEST(OpenAiTurns, AToolThatDoesNotAnswerIsAnsweredFor) {
  Voice v;
  withTool(v).greeting("").ready();
  v.created("r1");
  const auto id = v.says(itemDone(call("c1", "lookup", "{}"), "r1")).only(HKS_TOOL_CALL).id;
  v.done("r1");
  const auto out = v.step(In::timer(1000 + id));
  EXPECT_EQ(Voice::sent(out).at(0)["item"]["output"], R"({"error":"timeout"})");
}

TEST(OpenAiTurns, WhileTheCallerSpeaksAToolsOutputIsSentWithoutACreate) {
  Voice v;
  withTool(v).greeting("").ready();
  v.created("r1");
  const auto id = v.says(itemDone(call("c1", "lookup", "{}"), "r1")).only(HKS_TOOL_CALL).id;
  v.done("r1");
  v.says(kSpeechStarted);
  EXPECT_EQ(Voice::sent(v.step(In::toolResult(id, "{}"))).size(), 1u);
  v.says(kSpeechStopped);
  v.created("r2");
  EXPECT_TRUE(Voice::sent(v.done("r2"), "response.create").empty());
}

TEST(OpenAiTurns, EndCallTakesEffectWhenItsAnswerIsDone) {
  Voice v;
  v.greeting("").ready();
  v.created("r1");
  EXPECT_FALSE(v.says(itemDone(call("c1", "end_call", R"({"reason":"all\ndone"})"), "r1")).has(HKS_CALL_END));
  const auto out = v.done("r1", "completed", Json::array({call("c1", "end_call", "{}")}));
  EXPECT_EQ(out.only(HKS_CALL_END).reason, "the agent ended the call: all done");
  EXPECT_EQ(out.only(HKS_CALL_END).by, unsigned(HKS_BY_AGENT));
  EXPECT_EQ(out.only(HKS_CALL_END).flags, unsigned(HKS_END_AFTER_PLAYBACK));
  EXPECT_TRUE(Voice::sent(out, "response.create").empty());
}

TEST(OpenAiTurns, ACallerWhoInterruptsTheGoodbyeKeepsTheCall) {
  Voice v;
  v.greeting("").ready();
  v.created("r1");
  v.says(itemDone(call("c1", "end_call", R"({"reason":"x"})"), "r1"));
  v.says(kSpeechStarted);
  const auto out = v.done("r1", "cancelled");
  EXPECT_FALSE(out.has(HKS_CALL_END));
  EXPECT_NE(Voice::sent(out).at(0)["item"]["output"].get<std::string>().find("not ended"), std::string::npos);
}

TEST(OpenAiTurns, AFailedAnswerIsTriedOnceMoreAfterTheLimitsReset) {
  Voice v;
  v.greeting("Hi").ready();
  v.says({{"type", "rate_limits.updated"},
          {"rate_limits", {{{"name", "tokens"}, {"limit", 9}, {"remaining", 0}, {"reset_seconds", 3.5}}}}});
  const Json details = {{"type", "failed"},
                        {"error", {{"type", "tokens"}, {"code", "rate_limit_exceeded"}, {"message", "slow down"}}}};
  v.created("r1");
  EXPECT_TRUE(Voice::sent(v.done("r1", "failed", Json::array(), details)).empty());
  EXPECT_EQ(v.player.timers().at(4), 3500u);
  const auto again = Voice::sent(v.step(In::timer(4)), "response.create");
  ASSERT_EQ(again.size(), 1u);
  EXPECT_TRUE(again[0].contains("response"));  // the greeting again, not a plain answer
  v.created("r2");
  const auto out = v.done("r2", "failed", Json::array(), details);
  EXPECT_NE(out.only(HKS_LOG).text.find("slow down"), std::string::npos);
  EXPECT_EQ(v.player.timers().count(4), 0u);
}

TEST(OpenAiTurns, TwoFailuresInARowAreAModelThatIsGone) {
  for (const char* code : {"server_error", "rate_limit_exceeded", "something_new"}) {
    Voice v;
    v.greeting("Hi").ready();
    const Json details = {{"type", "failed"}, {"error", {{"type", "server_error"}, {"code", code}}}};
    v.created("r1");
    EXPECT_FALSE(v.done("r1", "failed", Json::array(), details).has(HKS_GONE));
    EXPECT_LE(v.player.timers().at(4), 3500u);
    v.step(In::timer(4));
    v.created("r2");
    EXPECT_TRUE(v.done("r2", "failed", Json::array(), details).has(HKS_GONE)) << code;
  }
}

TEST(OpenAiTurns, AnAnswerWithoutSoundIsSaidAndAskedForOnceMore) {
  const Json text = {
      {{"type", "message"}, {"id", "a1"}, {"content", Json::array({{{"type", "output_text"}, {"text", "Read me."}}})}}};
  Voice v;
  v.greeting("Hi").ready();
  v.created("r1");
  const auto out = v.done("r1", "completed", text);
  EXPECT_NE(out.only(HKS_LOG).text.find("without sound: message of output_text"), std::string::npos) << out;
  EXPECT_EQ(Voice::sent(v.step(In::timer(4)), "response.create").size(), 1u);
  v.answer("a2", "r2", 200, "Hi.");
  v.created("r3");
  EXPECT_FALSE(v.done("r3", "completed", text).has(HKS_GONE)) << "the one before was heard";
  v.step(In::timer(4));
  v.created("r4");
  EXPECT_TRUE(v.done("r4", "completed", text).has(HKS_GONE));
}

TEST(OpenAiTurns, AnAnswerThatBeginsAndGoesNoFurtherIsAskedForOnceMore) {
  Voice v;
  v.greeting("Hi").ready();
  v.created("r1");
  EXPECT_EQ(v.player.timers().at(3), 3500u);
  EXPECT_EQ(Voice::sent(v.step(In::timer(3)), "response.cancel").at(0)["response_id"], "r1");
  EXPECT_EQ(Voice::sent(v.step(In::timer(4)), "response.create").size(), 1u);
  v.created("r2");
  v.item("a2", "r2");
  v.delta("x", "a2", "r2");
  EXPECT_EQ(v.player.timers().count(3), 0u);
}

TEST(OpenAiTurns, ATurnOfTheCallerThatNobodyAnswersIsAnsweredOnDemand) {
  Voice v;
  v.greeting("").ready();
  v.says(Json{{"type", "input_audio_buffer.speech_started"}, {"item_id", "u"}});
  v.says(Json{{"type", "input_audio_buffer.speech_stopped"}, {"item_id", "u"}});
  EXPECT_LE(v.player.timers().at(11), 3500u);
  EXPECT_EQ(Voice::sent(v.step(In::timer(11)), "response.create").size(), 1u);
}

TEST(OpenAiTurns, AudioOfNoItemIsThatOfTheNewestItemOfItsResponse) {
  Voice v;
  v.greeting("").ready();
  v.created("r1");
  v.item("a1", "r1");
  EXPECT_EQ(v.delta("abc", "", "r1").only(HKS_AUDIO).item, "a1");
  v.done("r1");
  EXPECT_EQ(v.player.timers().count(4), 0u) << "it was heard";
  v.created("r2");
  EXPECT_FALSE(v.delta("abc", "", "r2").only(HKS_AUDIO).item.empty());
}

TEST(OpenAiTurns, AnAnswerInAnotherFormatIsNotPlayedAsNoise) {
  Voice v;
  v.greeting("").ready();
  v.says({{"type", "response.created"},
          {"response", {{"id", "r1"}, {"audio", {{"output", {{"format", {{"type", "audio/pcm"}}}}}}}}}});
  v.item("a1", "r1");
  EXPECT_FALSE(v.delta("abc", "a1", "r1").has(HKS_AUDIO));
  v.done("r1");
  EXPECT_EQ(v.player.timers().count(4), 1u) << "it is asked for again";
}

TEST(OpenAiTurns, FatalCodesEndTheVoiceAndHarmlessOnesDoNot) {
  for (const char* code : {"insufficient_quota", "invalid_api_key", "model_not_found"}) {
    Voice v;
    v.greeting("").ready();
    EXPECT_TRUE(v.error(code).has(HKS_GONE)) << code;
  }
  Voice v;
  v.greeting("").ready();
  for (const char* code : {"response_cancel_not_active", "unsupported_content_type", "unknown_parameter", "whatever"})
    EXPECT_FALSE(v.error(code).has(HKS_GONE)) << code;
  EXPECT_FALSE(v.error("invalid_value", "tr-7", "Audio content of 100ms is already shorter than 120ms").has(HKS_GONE));
  EXPECT_TRUE(v.callerAudio().has(HKS_DATA));
}

TEST(OpenAiTurns, ASentenceThatMayNotWaitCancelsTheAnswerAndComesBeforeAllThatWaits) {
  Voice v;
  v.greeting("").ready();
  v.created("r1");
  v.item("a1", "r1");
  v.delta(std::string(8000, 'x'), "a1", "r1");
  v.step(In::say("later"));
  Message now = In::say("The office closes now.");
  now.type = HKS_DRAFT_SAY_NOW;
  const auto cancels = Voice::sent(v.step(now), "response.cancel");
  ASSERT_EQ(cancels.size(), 1u);
  EXPECT_EQ(cancels[0]["response_id"], "r1");
  EXPECT_FALSE(v.delta(std::string(800, 'y'), "a1", "r1").has(HKS_AUDIO)) << "what still comes of it is not played";
  const auto next = Voice::sent(v.done("r1", "cancelled"), "response.create");
  ASSERT_EQ(next.size(), 1u);
  EXPECT_NE(next[0].dump().find("The office closes now."), std::string::npos) << next[0];
}

TEST(OpenAiTurns, ASentenceThatMayNotWaitNeedsNoCancelWhereNothingIsSaid) {
  Voice v;
  v.greeting("").ready();
  Message now = In::say("Hello.");
  now.type = HKS_DRAFT_SAY_NOW;
  const Outputs out = v.step(now);
  EXPECT_TRUE(Voice::sent(out, "response.cancel").empty());
  EXPECT_EQ(Voice::sent(out, "response.create").size(), 1u);
}

TEST(OpenAiTurns, OtherInstructionsChangeNothingElseOfTheSession) {
  Voice v;
  v.greeting("").ready();
  Message prompt = In::notice("Speak French.");
  prompt.type = HKS_DRAFT_PROMPT;
  const auto sent = Voice::sent(v.step(prompt));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0]["session"], Json({{"type", "realtime"}, {"instructions", "Speak French."}}));
}

TEST(OpenAiTurns, InstructionsThatComeBeforeTheConnectionAreThoseItIsConfiguredWith) {
  Voice v;
  v.conn = v.step(v.start).only(HKS_CONNECT).id;
  Message prompt = In::notice("Speak French.");
  prompt.type = HKS_DRAFT_PROMPT;
  EXPECT_TRUE(v.step(prompt).empty());
  const auto sent = Voice::sent(v.step(In::opened(v.conn)), "session.update");
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0]["session"]["instructions"], "Speak French.");
}

}  // namespace
}  // namespace openai_test
