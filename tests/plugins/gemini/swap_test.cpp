#include "tests/plugins/gemini/call.hpp"

namespace gemini_test {
namespace {

/// The old connection is closed, and what the session sends once the service has let go of it.
Outputs oldClosed(Voice& v, std::uint64_t conn) {
  EXPECT_TRUE(Voice::sent(v.step(In::closed(conn, 1000))).empty());
  EXPECT_EQ(v.player.timers().at(kOldClosed), 100u);
  return v.step(In::timer(kOldClosed));
}

Outputs goAway(Voice& v, const std::string& left = "50s") { return v.says({{"goAway", {{"timeLeft", left}}}}); }

TEST(GeminiSwap, GoAwayIsToldAndTheSwapHasADeadlineOfItsOwn) {
  Voice v;
  v.ready();
  v.handle("h-1");
  v.audio("abcd");
  const auto out = goAway(v);
  EXPECT_NE(out.only(HKS_NOTICE).text.find("50 s"), std::string::npos);
  EXPECT_EQ(out.only(HKS_NOTICE).level, unsigned(HKS_INFO));
  EXPECT_EQ(v.player.timers().at(kSwap), 40000u);
  goAway(v, "9.500s");
  EXPECT_EQ(v.player.timers().at(kSwap), 9500u - 3166u);
}

TEST(GeminiSwap, WaitsForAQuietMomentAndAFreshHandle) {
  Voice v;
  v.ready();
  v.handle("h-old");
  v.audio("abcd");
  EXPECT_FALSE(goAway(v).has(HKS_CLOSE));
  v.content({{"generationComplete", true}});
  EXPECT_FALSE(v.content({{"turnComplete", true}}).has(HKS_CLOSE)) << "the handle is older than the turn";
  v.heardCaller("wait");
  EXPECT_FALSE(v.handle("h-new").has(HKS_CLOSE)) << "the caller speaks";
  const auto out = v.step(In::timer(kCallerQuiet));
  EXPECT_EQ(out.only(HKS_CLOSE).id, v.conn);
  EXPECT_EQ(out.only(HKS_CLOSE).close_code, 1000u);
  EXPECT_TRUE(out.has(HKS_CONNECT));
}

TEST(GeminiSwap, ResumesOnlyAfterTheOldConnectionIsClosedAndSendsWhatWasSaidMeanwhile) {
  Voice v;
  v.greeting("Hello").ready();
  v.turn(100, "Hello");
  v.handle("h-1");
  const auto left = goAway(v);
  const auto next = left.only(HKS_CONNECT).id;
  EXPECT_TRUE(Voice::sent(v.step(In::opened(next))).empty()) << "the old connection is still open";
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(Voice::sent(v.callerAudio()).empty());
  const Json setup = Voice::sent(oldClosed(v, v.conn)).at(0)["setup"];
  EXPECT_EQ(setup["sessionResumption"]["handle"], "h-1");
  EXPECT_EQ(setup["model"], "models/gemini-3.8-live");
  EXPECT_TRUE(setup.contains("tools"));
  EXPECT_EQ(setup["systemInstruction"]["parts"][0]["text"].get<std::string>().find("Hello"), std::string::npos);
  v.conn = next;
  const auto out = v.says({{"setupComplete", Json::object()}});
  EXPECT_FALSE(out.has(HKS_READY));
  const auto sent = Voice::sent(out);
  EXPECT_EQ(sent.size(), 25u) << "one second, in chunks";
  for (const auto& m : sent) EXPECT_TRUE(m["realtimeInput"].contains("audio")) << "no second greeting: " << m;
  v.callerAudio();
  EXPECT_EQ(v.callerAudio().only(HKS_DATA).id, next);
}

/// The call goes on on a connection that took up the conversation.
void resume(Voice& v) {
  v.step(In::timer(kCallerQuiet));
  v.handle("h-1");
  const auto next = goAway(v).only(HKS_CONNECT).id;
  v.step(In::opened(next));
  oldClosed(v, v.conn);
  v.conn = next;
  v.says({{"setupComplete", Json::object()}});
}

std::vector<std::string> lines(const Outputs& out) {
  std::vector<std::string> all;
  for (const auto& m : out.ofType(HKS_TRANSCRIPT)) all.push_back(m.text);
  return all;
}

TEST(GeminiSwap, WhatAResumedSessionTellsAgainIsNotRecordedTwice) {
  Voice v;
  v.ready();
  v.heardCaller("I'd like a table");
  v.turn(100, "For how many?");
  v.heardCaller("For two.");
  v.turn(100, "Done.");
  resume(v);
  v.heardCaller(" For");
  v.heardCaller(" two.");
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 0u) << "nobody waits for an answer to it";
  v.spoke("Done.");
  EXPECT_TRUE(lines(v.content({{"turnComplete", true}})).empty());
  // And what is said then is recorded, also when it is the same.
  for (int i = 0; i < 100; ++i) v.callerAudio();
  v.heardCaller("For two.");
  v.audio(std::string(4800, 'a'));
  v.spoke("Done.");
  EXPECT_EQ(lines(v.content({{"turnComplete", true}})), (std::vector<std::string>{"For two.", "Done."}));
}

TEST(GeminiSwap, NewWordsBehindRepeatedOnesAreRecorded) {
  Voice v;
  v.ready();
  v.heardCaller("For two.");
  v.turn(100, "Done.");
  resume(v);
  v.heardCaller("For two.");
  v.heardCaller(" And a high chair.");
  v.spoke("Done.");
  v.audio(std::string(4800, 'a'));
  v.spoke(" Anything else?");
  EXPECT_EQ(lines(v.content({{"turnComplete", true}})),
            (std::vector<std::string>{"And a high chair.", "Anything else?"}));
}

TEST(GeminiSwap, DoesNotWaitForEverForTheOldConnectionToClose) {
  Voice v;
  v.ready();
  v.handle("h-1");
  const auto next = goAway(v).only(HKS_CONNECT).id;
  v.step(In::opened(next));
  EXPECT_EQ(Voice::sent(v.step(In::timer(kOldClosed))).at(0)["setup"]["sessionResumption"]["handle"], "h-1");
}

TEST(GeminiSwap, IsForcedAtTheDeadlineAndAsksForTheRestOfTheSentence) {
  Voice v;
  v.ready();
  v.handle("h-1");
  v.audio("abcd");
  v.spoke("We open at");
  goAway(v);
  const auto out = v.step(In::timer(kSwap));
  EXPECT_EQ(out.only(HKS_AUDIO_END).name, "turn-1");
  EXPECT_EQ(out.only(HKS_TRANSCRIPT).text, "We open at");
  const auto next = out.only(HKS_CONNECT).id;
  oldClosed(v, v.conn);
  v.conn = next;
  v.step(In::opened(next));
  const auto sent = Voice::sent(v.says({{"setupComplete", Json::object()}}));
  EXPECT_NE(Voice::text(sent.at(0)).find("cut off after: \"We open at\""), std::string::npos);
}

TEST(GeminiSwap, WithoutAHandleTheNewConversationIsToldTheOldOne) {
  Voice v;
  v.ready();
  v.heardCaller("When do you open?");
  v.step(In::timer(kCallerFlush));
  goAway(v, "1s");
  const auto next = v.player.all().ofType(HKS_CONNECT).back().id;
  oldClosed(v, v.conn);
  v.conn = next;
  const Json setup = Voice::sent(v.step(In::opened(next))).at(0)["setup"];
  EXPECT_EQ(setup["sessionResumption"], Json::object());
  EXPECT_NE(setup["systemInstruction"]["parts"][0]["text"].get<std::string>().find("Caller: When do you open?"),
            std::string::npos);
  EXPECT_FALSE(Voice::text(Voice::sent(v.says({{"setupComplete", Json::object()}})).at(0)).empty());
}

TEST(GeminiSwap, ARejectedHandleLeadsToANewConversationAndThenToTheEnd) {
  Voice v;
  v.ready();
  v.handle("h-1");
  auto next = goAway(v).only(HKS_CONNECT).id;
  oldClosed(v, v.conn);
  v.step(In::opened(next));
  auto out = v.step(In::closed(next, 1007, "Request contains an invalid argument"));
  EXPECT_FALSE(out.has(HKS_GONE));
  next = out.only(HKS_CONNECT).id;
  EXPECT_EQ(Voice::sent(v.step(In::opened(next))).at(0)["setup"]["sessionResumption"], Json::object());
  EXPECT_TRUE(v.step(In::closed(next, 1008, "no")).has(HKS_GONE));
}

TEST(GeminiSwap, PassingFailuresAreRetriedWithGrowingPausesAndAnEnd) {
  Voice v;
  v.ready();
  v.handle("h-1");
  auto next = goAway(v).only(HKS_CONNECT).id;
  oldClosed(v, v.conn);
  std::vector<std::uint64_t> pauses;
  int attempts = 0;
  for (bool over = false; !over && attempts < 30; ++attempts) {
    v.step(In::opened(next));
    auto out = v.step(In::closed(next, 1011, "Internal error encountered."));
    if (!out.has(HKS_CONNECT) && !out.has(HKS_GONE)) {
      pauses.push_back(v.player.timers().at(kRetry));
      out = v.step(In::timer(kRetry));
    }
    over = out.has(HKS_GONE);
    if (!over) next = out.only(HKS_CONNECT).id;
  }
  ASSERT_GE(pauses.size(), 4u);
  EXPECT_EQ(pauses[0], 500u);
  EXPECT_EQ(pauses[3], 4000u);
  EXPECT_LE(attempts, 10);
}

TEST(GeminiSwap, ACloseAfterGoAwayIsPartOfThePlan) {
  Voice v;
  v.ready();
  v.handle("h-1");
  v.audio("abcd");
  goAway(v);
  const auto out = v.step(In::closed(v.conn, 1011, "Deadline expired before operation could complete."));
  EXPECT_FALSE(out.has(HKS_GONE));
  const auto next = out.only(HKS_CONNECT).id;
  EXPECT_EQ(Voice::sent(v.step(In::opened(next))).at(0)["setup"]["sessionResumption"]["handle"], "h-1");
}

TEST(GeminiSwap, AnOldConnectionOfAKnownModelIsRenewedUnasked) {
  Voice v;
  v.ready();
  EXPECT_EQ(v.player.timers().at(kMaxAge), 3000u * 1000);
  v.handle("h-1");
  const auto out = v.step(In::timer(kMaxAge));
  EXPECT_TRUE(out.has(HKS_CONNECT));
  EXPECT_FALSE(out.has(HKS_NOTICE));
  Voice other;
  other.with("model", "gemini-3.1-flash-live-preview").ready();
  EXPECT_EQ(other.player.timers().count(kMaxAge), 0u);
}

TEST(GeminiSwap, AToolThatAnswersAfterTheSwapIsToldAsText) {
  Voice v;
  v.start.tools = {{"lookup", "d", "{}"}};
  v.ready();
  v.handle("h-1");
  const auto id =
      v.says({{"toolCall", {{"functionCalls", {{{"id", "fc-1"}, {"name", "lookup"}}}}}}}).only(HKS_TOOL_CALL).id;
  EXPECT_FALSE(goAway(v).has(HKS_CLOSE)) << "a call is outstanding";
  const auto next = v.step(In::timer(kSwap)).only(HKS_CONNECT).id;
  oldClosed(v, v.conn);
  v.step(In::toolResult(id, R"({"found":3})"));
  v.conn = next;
  v.step(In::opened(next));
  const auto sent = Voice::sent(v.says({{"setupComplete", Json::object()}}));
  EXPECT_EQ(Voice::text(sent.at(0)), R"(The result of lookup: {"found":3})");
}

TEST(GeminiSwap, AResumedConnectionThatStaysDumbIsReplaced) {
  Voice v;
  v.ready();
  v.handle("h-1");
  const auto next = goAway(v).only(HKS_CONNECT).id;
  oldClosed(v, v.conn);
  v.conn = next;
  v.step(In::opened(next));
  v.says({{"setupComplete", Json::object()}});
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 0u) << "an idle call does not trip it";
  v.heardCaller("Are you there?");
  const auto out = v.step(In::timer(kNoAnswer));
  EXPECT_TRUE(out.has(HKS_CONNECT));
  EXPECT_FALSE(out.has(HKS_GONE));
}

TEST(GeminiSwap, TheOldConnectionsLastWordsAreIgnored) {
  Voice v;
  v.ready();
  v.handle("h-1");
  goAway(v);
  EXPECT_TRUE(v.audio("abcd").empty());
}

}  // namespace
}  // namespace gemini_test
