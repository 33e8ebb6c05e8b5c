#include "tests/fakes/twilio_test_gateway.hpp"

#include "tests/fakes/twilio_audio.hpp"

#include <algorithm>

namespace fakes {
namespace {

class TwilioCalls : public TwilioTest {
 protected:
  std::string base64(const std::string& bytes) {
    std::string out;
    appendBase64(out, bytes);
    return out;
  }
  void media(const std::string& bytes) {
    sendToStream(R"({"event":"media","streamSid":")" + streamSid() + R"(","media":{"payload":")" + base64(bytes) +
                 "\"}}");
  }
  void mark(const std::string& name) {
    sendToStream(R"({"event":"mark","streamSid":")" + streamSid() + R"(","mark":{"name":")" + name + "\"}}");
  }
  std::vector<Json> all(const std::string& event) {
    std::vector<Json> found;
    loop_.call([&] {
      for (const Json& one : messages_)
        if (one.value("event", "") == event) found.push_back(one);
    });
    return found;
  }
};

TEST_F(TwilioCalls, RunsFromTheCreateToTheHangUpWithEverythingSigned) {
  command("plan", {{"tone_hz", 440}, {"tone_ms", 100}});
  const auto sid = create();
  ASSERT_TRUE(eventually([&] { return messages_.size() > 10; }));
  const Json start = message("start");
  EXPECT_EQ(messages_.at(0).dump(), R"({"event":"connected","protocol":"Call","version":"1.0.0"})");
  EXPECT_EQ(start.at("start").at("callSid"), sid);
  EXPECT_EQ(start.at("start").at("customParameters").at("gw_call"), "7f3a");
  EXPECT_EQ(start.at("sequenceNumber"), "1");
  EXPECT_EQ(start.at("start").at("mediaFormat").at("encoding"), "audio/x-mulaw");
  EXPECT_EQ(upgrade_signature_, sign(twilio_->options().auth_token, gatewayUrl("/media/token", "ws"), {}));

  EXPECT_EQ(update(sid, {{"Status", "completed"}}).status, 200u);
  const Json stop = message("stop");
  EXPECT_EQ(stop.at("stop").at("callSid"), sid);
  ASSERT_TRUE(statusesCome(4));
  EXPECT_EQ(statuses(), (std::vector<std::string>{"initiated", "ringing", "in-progress", "completed"}));
  ASSERT_TRUE(eventually([&] { return !close_codes_.empty(); }));
  EXPECT_EQ(close_codes_.at(0), 1000u);
  unsigned sequence = 0;
  for (const Seen& seen : webhooks_) {
    EXPECT_TRUE(seen.signed_well) << seen.path;
    EXPECT_EQ(*find(seen.form, "CallSid"), sid);
    if (seen.path == "/status") {
      EXPECT_EQ(*find(seen.form, "SequenceNumber"), std::to_string(sequence++));
      EXPECT_EQ(find(seen.form, "CallDuration") != nullptr, seen.status() == "completed");
    }
  }
  const Json record = call();
  EXPECT_EQ(record.at("gw_call"), "7f3a");
  EXPECT_EQ(record.at("hang_up_requests"), 1);
  EXPECT_EQ(record.at("protocol_errors"), 0);
  EXPECT_EQ(record.at("faults").dump(), "[]");
}

TEST_F(TwilioCalls, SendsTheCallersAudioInOrderAndThenSilence) {
  command("plan", {{"tone_hz", 440}, {"tone_ms", 50}, {"frame_bytes", {160, 80, 7}}});
  create();
  ASSERT_TRUE(eventually([&] { return messages_.size() > 12; }));
  std::string heard;
  std::uint64_t chunk = 0, sequence = 1, timestamp = 0;
  for (const Json& one : all("media")) {
    EXPECT_EQ(one.at("sequenceNumber"), std::to_string(++sequence));
    EXPECT_EQ(one.at("media").at("chunk"), std::to_string(++chunk));
    EXPECT_EQ(one.at("media").at("timestamp"), std::to_string(timestamp / 8));
    EXPECT_EQ(one.at("media").at("track"), "inbound");
    std::string piece;
    ASSERT_TRUE(decodeBase64(one.at("media").at("payload").get<std::string>(), piece));
    heard += piece;
    timestamp += piece.size();
  }
  ASSERT_GT(heard.size(), 400u);
  EXPECT_EQ(heard.substr(0, 400), *makeTone(440, 50));
  EXPECT_EQ(heard.find_first_not_of('\xff', 400), std::string::npos);
  EXPECT_EQ(fetch("calls/last/said"), *makeTone(440, 50));
}

TEST_F(TwilioCalls, PlaysWhatItGetsAndEchoesMarks) {
  create();
  const std::string words = *makeTone(300, 60);
  media(words.substr(0, 240));
  media(words.substr(240));
  mark("g1:a:done");
  const Json echo = message("mark");
  EXPECT_EQ(echo.at("mark").at("name"), "g1:a:done");
  EXPECT_EQ(echo.at("streamSid"), streamSid());
  EXPECT_EQ(fetch("calls/last/heard"), words);
  EXPECT_EQ(fetch("calls/last/received"), words);
  const Json stream = call().at("streams").at(0);
  EXPECT_EQ(stream.at("frames_received"), 2);
  EXPECT_EQ(stream.at("marks"), 1);
  EXPECT_EQ(stream.at("underruns"), 0);
  EXPECT_NE(fetch("calls/last/line").find(words), std::string::npos);
}

TEST_F(TwilioCalls, AClearReturnsTheMarkBeforeItsTime) {
  create();
  media(std::string(8000u * 60, 'x'));
  mark("far");
  sendToStream(R"({"event":"clear","streamSid":")" + streamSid() + "\"}");
  EXPECT_EQ(message("mark").at("mark").at("name"), "far");
  EXPECT_LT(fetch("calls/last/heard").size(), 8000u * 60);
  EXPECT_EQ(call().at("streams").at(0).at("clears"), 1);
}

TEST_F(TwilioCalls, ListsEveryMessageThatBreaksTheProtocol) {
  create();
  const std::string sid = streamSid(), head = R"({"event":"media","streamSid":")" + sid + R"(","media":)";
  const std::vector<std::string> broken = {"nonsense",
                                           R"([1])",
                                           R"({"streamSid":")" + sid + "\"}",
                                           R"({"event":"media","media":{"payload":"//8="}})",
                                           R"({"event":"media","streamSid":"MZ1","media":{"payload":"//8="}})",
                                           head + R"({"payload":"//8=","track":"outbound"}})",
                                           head + R"({"payload":"*"}})",
                                           head + R"({"payload":""}})",
                                           head + R"({"payload":7}})",
                                           head + R"({}})",
                                           head + R"({"payload":"//8="},"x":1})",
                                           R"({"event":"mark","streamSid":")" + sid + R"(","mark":{}})",
                                           R"({"event":"clear","streamSid":")" + sid + R"(","clear":{}})",
                                           R"({"event":"hello","streamSid":")" + sid + "\"}"};
  for (const auto& one : broken) sendToStream(one);
  sendToStream("binary", false);
  const std::size_t wanted = broken.size() + 1;
  EXPECT_TRUE(eventually([&] { return twilio_->state().at("protocol_errors") == wanted; })) << call().dump(1);
  EXPECT_EQ(call().at("streams").at(0).at("bytes_played"), 0);
}

TEST_F(TwilioCalls, RunsTheNextVerbWhenTheGatewayClosesTheStream) {
  twiml_ = streamTwiml("<Say>Sorry</Say><Hangup/>");
  create();
  message("media");
  loop_.call([&] { sockets_.back()->close(1000, ""); });
  EXPECT_TRUE(callStatusBecomes("completed"));
  EXPECT_EQ(call().at("verbs").at(1).at("text"), "Sorry");
  EXPECT_EQ(call().at("ended_by"), "document");
  EXPECT_TRUE(all("stop").empty());
}

TEST_F(TwilioCalls, AsksTheActionUrlAndOpensAnotherStream) {
  twiml_.replace(twiml_.find("<Connect>"), 9, "<Connect action=\"/after?x=1\">");
  after_twiml_ = streamTwiml();
  create();
  const auto first = streamSid();
  loop_.call([&] { sockets_.back()->reset(); });
  ASSERT_TRUE(eventually([&] { return sockets_.size() == 2; }));
  EXPECT_TRUE(eventually([&] {
    return std::any_of(messages_.begin(), messages_.end(), [&](const Json& one) {
      return one.value("event", "") == "start" && one.at("streamSid") != first;
    });
  }));
  EXPECT_EQ(call().at("streams").size(), 2u);
  EXPECT_EQ(call().at("faults").at(0).at("code"), 31921);
}

TEST_F(TwilioCalls, ReportsARefusedUpgradeAndEndsTheCall) {
  upgrade_status_ = 403;
  create();
  EXPECT_TRUE(callStatusBecomes("completed"));
  EXPECT_EQ(call().at("faults").at(0).at("code"), 31920);
  EXPECT_EQ(call().at("streams").at(0).at("handshake_status"), 403);
}

TEST_F(TwilioCalls, TakesAnInboundCallToItsVoiceUrl) {
  command("number", {{"voice_url", gatewayUrl("/voice")}, {"status_callback", gatewayUrl("/status")}});
  const Json made = command("incoming", {{"from", "+15550100042"}, {"dtmf", "4#"}});
  EXPECT_EQ(message("start").at("start").at("callSid"), made.at("sid"));
  ASSERT_TRUE(eventually([&] {
    return std::count_if(messages_.begin(), messages_.end(),
                         [](const Json& one) { return one.value("event", "") == "dtmf"; }) == 2;
  }));
  EXPECT_EQ(all("dtmf").at(0).at("dtmf").dump(), R"({"digit":"4","track":"inbound_track"})");
  command("calls/last/hangup");
  ASSERT_TRUE(statusesCome(1));
  EXPECT_EQ(statuses().back(), "completed");
  EXPECT_EQ(webhooks_.at(0).status(), "ringing");
  EXPECT_EQ(*find(webhooks_.at(0).form, "Direction"), "inbound");
  EXPECT_TRUE(webhooks_.at(0).signed_well);
}

TEST_F(TwilioCalls, LetsTheGatewayRejectAnInboundCall) {
  twiml_ = "<Response><Reject reason=\"busy\"/></Response>";
  command("incoming", {{"voice_url", gatewayUrl("/voice")}});
  EXPECT_TRUE(callStatusBecomes("busy"));
  EXPECT_EQ(call().at("answered_ms"), 0);
}

TEST_F(TwilioCalls, EndsTheCallAtItsTimeLimit) {
  auto form = createForm();
  form.emplace_back("TimeLimit", "1");
  ASSERT_EQ(rest("POST", apiUrl("/Calls.json"), form).status, 201u);
  EXPECT_TRUE(callStatusBecomes("completed"));
  EXPECT_EQ(call().at("ended_by"), "time_limit");
  EXPECT_FALSE(message("stop").empty());
}

TEST_F(TwilioCalls, RingsUntilItsTimeoutWhenNobodyAnswers) {
  command("plan", {{"outcome", "never"}});
  auto form = createForm();
  form.emplace_back("Timeout", "1");
  ASSERT_EQ(rest("POST", apiUrl("/Calls.json"), form).status, 201u);
  EXPECT_TRUE(callStatusBecomes("no-answer"));
  ASSERT_TRUE(statusesCome(3));
  EXPECT_EQ(statuses(), (std::vector<std::string>{"initiated", "ringing", "no-answer"}));
}

TEST_F(TwilioCalls, ForgetsEverythingOnReset) {
  create();
  message("media");
  loop_.call([&] { twilio_->reset(); });
  EXPECT_TRUE(eventually([&] { return !close_codes_.empty(); }));
  EXPECT_EQ(Json::parse(fetch("calls")).at("calls").size(), 0u);
  EXPECT_NE(create(), "");
}

}  // namespace
}  // namespace fakes
