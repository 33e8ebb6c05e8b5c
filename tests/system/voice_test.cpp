// A call whose model misbehaves never goes dead: both providers' stand-ins, and what the caller hears of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

constexpr std::size_t kBytesPerMs = 8;

/// How long the caller heard the agent, without pauses, ms.
std::size_t soundMs(const World& world, const std::string& call) {
  return world.carrierAudio(call, "heard").size() / kBytesPerMs;
}

/// The longest silence on the line within what the agent said after the caller's turn, ms: what the reconnect costs.
std::size_t pauseMs(const World& world, const std::string& call) {
  const std::string line = world.carrierAudio(call, "line");
  std::size_t longest = 0, quiet = 0;
  for (std::size_t at = line.size(), heard = 0; at-- > 0 && heard < 2400 * kBytesPerMs;) {
    if (static_cast<unsigned char>(line[at]) == 0xFF) {
      ++quiet;
      continue;
    }
    if (heard != 0) longest = std::max(longest, quiet);
    quiet = 0;
    ++heard;
  }
  return longest / kBytesPerMs;
}

class EitherVoice : public testing::TestWithParam<const char*> {
 protected:
  std::string voice() const { return GetParam(); }
  std::string other() const { return voice() == "openai" ? "gemini" : "openai"; }
  /// The model's next answers.
  void answers(World& world, const Json& turns) { world.command(voice() + "/queue", {{"turns", turns}}); }
  bool errors(const World& world) const { return !world.state(voice())["protocol_errors"].empty(); }
  Json sessions(const World& world) const { return world.state(voice())["sessions"]; }
};

}  // namespace

TEST_P(EitherVoice, AConnectionThatEndsInMidSentenceIsReplacedAndTheCallerHearsNoPause) {
  for (const int code : {1000, 1006, 1008, 1011}) {
    World world(withVoice(voice()));
    world.command(voice() + "/configure", {{"speed", 4}, {"greeting_ms", 400}});
    // 3 s of an answer, lost after the first second; then the rest of it.
    answers(world, {{{"assistant", "Hello."}, {"audio_ms", 400}},
                    {{"assistant", "one two three four five six"},
                     {"audio_ms", 3000},
                     {"close_at_ms", 1000},
                     {"close_code", code}},
                    {{"assistant", "and the rest of it"}, {"audio_ms", 1500}}});
    world.command("twilio/plan", {{"tone_hz", 300}, {"tone_ms", 600}, {"caller_delay_ms", 2500}});
    const std::string id = world.talking({{"greeting", "Hello."}});
    ASSERT_TRUE(until([&] { return soundMs(world, id) >= 400 + 1000 + 1480; }))
        << code << " " << soundMs(world, id) << " " << sessions(world);
    EXPECT_EQ(world.call(id)["status"], "in-progress");
    EXPECT_EQ(world.call(id)["voice"], voice());
    EXPECT_EQ(sessions(world).size(), 2u) << code;
    RecordProperty("pause_ms_" + std::to_string(code), int(pauseMs(world, id)));
    EXPECT_FALSE(errors(world)) << world.state(voice())["protocol_errors"];
    EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  }
}

TEST_P(EitherVoice, WhenTheModelStaysAwayTheFallbackTakesOver) {
  World world(withVoice(voice(), {"calls.voice_fallback=" + other(), "calls.voice_retry_s=1"}));
  const std::string id = world.talking();
  world.command(voice() + "/refuse_connections", {{"refusing", true}});
  world.command(voice() + "/drop");
  ASSERT_TRUE(until([&] { return world.call(id)["voice"] == other(); }));
  ASSERT_TRUE(until([&] { return world.state(other())["connections"]["open"] == 1; }));
  EXPECT_EQ(world.call(id)["status"], "in-progress");
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
}

TEST_P(EitherVoice, AWrongKeyAtTheReconnectGoesToTheFallbackAtOnce) {
  World world(withVoice(voice(), {"calls.voice_fallback=" + other(), "calls.voice_retry_s=600"}));
  const std::string id = world.talking();
  world.command(voice() + "/configure", {{"upgrade_status", 401}});
  world.command(voice() + "/drop");
  ASSERT_TRUE(until([&] { return world.state(other())["connections"]["open"] == 1; }));
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
}

TEST_P(EitherVoice, WhenNoModelIsLeftTheCarrierApologisesAndTheCallEndsWithThatReason) {
  World world(withVoice(voice(), {"calls.voice_fallback=" + other(), "calls.voice_retry_s=1",
                                  "calls.apology=Sorry, a technical problem. <Please> call again & again."}));
  const std::string id = world.talking();
  for (const char* fake : {"openai", "gemini"}) {
    world.command(std::string(fake) + "/refuse_connections", {{"refusing", true}});
    world.command(std::string(fake) + "/drop");
  }
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["ended_by"], "fault") << detail;
  EXPECT_EQ(detail["outcome"], "failed");
  EXPECT_NE(detail["reason"].get<std::string>().find("the voice " + other() + " is gone"), std::string::npos) << detail;
  const Json carrier = world.carrierCall(id);
  EXPECT_TRUE(until([&] { return world.carrierCall(id)["over"].get<bool>(); }));
  EXPECT_NE(world.carrierCall(id)["verbs"].dump().find("Say"), std::string::npos) << carrier;
  EXPECT_EQ(world.carrierCall(id)["hang_up_requests"], 0) << "Twilio hangs up behind the sentence";
  EXPECT_EQ(world.state("twilio")["protocol_errors"], 0);
}

TEST_P(EitherVoice, AGoodbyeIsHeardThoughTheModelsSocketDies) {
  World world(withVoice(voice()));
  world.command(voice() + "/configure", {{"speed", 0}, {"greeting_ms", 200}});
  if (voice() == "gemini") world.command("gemini/configure", {{"after_tool", "speak"}, {"turn_complete", "now"}});
  Json tool = {{"name", "end_call"}};
  if (voice() == "openai")
    tool["arguments"] = "{\"reason\":\"done\"}";
  else
    tool["args"] = {{"reason", "done"}};
  answers(world, {{{"assistant", "Hi."}, {"audio_ms", 200}},
                  {{"assistant", "Goodbye."}, {"audio_ms", 2000}, {"tools", {tool}}}});
  world.command("twilio/plan", {{"tone_hz", 300}, {"tone_ms", 600}, {"caller_delay_ms", 2500}});
  const std::string id = world.talking({{"greeting", "Hi."}});
  ASSERT_TRUE(until([&] { return world.carrierAudio(id, "heard").size() > 600 * kBytesPerMs; }));
  world.command(voice() + "/drop");
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["ended_by"], "agent") << detail;
  EXPECT_EQ(detail["outcome"], "completed");
  EXPECT_GE(soundMs(world, id), 2180u);
}

TEST_P(EitherVoice, AHelloWhileTheModelConnectsDoesNotKillTheGreeting) {
  World world(withVoice(voice()));
  world.command(voice() + "/configure", {{"greeting_ms", 2000}, {"upgrade_delay_ms", 0}});
  if (voice() == "gemini") world.command("gemini/configure", {{"setup_delay_ms", 800}});
  if (voice() == "openai") world.command("openai/configure", {{"created_delay_ms", 800}});
  world.command("twilio/plan", {{"tone_hz", 300}, {"tone_ms", 2000}, {"caller_delay_ms", 100}});
  const std::string id = world.talking({{"greeting", "This call is recorded."}});
  EXPECT_TRUE(until([&] { return soundMs(world, id) >= 1980; })) << soundMs(world, id) << " " << sessions(world);
  const Json stream = world.carrierCall(id)["streams"][0];
  EXPECT_EQ(stream["bytes_cleared"], 0) << "nobody has cut it: " << stream;
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
}

TEST_P(EitherVoice, AModelWhoseAnswersFailOrHaveNoSoundIsReplacedByTheFallback) {
  const std::vector<Json> bad =
      voice() == "openai"
          ? std::vector<Json>{{{"status", "failed"}}, {{"text", true}}, {{"assistant", "x"}, {"audio_ms", 0}}}
          : std::vector<Json>{{{"mute", true}}, {{"text", true}}, {{"mime", "audio/opus"}}, {{"audio_ms", 0}}};
  for (const Json& turn : bad) {
    World world(withVoice(voice(), {"calls.voice_fallback=" + other()}));
    world.command(voice() + "/configure", {{"every", turn}});
    if (voice() == "gemini") world.command("gemini/configure", {{"turn_complete", "now"}});
    const std::string id = world.answered({{"greeting", "Hello."}});  // its connection may be gone by then
    EXPECT_TRUE(until([&] { return world.call(id)["voice"] == other(); })) << turn << " " << sessions(world);
    EXPECT_TRUE(until([&] { return soundMs(world, id) >= 580; })) << turn << ": the fallback greets";
    EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  }
}

TEST(OpenAiAlone, AudioWithoutItemIsHeardAndSessionUpdatedNeedNotSayItsFormats) {
  World world;
  world.command("openai/configure", {{"update_reply", "bare"}, {"every", {{"anonymous", true}}}});
  const std::string id = world.talking({{"greeting", "Hello."}});
  EXPECT_TRUE(until([&] { return soundMs(world, id) >= 580; })) << world.state("openai");
  EXPECT_EQ(world.call(id)["status"], "in-progress");
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
}

INSTANTIATE_TEST_SUITE_P(Voice, EitherVoice, testing::Values("openai", "gemini"),
                         [](const auto& each) { return std::string(each.param); });
