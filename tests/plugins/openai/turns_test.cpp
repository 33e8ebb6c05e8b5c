// Whose turn it is: greetings, answers, and a caller who breaks in.
#include "tests/plugins/openai/call.hpp"

namespace openai_test {
namespace {

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

TEST(OpenAiTurns, ASentenceThatMayNotWaitCancelsAnAnswerThatHasNotBegunAsSoonAsItDoes) {
  Voice v;
  v.greeting("A long menu").ready();
  Message now = In::say("The office closes now.");
  now.type = HKS_DRAFT_SAY_NOW;
  EXPECT_TRUE(Voice::sent(v.step(now)).empty()) << "there is nothing to cancel yet";
  const auto cancels = Voice::sent(v.created("r1"), "response.cancel");
  ASSERT_EQ(cancels.size(), 1u);
  EXPECT_EQ(cancels[0]["response_id"], "r1");
  v.item("i1", "r1");
  EXPECT_FALSE(v.delta("late", "i1", "r1").has(HKS_AUDIO));
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
