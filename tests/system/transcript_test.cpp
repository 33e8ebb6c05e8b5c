// The transcript of a call as text, WebVTT and JSON, with both models, while it runs and out of the store.
#include <gtest/gtest.h>

#include <sstream>

#include "tests/system/world.hpp"
#include "tests/webvtt.hpp"

using namespace system_test;

namespace {

class TranscriptOf : public testing::TestWithParam<std::string> {
 protected:
  static std::string path(const std::string& id, const std::string& format) {
    return "/api/calls/" + id + "/transcript" + (format.empty() ? "" : "?format=" + format);
  }
  static bool bothSpoke(const Json& lines) {
    bool user = false, assistant = false;
    for (auto& line : lines) (line["speaker"] == "user" ? user : assistant) = true;
    return user && assistant;
  }
  /// What the three formats say is the same, and the call's own lines.
  static void expectOneStory(const World& world, const std::string& id) {
    const Json said = world.call(id)["transcript"], told = world.get(path(id, "")).json();
    EXPECT_EQ(told["call_id"], id);
    const Json& lines = told["lines"];
    ASSERT_EQ(lines.size(), said.size()) << told;
    const hookswitch_test::Vtt vtt(world.get(path(id, "vtt")).body);
    ASSERT_EQ(vtt.error, "");
    ASSERT_EQ(vtt.cues.size(), lines.size());
    std::istringstream text(world.get(path(id, "text")).body);
    std::uint64_t latest = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const Json& line = lines[i];
      for (const char* member : {"speaker", "text", "at"}) EXPECT_EQ(line[member], said[i][member]);
      const std::uint64_t start = line["start_ms"], end = line["end_ms"];
      EXPECT_GE(start, latest) << told;
      EXPECT_GT(end, start) << told;
      latest = start;
      const std::string speaker = line["speaker"] == "user" ? "caller" : "agent";
      EXPECT_EQ(vtt.cues[i].start_ms, start);
      EXPECT_EQ(vtt.cues[i].voice, speaker);
      EXPECT_EQ(vtt.cues[i].text, line["text"]);
      std::string written;
      ASSERT_TRUE(std::getline(text, written));
      EXPECT_EQ(written.substr(written.find(']')), "] " + speaker + ": " + line["text"].get<std::string>());
    }
    EXPECT_EQ(text.peek(), std::istringstream::traits_type::eof()) << "no more lines than there are";
  }
};

}  // namespace

TEST_P(TranscriptOf, TheCallIsTheSameInEveryFormatWhileItRunsAndAfterAKill) {
  World world(withVoice(GetParam()));
  world.command("twilio/plan", {{"tone_hz", 300}, {"tone_ms", 800}, {"caller_delay_ms", 2500}});
  const std::string id = world.place({{"greeting", "Hello, this is the test agent."}});
  ASSERT_TRUE(until([&] { return bothSpoke(world.get(path(id, "json")).json()["lines"]); })) << world.call(id);
  EXPECT_EQ(world.get(path(id, "")).json()["status"], "in-progress");

  world.post("/api/calls/" + id + "/end");
  const Json detail = world.settled(id);
  expectOneStory(world, id);
  const std::string before = world.get(path(id, "")).body;
  const double length = detail["duration_s"].get<double>() * 1000;
  const Json lines = Json::parse(before)["lines"];
  for (auto& line : lines) EXPECT_LE(line["end_ms"].get<double>(), length + 1) << before;
  world.restartGateway();
  expectOneStory(world, id);
  EXPECT_EQ(world.get(path(id, "")).body, before) << "the store tells the same";
}

TEST_P(TranscriptOf, EveryFormatIsSentAsWhatItIsAndStaysInNoCache) {
  World world(withVoice(GetParam()));
  const std::string id = world.talking();
  const std::pair<const char*, const char*> types[] = {
      {"json", "application/json"}, {"text", "text/plain; charset=utf-8"}, {"vtt", "text/vtt"}};
  for (auto& [format, type] : types) {
    const Answer head = http("HEAD", world.url(path(id, format)), {}, world.headers());
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.body, "");
    for (const Answer& answer : {head, world.get(path(id, format))}) {
      EXPECT_EQ(answer.header("Content-Type"), type);
      EXPECT_EQ(answer.header("Cache-Control"), "no-store");
    }
  }
  const Answer wrong = world.get(path(id, "srt"));
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(wrong.json()["error"], "'format': expected text, vtt or json");
  EXPECT_EQ(world.get(path("00000000-0000-4000-8000-000000000000", "vtt")).status, 404);
}

INSTANTIATE_TEST_SUITE_P(Both, TranscriptOf, ::testing::Values("openai", "gemini"),
                         [](const auto& voice) { return voice.param; });
