// A connection that nobody expected to end.
#include "tests/plugins/openai/call.hpp"

namespace openai_test {
namespace {

constexpr std::uint64_t kNextTry = 10, kRecovery = 13;

struct Losing : Voice {
  Losing() { start.retry_ms = 10'000; }
  /// The live connection is lost; the next one is opened and configured. What the last step sent.
  Outputs losesAndIsBack(std::uint32_t code = 1006) {
    const auto out = step(In::closed(conn, code));
    EXPECT_FALSE(out.has(HKS_GONE)) << out;
    lost = out;
    conn = out.only(HKS_CONNECT).id;
    step(In::opened(conn));
    return says(updated());
  }
  /// The response r1 has called this tool.
  Outputs calls(const std::string& tool) {
    return says({{"type", "response.output_item.done"},
                 {"response_id", "r1"},
                 {"item",
                  {{"type", "function_call"},
                   {"status", "completed"},
                   {"call_id", "c1"},
                   {"name", tool},
                   {"arguments", "{}"}}}});
  }
  /// The model has called end_call, and its answer is done; what it said may still be playing.
  void saysGoodbye() {
    greeting("").ready();
    created("r1");
    item("a1", "r1");
    delta(std::string(4800, 'x'), "a1", "r1");
    calls("end_call");
    done("r1");
  }
  Outputs lost;
};

std::vector<std::string> texts(const Outputs& out) {
  std::vector<std::string> all;
  for (const auto& e : Voice::sent(out, "conversation.item.create"))
    if (e["item"]["type"] == "message")
      all.push_back(e["item"]["role"].get<std::string>() + ": " + e["item"]["content"][0]["text"].get<std::string>());
  return all;
}

Json callerSaid(const std::string& item, const std::string& text) {
  return {{"type", "conversation.item.input_audio_transcription.completed"}, {"item_id", item}, {"transcript", text}};
}

TEST(OpenAiRecovery, WhateverEndsTheConnectionItIsTriedAgainAtOnceAndTheTranscriptIsReplayed) {
  for (const std::uint32_t code : {1000u, 1006u, 1008u, 1011u, 1012u}) {
    Losing v;
    v.greeting("").ready();
    v.says(callerSaid("u1", "I lost my card."));
    v.answer("a1", "r1", 200, "I can block it.");
    const auto out = v.losesAndIsBack(code);
    const auto replay = texts(out);
    ASSERT_EQ(replay.size(), 3u) << code;
    EXPECT_EQ(replay[0], "user: I lost my card.");
    EXPECT_EQ(replay[1], "assistant: I can block it.");
    EXPECT_TRUE(Voice::sent(out, "response.create").empty()) << "nothing is owed";
    EXPECT_FALSE(out.has(HKS_READY));
    EXPECT_TRUE(v.callerAudio().has(HKS_DATA));
  }
}

TEST(OpenAiRecovery, AnAnswerInTheMiddleIsHeardAsFarAsItCameAndFinished) {
  Losing v;
  v.greeting("").ready();
  v.says(callerSaid("u1", "Where is my parcel?"));
  v.created("r1");
  v.item("a1", "r1");
  v.says({{"type", "response.output_audio_transcript.delta"}, {"item_id", "a1"}, {"delta", "It is on"}});
  v.says({{"type", "response.output_audio_transcript.delta"}, {"item_id", "a1"}, {"delta", " its way"}});
  v.delta(std::string(8000, 'x'), "a1", "r1");
  const auto out = v.losesAndIsBack();
  EXPECT_EQ(v.lost.only(HKS_AUDIO_END).name, "a1");
  EXPECT_EQ(v.lost.only(HKS_TRANSCRIPT).text, "It is on its way");
  EXPECT_FALSE(v.lost.has(HKS_FLUSH));
  const auto replay = texts(out);
  ASSERT_EQ(replay.size(), 4u);
  EXPECT_EQ(replay[1], "assistant: It is on its way");
  EXPECT_NE(replay[3].find("cut off after: \"It is on its way\""), std::string::npos) << replay[3];
  EXPECT_EQ(Voice::sent(out, "response.create").size(), 1u);
}

TEST(OpenAiRecovery, WhatIsTakenBackOfTheOldAnswerCorrectsItsLineAndAsksNobody) {
  Losing v;
  v.greeting("").ready();
  v.created("r1");
  v.item("a1", "r1");
  v.says({{"type", "response.output_audio_transcript.delta"}, {"item_id", "a1"}, {"delta", "one two three four"}});
  v.delta(std::string(8000, 'x'), "a1", "r1");
  v.losesAndIsBack();
  v.says(Json{{"type", "input_audio_buffer.speech_started"}, {"item_id", "u"}});
  const auto out = v.step(In::heard("a1", 500, 1000));
  EXPECT_TRUE(Voice::sent(out).empty());
  EXPECT_EQ(out.only(HKS_TRANSCRIPT).text, "one two");
}

TEST(OpenAiRecovery, AGreetingThatBrokeOffIsSaidAgain) {
  Losing v;
  v.greeting("This call is recorded.").ready();
  v.created("r1");
  v.item("a1", "r1");
  v.delta(std::string(800, 'x'), "a1", "r1");
  const auto out = v.losesAndIsBack();
  const auto creates = Voice::sent(out, "response.create");
  ASSERT_EQ(creates.size(), 1u);
  EXPECT_NE(creates[0]["response"]["instructions"].get<std::string>().find("This call is recorded."),
            std::string::npos);
}

TEST(OpenAiRecovery, ACallerWhoWasSpeakingIsHeardFromTheBeginning) {
  Losing v;
  v.greeting("").ready();
  for (int i = 0; i < 10; ++i) v.callerAudio();
  v.says(Json{{"type", "input_audio_buffer.speech_started"}, {"item_id", "u"}});
  for (int i = 0; i < 20; ++i) v.callerAudio();
  auto out = v.step(In::closed(v.conn, 1011));
  v.conn = out.only(HKS_CONNECT).id;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(v.callerAudio().has(HKS_DATA));
  v.step(In::opened(v.conn));
  out = v.says(Voice::updated());
  std::size_t bytes = 0;
  for (const auto& e : Voice::sent(out, "input_audio_buffer.append"))
    bytes += e["audio"].get<std::string>().size() / 4 * 3;
  EXPECT_NEAR(double(bytes), 35 * 160, 20);
  EXPECT_TRUE(Voice::sent(out, "response.create").empty()) << "the turn detection makes the answer";
}

TEST(OpenAiRecovery, AToolThatRunsMeanwhileIsAnsweredInTheNextSession) {
  Losing v;
  v.start.tools = {{"look", "Looks.", "{}"}};
  v.greeting("").ready();
  v.created("r1");
  v.calls("look");
  v.done("r1");
  v.losesAndIsBack();
  const auto sent = Voice::sent(v.step(In::toolResult(1, "{\"found\":1}")));
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent[0]["item"]["type"], "function_call");
  EXPECT_EQ(sent[1]["item"]["type"], "function_call_output");
  EXPECT_EQ(sent[2]["type"], "response.create");
}

TEST(OpenAiRecovery, AToolsOutputThatNoAnswerHasMadeUseOfIsToldToTheNextSession) {
  for (const bool begun : {false, true}) {
    Losing v;
    v.start.tools = {{"lookup", "Looks it up", R"({"type":"object"})"}};
    v.greeting("").ready();
    v.created("r1");
    const auto asked = v.calls("lookup");
    v.done("r1");
    v.step(In::toolResult(asked.only(HKS_TOOL_CALL).id, R"({"parcel":"Tuesday"})"));
    if (begun) {
      v.created("r2");
      v.item("a2", "r2");
      v.delta(std::string(4800, 'x'), "a2", "r2");
    }
    const auto back = v.losesAndIsBack();
    const auto items = Voice::sent(back, "conversation.item.create");
    const auto output = std::find_if(items.begin(), items.end(),
                                     [](const Json& i) { return i["item"]["type"] == "function_call_output"; });
    ASSERT_NE(output, items.end()) << back;
    EXPECT_NE((*output)["item"]["output"].get<std::string>().find("Tuesday"), std::string::npos);
    EXPECT_EQ(Voice::sent(back, "response.create").size(), 1u) << begun;
    v.answer("a3", "r3", 200, "It comes on Tuesday.");
    for (const Json& item : Voice::sent(v.losesAndIsBack(), "conversation.item.create"))
      EXPECT_NE(item["item"]["type"], "function_call_output") << "the caller has heard it";
  }
}

TEST(OpenAiRecovery, TriesUntilItsTimeIsOverAndSaysWhatItSawLast) {
  Losing v;
  v.greeting("").ready();
  auto out = v.step(In::closed(v.conn, 1006));
  out = v.step(In::closed(out.only(HKS_CONNECT).id, 503, "busy"));
  EXPECT_FALSE(out.has(HKS_CONNECT));
  EXPECT_EQ(v.player.timers().at(kNextTry), 150u);
  EXPECT_EQ(v.player.timers().at(kRecovery), 10'000u);
  out = v.step(In::timer(kNextTry));
  EXPECT_TRUE(out.has(HKS_CONNECT));
  out = v.step(In::timer(kRecovery));
  EXPECT_NE(out.only(HKS_GONE).reason.find("HTTP 503"), std::string::npos) << out;
}

TEST(OpenAiRecovery, AModelThatSpeaksIsThereAgainHoweverItsAudioIsWritten) {
  for (const bool plain : {true, false}) {
    Losing v;
    v.greeting("").ready();
    v.losesAndIsBack();
    Json delta = {{"type", "response.output_audio.delta"}, {"response_id", "r1"}, {"item_id", "a1"}, {"delta", "QUJD"}};
    if (!plain) delta["extra"] = Json::object();  // only the parser reads it
    v.created("r1");
    EXPECT_TRUE(v.says(delta).has(HKS_AUDIO));
    EXPECT_TRUE(v.step(In::closed(v.conn, 1006)).has(HKS_CONNECT)) << "at once again: " << plain;
  }
}

TEST(OpenAiRecovery, AWrongKeyIsNotTriedTwiceAndTooManyRequestsAsLongAsDemanded) {
  Losing v;
  v.greeting("").ready();
  auto out = v.step(In::closed(v.conn, 1006));
  EXPECT_TRUE(v.step(In::closed(out.only(HKS_CONNECT).id, 401, "no")).has(HKS_GONE));
  Losing w;
  w.greeting("").ready();
  out = w.step(In::closed(w.conn, 1006));
  Message refused = In::closed(out.only(HKS_CONNECT).id, 429, "slow down");
  refused.retry_after_ms = 3000;
  EXPECT_FALSE(w.step(refused).has(HKS_GONE));
  EXPECT_EQ(w.player.timers().at(kNextTry), 3000u);
  refused.id = w.step(In::timer(kNextTry)).only(HKS_CONNECT).id;
  refused.retry_after_ms = 60'000;
  EXPECT_TRUE(w.step(refused).has(HKS_GONE)) << "the fallback is there before";
}

TEST(OpenAiRecovery, TheFirstConnectionOfACallIsTriedAgainToo) {
  Losing v;
  v.greeting("Hello").conn = v.step(v.start).only(HKS_CONNECT).id;
  auto out = v.step(In::closed(v.conn, 503, "busy"));
  v.conn = out.only(HKS_CONNECT).id;
  v.step(In::opened(v.conn));
  out = v.says(Voice::updated());
  EXPECT_TRUE(out.has(HKS_READY));
  EXPECT_EQ(Voice::sent(out, "response.create").size(), 1u);
}

TEST(OpenAiRecovery, TheEndThatTheModelHasDecidedIsKeptAndNobodyIsAskedAnyMore) {
  for (const bool done : {false, true}) {
    Losing v;
    v.greeting("").ready();
    v.created("r1");
    v.item("a1", "r1");
    v.delta(std::string(4800, 'x'), "a1", "r1");
    v.says({{"type", "response.output_item.done"},
            {"response_id", "r1"},
            {"item",
             {{"type", "function_call"},
              {"status", "completed"},
              {"call_id", "c1"},
              {"name", "end_call"},
              {"arguments", "{\"reason\":\"done\"}"}}}});
    bool ended = false;
    if (done) ended = v.done("r1").has(HKS_CALL_END);
    const auto out = v.step(In::closed(v.conn, 1006));
    EXPECT_EQ(ended, done);
    EXPECT_EQ(out.has(HKS_CALL_END), !done) << out;
    if (!done) {
      EXPECT_EQ(out.only(HKS_CALL_END).flags, std::uint32_t(HKS_END_AFTER_PLAYBACK));
    }
    EXPECT_FALSE(out.has(HKS_GONE)) << out;
    EXPECT_FALSE(out.has(HKS_CONNECT)) << out;
  }
}

TEST(OpenAiRecovery, ACallerWhoSpeaksOverTheGoodbyeNeedsTheModelAgain) {
  Losing v;
  v.saysGoodbye();
  v.says(Json{{"type", "input_audio_buffer.speech_started"}, {"item_id", "u"}});
  EXPECT_TRUE(v.step(In::closed(v.conn, 1006)).has(HKS_CONNECT));
}

TEST(OpenAiRecovery, AModelThatIsLostDuringItsGoodbyeIsMissedWhenAKeyCutsThatOff) {
  Losing v;
  v.saysGoodbye();
  EXPECT_FALSE(v.step(In::closed(v.conn, 1006)).has(HKS_GONE)) << "the call ends by itself";
  EXPECT_FALSE(v.step(In::heard("a1", 300, 600)).has(HKS_GONE)) << "no key";
  EXPECT_EQ(v.step(In::heard("", 0, 0)).only(HKS_GONE).reason, "the model was lost during its good-bye");
  EXPECT_TRUE(v.step(In::heard("", 0, 0)).empty()) << "once";
}

TEST(OpenAiRecovery, ACallerWhoPressesAKeyOverTheGoodbyeNeedsTheModelAgain) {
  Losing v;
  v.saysGoodbye();
  v.step(In::heard("", 0, 0));
  v.step(In::dtmf("1#"));
  EXPECT_TRUE(v.step(In::closed(v.conn, 1006)).has(HKS_CONNECT));
}

}  // namespace
}  // namespace openai_test
