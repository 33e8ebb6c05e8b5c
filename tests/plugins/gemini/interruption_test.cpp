// What becomes of a turn that the caller, the host or a key cuts off, and of the one behind it.
#include "tests/plugins/gemini/call.hpp"

namespace gemini_test {
namespace {

TEST(GeminiInterruption, AnInterruptionDropsWhatTheDeadTurnStillSends) {
  Voice v;
  v.ready();
  v.audio(std::string(48000, 'a'));
  v.spoke("one two three four");
  const auto out = v.content({{"interrupted", true}, {"modelTurn", {{"parts", {Voice::audioPart("zzzz")}}}}});
  EXPECT_TRUE(out.has(HKS_SPEECH_STARTED));
  EXPECT_FALSE(out.has(HKS_AUDIO));
  EXPECT_FALSE(v.audio("late").has(HKS_AUDIO));
  EXPECT_EQ(v.step(In::heard("turn-1", 500, 1000)).only(HKS_TRANSCRIPT).text, "one two");
  v.content(kTurnComplete);
  EXPECT_EQ(v.audio("new!").only(HKS_AUDIO).item, "turn-2");
}

TEST(GeminiInterruption, ADeadTurnWithoutAnEndIsOverWhenNothingMoreComesOrWhenTheCallerIsUnderstood) {
  Voice v;
  v.ready();
  v.audio("abcd");
  v.content(kInterrupted);
  EXPECT_EQ(v.player.timers().at(kDead), 2000u);
  v.step(In::timer(kDead));
  EXPECT_TRUE(v.audio("abcd").has(HKS_AUDIO));
  v.content(kInterrupted);
  v.heardCaller("Stop");
  EXPECT_TRUE(v.audio("abcd").has(HKS_AUDIO));
}

TEST(GeminiInterruption, TheNextTurnIsHeardWholeHoweverSoonItFollowsAnInterruption) {
  Voice v;
  v.ready();
  v.audio("abcd");
  v.spoke("Well, I");
  v.content(kInterrupted);
  // No turnComplete of the dead turn comes (§4): whose audio this is, its end tells.
  EXPECT_FALSE(v.audio("next").has(HKS_AUDIO));
  v.spoke("Of course.");
  EXPECT_FALSE(v.audio(" one").has(HKS_AUDIO));
  const auto out = v.content(kGenerated);
  EXPECT_EQ(heardOf(out), "next one");
  EXPECT_EQ(out.ofType(HKS_AUDIO).at(0).item, "turn-2");
  EXPECT_EQ(out.only(HKS_AUDIO_END).name, "turn-2");
  const auto lines = v.content(kTurnComplete).ofType(HKS_TRANSCRIPT);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1].text, "Of course.");
}

TEST(GeminiInterruption, ATurnThatWasGeneratedWhenItWasInterruptedHasNoRest) {
  Voice v;
  v.ready();
  v.audio("abcd");
  v.content(kGenerated);
  v.content(kInterrupted);
  EXPECT_EQ(heardOf(v.audio("next")), "next");
  v.content(kGenerated);
  v.content(kTurnComplete);
  v.content(kInterrupted);
  EXPECT_EQ(heardOf(v.audio("then")), "then") << "nor has one that is over";
}

TEST(GeminiInterruption, WhatADeadTurnSendsIsNeverHeardHoweverLong) {
  Voice v;
  v.ready();
  v.audio("abcd");
  v.content(kInterrupted);
  for (int i = 0; i < 200; ++i) {
    EXPECT_FALSE(v.audio(std::string(960, 'z')).has(HKS_AUDIO));
    EXPECT_FALSE(v.heardCaller(i == 100 ? "Stop" : "").has(HKS_AUDIO)) << "it goes on while the caller is understood";
  }
  v.spoke("and so on");
  const auto out = v.content(kTurnComplete);
  EXPECT_FALSE(out.has(HKS_AUDIO));
  for (const auto& line : out.ofType(HKS_TRANSCRIPT)) EXPECT_EQ(line.text.find("and so on"), std::string::npos);
  EXPECT_EQ(heardOf(v.audio("next")), "next");
}

TEST(GeminiInterruption, WithoutAnyEventThatTellsWhatWasKeptIsHeardAfterAWhile) {
  Voice v;
  v.ready();
  v.audio("abcd");
  v.content(kInterrupted);
  v.audio("next");
  EXPECT_EQ(v.player.timers().at(kDead), 4000u);
  EXPECT_EQ(heardOf(v.step(In::timer(kDead))), "next");
  EXPECT_EQ(heardOf(v.audio("rest")), "rest");
}

TEST(GeminiInterruption, AToolCallAfterAnInterruptionIsOfTheNextTurn) {
  Voice v;
  v.ready();
  v.audio("abcd");
  v.content(kInterrupted);
  v.audio("wait");
  EXPECT_EQ(heardOf(v.says({{"toolCall", {{"functionCalls", {{{"id", "f1"}, {"name", "nope"}}}}}}})), "wait");
}

TEST(GeminiInterruption, WhatIsKeptHasABound) {
  Voice v;
  v.ready();
  v.audio("abcd");
  v.content(kInterrupted);
  std::size_t heard = 0, sent = 0;
  for (int i = 0; i < 130; ++i) {
    sent += 48000;
    heard += heardOf(v.audio(std::string(48000, 'n'))).size();
  }
  EXPECT_EQ(heard, sent) << "no rest of a turn is so long, so nothing of it is lost";
}

TEST(GeminiInterruption, WhenTheHostSilencesItTheRestOfTheTurnIsDroppedAndKeysInterruptTheModel) {
  Voice v;
  v.ready();
  v.audio("abcd");
  v.spoke("For sales");
  v.step(In::heard("", 0, 0));
  EXPECT_FALSE(v.audio("late").has(HKS_AUDIO));
  v.spoke("press two.");
  const auto keys = Voice::sent(v.step(In::dtmf("1#")));
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0]["clientContent"]["turnComplete"], true) << "text would wait until the menu is over";
  EXPECT_EQ(Voice::text(keys[0]), "The caller pressed 1 # on the keypad.");
  v.content(kInterrupted);
  EXPECT_FALSE(v.audio("late").has(HKS_AUDIO));
  const auto lines = v.content(kTurnComplete).ofType(HKS_TRANSCRIPT);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].text, "For sales");
  EXPECT_EQ(heardOf(v.audio("next")), "next");
}

TEST(GeminiInterruption, KeysLeaveATurnAloneThatTheHostLetsPlay) {
  Voice v;
  v.ready();
  v.audio("abcd");
  const auto keys = Voice::sent(v.step(In::dtmf("1#")));
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_TRUE(keys[0].contains("realtimeInput")) << "a turn of the caller's would cut it";
  EXPECT_EQ(heardOf(v.audio("rest")), "rest");
}

TEST(GeminiInterruption, ASilencedTurnThatIsNotInterruptedEndsWithItsGeneration) {
  Voice v;
  v.with("model", "gemini-3.1-flash-live-preview").ready();
  v.audio("abcd");
  v.step(In::heard("", 0, 0));
  EXPECT_FALSE(v.audio("late").has(HKS_AUDIO));
  const auto keys = Voice::sent(v.step(In::dtmf("1#")));
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_TRUE(keys[0].contains("realtimeInput")) << "this model takes nothing else in the middle of a call";
  v.content(kGenerated);
  v.content(kTurnComplete);
  EXPECT_EQ(heardOf(v.audio("next")), "next");
}

TEST(GeminiInterruption, AnInterruptionAfterTheTurnFlushesTooAndCorrectsItsLine) {
  Voice v;
  v.ready();
  v.turn(1000, "all of this was said");
  EXPECT_TRUE(v.content(kInterrupted).has(HKS_SPEECH_STARTED));
  const auto line = v.step(In::heard("turn-1", 400, 1000)).only(HKS_TRANSCRIPT);
  EXPECT_EQ(line.item, "turn-1");
  EXPECT_EQ(line.text, "all of");
}

TEST(GeminiInterruption, TheSentenceThatInterruptsIsNotTornApart) {
  Voice v;
  v.ready();
  v.audio("abcd");
  v.spoke("Well");
  v.content(kInterrupted);
  v.heardCaller("Stop,");
  EXPECT_EQ(v.step(In::timer(kFlush)).only(HKS_TRANSCRIPT).text, "Well");
  v.heardCaller(" please.");
  EXPECT_EQ(v.step(In::timer(kCallerFlush)).only(HKS_TRANSCRIPT).text, "Stop, please.");
}

TEST(GeminiInterruption, WithoutNewsOfWhatWasHeardTheLineIsTold) {
  Voice v;
  v.ready();
  v.audio("abcd");
  v.spoke("Well");
  EXPECT_FALSE(v.content(kInterrupted).has(HKS_TRANSCRIPT));
  EXPECT_EQ(v.step(In::timer(kFlush)).only(HKS_TRANSCRIPT).text, "Well");
}

TEST(GeminiInterruption, TheEndOfAnInterruptedTurnIsNoSilentAnswerThoughAKeyIsPressedBeforeIt) {
  Voice v;
  v.ready();
  v.audio("abcd");
  v.content(kInterrupted);
  v.step(In::heard("", 0, 0));
  EXPECT_EQ(Voice::sent(v.step(In::dtmf("1#"))).size(), 1u);
  EXPECT_TRUE(Voice::sent(v.content(kTurnComplete)).empty()) << "of the turn that was cut off";
  v.audio("next");
  v.content(kTurnComplete);
  v.heardCaller("And?");
  EXPECT_EQ(Voice::sent(v.content(kTurnComplete)).size(), 1u) << "this one had no sound";
}

}  // namespace
}  // namespace gemini_test
