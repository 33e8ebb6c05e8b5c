#include "plugins/gemini/conversation.hpp"
#include "tests/plugins/gemini/call.hpp"

#include <hookswitch/read_json.hpp>

namespace gemini_test {
namespace {

TEST(GeminiTurns, CallerAudioGoesUpInChunksOfFortyMilliseconds) {
  Voice v;
  v.ready();
  EXPECT_TRUE(v.callerAudio().empty());
  const auto up = Voice::sent(v.callerAudio());
  ASSERT_EQ(up.size(), 1u);
  EXPECT_EQ(up[0]["realtimeInput"]["audio"]["mimeType"], "audio/pcm;rate=16000");
  EXPECT_EQ(up[0]["realtimeInput"]["audio"]["data"], base64(std::string(1280, '\x01')));
}

TEST(GeminiTurns, TheGreetingIsAskedForAndRepeatedOnceWhenTheModelIsSilent) {
  Voice v;
  auto out = Voice::sent(v.greeting("Hello, Acme.").ready());
  ASSERT_EQ(out.size(), 1u);
  EXPECT_NE(Voice::text(out[0]).find("exactly: \"Hello, Acme.\""), std::string::npos);
  EXPECT_EQ(out[0]["clientContent"]["turnComplete"], true);
  EXPECT_EQ(v.player.timers().at(kGreeting), 3000u);
  EXPECT_EQ(Voice::sent(v.step(In::timer(kGreeting))).size(), 1u);
  EXPECT_TRUE(Voice::sent(v.step(In::timer(kGreeting))).empty());
  EXPECT_NE(v.player.all().only(HKS_LOG).text.find("silent"), std::string::npos);
}

TEST(GeminiTurns, AModelThatDoesNotGreetAtAllIsGone) {
  Voice v;
  v.greeting("Hello, Acme.").ready();
  v.step(In::timer(kGreeting));
  EXPECT_TRUE(v.step(In::timer(kGreeting)).has(HKS_GONE));
}

TEST(GeminiTurns, ATurnWithoutSoundIsSaidAndAskedForOnceMore) {
  Voice v;
  v.ready();
  v.heardCaller("Where is my parcel?");
  v.spoke("It is on its way.");
  auto out = v.content(kTurnComplete);
  EXPECT_NE(out.only(HKS_LOG).text.find("It is on its way."), std::string::npos) << out;
  EXPECT_EQ(Voice::sent(out).size(), 1u) << "at once";
  v.turn(200, "It is on its way.");
  v.heardCaller("And when?");
  EXPECT_FALSE(v.content(kTurnComplete).has(HKS_GONE)) << "the one before was heard";
  EXPECT_TRUE(v.content(kTurnComplete).has(HKS_GONE)) << "twice in a row";
}

TEST(GeminiTurns, ATurnThatNobodyWaitsForMayBeSilent) {
  Voice v;
  v.ready();
  v.turn(200, "Hello.");
  EXPECT_TRUE(Voice::sent(v.content(kTurnComplete)).empty());
  v.heardCaller("Wait");
  v.content(kInterrupted);
  EXPECT_TRUE(Voice::sent(v.content(kTurnComplete)).empty()) << "of the turn that was cut off";
  EXPECT_TRUE(Voice::sent(v.content({{"turnComplete", true}, {"interactionStatus", "IN_PROGRESS"}})).empty());
}

TEST(GeminiTurns, WordsAreNoSound) {
  Voice v;
  v.ready();
  v.heardCaller("Hello?");
  v.spoke("Hello!");
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 1u);
  EXPECT_EQ(Voice::sent(v.step(In::timer(kNoAnswer))).size(), 1u);
}

TEST(GeminiTurns, AModelThatBeginsToGreetIsNotAskedAgain) {
  Voice v;
  v.greeting("Hello").ready();
  v.audio("abcd");
  EXPECT_EQ(v.player.timers().count(kGreeting), 0u);
}

TEST(GeminiTurns, TheOlderPreviewIsGreetedThroughRealtimeText) {
  Voice v;
  const auto out = Voice::sent(v.with("model", "gemini-3.1-flash-live-preview").greeting("Hello").ready());
  ASSERT_EQ(out.size(), 1u);
  EXPECT_TRUE(out[0].contains("realtimeInput"));
}

TEST(GeminiTurns, TheShieldSendsSilenceWhileTheGreetingBegins) {
  Voice v;
  v.with("greeting_shield_ms", "40").greeting("Hello").ready();
  v.callerAudio();
  for (int burst = 0; burst < 100; ++burst) {  // 4 s that arrive at once: the shield counts time
    EXPECT_EQ(Voice::sent(v.callerAudio()).at(0)["realtimeInput"]["audio"]["data"], base64(std::string(1280, '\0')));
    v.callerAudio();
  }
  EXPECT_EQ(v.player.timers().at(kShield), 40u);
  v.callerAudio();
  v.step(In::timer(kShield));
  v.callerAudio();
  EXPECT_EQ(Voice::sent(v.callerAudio()).at(0)["realtimeInput"]["audio"]["data"], base64(std::string(1280, '\x01')));
}

TEST(GeminiTurns, EveryPartAndEveryKeyOfAMessageCounts) {
  Voice v;
  v.ready();
  const auto out = v.says({{"serverContent",
                            {{"modelTurn",
                              {{"parts",
                                {{{"thought", true}, {"text", "**Planning**"}},
                                 Voice::audioPart("abcd"),
                                 Voice::audioPart("efgh", "audio/pcm"),
                                 {{"text", "not spoken"}}}}}},
                             {"outputTranscription", {{"text", " Sure,"}}},
                             {"inputTranscription", {{"text", " I need"}}},
                             {"generationComplete", true},
                             {"turnComplete", true}}},
                           {"usageMetadata", {{"promptTokenCount", 812}, {"totalTokenCount", 908}}},
                           {"sessionResumptionUpdate", {{"newHandle", "h"}, {"resumable", true}}}});
  const auto audio = out.ofType(HKS_AUDIO);
  ASSERT_EQ(audio.size(), 2u);
  EXPECT_EQ(audio[0].bytes + audio[1].bytes, "abcdefgh");
  EXPECT_EQ(audio[0].item, "turn-1");
  EXPECT_EQ(out.only(HKS_AUDIO_END).name, "turn-1");
  const auto lines = out.ofType(HKS_TRANSCRIPT);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].text, "I need");
  EXPECT_EQ(lines[0].speaker, unsigned(HKS_USER));
  EXPECT_EQ(lines[1].text, "Sure,");
}

TEST(GeminiTurns, ALongLineReachesTheHostUpToMoreThanItKeeps) {
  Voice v;
  v.ready();
  const std::string piece(30'000, 'x');
  for (int i = 0; i < 3; ++i) {
    v.heardCaller(piece);
    v.spoke(piece);
  }
  const auto out = v.content(kTurnComplete).ofType(HKS_TRANSCRIPT);
  ASSERT_EQ(out.size(), 2u);
  for (const auto& line : out)
    EXPECT_EQ(line.text, std::string(72 * 1024, 'x'));  // the host keeps 64 KB and marks it as cut
}

TEST(GeminiTurns, OddChunksLoseNoByteAndTurnsAreNumbered) {
  Voice v;
  v.ready();
  std::string got;
  for (const char* piece : {"a", "bcd", "efghi", "j"})
    for (const auto& m : v.audio(piece).ofType(HKS_AUDIO)) {
      EXPECT_EQ(m.bytes.size() % 2, 0u);
      got += m.bytes;
    }
  EXPECT_EQ(got, "abcdefghij");
  EXPECT_EQ(v.content(kGenerated).only(HKS_AUDIO_END).name, "turn-1");
  EXPECT_FALSE(v.content(kTurnComplete).has(HKS_AUDIO_END));
  EXPECT_EQ(v.audio("abcd").only(HKS_AUDIO).item, "turn-2");
}

std::string heardOf(const Outputs& out) {
  std::string all;
  for (const auto& m : out.ofType(HKS_AUDIO)) all += m.bytes;
  return all;
}

TEST(GeminiTurns, FragmentsAreJoinedUntilTheTurnEnds) {
  Voice v;
  v.ready();
  v.heardCaller(" When do");
  v.heardCaller(" you open?");
  v.audio("abcd");
  v.spoke(" At");
  v.spoke(" nine.");
  v.content(kGenerated);
  const auto lines = v.content(kTurnComplete).ofType(HKS_TRANSCRIPT);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].text, "When do you open?");
  EXPECT_EQ(lines[1].text, "At nine.");
}

TEST(GeminiTurns, ALineDoesNotWaitForTheAssumedEndOfPlayback) {
  Voice v;
  v.ready();
  v.audio("abcd");
  v.spoke("At nine.");
  v.content(kGenerated);
  EXPECT_EQ(v.step(In::timer(kFlush)).only(HKS_TRANSCRIPT).text, "At nine.");
  EXPECT_FALSE(v.content(kTurnComplete).has(HKS_TRANSCRIPT));
}

TEST(GeminiTurns, TheEchoOfOurOwnTextIsNotTheCallersLine) {
  Voice v;
  v.ready();
  const auto out = Voice::sent(v.step(In::dtmf("12#")));
  EXPECT_EQ(Voice::text(out.at(0)), "The caller pressed 1 2 # on the keypad.");
  v.heardCaller("The caller pressed 1 2 # on the keypad.");
  v.heardCaller(" And hello.");
  EXPECT_EQ(v.step(In::timer(kCallerFlush)).only(HKS_TRANSCRIPT).text, "And hello.");
}

TEST(GeminiTurns, SomethingToSayWaitsForTheTurnToEnd) {
  Voice v;
  v.ready();
  EXPECT_EQ(Voice::sent(v.step(In::say("First."))).size(), 1u);
  v.audio("abcd");
  EXPECT_TRUE(Voice::sent(v.step(In::say("Second."))).empty());
  v.content(kGenerated);
  EXPECT_NE(Voice::text(Voice::sent(v.content(kTurnComplete)).at(0)).find("Second."), std::string::npos);
}

TEST(GeminiTurns, ATurnThatEndsWithoutAWordIsLoggedAndRepeatsStartOver) {
  Voice v;
  v.ready();
  const Json rejected = {{"turnComplete", true}, {"turnCompleteReason", "RESPONSE_REJECTED"}};
  EXPECT_NE(v.content(rejected).only(HKS_LOG).text.find("RESPONSE_REJECTED"), std::string::npos);
  EXPECT_TRUE(v.content(rejected).has(HKS_CONNECT));
}

TEST(GeminiTurns, GarbageAndUnknownKeysAreSurvived) {
  Voice v;
  v.ready();
  EXPECT_TRUE(v.step(In::binary(v.conn, "\xff\xfe{")).has(HKS_LOG));
  EXPECT_TRUE(v.says({{"anotherKey", Json::object()}, {"serverContent", {{"somethingNew", 1}}}}).empty());
  EXPECT_TRUE(v.step(In::data(v.conn, R"({"serverContent":7,"toolCall":null,"goAway":[]})")).empty());
  EXPECT_TRUE(v.content({{"modelTurn", {{"parts", {Voice::audioPart("abcd", "image/png")}}}}}).has(HKS_LOG));
  EXPECT_TRUE(
      v.step(In::data(
                 v.conn,
                 R"({"serverContent":{"modelTurn":{"parts":[{"inlineData":{"mimeType":"audio/pcm","data":"*"}}]}}})"))
          .has(HKS_LOG));
}

TEST(GeminiTurns, HalfACharacterCostsNoMessage) {
  Voice v;
  v.ready();
  v.audio("abcd");
  const auto out = v.step(In::binary(v.conn, R"({"serverContent":{"outputTranscription":{"text":"Fine \ud83d"},)"
                                             R"("generationComplete":true,"turnComplete":true}})"));
  EXPECT_FALSE(out.has(HKS_LOG));
  EXPECT_EQ(out.only(HKS_AUDIO_END).name, "turn-1");
  EXPECT_EQ(out.only(HKS_TRANSCRIPT).text, "Fine \xEF\xBF\xBD");
  EXPECT_EQ(v.step(In::binary(v.conn, "{\"serverContent\":{\"inputTranscription\":{\"text\":\"\xED\xA0\xBD\"}}}"))
                .count(HKS_LOG),
            0u)
      << "nor as bytes";
}

TEST(GeminiTurns, ATopLevelErrorAndAnUnplannedCloseEndTheVoice) {
  Voice v;
  v.ready();
  EXPECT_EQ(v.step(In::data(v.conn, R"({"error":{"code":500,"message":"boom"}})")).only(HKS_GONE).reason,
            "Gemini reports an error: boom");
  Voice w;
  w.ready();
  w.handle("h-1");
  w.spoke("Half a");
  const auto out = w.step(In::closed(w.conn, 1011, "Internal error encountered."));
  EXPECT_EQ(out.only(HKS_GONE).reason, "Gemini closed the connection (code 1011): Internal error encountered.");
  EXPECT_EQ(out.only(HKS_TRANSCRIPT).text, "Half a") << "what was said is not lost";
}

TEST(GeminiTurns, AudioThatWasKeptIsReleasedInTheStepAfterTheOneThatPlaysIt) {
  hks_sink sink{};
  sink.put = [](const hks_sink*, const hks_msg*) -> hks_status { return HKS_OK; };
  sink.get = [](const hks_sink*, const char*) -> const void* { return nullptr; };
  for (const bool caller : {true, false}) {
    hks::Out out(&sink);
    hookswitch::gemini::Channel channel;
    channel.options.rules = &hookswitch::gemini::rulesOf("gemini-3.8-live");
    hookswitch::gemini::Conversation conversation(channel);
    const auto audio = [&] {
      const Json message = {{"serverContent", {{"modelTurn", {{"parts", {Voice::audioPart("abcd")}}}}}}};
      EXPECT_TRUE(conversation.modelAudio(message.dump(), out));
    };
    conversation.begin(out);
    audio();
    hks::json::Reader reader;
    hks::json::Value interrupted;
    ASSERT_TRUE(reader.read(kInterrupted.dump(), interrupted));
    conversation.content(interrupted, out);
    audio();
    EXPECT_TRUE(conversation.holdsAudio()) << "whose is it?";
    conversation.timer(kDead, out);
    EXPECT_TRUE(conversation.holdsAudio()) << "the host may read it until the step ends";
    caller ? conversation.audio("ab", out) : audio();
    EXPECT_FALSE(conversation.holdsAudio()) << caller;
  }
}

}  // namespace
}  // namespace gemini_test
