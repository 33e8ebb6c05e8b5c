// Time that is bent, turns that overlap, keys: what carriers and models do to a talk, and what the other side hears.
#include <gtest/gtest.h>

#include <set>

#include "tests/system/audio.hpp"
#include "tests/system/world.hpp"

using namespace system_test;

namespace {

class TalkFaults : public ::testing::TestWithParam<std::string> {
 protected:
  std::string voice() const { return GetParam(); }
  bool openai() const { return voice() == "openai"; }
  Json session(World& world) const { return world.state(voice())["sessions"].back(); }
  Json stream(World& world, const std::string& id) const { return world.carrierCall(id)["streams"][0]; }
  /// How long the caller's audio is that the model got.
  long heardMs(World& world) const { return session(world)["audio_in"]["ms"].get<long>(); }
  long saidMs(World& world, const std::string& id) const {
    const Json s = stream(world, id);
    return (s["frames_sent"].get<long>() + s["frames_dropped"].get<long>()) * 20;
  }
  /// The model has understood so many turns of the caller.
  bool turns(World& world, int count) const {
    return until([&] { return session(world)["speech"]["stopped"].get<int>() >= count; });
  }
  void atPeace(World& world) const { EXPECT_EQ(world.state(voice())["protocol_errors"].size(), 0u); }
};

}  // namespace

TEST_P(TalkFaults, AKeySilencesAMenuAtOnceAndIsAnswered) {
  World world(withVoice(voice()));
  world.command(voice() + "/configure", {{"greeting_ms", 12000}, {"speed", 2}, {"tone_hz", 440}});
  const std::string id = world.talking({{"greeting", "For sales press one, for everything else listen on."}});
  ASSERT_TRUE(until([&] { return stream(world, id)["bytes_played"].get<int>() > 4000; }));
  world.command(voice() + "/queue", {{"turns", {{{"assistant", "Sales it is."}, {"audio_ms", 600}, {"hz", 1000}}}}});
  world.command("twilio/calls/" + id + "/dtmf", {{"digits", "1#"}});
  ASSERT_TRUE(until([&] { return stream(world, id)["clears"].get<int>() >= 1; }));
  ASSERT_TRUE(until([&] { return toneMs(world.carrierAudio(id, "heard"), 1000) >= 560; })) << world.state(voice());
  EXPECT_LT(toneMs(world.carrierAudio(id, "heard"), 440), 8000u) << "the menu was not played to its end";
  if (openai()) EXPECT_EQ(session(world)["responses"][0]["status"], "cancelled");
  atPeace(world);
}

TEST_P(TalkFaults, AKeyLeavesTheMenuAloneWhenThatIsWanted) {
  World world(withVoice(voice(), {"calls.dtmf_interrupts=false"}));
  world.command(voice() + "/configure", {{"greeting_ms", 2000}, {"tone_hz", 440}});
  const std::string id = world.talking({{"greeting", "For sales press one."}});
  ASSERT_TRUE(until([&] { return stream(world, id)["bytes_played"].get<int>() > 1600; }));
  world.command("twilio/calls/" + id + "/dtmf", {{"digits", "1"}});
  ASSERT_TRUE(until([&] { return toneMs(world.carrierAudio(id, "heard"), 440) >= 1900; }));
  EXPECT_EQ(stream(world, id)["clears"], 0);
}

TEST_P(TalkFaults, FramesThatChangePlacesMakeTheCallersTimeNoLonger) {
  World world(withVoice(voice()));
  world.command(voice() + "/configure", {{"answer", false}});
  world.command("twilio/plan", {{"tone_hz", 300},
                                {"tone_ms", 4000},
                                {"caller_delay_ms", 1000},
                                {"swap_every", 50},
                                {"overtake_every", 7},
                                {"overtake_ms", 200}});
  const std::string id = world.talking();
  ASSERT_TRUE(until([&] { return saidMs(world, id) >= 6000; }));
  ASSERT_TRUE(turns(world, 1));
  const long heard = heardMs(world);
  EXPECT_LE(heard, saidMs(world, id) + 100) << "nothing was put in";
  EXPECT_EQ(session(world)["speech"]["started"], 1) << "and no word was torn apart";
  atPeace(world);
}

TEST_P(TalkFaults, AStallThatComesLateInOnePieceIsOneTurn) {
  World world(withVoice(voice()));
  world.command(voice() + "/configure", {{"answer", false}});
  world.command("twilio/plan",
                {{"tone_hz", 300}, {"tone_ms", 6000}, {"caller_delay_ms", 1000}, {"stall_after_ms", 2500}});
  const std::string id = world.talking();
  ASSERT_TRUE(until([&] { return saidMs(world, id) >= 8200; }));
  ASSERT_TRUE(turns(world, 1));
  const long heard = heardMs(world);
  EXPECT_LE(heard, saidMs(world, id) + 100) << "no silence was put in";
  EXPECT_EQ(session(world)["speech"]["started"], 1) << "the sentence was not split";
  atPeace(world);
}

TEST_P(TalkFaults, HalfACharacterInATranscriptCostsNoAnswer) {
  World world(withVoice(voice()));
  world.command(voice() + "/configure", {{"half_characters", true}, {"mode", "tone"}, {"tone_ms", 400}});
  world.command("twilio/plan", {{"tone_hz", 300}, {"tone_ms", 600}, {"caller_delay_ms", 500}});
  const std::string id = world.talking();
  ASSERT_TRUE(turns(world, 1));
  ASSERT_TRUE(until([&] { return toneMs(world.carrierAudio(id, "heard"), 440) >= 380; }));
  world.command("twilio/calls/" + id + "/say", {{"tone_hz", 300}, {"tone_ms", 600}});
  ASSERT_TRUE(turns(world, 2));
  ASSERT_TRUE(until([&] { return toneMs(world.carrierAudio(id, "heard"), 440) >= 760; })) << "the second answer came";
  ASSERT_TRUE(until([&] { return world.call(id)["transcript"].size() >= 4; })) << world.call(id);
}

TEST_P(TalkFaults, TranscriptsThatANewSessionRepeatsAreRecordedOnce) {
  World world(withVoice(voice()));
  world.command(voice() + "/configure", {{"repeat_history", true}, {"mode", "tone"}, {"tone_ms", 400}});
  world.command("twilio/plan", {{"tone_hz", 300}, {"tone_ms", 600}, {"caller_delay_ms", 500}});
  const std::string id = world.talking();
  ASSERT_TRUE(until([&] { return world.call(id)["transcript"].size() >= 2; }));
  world.command(voice() + (openai() ? "/expire" : "/go_away"));
  ASSERT_TRUE(until([&] {
    const Json sessions = world.state(voice())["sessions"];
    return sessions.size() >= 2 && sessions.back()["open"].get<bool>() && !sessions[0]["open"].get<bool>();
  }));
  world.command(voice() + "/queue", {{"turns", {{{"user", "And another thing."}, {"assistant", "Go ahead."}}}}});
  world.command("twilio/calls/" + id + "/say", {{"tone_hz", 300}, {"tone_ms", 600}});
  ASSERT_TRUE(until([&] { return world.call(id)["transcript"].size() >= 4; })) << world.call(id);
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  const Json lines = world.settled(id)["transcript"];
  EXPECT_EQ(lines.size(), 4u) << lines;
  std::set<std::string> texts;
  for (auto& line : lines) texts.insert(line["text"]);
  EXPECT_EQ(texts.size(), lines.size()) << lines;
}

TEST_P(TalkFaults, AModelThatIsFarAheadOfTheCallerIsSaidOnce) {
  World world(withVoice(voice()));
  world.command(voice() + "/configure",
                {{"greeting_ms", 640000}, {"speed", 0}, {openai() ? "delta_bytes" : "chunk_bytes", {400000}}});
  world.talking({{"greeting", "A very long story."}});
  EXPECT_FALSE(world.gateway().lineWith("ahead of what the caller hears").empty());
}

TEST_P(TalkFaults, AModelSlowerThanRealTimeDoesNotStutter) {
  World world(withVoice(voice()));
  world.command(
      voice() + "/configure",
      {{"greeting_ms", 8000}, {"speed", 0.9}, {openai() ? "delta_bytes" : "chunk_bytes", {openai() ? 160 : 960}}});
  const std::string id = world.talking({{"greeting", "Slowly."}});
  ASSERT_TRUE(until([&] { return stream(world, id)["bytes_played"].get<int>() >= 8000 * 8; }));
  EXPECT_LE(stream(world, id)["underruns"].get<int>(), 8) << "it builds a buffer, and plays on";
}

INSTANTIATE_TEST_SUITE_P(Voices, TalkFaults, ::testing::Values("openai", "gemini"),
                         [](const auto& info) { return info.param; });

TEST(TalkFaultsOfCarriers, MarksThatComeBackAtOnceSayNotThatTheyWereHeard) {
  World world;
  world.command("openai/configure", {{"greeting_ms", 8000}});
  world.command("twilio/plan", {{"tone_hz", 300}, {"tone_ms", 600}, {"caller_delay_ms", 1500}, {"echo_at_once", true}});
  const std::string id = world.talking({{"greeting", "Hello, this is a long greeting."}, {"greeting_shield_ms", 0}});
  ASSERT_TRUE(until([&] { return world.carrierCall(id)["streams"][0]["bytes_played"].get<int>() > 1600; }));
  world.command("openai/queue", {{"turns", {{{"status", "never"}}}}});
  Json truncates;
  ASSERT_TRUE(until([&] {
    truncates = world.state("openai")["sessions"][0]["truncates"];
    return !truncates.empty() && world.carrierCall(id)["streams"][0]["clears"].get<int>() >= 1;
  }));
  // What took its time on the way to the carrier was heard in addition, so there is a bound on one side only.
  const int heard = world.carrierCall(id)["streams"][0]["bytes_played"].get<int>() / 8;
  EXPECT_LE(truncates[0]["audio_end_ms"].get<int>(), heard + 60);
}

TEST(TalkFaultsOfModels, TwoItemsThatAlternateAreHeardOneAfterTheOther) {
  World world;
  world.command(
      "openai/queue",
      {{"turns", {{{"assistant", "First this, then that."}, {"audio_ms", 2000}, {"items", 2}, {"hz", 1000}}}}});
  world.command("openai/configure", {{"interleave", true}});
  const std::string id = world.talking({{"greeting", "Go."}, {"greeting_shield_ms", 0}});
  ASSERT_TRUE(until([&] { return toneMs(world.carrierAudio(id, "heard"), 1000) >= 1960; }))
      << world.carrierCall(id)["streams"];
}

TEST(TalkFaultsOfModels, TheNextTurnOfGeminiIsHeardWholeHoweverSoonItComes) {
  for (const double speed : {20.0, 1.0}) {  // generated when it was interrupted, and in the middle of it
    World world(withVoice("gemini"));
    world.command("gemini/configure", {{"greeting_ms", 8000},
                                       {"speed", speed},
                                       {"next_turn_ms", 100},
                                       {"turn_complete_after_interrupt", false},
                                       {"mode", "tone"}});
    world.command("twilio/plan", {{"tone_hz", 300}, {"tone_ms", 600}, {"caller_delay_ms", 4000}});
    const std::string id = world.talking({{"greeting", "Hello, this is a long greeting."}, {"greeting_shield_ms", 0}});
    ASSERT_TRUE(until([&] { return world.carrierCall(id)["streams"][0]["bytes_played"].get<int>() > 1600; }));
    world.command("gemini/queue", {{"turns", {{{"assistant", "Yes?"}, {"audio_ms", 1000}, {"hz", 1000}}}}});
    ASSERT_TRUE(until([&] { return toneMs(world.carrierAudio(id, "heard"), 1000) >= 960; }))
        << world.state("gemini")["sessions"];
  }
}

TEST(TalkFaultsOfModels, WhatADeadTurnOfGeminiStillSendsIsNotHeard) {
  World world(withVoice("gemini"));
  // Still generating when it is interrupted, and ahead of what is played: else there may be nothing to clear.
  world.command("gemini/configure", {{"greeting_ms", 20000}, {"speed", 2}, {"late_ms", 2000}, {"mode", "tone"}});
  world.command("twilio/plan", {{"tone_hz", 300}, {"tone_ms", 3000}, {"caller_delay_ms", 4000}});
  const std::string id = world.talking({{"greeting", "Hello, this is a long greeting."}, {"greeting_shield_ms", 0}});
  ASSERT_TRUE(until([&] { return world.carrierCall(id)["streams"][0]["clears"].get<int>() >= 1; }));
  // Nothing of it is at the carrier from here on.
  const std::size_t cut = world.carrierAudio(id, "heard").size();
  world.command("gemini/queue", {{"turns", {{{"assistant", "Yes?"}, {"audio_ms", 1000}, {"hz", 1000}}}}});
  ASSERT_TRUE(until([&] { return toneMs(world.carrierAudio(id, "heard"), 1000) >= 960; }))
      << world.state("gemini")["sessions"];
  EXPECT_EQ(toneMs(world.carrierAudio(id, "heard").substr(cut), 440), 0u);
}
