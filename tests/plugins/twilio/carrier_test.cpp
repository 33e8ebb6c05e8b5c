#include "tests/plugins/twilio/twilio_test.hpp"

#include <hookswitch/base64.hpp>

#include "plugins/twilio/carrier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace hookswitch::twilio::test {
namespace {

using testing::HasSubstr;

const std::uint64_t kConn = hostId(1);

/// What Twilio takes (§5.3): exactly these fields, nothing more.
void expectAllowed(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  const std::string event = json["event"];
  std::set<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.insert(key);
  EXPECT_EQ(json["streamSid"], kStream);
  if (event == "clear") {
    EXPECT_EQ(keys, (std::set<std::string>{"event", "streamSid"}));
  } else {
    EXPECT_EQ(keys, (std::set<std::string>{"event", "streamSid", event}));
    ASSERT_TRUE(event == "media" || event == "mark");
    EXPECT_EQ(json[event].size(), 1u);
    EXPECT_TRUE(json[event][event == "media" ? "payload" : "name"].is_string());
  }
}

nlohmann::json startMessage() {
  return {{"event", "start"},
          {"sequenceNumber", "1"},
          {"streamSid", kStream},
          {"start",
           {{"accountSid", kAccount},
            {"streamSid", kStream},
            {"callSid", kLeg},
            {"tracks", {"inbound"}},
            {"mediaFormat", {{"encoding", "audio/x-mulaw"}, {"sampleRate", 8000}, {"channels", 1}}},
            {"customParameters", {{"gw_call", sampleCall().call}}}}}};
}
std::string media(const std::string& mulaw, std::uint64_t timestamp_ms) {
  std::string payload;
  hks::encodeBase64(payload, mulaw);
  return nlohmann::json{
      {"event", "media"},
      {"sequenceNumber", "7"},
      {"streamSid", kStream},
      {"media",
       {{"track", "inbound"}, {"chunk", "6"}, {"timestamp", std::to_string(timestamp_ms)}, {"payload", payload}}}}
      .dump();
}
const std::string kConnected = R"({"event":"connected","protocol":"Call","version":"1.0.0"})";

class TwilioCarrier : public testing::Test {
 protected:
  TwilioCarrier() {
    carrier.step(In::start(settings(), sampleCall()));
    carrier.step(In::opened(kConn));
  }
  Outputs hear(const std::string& text) { return carrier.step(In::data(kConn, text)); }
  void run() {
    hear(kConnected);
    ASSERT_TRUE(hear(startMessage().dump()).has(HKS_READY));
  }
  /// The stream is refused: closed with `code` and reported gone, and nothing happens afterwards.
  void expectRefused(const Outputs& out, std::uint32_t code, const std::string& why) {
    EXPECT_EQ(out.only(HKS_CLOSE).id, kConn) << out;
    EXPECT_EQ(out.only(HKS_CLOSE).close_code, code) << out;
    EXPECT_THAT(out.only(HKS_GONE).reason, HasSubstr(why));
    EXPECT_FALSE(out.has(HKS_READY));
    EXPECT_TRUE(carrier.timers().empty());
    EXPECT_TRUE(hear(startMessage().dump()).empty());
    EXPECT_TRUE(carrier.step(In::closed(kConn, code)).empty()) << "said once";
  }
  Player carrier{hks_plugin_entry, HKS_ROLE_CARRIER};
};

TEST_F(TwilioCarrier, AStreamThatStartsIsReady) {
  EXPECT_EQ(carrier.timers().at(Carrier::kStartTimer), 5'000u);
  EXPECT_TRUE(hear(kConnected).empty());
  const auto out = hear(startMessage().dump());
  EXPECT_EQ(out.only(HKS_READY).takes, std::uint32_t(HKS_PCMU_8K));
  EXPECT_EQ(out.only(HKS_READY).gives, std::uint32_t(HKS_PCMU_8K));
  EXPECT_EQ(carrier.timers().count(Carrier::kStartTimer), 0u);
}

TEST_F(TwilioCarrier, TheCallersAudioPassesUnchangedWithItsTime) {
  run();
  std::string all;
  for (int i = 0; i < 256; ++i) all += char(i);
  for (std::size_t size : {std::size_t(1), std::size_t(159), std::size_t(160), std::size_t(256)}) {
    const auto out = hear(media(all.substr(0, size), 118 + size));
    EXPECT_EQ(out.only(HKS_AUDIO).bytes, all.substr(0, size));
    EXPECT_EQ(out.only(HKS_AUDIO).format, std::uint32_t(HKS_PCMU_8K));
    EXPECT_EQ(out.only(HKS_AUDIO).pts_us, (118 + size) * 1000);
    EXPECT_EQ(out.size(), 1u);
  }
}

TEST_F(TwilioCarrier, OtherTracksAndOtherStreamsAreNotTheCaller) {
  run();
  auto other = nlohmann::json::parse(media("abc", 1));
  other["media"]["track"] = "outbound";
  EXPECT_TRUE(hear(other.dump()).empty());
  other["media"]["track"] = "inbound";
  other["streamSid"] = "MZ1";
  EXPECT_FALSE(hear(other.dump()).has(HKS_AUDIO));
  other.erase("streamSid");
  other["media"].erase("track");
  EXPECT_TRUE(hear(other.dump()).has(HKS_AUDIO)) << "what is not said is not wrong";
}

TEST_F(TwilioCarrier, AudioMarksAndClearAreWrittenAsTwilioTakesThem) {
  run();
  std::vector<std::string> sent;
  for (const auto& m : {In::audio(HKS_PCMU_8K, "\xFF\xFE\xFD"), In::mark("g1:item:400"), In::flush()}) {
    const auto out = carrier.step(m);
    EXPECT_EQ(out.only(HKS_DATA).is_text, 1u);
    sent.push_back(out.data(kConn).at(0));
    expectAllowed(sent.back());
  }
  EXPECT_EQ(sent[0], "{\"event\":\"media\",\"streamSid\":\"" + kStream + "\",\"media\":{\"payload\":\"//79\"}}");
  EXPECT_EQ(nlohmann::json::parse(sent[1])["mark"]["name"], "g1:item:400");
  EXPECT_EQ(nlohmann::json::parse(sent[2])["event"], "clear");
}

TEST_F(TwilioCarrier, LongAudioIsSentInSecondsAndLosesNothing) {
  run();
  std::string audio(20'001, '\x55'), back;
  for (std::size_t i = 0; i < audio.size(); ++i) audio[i] = char(i * 7);
  const auto out = carrier.step(In::audio(HKS_PCMU_8K, audio));
  EXPECT_EQ(out.size(), 3u);
  for (const auto& text : out.data(kConn)) {
    expectAllowed(text);
    std::string bytes;
    ASSERT_TRUE(hks::decodeBase64(bytes, nlohmann::json::parse(text)["media"]["payload"].get<std::string>()));
    EXPECT_LE(bytes.size(), Carrier::kMaxPayload);
    back += bytes;
  }
  EXPECT_EQ(back, audio);
  EXPECT_TRUE(carrier.step(In::audio(HKS_PCMU_8K, "")).empty());
  EXPECT_FALSE(carrier.step(In::audio(HKS_S16_16K, "abcd")).has(HKS_DATA));
}

TEST_F(TwilioCarrier, NothingIsSentOrHeardBeforeTheStart) {
  EXPECT_TRUE(carrier.step(In::audio(HKS_PCMU_8K, "abc")).empty());
  EXPECT_TRUE(carrier.step(In::mark("m")).empty());
  EXPECT_TRUE(carrier.step(In::flush()).empty());
  EXPECT_TRUE(hear(media("abc", 1)).empty());
  EXPECT_TRUE(hear(R"({"event":"mark","streamSid":"MZ","mark":{"name":"x"}})").empty());
  EXPECT_TRUE(hear(R"({"event":"stop"})").empty());
}

TEST_F(TwilioCarrier, MarksAndKeysAreHandedOn) {
  run();
  EXPECT_EQ(
      hear(R"({"event":"mark","streamSid":")" + kStream + R"(","mark":{"name":"g3:item_1:400"}})").only(HKS_MARK).name,
      "g3:item_1:400");
  for (const char* key : {"0", "9", "*", "#", "A", "D"})
    EXPECT_EQ(hear(std::string(R"({"event":"dtmf","dtmf":{"track":"inbound_track","digit":")") + key + "\"}}")
                  .only(HKS_DTMF)
                  .name,
              key);
  for (const char* key : {"", "12", "E", "\\u0000"})
    EXPECT_FALSE(hear(std::string(R"({"event":"dtmf","dtmf":{"digit":")") + key + "\"}}").has(HKS_DTMF)) << key;
}

TEST_F(TwilioCarrier, AStopEndsTheCallAndTheCloseBehindItSaysNothingNew) {
  run();
  const auto out = hear(R"({"event":"stop","sequenceNumber":"9","stop":{"callSid":")" + kLeg + "\"}}");
  EXPECT_EQ(out.only(HKS_CALL_END).by, std::uint32_t(HKS_BY_CARRIER));
  EXPECT_EQ(out.only(HKS_CALL_END).call, "") << "this session's own call";
  EXPECT_FALSE(out.has(HKS_GONE));
  EXPECT_TRUE(carrier.timers().empty());
  EXPECT_TRUE(carrier.step(In::closed(kConn, 1000)).empty());
  EXPECT_TRUE(carrier.step(In::audio(HKS_PCMU_8K, "abc")).empty());
}

TEST_F(TwilioCarrier, ASocketThatClosesWithoutAStopIsReportedGone) {
  run();
  const auto out = carrier.step(In::closed(kConn, 1006, "reset\r\nby peer"));
  EXPECT_EQ(out.only(HKS_GONE).reason, "the carrier's media socket closed without a stop (code 1006, reset by peer)");
  EXPECT_FALSE(out.has(HKS_CLOSE));
  EXPECT_TRUE(carrier.timers().empty());
}

TEST_F(TwilioCarrier, ASocketThatClosesBeforeTheStartIsReportedGone) {
  EXPECT_TRUE(carrier.step(In::closed(kConn, 1001)).has(HKS_GONE));
}

TEST_F(TwilioCarrier, AStreamThatDoesNotStartIsClosed) {
  hear(kConnected);
  expectRefused(carrier.step(In::timer(Carrier::kStartTimer)), 1008, "did not start");
}

TEST_F(TwilioCarrier, AnotherCallsStreamIsRefused) {
  auto m = startMessage();
  m["start"]["customParameters"]["gw_call"] = "another";
  expectRefused(hear(m.dump()), 1008, "another call");
}

TEST_F(TwilioCarrier, AnotherAccountsStreamIsRefused) {
  auto m = startMessage();
  m["start"]["accountSid"] = "AC1";
  expectRefused(hear(m.dump()), 1008, "accountSid");
}

TEST_F(TwilioCarrier, AnotherLegsStreamIsRefused) {
  auto m = startMessage();
  m["start"]["callSid"] = "CA1";
  expectRefused(hear(m.dump()), 1008, "callSid");
}

TEST_F(TwilioCarrier, AnotherFormatIsRefused) {
  auto m = startMessage();
  m["start"]["mediaFormat"]["encoding"] = "audio/l16";
  expectRefused(hear(m.dump()), 1003, "audio/x-mulaw");
}

TEST_F(TwilioCarrier, AnotherRateIsRefused) {
  auto m = startMessage();
  m["start"]["mediaFormat"]["sampleRate"] = 16000;
  expectRefused(hear(m.dump()), 1003, "8000");
}

TEST_F(TwilioCarrier, AStreamWithoutANameIsRefused) {
  auto m = startMessage();
  m.erase("streamSid");
  m["start"].erase("streamSid");
  expectRefused(hear(m.dump()), 1008, "streamSid");
}

TEST_F(TwilioCarrier, ACallWithoutParametersOrFormatOrANameOfTheLegIsAccepted) {
  Call unnamed = sampleCall();
  unnamed.remote_id.clear();
  Player late(hks_plugin_entry, HKS_ROLE_CARRIER);
  late.step(In::start(settings(), unnamed));
  late.step(In::opened(kConn));
  auto m = startMessage();
  m["start"].erase("customParameters");
  m["start"].erase("mediaFormat");
  EXPECT_TRUE(late.step(In::data(kConn, m.dump())).has(HKS_READY));
}

TEST_F(TwilioCarrier, GarbageInsteadOfAStartClosesTheSocket) {
  expectRefused(hear("GET / HTTP/1.1"), 1008, "protocol");
}

TEST_F(TwilioCarrier, ABinaryMessageInsteadOfAStartClosesTheSocket) {
  expectRefused(carrier.step(In::binary(kConn, startMessage().dump())), 1008, "binary");
}

TEST_F(TwilioCarrier, AnOversizeMessageClosesTheSocket) {
  run();
  expectRefused(hear(std::string(StreamReader::kMaxBytes + 1, ' ')), 1009, "bytes");
}

TEST_F(TwilioCarrier, ARunningCallOutlivesAFewBadMessagesButNotMany) {
  run();
  for (unsigned i = 1; i < Carrier::kMaxFaults; ++i) {
    const auto out = i % 2 ? hear("{") : hear(R"({"event":"media","media":{"payload":"!!!!"}})");
    EXPECT_FALSE(out.has(HKS_CLOSE));
  }
  EXPECT_TRUE(hear(media("abc", 1)).has(HKS_AUDIO));
  const auto out = hear("{");
  EXPECT_EQ(out.only(HKS_CLOSE).close_code, 1008u);
  EXPECT_TRUE(out.has(HKS_GONE));
  EXPECT_LE(carrier.all().count(HKS_LOG), 5u) << "the log is not the sender's to fill";
}

TEST_F(TwilioCarrier, ASecondStartChangesNothing) {
  run();
  auto m = startMessage();
  m["streamSid"] = m["start"]["streamSid"] = "MZother";
  EXPECT_FALSE(hear(m.dump()).has(HKS_READY));
  expectAllowed(carrier.step(In::flush()).data(kConn).at(0));
}

TEST_F(TwilioCarrier, ASilentStreamIsGivenUpButALiveOneIsNot) {
  run();
  EXPECT_EQ(carrier.timers().at(Carrier::kIdleTimer), 30'000u);
  hear(media("abc", 1));
  EXPECT_TRUE(carrier.step(In::timer(Carrier::kIdleTimer)).has(HKS_TIMER));
  const auto out = carrier.step(In::timer(Carrier::kIdleTimer));
  EXPECT_EQ(out.only(HKS_CLOSE).close_code, 1001u);
  EXPECT_THAT(out.only(HKS_GONE).reason, HasSubstr("30 s"));
}

TEST_F(TwilioCarrier, TheWatchOverSilenceCanBeSwitchedOff) {
  Player patient(hks_plugin_entry, HKS_ROLE_CARRIER);
  patient.step(In::start(settings({{"media_idle_s", "0"}}), sampleCall()));
  patient.step(In::opened(kConn));
  patient.step(In::data(kConn, startMessage().dump()));
  EXPECT_TRUE(patient.timers().empty());
}

TEST_F(TwilioCarrier, ANewerConnectionReplacesTheOlder) {
  run();
  const std::uint64_t newer = hostId(2);
  auto out = carrier.step(In::opened(newer));
  EXPECT_EQ(out.only(HKS_CLOSE).id, kConn);
  EXPECT_TRUE(carrier.step(In::closed(kConn, 1001)).empty());
  EXPECT_TRUE(carrier.step(In::data(newer, startMessage().dump())).has(HKS_READY));
  EXPECT_EQ(carrier.step(In::flush()).only(HKS_DATA).id, newer);
}

}  // namespace
}  // namespace hookswitch::twilio::test
