#include "tests/fakes/twilio_test_gateway.hpp"

namespace fakes {
namespace {

class TwilioRest : public TwilioTest {
 protected:
  int refusal(const Form& form) {
    const auto result = rest("POST", apiUrl("/Calls.json"), form);
    EXPECT_EQ(result.status, 400u) << result.body;
    return Json::parse(result.body).value("code", 0);
  }
  Form with(const std::string& name, const std::string& value) {
    Form form = createForm();
    for (auto& pair : form)
      if (pair.first == name) {
        pair.second = value;
        return form;
      }
    form.emplace_back(name, value);
    return form;
  }
};

TEST_F(TwilioRest, CreatesAQueuedCallWithTheFieldsOfTheDocumentedObject) {
  const auto result = rest("POST", apiUrl("/Calls.json"), createForm());
  ASSERT_EQ(result.status, 201u) << result.body;
  const Json made = Json::parse(result.body);
  EXPECT_EQ(made.at("status"), "queued");
  EXPECT_TRUE(isSid(made.at("sid").get<std::string>(), "CA"));
  EXPECT_EQ(made.at("direction"), "outbound-api");
  EXPECT_TRUE(made.at("queue_time").is_string());
  for (const char* field : {"sid",
                            "date_created",
                            "date_updated",
                            "parent_call_sid",
                            "account_sid",
                            "to",
                            "to_formatted",
                            "from",
                            "from_formatted",
                            "phone_number_sid",
                            "status",
                            "start_time",
                            "end_time",
                            "duration",
                            "price",
                            "price_unit",
                            "direction",
                            "answered_by",
                            "api_version",
                            "forwarded_from",
                            "group_sid",
                            "caller_name",
                            "queue_time",
                            "trunk_sid",
                            "uri",
                            "subresource_uris"})
    EXPECT_TRUE(made.contains(field)) << field;
  const auto fetched =
      rest("GET", "http://127.0.0.1:" + std::to_string(twilio_->port()) + made.at("uri").get<std::string>());
  EXPECT_EQ(fetched.status, 200u);
  EXPECT_EQ(Json::parse(fetched.body).at("sid"), made.at("sid"));
}

TEST_F(TwilioRest, RefusesAWrongTokenAndAnUnknownCall) {
  const auto wrong = rest("GET", apiUrl("/Calls.json"), {}, "wrong");
  EXPECT_EQ(wrong.status, 401u);
  EXPECT_EQ(Json::parse(wrong.body).at("code"), 20003);
  const auto unknown = rest("GET", apiUrl("/Calls/CA00000000000000000000000000000000.json"));
  EXPECT_EQ(unknown.status, 404u);
  EXPECT_EQ(Json::parse(unknown.body).at("code"), 20404);
}

TEST_F(TwilioRest, NamesWhatIsWrongWithACreate) {
  EXPECT_EQ(refusal(with("To", "12345")), 21211);
  EXPECT_EQ(refusal(with("From", "+0")), 21212);
  EXPECT_EQ(refusal(with("To", "")), 21201);
  EXPECT_EQ(refusal(with("From", "")), 21213);
  EXPECT_EQ(refusal(with("Url", "gw/voice")), 21205);
  EXPECT_EQ(refusal(with("Twiml", "<Response/>")), 21205);
  EXPECT_EQ(refusal(with("StatusCallback", "https://a_b.example.com/s")), 21609);
  EXPECT_EQ(refusal(with("StatusCallbackEvent", "initiated ringing")), 21626);
  EXPECT_EQ(refusal(with("Timeout", "601")), 21208);
  EXPECT_EQ(refusal(with("Timeout", "soon")), 21208);
  EXPECT_EQ(refusal(with("Method", "PUT")), 21209);
  EXPECT_EQ(refusal(with("Colour", "blue")), 20001);
}

TEST_F(TwilioRest, EndsACallOnceAndRefusesToEndItAgain) {
  const auto sid = create();
  ASSERT_TRUE(callStatusBecomes("in-progress"));
  const auto ended = update(sid, {{"Status", "completed"}});
  EXPECT_EQ(ended.status, 200u);
  EXPECT_EQ(Json::parse(ended.body).at("status"), "completed");
  const auto again = update(sid, {{"Status", "completed"}});
  EXPECT_EQ(again.status, 400u);
  EXPECT_EQ(Json::parse(again.body).at("code"), 21220);
  EXPECT_EQ(call().at("hang_up_requests"), 2);
  EXPECT_EQ(call().at("ended_by"), "rest");
}

TEST_F(TwilioRest, CancelsARingingCallButNotAnAnsweredOne) {
  command("misbehave", {{"on", "call"}, {"outcome", "never"}, {"times", 1}});
  const auto ringing = create();
  ASSERT_TRUE(callStatusBecomes("ringing"));
  EXPECT_EQ(Json::parse(update(ringing, {{"Status", "canceled"}}).body).at("status"), "canceled");
  const auto answered = create();
  ASSERT_TRUE(callStatusBecomes("in-progress"));
  EXPECT_EQ(Json::parse(update(answered, {{"Status", "canceled"}}).body).at("status"), "in-progress");
}

TEST_F(TwilioRest, ReplacesTheDocumentOfARunningCall) {
  const auto sid = create();
  ASSERT_FALSE(message("media").empty());
  EXPECT_EQ(update(sid, {{"Twiml", "<Response><Say>Bye</Say></Response>"}}).status, 200u);
  EXPECT_FALSE(message("stop").empty());
  EXPECT_TRUE(callStatusBecomes("completed"));
  EXPECT_EQ(call().at("ended_by"), "document");
}

TEST_F(TwilioRest, ListsByFilterAndInPages) {
  for (int i = 0; i < 5; ++i) ASSERT_NE(create(), "");
  const auto other = rest("POST", apiUrl("/Calls.json"), with("To", "+15550100099"));
  ASSERT_EQ(other.status, 201u);
  const auto none = Json::parse(rest("GET", apiUrl("/Calls.json?To=%2B15550100002&StartTime%3E=2999-01-01")).body);
  EXPECT_TRUE(none.at("calls").empty());
  std::string next = "/2010-04-01/Accounts/" + twilio_->options().account_sid +
                     "/Calls.json?To=%2B15550100002&From=%2B15550100001&StartTime%3E=2020-01-01&PageSize=2";
  std::size_t pages = 0;
  std::set<std::string> sids;
  while (!next.empty()) {
    const auto page = Json::parse(rest("GET", "http://127.0.0.1:" + std::to_string(twilio_->port()) + next).body);
    for (const Json& one : page.at("calls")) sids.insert(one.at("sid").get<std::string>());
    next = page.at("next_page_uri").is_null() ? "" : page.at("next_page_uri").get<std::string>();
    ++pages;
  }
  EXPECT_EQ(pages, 3u);
  EXPECT_EQ(sids.size(), 5u);
}

TEST_F(TwilioRest, LosesTheAnswerOfACreateThatWasExecuted) {
  command("misbehave", {{"on", "create"}, {"drop", "after"}, {"times", 1}});
  const auto lost = rest("POST", apiUrl("/Calls.json"), createForm());
  EXPECT_EQ(lost.status, 0u);
  EXPECT_TRUE(lost.connected);
  EXPECT_EQ(Json::parse(rest("GET", apiUrl("/Calls.json")).body).at("calls").size(), 1u);
  EXPECT_NE(create(), "");
}

TEST_F(TwilioRest, DropsACreateThatWasNotExecuted) {
  command("misbehave", {{"on", "create"}, {"drop", "before"}, {"times", 1}});
  EXPECT_EQ(rest("POST", apiUrl("/Calls.json"), createForm()).status, 0u);
  EXPECT_TRUE(Json::parse(rest("GET", apiUrl("/Calls.json")).body).at("calls").empty());
}

TEST_F(TwilioRest, AnswersAsToldForTheNumbersAndTimesToldOnly) {
  command("misbehave", {{"on", "create"}, {"number", "+1555*2"}, {"status", 429}, {"retry_after", 3}, {"times", 2}});
  const auto other = rest("POST", apiUrl("/Calls.json"), with("To", "+15550100003"));
  EXPECT_EQ(other.status, 201u);
  for (int i = 0; i < 2; ++i) {
    const auto busy = rest("POST", apiUrl("/Calls.json"), createForm());
    EXPECT_EQ(busy.status, 429u);
    EXPECT_EQ(header(busy.headers, "retry-after"), "3");
    EXPECT_EQ(Json::parse(busy.body).at("code"), 20429);
  }
  EXPECT_NE(create(), "");
}

TEST_F(TwilioRest, SendsGarbageInsteadOfJson) {
  command("misbehave",
          {{"on", "create"}, {"body", "<html>Bad Gateway</html>"}, {"type", "text/html"}, {"status", 502}});
  const auto result = rest("POST", apiUrl("/Calls.json"), createForm());
  EXPECT_EQ(result.status, 502u);
  EXPECT_EQ(result.body, "<html>Bad Gateway</html>");
}

TEST_F(TwilioRest, RefusesConnectionsOnCommand) {
  command("refuse", {{"on", true}});
  EXPECT_FALSE(rest("GET", apiUrl("/Calls.json")).connected);
  command("refuse", {{"on", false}});
  EXPECT_EQ(rest("GET", apiUrl("/Calls.json")).status, 200u);
}

TEST_F(TwilioRest, RefusesCommandsItDoesNotUnderstandWithASentence) {
  EXPECT_THROW(command("misbehave", {{"on", "call"}, {"outcom", "busy"}}), std::invalid_argument);
  EXPECT_THROW(command("misbehave", {{"on", "call"}, {"outcome", "asleep"}}), std::invalid_argument);
  EXPECT_THROW(command("misbehave", {{"on", "tuesday"}}), std::invalid_argument);
  EXPECT_THROW(command("plan", {{"ring_ms", "soon"}}), std::invalid_argument);
  EXPECT_THROW(command("dance"), std::invalid_argument);
  EXPECT_THROW(command("incoming"), std::invalid_argument);
}

}  // namespace
}  // namespace fakes
