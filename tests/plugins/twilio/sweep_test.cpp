#include "tests/plugins/twilio/openapi.hpp"
#include "tests/plugins/twilio/twilio_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace hookswitch::twilio::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TwilioSweep : public testing::Test {
 protected:
  using Json = nlohmann::json;
  TwilioSweep() { control.step(In::start(settings())); }
  static Json leg(const std::string& sid, const std::string& status = "in-progress",
                  const std::string& direction = "outbound-api") {
    return {
        {"sid", sid}, {"to", "+15550100002"}, {"from", "+15550100001"}, {"status", status}, {"direction", direction}};
  }
  static Json marked(const std::string& sid, const std::string& call) {
    Json one = leg(sid);
    one["status_callback"] = mark(call);
    return one;
  }
  static std::string mark(const std::string& call) { return kBase + "/twilio/status?gw_call=" + call; }
  static std::string page(const Json& legs, const std::string& next = "") {
    return Json{{"calls", legs.is_array() ? legs : Json::array({legs})},
                {"next_page_uri", next.empty() ? Json() : Json(next)}}
        .dump();
  }
  static std::string empty() { return page(Json::array()); }
  static bool isLog(const Message& request) { return request.url.find("/Events.json") != std::string::npos; }
  Outputs answer(const Message& request, std::uint32_t status, const std::string& body, Pairs headers = {}) {
    return control.step(In::httpResponse(request.id, status, body, std::move(headers)));
  }
  /// A whole sweep against an account: every request is answered by `serve`, every timer fires.
  template <class Serve>
  Outputs sweep(Serve serve, std::uint64_t id = 9) {
    Outputs all;
    std::vector<Message> waiting;
    const auto take = [&](const Outputs& out) {
      for (const Message& m : out) {
        all.push_back(m);
        if (m.type == HKS_HTTP_CALL) waiting.push_back(m);
      }
      most = std::max(most, waiting.size());
    };
    take(control.step(In::sweep(hostId(id))));
    for (int steps = 0; steps < 20'000; ++steps) {
      if (!waiting.empty()) {
        const Message request = waiting.front();
        waiting.erase(waiting.begin());
        take(control.step(serve(request)));
      } else if (!control.timers().empty()) {
        take(control.step(In::timer(control.timers().begin()->first)));
      } else {
        break;
      }
    }
    EXPECT_EQ(all.only(HKS_SWEPT).id, hostId(id));
    EXPECT_EQ(all.back().type, std::uint32_t(HKS_SWEPT)) << "nothing comes after the end";
    return all;
  }
  static Message ok(const Message& request, const std::string& body) { return In::httpResponse(request.id, 200, body); }
  /// The legs in progress; nothing rings. Logs name `call`.
  static auto account(const Json& legs, const std::string& call) {
    return [legs, call](const Message& request) {
      if (isLog(request)) return ok(request, logJson(mark(call)));
      return ok(request, request.url.find("Status=in-progress") != std::string::npos ? page(legs) : empty());
    };
  }
  Player control{hks_plugin_entry, HKS_ROLE_CONTROL};
  std::size_t most = 0;  ///< requests under way
};

TEST_F(TwilioSweep, EveryStatusThatIsNoEndIsListedInTheOrderOfALegsLife) {
  const auto all = sweep([](const Message& request) { return ok(request, empty()); });
  std::vector<std::string> urls;
  for (const Message& m : all.ofType(HKS_HTTP_CALL)) {
    EXPECT_THAT(complaints(m), testing::IsEmpty());
    urls.push_back(m.url.substr(kCallsUrl.size()));
  }
  EXPECT_THAT(urls, ElementsAre(".json?Status=queued&PageSize=200", ".json?Status=ringing&PageSize=200",
                                ".json?Status=in-progress&PageSize=200"));
  EXPECT_EQ(all.only(HKS_SWEPT).reason, "");
  EXPECT_FALSE(all.has(HKS_CALL_FOUND));
}

TEST_F(TwilioSweep, ALegWhoseLogCarriesAMarkIsNamedWithTheAddressOfItsGateway) {
  const auto all = sweep(account({leg(kLeg)}, "7f3a"));
  const Message& found = all.only(HKS_CALL_FOUND);
  EXPECT_EQ(found.id, hostId(9));
  EXPECT_EQ(found.call, "7f3a");
  EXPECT_EQ(found.remote_id, kLeg);
  EXPECT_EQ(found.base_url, kBase);
  EXPECT_EQ(found.to_number, "+15550100002");
  EXPECT_EQ(found.from_number, "+15550100001");
  EXPECT_EQ(found.direction, std::uint32_t(HKS_OUTBOUND));
  EXPECT_EQ(all.only(HKS_SWEPT).reason, "");
}

TEST_F(TwilioSweep, AMarkInTheListItselfNeedsNoLog) {
  const auto all = sweep(account({marked(kLeg, "7f3a")}, "other"));
  EXPECT_EQ(all.only(HKS_CALL_FOUND).call, "7f3a");
  EXPECT_EQ(all.count(HKS_HTTP_CALL), 3u);
}

TEST_F(TwilioSweep, AnIncomingLegIsNamedOnlyIfItHasAMark) {
  Json inbound = leg(kLeg, "in-progress", "inbound");
  auto all = sweep(account({inbound}, "7f3a"));
  EXPECT_EQ(all.only(HKS_CALL_FOUND).direction, std::uint32_t(HKS_INCOMING));
  EXPECT_EQ(all.only(HKS_CALL_FOUND).to_number, "+15550100002");
  EXPECT_EQ(all.only(HKS_CALL_FOUND).from_number, "+15550100001");
  inbound["sid"] = "CA7";
  all = sweep([&](const Message& request) {
    if (isLog(request)) return ok(request, R"({"events":[]})");
    return ok(request, page({inbound}));
  });
  EXPECT_FALSE(all.has(HKS_CALL_FOUND));
  EXPECT_EQ(all.only(HKS_SWEPT).reason, "");
}

TEST_F(TwilioSweep, LegsThatAreOverForeignOrListedTwiceAreNotNamedAgain) {
  const auto all = sweep([](const Message& request) {
    if (isLog(request) && request.url.find("CAforeign") != std::string::npos)
      return ok(request, logJson("https://crm.example.com/a"));
    if (isLog(request)) return ok(request, logJson(mark("7f3a")));
    return ok(request, page({leg(kLeg), leg("CAforeign"), leg("CAover", "completed"), leg("CA/1")}));
  });
  EXPECT_EQ(all.only(HKS_CALL_FOUND).remote_id, kLeg);
  EXPECT_EQ(all.count(HKS_HTTP_CALL), 3u + 2u);
  EXPECT_EQ(all.only(HKS_SWEPT).reason, "");
}

TEST_F(TwilioSweep, WhatTheHostSettledNeedsNoLog) {
  control.step(In::phase(hostId(5), HKS_PHASE_SETTLE));
  const auto all = sweep(account({leg(kLeg)}, "wrong"));
  EXPECT_EQ(all.only(HKS_CALL_FOUND).call, sampleCall().call);
  EXPECT_EQ(all.only(HKS_CALL_FOUND).base_url, kBase);
  EXPECT_EQ(all.count(HKS_HTTP_CALL), 3u);
}

TEST_F(TwilioSweep, ThousandLegsAreAskedForAFewAtATime) {
  const std::string next = "/2010-04-01/Accounts/" + kAccount + "/Calls.json?Status=in-progress&PageSize=200&Page=";
  const auto all = sweep([&](const Message& request) {
    if (isLog(request)) {
      const std::string sid = request.url.substr(kCallsUrl.size() + 1, request.url.rfind('/') - kCallsUrl.size() - 1);
      return ok(request, logJson(mark("call-" + sid)));
    }
    if (request.url.find("in-progress") == std::string::npos) return ok(request, empty());
    const auto at = request.url.find("&Page=");
    const int number = at == std::string::npos ? 0 : std::stoi(request.url.substr(at + 6));
    Json legs = Json::array();
    for (int i = 0; i < 200; ++i) legs.push_back(leg("CA" + std::to_string(number * 200 + i)));
    return ok(request, page(legs, number < 4 ? next + std::to_string(number + 1) : ""));
  });
  std::set<std::string> named;
  for (const Message& m : all.ofType(HKS_CALL_FOUND)) named.insert(m.remote_id + " " + m.call);
  EXPECT_EQ(named.size(), 1000u);
  EXPECT_EQ(all.count(HKS_CALL_FOUND), 1000u);
  EXPECT_LE(most, 8u);
  EXPECT_EQ(all.only(HKS_SWEPT).reason, "");
}

TEST_F(TwilioSweep, PassingFailuresAreTriedAgain) {
  int failures = 0;
  const auto all = sweep([&](const Message& request) {
    if (failures < 3)
      return ++failures % 2 ? In::httpResponse(request.id, 429, "", {{"Retry-After", "2"}})
                            : In::noAnswer(request.id, "reset");
    return account({leg(kLeg)}, "7f3a")(request);
  });
  EXPECT_EQ(all.only(HKS_CALL_FOUND).remote_id, kLeg);
  EXPECT_EQ(all.only(HKS_SWEPT).reason, "");
  EXPECT_GE(all.ofType(HKS_TIMER).front().after_ms, 2'000u);
}

TEST_F(TwilioSweep, WhatCouldNotBeLookedAtIsSaid) {
  auto all = sweep(
      [](const Message& request) { return In::httpResponse(request.id, 401, errorJson(20003, "Authenticate", 401)); });
  EXPECT_EQ(all.only(HKS_SWEPT).reason, "Twilio API error: Authenticate");
  EXPECT_EQ(all.count(HKS_HTTP_CALL), 3u) << "a final refusal is not repeated";
  all = sweep([](const Message& request) { return In::httpResponse(request.id, 503, ""); });
  EXPECT_EQ(all.only(HKS_SWEPT).reason, "Twilio API error: HTTP 503");
  EXPECT_EQ(all.count(HKS_HTTP_CALL), 3u * 4u);
  all = sweep([](const Message& request) {
    return isLog(request) ? In::httpResponse(request.id, 404, "") : ok(request, page({leg("CA5")}));
  });
  EXPECT_FALSE(all.has(HKS_CALL_FOUND));
  EXPECT_THAT(all.only(HKS_SWEPT).reason, HasSubstr("1 running legs"));
}

TEST_F(TwilioSweep, TheListsHaveAnEnd) {
  const std::string next = "/2010-04-01/Accounts/" + kAccount + "/Calls.json?Page=1";
  const auto all = sweep([&](const Message& request) { return ok(request, page(Json::array(), next)); });
  EXPECT_EQ(all.count(HKS_HTTP_CALL), 3u * 30u);
  EXPECT_THAT(all.only(HKS_SWEPT).reason, HasSubstr("more legs"));
}

}  // namespace
}  // namespace hookswitch::twilio::test
