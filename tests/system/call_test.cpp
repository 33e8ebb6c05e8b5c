// Calls from their beginning: outbound and incoming, what is heard, what is told, who may not come in.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/system/audio.hpp"
#include "tests/system/world.hpp"

using namespace system_test;

class Voice : public ::testing::TestWithParam<const char*> {};

TEST_P(Voice, ACallIsPlacedAnsweredAndListed) {
  WorldOptions options;
  options.voice = GetParam();
  World world(options);
  const Answer placed = world.post("/api/call", {{"to", "+15550100002"}, {"metadata", {{"order", 7}}}});
  ASSERT_EQ(placed.status, 201) << placed.body;
  const std::string id = placed.json()["call_id"];
  EXPECT_EQ(placed.header("Location"), "/api/calls/" + id);
  EXPECT_EQ(placed.json()["to"], "+15550100002");
  ASSERT_TRUE(world.reaches(id, "in-progress"));
  const Json list = world.get("/api/calls").json();
  ASSERT_EQ(list["count"], 1);
  const Json call = list["calls"][0];
  EXPECT_EQ(call["direction"], "outbound");
  EXPECT_EQ(call["voice"], GetParam());
  EXPECT_EQ(call["from_number"], "+15550100001");
  EXPECT_EQ(world.call(id)["metadata"], (Json{{"order", 7}}));
  const Json health = world.get("/health").json();
  EXPECT_EQ(health["status"], "healthy");
  EXPECT_EQ(health["active_calls"], 1);
  EXPECT_EQ(health["version"], world.get("/api/plugins").json()["version"]);
  EXPECT_FALSE(health["version"].get<std::string>().empty());
}

TEST_P(Voice, AnIncomingCallIsAnsweredAndAnnouncedOnce) {
  WorldOptions options;
  options.voice = GetParam();
  World world(options);
  const std::string sid = world.command("twilio/incoming", {{"from", "+15550100777"}})["sid"];
  std::vector<std::string> live;
  ASSERT_TRUE(until([&] {
    live = world.liveCalls();
    return live.size() == 1;
  }));
  ASSERT_TRUE(world.reaches(live[0], "in-progress"));
  const Json call = world.call(live[0]);
  EXPECT_EQ(call["direction"], "incoming");
  EXPECT_EQ(call["from_number"], "+15550100777") << "the caller";
  EXPECT_EQ(call["far_number"], "+15550100777");
  EXPECT_EQ(call["to_number"], "+15550100001");
  EXPECT_FALSE(call["answered_at"].is_null());
  EXPECT_TRUE(until([&] { return world.state(GetParam())["connections"]["open"] == 1; }));
  world.command("twilio/calls/" + sid + "/hangup");
  const Json detail = world.settled(live[0]);
  EXPECT_EQ(detail["ended_by"], "carrier");
  EXPECT_EQ(detail["outcome"], "completed");
  EXPECT_EQ(world.telegramMessages(live[0]), 1);
}

TEST_P(Voice, TheGreetingIsHeardAndBothSidesStandInTheTranscript) {
  WorldOptions options;
  options.voice = GetParam();
  World world(options);
  world.command("twilio/plan", {{"tone_hz", 300}, {"tone_ms", 800}, {"caller_delay_ms", 2500}});
  const std::string id = world.place({{"greeting", "Hello, this is the test agent."}});
  ASSERT_TRUE(until([&] {
    const Json c = world.call(id);
    bool user = false, assistant = false;
    for (auto& line : c["transcript"]) (line["speaker"] == "user" ? user : assistant) = true;
    return user && assistant;
  })) << world.call(id);
  EXPECT_TRUE(until([&] { return trimSilence(world.carrierAudio(id, "heard")).size() > 1600; }));
  const Answer ended = world.post("/api/calls/" + id + "/end");
  EXPECT_EQ(ended.status, 200);
  EXPECT_GE(world.settled(id)["transcript"].size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Both, Voice, ::testing::Values("openai", "gemini"),
                         [](auto& i) { return std::string(i.param); });

/// Without the samples that are silent, wherever they come from.
std::string sound(std::string audio) {
  audio.erase(std::remove(audio.begin(), audio.end(), '\xff'), audio.end());
  return audio;
}

/// What lies between frames of silence: a machine that is busy with something else plays late, which puts such in
/// between.
std::vector<std::string> pieces(const std::string& heard) {
  const std::string silence(160, '\xff');
  std::vector<std::string> list;
  for (std::size_t begin = 0; begin < heard.size();) {
    const std::size_t end = std::min(heard.find(silence, begin), heard.size());
    if (end > begin) list.push_back(heard.substr(begin, end - begin));
    begin = std::min(heard.find_first_not_of('\xff', end), heard.size());
  }
  return list;
}

TEST(Audio, MuLawPassesThroughSampleForSample) {
  World world;
  world.command("twilio/plan", {{"tone_hz", 450}, {"tone_ms", 1500}, {"caller_delay_ms", 200}});
  const std::string id = world.place();
  std::string heard;
  ASSERT_TRUE(until([&] { return (heard = sound(world.carrierAudio(id, "heard"))).size() > 8000; }))
      << "a second of it at least, pauses not counted: " << heard.size();
  // Late is not lost: what a busy machine puts in between is silence, and nothing else.
  EXPECT_NE(sound(world.carrierAudio(id, "line")).find(heard), std::string::npos)
      << "what was heard is not what was said, from its first sample to its last";
}

TEST(Audio, ThroughSixteenAndTwentyFourKilohertzTheVoiceIsTheSame) {
  WorldOptions options;
  options.voice = "gemini";
  World world(options);
  world.command("twilio/plan", {{"tone_hz", 450}, {"tone_ms", 1500}, {"caller_delay_ms", 200}});
  const std::string id = world.place();
  std::string heard;
  ASSERT_TRUE(until([&] { return sound(heard = world.carrierAudio(id, "heard")).size() > 8000; }))
      << "a second of it at least, pauses not counted: " << sound(heard).size();
  const std::string line = world.carrierAudio(id, "line");
  for (auto& piece : pieces(heard)) {
    if (piece.size() < 160) continue;  // too short to tell one sound from another
    // Where a pause begins and ends, the filters of both resamplers ring.
    EXPECT_GT(correlation(line, piece.substr(40, std::min<std::size_t>(piece.size() - 80, 8000))), 0.95)
        << piece.size() << " bytes";
  }
}

TEST(Audio, ThreadsDoNotGrowWithCalls) {
  World world;
  const std::string first = world.place();
  ASSERT_TRUE(world.reaches(first, "in-progress"));
  ASSERT_TRUE(until([&] { return world.state("openai")["connections"]["open"] == 1; }));
  const long threads = world.gateway().status("Threads");
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(world.place());
  for (auto& id : ids) ASSERT_TRUE(world.reaches(id, "in-progress"));
  ASSERT_TRUE(until([&] { return world.state("openai")["connections"]["open"] == 21; }));
  // Those that come with the work, for what blocks, leave again.
  EXPECT_TRUE(until([&] { return world.gateway().status("Threads") <= threads; }))
      << world.gateway().status("Threads") << " after one call: " << threads;
}
