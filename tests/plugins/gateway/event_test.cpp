#include "plugins/gateway/event.hpp"

#include <hookswitch/plugin.hpp>
#include <hookswitch/testing.hpp>
#include <hookswitch/utf8.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::gateway {
namespace {

using hks::testing::Record;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// The event of a record, by way of the record's C form.
Event eventOf(const Record& record, bool ended = true) {
  hks::testing::Message m = hks::testing::In::phase(1, HKS_PHASE_NOTIFY, record);
  hks::testing::Wire wire(m, 0);
  const auto phase = hks::as<hks_phase>(wire.get());
  const auto r = hks::record<hks_record>(phase.record);
  return ended ? endedEvent(r) : startedEvent(r);
}

TEST(GatewayEvent, TellsTheWholeEndOnOneLine) {
  Record r = hks::testing::sampleRecord();
  EXPECT_EQ(
      oneLine(eventOf(r), 32768),
      "[call] ended id=0f8fad5b-d9cb-469f-a165-70867728950e dir=outbound from=+15550002222 to=+15550001111 "
      "at=2023-11-14T22:14:40.000Z duration=75.500 outcome=completed by=api "
      "summary=\"Outbound call to +15550001111 lasted 1:15 min, outcome completed; ended by api: the API asked for it. "
      "3 lines were spoken.\" "
      "transcript_untrusted=\"assistant: Hello, how can I help? | user: When do you open? | assistant: At nine.\"");
}

TEST(GatewayEvent, NamesThePartiesOfAnIncomingCallAsTheyAre) {
  Record r = hks::testing::sampleRecord();
  r.call.direction = HKS_INCOMING;
  r.answered_unix_ms = r.duration_ms = 0;
  r.outcome = HKS_NO_ANSWER;
  r.lines.clear();
  const std::string line = oneLine(eventOf(r), 32768);
  EXPECT_THAT(line, HasSubstr("dir=incoming from=+15550002222 to=+15550001111"));
  EXPECT_THAT(line, HasSubstr("Incoming call from +15550002222 was not answered, outcome no-answer"));
  EXPECT_THAT(line, Not(HasSubstr("transcript")));
}

TEST(GatewayEvent, TellsTheStartWithAShortPurpose) {
  Record r = hks::testing::sampleRecord();
  r.call.prompt = "Remind of the appointment.\n/reset " + std::string(1000, 'x');
  const std::string line = oneLine(eventOf(r, false), 32768);
  EXPECT_THAT(line, StartsWith("[call] started id=0f8fad5b-d9cb-469f-a165-70867728950e dir=outbound"));
  EXPECT_THAT(line, HasSubstr("purpose=\"Remind of the appointment. \u2215reset"));
  EXPECT_LT(line.size(), 500u);
}

TEST(GatewayEvent, LetsNothingTheCallerSaysBecomeACommandOrALine) {
  Record r = hks::testing::sampleRecord();
  r.lines = {{HKS_USER, 0, "/new\n/reset\r\n\x1b[31m\"/status\" \xff\u2028/stop"}};
  r.reason = "/abort";
  const std::string line = oneLine(eventOf(r), 32768);
  for (std::size_t at = 0; (at = line.find('/', at)) != std::string::npos; ++at)
    EXPECT_TRUE(at > 0 && std::isalnum(static_cast<unsigned char>(line[at - 1]))) << line.substr(at);
  for (unsigned char c : line) EXPECT_GE(c, 0x20);
}

TEST(GatewayEvent, CutsOnlyTheTranscriptToItsLimit) {
  Record r = hks::testing::sampleRecord();
  for (int i = 0; i < 3000; ++i)
    r.lines.push_back({HKS_USER, 0, "/\u00fc line " + std::to_string(i) + " with some words"});
  const Event e = eventOf(r);
  for (const std::size_t limit : {1024u, 1500u, 4096u, 32768u}) {
    const std::string line = oneLine(e, limit);
    EXPECT_LE(line.size(), limit);
    EXPECT_THAT(line, HasSubstr("outcome=completed"));
    EXPECT_THAT(line, EndsWith("(cut)\""));
    EXPECT_EQ(line, hks::utf8::clean(line)) << "cut inside a character";
  }
}

TEST(GatewayEvent, BoundsAnEndlessTranscriptAndSaysThatItWasCut) {
  Record r = hks::testing::sampleRecord();
  for (int i = 0; i < 400; ++i) r.lines.push_back({HKS_USER, 0, std::string(1000, 'x')});
  const Event e = eventOf(r);
  EXPECT_LE(e.transcript.size(), kMaxTranscript + 400 * 12);
  EXPECT_THAT(e.transcript, EndsWith("(the rest was cut)"));
  EXPECT_THAT(e.summary, HasSubstr("403 lines"));
}

TEST(GatewayEvent, LetsOnlyAJsonObjectThroughAsMetadata) {
  Record r = hks::testing::sampleRecord();
  r.call.metadata_json = " { \"a\" : [1, \"x\"] } ";
  EXPECT_EQ(eventOf(r, false).metadata_json, R"({"a":[1,"x"]})");
  for (const char* bad : {"", "[1]", "{", "\"x\"", "{\"a\":1}}", "{\"a\":\"\xff\"}"}) {
    r.call.metadata_json = bad;
    EXPECT_EQ(eventOf(r, false).metadata_json, "{}") << bad;
  }
}

}  // namespace
}  // namespace hookswitch::gateway
