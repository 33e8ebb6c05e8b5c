// A connection that nobody expected to end.
#include "tests/plugins/gemini/call.hpp"

namespace gemini_test {
namespace {

struct Losing : Voice {
  Losing() { start.retry_ms = 10'000; }
  /// The connection is lost and the next one opens: its setup, and what is sent when that is complete.
  Json losesAndOpens(std::uint32_t code = 1006) {
    lost = step(In::closed(conn, code));
    EXPECT_FALSE(lost.has(HKS_GONE)) << lost;
    conn = lost.only(HKS_CONNECT).id;
    return sent(step(In::opened(conn))).at(0)["setup"];
  }
  std::vector<Json> isBack() { return sent(says({{"setupComplete", Json::object()}})); }
  Outputs lost;
};

TEST(GeminiRecovery, WhateverEndsTheConnectionTheConversationIsResumedAtOnceByItsHandle) {
  for (const std::uint32_t code : {1000u, 1001u, 1006u, 1008u, 1011u}) {
    Losing v;
    v.ready();
    v.turn(200, "Hello.");
    v.handle("h1");
    EXPECT_EQ(v.losesAndOpens(code)["sessionResumption"]["handle"], "h1") << code;
    EXPECT_TRUE(v.isBack().empty()) << "nothing is owed";
    v.callerAudio();
    EXPECT_TRUE(v.callerAudio().has(HKS_DATA));
  }
}

TEST(GeminiRecovery, WithoutAHandleANewConversationIsToldTheOldOne) {
  Losing v;
  v.ready();
  v.turn(200, "Hello.");
  v.heardCaller("I lost my card.");
  v.step(In::timer(kCallerFlush));
  const auto setup = v.losesAndOpens();
  EXPECT_FALSE(setup["sessionResumption"].contains("handle"));
  EXPECT_NE(setup["systemInstruction"].dump().find("Caller: I lost my card."), std::string::npos);
  const auto sent = v.isBack();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_NE(Voice::text(sent[0]).find("Answer"), std::string::npos);
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 1u) << "and it has no longer for it than before";
}

TEST(GeminiRecovery, AToolsResultThatNothingHasFollowedIsToldToTheNextConnection) {
  Losing v;
  v.start.tools = {{"lookup", "Find it.", R"({"type":"object","properties":{}})"}};
  v.ready();
  v.audio("one moment");
  const auto asked = v.says({{"toolCall", {{"functionCalls", {{{"id", "fc-1"}, {"name", "lookup"}}}}}}});
  v.step(In::toolResult(asked.only(HKS_TOOL_CALL).id, R"({"parcel":"Tuesday"})"));
  const auto told = [&v] {
    v.losesAndOpens();
    std::string all;
    for (const Json& message : v.isBack()) all += Voice::text(message) + "\n";
    return all;
  };
  EXPECT_NE(told().find(R"(The result of lookup: {"parcel":"Tuesday"})"), std::string::npos);
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 1u) << "and what follows is waited for";
  v.audio("it comes on ");
  EXPECT_NE(told().find("The result of lookup"), std::string::npos) << "the sentence cannot be finished without it";
  v.turn(200, "Tuesday.");
  EXPECT_EQ(told().find("The result of lookup"), std::string::npos) << "the caller has heard it";
}

TEST(GeminiRecovery, AnArgumentThatWasInvalidIsNotCarriedOn) {
  Losing v;
  v.ready();
  v.turn(200, "Hello.");
  v.handle("h1");
  EXPECT_FALSE(v.losesAndOpens(1007)["sessionResumption"].contains("handle"));
}

TEST(GeminiRecovery, AnAnswerInTheMiddleIsHeardAsFarAsItCameAndFinished) {
  Losing v;
  v.ready();
  v.handle("h1");
  v.heardCaller("Where is my parcel?");
  v.audio(std::string(48000, 'a'));
  v.spoke("It is on its way");
  v.losesAndOpens();
  EXPECT_EQ(v.lost.only(HKS_AUDIO_END).name, "turn-1");
  EXPECT_FALSE(v.lost.has(HKS_FLUSH));
  const auto sent = v.isBack();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_NE(Voice::text(sent[0]).find("cut off after: \"It is on its way\""), std::string::npos);
  EXPECT_NE(Voice::text(sent[0]).find("Caller: Where is my parcel?"), std::string::npos)
      << "the handle is older than the question";
}

TEST(GeminiRecovery, AGreetingThatBrokeOffIsSaidAgain) {
  Losing v;
  v.greeting("This call is recorded.").ready();
  v.audio(std::string(4800, 'a'));
  v.losesAndOpens();
  const auto sent = v.isBack();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_NE(Voice::text(sent[0]).find("This call is recorded."), std::string::npos);
}

TEST(GeminiRecovery, ASentenceThatTheModelHasNotBegunIsSaidOnTheNextConnection) {
  for (const bool begun : {false, true}) {
    Losing v;
    v.ready();
    v.turn(200, "Hello.");
    v.handle("h1");
    v.step(In::say("Five minutes left."));
    if (begun) v.turn(200, "Five minutes left.");
    v.losesAndOpens();
    const auto sent = v.isBack();
    ASSERT_EQ(sent.size(), begun ? 0u : 1u);
    if (!begun) {
      EXPECT_NE(Voice::text(sent[0]).find("Five minutes left."), std::string::npos);
      EXPECT_EQ(v.player.timers().count(kNoAnswer), 1u);
    }
  }
}

TEST(GeminiRecovery, ACallerWhoWasSpeakingIsHeardFromTheBeginning) {
  Losing v;
  v.ready();
  v.turn(200, "Hello.");
  const auto loud = [&v] { return v.step(In::audio(HKS_S16_16K, std::string(640, '\x11'), v.pts += 20000)); };
  for (int i = 0; i < 50; ++i) loud();
  v.heardCaller("I have");
  v.lost = v.step(In::closed(v.conn, 1011));
  EXPECT_FALSE(v.lost.has(HKS_TRANSCRIPT)) << "the words come again";
  v.conn = v.lost.only(HKS_CONNECT).id;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(loud().has(HKS_DATA));
  v.step(In::opened(v.conn));
  std::size_t bytes = 0;
  for (const auto& message : v.isBack()) {
    ASSERT_TRUE(message.contains("realtimeInput")) << message;
    bytes += message["realtimeInput"]["audio"]["data"].get<std::string>().size() / 4 * 3;
  }
  EXPECT_NEAR(double(bytes), 60 * 640, 100);
}

TEST(GeminiRecovery, TriesUntilItsTimeIsOverAndSaysWhatItSawLast) {
  Losing v;
  v.ready();
  auto out = v.step(In::closed(v.conn, 1006));
  out = v.step(In::closed(out.only(HKS_CONNECT).id, 503, "busy"));
  EXPECT_FALSE(out.has(HKS_CONNECT));
  EXPECT_EQ(v.player.timers().at(kRetry), 150u);
  EXPECT_EQ(v.player.timers().at(kRecovery), 10'000u);
  EXPECT_TRUE(v.step(In::timer(kRetry)).has(HKS_CONNECT));
  out = v.step(In::timer(kRecovery));
  EXPECT_NE(out.only(HKS_GONE).reason.find("HTTP 503"), std::string::npos) << out;
}

TEST(GeminiRecovery, AModelThatSpeaksIsThereAgainHoweverItsAudioIsWritten) {
  for (const bool plain : {true, false}) {
    Losing v;
    v.ready();
    v.losesAndOpens();
    v.isBack();
    Json content = {{"modelTurn", {{"parts", {Voice::audioPart("abcd")}}}}};
    if (!plain) content["extra"] = Json::object();  // only the parser reads it
    EXPECT_TRUE(v.content(content).has(HKS_AUDIO));
    EXPECT_TRUE(v.step(In::closed(v.conn, 1006)).has(HKS_CONNECT)) << "at once again: " << plain;
  }
}

TEST(GeminiRecovery, AWrongKeyIsNotTriedTwiceAndTooManyRequestsAsLongAsDemanded) {
  Losing v;
  v.ready();
  auto out = v.step(In::closed(v.conn, 1006));
  EXPECT_TRUE(v.step(In::closed(out.only(HKS_CONNECT).id, 401, "no")).has(HKS_GONE));
  Losing w;
  w.ready();
  out = w.step(In::closed(w.conn, 1006));
  Message refused = In::closed(out.only(HKS_CONNECT).id, 429, "slow down");
  refused.retry_after_ms = 3000;
  EXPECT_FALSE(w.step(refused).has(HKS_GONE));
  EXPECT_EQ(w.player.timers().at(kRetry), 3000u);
  refused.id = w.step(In::timer(kRetry)).only(HKS_CONNECT).id;
  refused.retry_after_ms = 60'000;
  EXPECT_TRUE(w.step(refused).has(HKS_GONE)) << "the fallback is there before";
}

TEST(GeminiRecovery, TheFirstConnectionOfACallIsTriedAgainTooButNotARefusedSetup) {
  Losing v;
  v.greeting("Hello").setup();
  auto out = v.step(In::closed(v.conn, 1011, "unavailable"));
  v.conn = out.only(HKS_CONNECT).id;
  v.step(In::opened(v.conn));
  EXPECT_TRUE(v.says({{"setupComplete", Json::object()}}).has(HKS_READY));
  Losing w;
  w.setup();
  EXPECT_TRUE(w.step(In::closed(w.conn, 1007, "Unknown name")).has(HKS_GONE));
}

TEST(GeminiRecovery, TheEndThatTheModelHasDecidedIsKeptAndNobodyIsAskedAnyMore) {
  for (const bool done : {false, true}) {
    Losing v;
    v.ready();
    v.says({{"toolCall", {{"functionCalls", {{{"id", "f1"}, {"name", "end_call"}, {"args", {{"reason", "done"}}}}}}}}});
    v.audio(std::string(28800, 'a'));
    bool ended = false;
    if (done) ended = v.content({{"generationComplete", true}}).has(HKS_CALL_END);
    EXPECT_EQ(ended, done);
    const auto out = v.step(In::closed(v.conn, 1006));
    EXPECT_EQ(out.has(HKS_CALL_END), !done) << out;
    EXPECT_FALSE(out.has(HKS_GONE)) << out;
    EXPECT_FALSE(out.has(HKS_CONNECT)) << out;
  }
}

TEST(GeminiRecovery, AModelThatIsLostDuringItsGoodbyeIsMissedWhenAKeyCutsThatOff) {
  Losing v;
  v.ready();
  v.says({{"toolCall", {{"functionCalls", {{{"id", "f1"}, {"name", "end_call"}, {"args", {{"reason", "done"}}}}}}}}});
  v.audio(std::string(28800, 'a'));
  v.content(kGenerated);
  EXPECT_FALSE(v.step(In::closed(v.conn, 1006)).has(HKS_GONE)) << "the call ends by itself";
  EXPECT_FALSE(v.step(In::heard("turn-1", 300, 600)).has(HKS_GONE)) << "no key";
  EXPECT_EQ(v.step(In::heard("", 0, 0)).only(HKS_GONE).reason, "the model was lost during its good-bye");
  EXPECT_TRUE(v.step(In::heard("", 0, 0)).empty()) << "once";
}

}  // namespace
}  // namespace gemini_test
