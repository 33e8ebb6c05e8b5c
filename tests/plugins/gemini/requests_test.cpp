// What the model is asked for beside the conversation, and what it owes then.
#include "tests/plugins/gemini/call.hpp"

namespace gemini_test {
namespace {

TEST(GeminiRequests, ASilentModelIsRemindedAndThenReplaced) {
  Voice v;
  v.ready();
  v.heardCaller("Hello?");
  EXPECT_EQ(v.player.timers().at(kNoAnswer), 3500u);
  EXPECT_FALSE(Voice::text(Voice::sent(v.step(In::timer(kNoAnswer))).at(0)).empty());
  const auto out = v.step(In::timer(kNoAnswer));
  EXPECT_TRUE(out.has(HKS_CONNECT));
  EXPECT_FALSE(out.has(HKS_GONE));
}

Message sayNow(const std::string& text) {
  Message now = In::say(text);
  now.type = HKS_DRAFT_SAY_NOW;
  return now;
}

TEST(GeminiRequests, WhateverTheModelWasAskedItIsRemindedWhenItStaysSilentAndThenReplaced) {
  for (const Message& wish : {In::dtmf("1#"), In::say("Five minutes left."), sayNow("We close now.")}) {
    Voice v;
    v.ready();
    v.turn(200, "Hello.");
    v.step(wish);
    ASSERT_EQ(v.player.timers().count(kNoAnswer), 1u);
    EXPECT_EQ(Voice::sent(v.step(In::timer(kNoAnswer))).size(), 1u);
    EXPECT_TRUE(v.step(In::timer(kNoAnswer)).has(HKS_CONNECT));
  }
}

TEST(GeminiRequests, AnAnswerIsOwedFromTheMomentThatSomethingWasSent) {
  Voice v;
  v.ready();
  v.step(In::dtmf("1"));
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 0u) << "the entry is not complete";
  v.step(In::timer(kDtmf));
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 1u);
  v.audio("abcd");
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 0u);
}

TEST(GeminiRequests, WhatIsAskedInTheMiddleOfATurnIsOwedBehindIt) {
  Voice v;
  v.ready();
  v.audio("abcd");
  v.step(In::dtmf("1#"));
  v.audio("efgh");
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 0u);
  v.content(kGenerated);
  v.content(kTurnComplete);
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 1u);
  Voice w;
  w.ready();
  w.audio("abcd");
  w.step(In::heard("", 0, 0));
  w.step(In::dtmf("1#"));
  EXPECT_EQ(w.player.timers().count(kNoAnswer), 1u) << "the key cuts what nobody hears";
}

TEST(GeminiRequests, AModelThatWasToldThatItHadNoSoundHasItsTimeForTheNextAttempt) {
  Voice v;
  v.ready();
  v.step(In::dtmf("1#"));
  v.content({{"waitingForInput", true}});
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 0u);
  EXPECT_EQ(Voice::sent(v.content(kTurnComplete)).size(), 1u);
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 1u);
}

TEST(GeminiRequests, AModelThatWaitsOnPurposeIsLeftAlone) {
  Voice v;
  v.ready();
  v.heardCaller("My number is");
  v.content({{"waitingForInput", true}});
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 0u);
}

TEST(GeminiRequests, ASentenceThatMayNotWaitIsATurnThatCutsTheOneBefore) {
  Voice v;
  v.ready();
  v.audio(std::string(4800, 'a'));
  v.step(In::say("later"));
  const auto sent = Voice::sent(v.step(sayNow("The office closes now.")));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0]["clientContent"]["turnComplete"].get<bool>());
  EXPECT_NE(sent[0].dump().find("The office closes now."), std::string::npos);
}

TEST(GeminiRequests, OtherInstructionsAreAContextUpdate) {
  Voice v;
  v.ready();
  Message prompt = In::notice("Speak French.");
  prompt.type = HKS_DRAFT_PROMPT;
  const auto sent = Voice::sent(v.step(prompt));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0], Json({{"contextUpdate", {{"systemInstruction", {{"parts", {{{"text", "Speak French."}}}}}}}}}));
}

TEST(GeminiRequests, OtherInstructionsWaitForASetUpThatIsOnItsWay) {
  Voice v;
  v.setup();
  Message prompt = In::notice("Speak French.");
  prompt.type = HKS_DRAFT_PROMPT;
  EXPECT_TRUE(Voice::sent(v.step(prompt)).empty());
  const auto sent = Voice::sent(v.says({{"setupComplete", Json::object()}}));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0].contains("contextUpdate"));
}

TEST(GeminiRequests, AModelThatTakesNoOtherInstructionsGetsANewConversationThatIsToldTheOldOne) {
  Voice v;
  v.with("model", "gemini-2.5-flash-native-audio");
  v.ready();
  v.turn(200, "Good morning.");
  v.handle("h1");
  Message prompt = In::notice("Speak French.");
  prompt.type = HKS_DRAFT_PROMPT;
  Outputs out = v.step(prompt);
  if (!out.has(HKS_CONNECT)) out = v.step(In::timer(kSwap));
  const std::uint64_t old = v.conn;
  v.conn = out.only(HKS_CONNECT).id;
  v.step(In::closed(old, 1000, ""));
  v.step(In::opened(v.conn));
  const auto sent = Voice::sent(v.step(In::timer(kOldClosed)));
  ASSERT_EQ(sent.size(), 1u);
  const Json& setup = sent[0]["setup"];
  EXPECT_FALSE(setup["sessionResumption"].contains("handle")) << "a resumed one would keep the old instructions";
  const std::string instruction = setup["systemInstruction"].dump();
  EXPECT_NE(instruction.find("Speak French."), std::string::npos);
  EXPECT_NE(instruction.find("Good morning."), std::string::npos);
}

TEST(GeminiRequests, TheNewConversationForOtherInstructionsIsTheOneThatIsResumedWhenItIsLost) {
  for (const bool without_handle : {false, true}) {
    Voice v;
    v.start.retry_ms = 10'000;
    v.with("model", "gemini-2.5-flash-native-audio");
    v.ready();
    v.turn(200, "Good morning.");
    if (!without_handle) v.handle("h1");
    Message prompt = In::notice("Speak French.");
    prompt.type = HKS_DRAFT_PROMPT;
    Outputs out = v.step(prompt);
    if (!out.has(HKS_CONNECT)) out = v.step(In::timer(kSwap));
    const std::uint64_t old = v.conn;
    v.conn = out.only(HKS_CONNECT).id;
    v.step(In::opened(v.conn));
    v.step(In::closed(old, 1000, ""));
    v.step(In::timer(kOldClosed));
    v.says({{"setupComplete", Json::object()}});
    // The new conversation has a handle of its own, or none yet.
    if (without_handle) v.handle("h2");
    v.conn = v.step(In::closed(v.conn, 1006)).only(HKS_CONNECT).id;
    const Json resumption = Voice::sent(v.step(In::opened(v.conn))).at(0)["setup"]["sessionResumption"];
    EXPECT_EQ(resumption.value("handle", "none"), without_handle ? "h2" : "none");
  }
}

}  // namespace
}  // namespace gemini_test
