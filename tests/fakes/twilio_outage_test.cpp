// The REST side as an outage shows it, and what a recovering gateway asks: logs of callbacks, legs, pages by status.
#include "tests/fakes/twilio_test_gateway.hpp"

#include <algorithm>
#include <atomic>

namespace fakes {
namespace {

class TwilioOutage : public TwilioTest {
 protected:
  ClientResult list(const std::string& query = "") { return rest("GET", apiUrl("/Calls.json" + query)); }
  Json events(const std::string& sid) {
    return Json::parse(rest("GET", apiUrl("/Calls/" + sid + "/Events.json")).body);
  }
  std::string one(const Json& plan) {
    Json rule = plan;
    rule["on"] = "call";
    rule["times"] = 1;
    command("misbehave", rule);
    return create();
  }
};

TEST_F(TwilioOutage, TheLogNamesTheRequestsThatMadeACallAndThatWereMadeForIt) {
  const auto sid = create();
  ASSERT_TRUE(statusesCome(3));
  const Json log = events(sid);
  EXPECT_EQ(log.at("page"), 0);
  EXPECT_TRUE(log.at("next_page_uri").is_null());
  std::set<std::string> urls;
  for (const Json& event : log.at("events")) {
    urls.insert(event.at("request").at("url").get<std::string>());
    EXPECT_EQ(event.at("request").at("method"), "POST");
    EXPECT_TRUE(event.at("response").contains("response_code"));
  }
  EXPECT_EQ(urls.count(gatewayUrl("/voice?gw_call=7f3a")), 1u);
  EXPECT_EQ(urls.count(gatewayUrl("/status?gw_call=7f3a")), 1u);
  EXPECT_EQ(log["events"][0]["request"]["parameters"]["status_callback"], gatewayUrl("/status?gw_call=7f3a"));
  EXPECT_EQ(rest("GET", apiUrl("/Calls/CA00000000000000000000000000000000/Events.json")).status, 404u);
  EXPECT_EQ(rest("GET", apiUrl("/Calls/" + sid + "/Payments.json")).status, 404u);
}

TEST_F(TwilioOutage, ALogMayBeLateOrMissing) {
  EXPECT_TRUE(events(one({{"log", "late"}})).at("events").empty());
  EXPECT_EQ(events(one({{"log", "none"}})).at("code"), 20404);
  command("misbehave", {{"on", "events"}, {"status", 429}, {"retry_after", 2}, {"times", 1}});
  EXPECT_EQ(rest("GET", apiUrl("/Calls/" + create() + "/Events.json")).status, 429u);
}

TEST_F(TwilioOutage, ListsByStatusInPagesWithTwiliosTime) {
  for (int i = 0; i < 3; ++i) ASSERT_NE(one({{"outcome", "never"}, {"ring_ms", 0}}), "");
  ASSERT_TRUE(eventually([&] { return twilio_->state().at("live_calls") == 3; }));
  ASSERT_TRUE(callStatusBecomes("ringing"));
  const auto first = list("?Status=ringing&PageSize=2");
  EXPECT_NE(header(first.headers, "date"), "");
  EXPECT_EQ(Json::parse(first.body).at("calls").size(), 2u);
  const std::string next = Json::parse(first.body).at("next_page_uri");
  const auto second = Json::parse(rest("GET", "http://127.0.0.1:" + std::to_string(twilio_->port()) + next).body);
  EXPECT_EQ(second.at("calls").size(), 1u);
  EXPECT_TRUE(second.at("next_page_uri").is_null());
  EXPECT_TRUE(Json::parse(list("?Status=in-progress").body).at("calls").empty());
}

TEST_F(TwilioOutage, DownMeansThatEveryConnectionIsCutAndNoneIsTaken) {
  command("silent");
  auto waiting = std::async(std::launch::async, [this] { return list(); });
  ASSERT_TRUE(eventually([&] { return twilio_->state()["requests"].value("unanswered", 0) == 1; }));
  command("down");
  EXPECT_EQ(waiting.get().status, 0u) << "the one under way was cut";
  EXPECT_FALSE(list().connected);
  command("up");
  EXPECT_EQ(list().status, 200u);
}

TEST_F(TwilioOutage, SilentMeansThatNothingIsDoneAndNothingIsAnswered) {
  command("silent");
  auto waiting = std::async(std::launch::async, [this] { return create(); });
  ASSERT_TRUE(eventually([&] { return twilio_->state()["requests"].value("unanswered", 0) == 1; }));
  EXPECT_EQ(Json::parse(fetch("legs")).at("legs").size(), 0u);
  command("silent", {{"on", false}});
  EXPECT_EQ(waiting.get(), "") << "what waited is cut";
  EXPECT_NE(create(), "");
}

TEST_F(TwilioOutage, EveryAnswerTakesItsLatencyWhateverElseGoesWrong) {
  command("latency", {{"ms", 40}});
  command("misbehave", {{"on", "list"}, {"status", 503}, {"times", 1}});
  const auto before = loop_.nowUs();
  EXPECT_EQ(list().status, 503u);
  EXPECT_EQ(list().status, 200u);
  EXPECT_GE(loop_.nowUs() - before, 80'000u);
}

TEST_F(TwilioOutage, AnExecutedCreateMayBeAnsweredWith500) {
  command("misbehave", {{"on", "create"}, {"status", 500}, {"act", true}, {"times", 1}});
  EXPECT_EQ(rest("POST", apiUrl("/Calls.json"), createForm()).status, 500u);
  EXPECT_EQ(Json::parse(list().body).at("calls").size(), 1u);
}

TEST_F(TwilioOutage, AllCallbacksMayBeLost) {
  const auto sid = one({{"callback_missing", {"*"}}});
  ASSERT_TRUE(callStatusBecomes("in-progress"));
  update(sid, {{"Status", "completed"}});
  EXPECT_TRUE(call().at("over"));
  for (const Json& callback : call().at("callbacks")) EXPECT_TRUE(callback.value("lost", false)) << callback;
  EXPECT_TRUE(statuses().empty());
}

TEST_F(TwilioOutage, LegsAreToldInBrief) {
  const auto live = create();
  ASSERT_TRUE(callStatusBecomes("in-progress"));
  const auto ended = one({{"outcome", "busy"}});
  ASSERT_TRUE(callStatusBecomes("busy"));
  const Json all = Json::parse(fetch("legs"));
  EXPECT_EQ(all.at("live"), 1);
  ASSERT_EQ(all.at("legs").size(), 2u);
  EXPECT_EQ(all["legs"][0].at("sid"), live);
  EXPECT_FALSE(all["legs"][0].at("over"));
  EXPECT_TRUE(all["legs"][1].at("over"));
  EXPECT_EQ(all["legs"][1].at("gw_call"), "7f3a");
}

TEST_F(TwilioOutage, CallsThatAreOverMayBeForgottenButNotTheirNumber) {
  command("keep", {{"calls", 2}});
  const auto live = create();
  ASSERT_TRUE(callStatusBecomes("in-progress"));
  std::string last;
  for (int i = 0; i < 9; ++i) {
    last = one({{"outcome", "busy"}});
    ASSERT_TRUE(callStatusBecomes("busy"));
  }
  loop_.call([&] {
    const Json state = twilio_->state();
    EXPECT_EQ(state.at("calls"), 10);
    EXPECT_GE(state.at("forgotten"), 5);
    EXPECT_EQ(state.at("live_calls"), 1);
  });
  EXPECT_EQ(rest("GET", apiUrl("/Calls/" + live + ".json")).status, 200u) << "it lives";
  EXPECT_EQ(rest("GET", apiUrl("/Calls/" + last + ".json")).status, 200u) << "it is new";
}

TEST_F(TwilioOutage, AStreamMayStayWithoutAnyAudio) {
  const auto sid = one({{"media_silent", true}});
  const std::string stream = streamSid();
  sendToStream(R"({"event":"mark","streamSid":")" + stream + R"(","mark":{"name":"m"}})");
  EXPECT_FALSE(message("mark").empty()) << "it lives";
  loop_.call([&] {
    for (const Json& one : messages_) EXPECT_NE(one.value("event", ""), "media");
  });
  EXPECT_EQ(call().at("streams")[0].at("frames_sent"), 0);
}

TEST_F(TwilioOutage, AThousandCallsLiveAtOnce) {
  command("plan", {{"media_never", true}, {"queue_ms", 0}, {"ring_ms", 0}, {"answer_ms", 0}});
  std::atomic<int> created{0};
  std::string basic = "Basic ";
  appendBase64(basic, twilio_->options().account_sid + ":" + twilio_->options().auth_token);
  const std::string body = encodeForm(createForm()), url = apiUrl("/Calls.json");
  std::function<void()> next = [&] {
    if (created == 1000) return;
    request(loop_, "POST", url, {{"Authorization", basic}, {"Content-Type", "application/x-www-form-urlencoded"}}, body,
            20000, [&](ClientResult result) {
              if (result.status == 201) ++created;
              next();
            });
  };
  loop_.call([&] { next(); });
  EXPECT_TRUE(eventually([&] {
    return std::count_if(webhooks_.begin(), webhooks_.end(), [](const Seen& one) { return one.path == "/voice"; }) ==
           1000;
  }));
  EXPECT_EQ(Json::parse(fetch("legs?live=1")).at("live"), 1000);
}

}  // namespace
}  // namespace fakes
