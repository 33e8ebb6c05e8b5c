// Who has a path that two plugins claim.
#include "host/control/claims.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace {

using hookswitch::control::Claims;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string sentence(const hookswitch::base::Result<void>& result) { return result ? std::string() : result.error(); }

struct World {
  std::string route(const std::string& plugin, const std::string& path, const std::string& method = "POST") {
    active.insert(plugin);
    return sentence(claims.add({plugin, method, path, {}, false}));
  }
  std::string endpoint(const std::string& plugin, const std::string& path) {
    active.insert(plugin);
    return sentence(claims.addEndpoint(plugin, path, false));
  }
  void decide() {
    claims.decide([this](const std::string& p) { return active.count(p) > 0; },
                  [this](const std::string& p, const std::string& s) { said.push_back(p + " " + s); });
  }
  std::vector<std::string> had() const {
    std::vector<std::string> list;
    for (auto& r : claims.routes()) list.push_back(r.plugin + " " + r.method + " " + r.path);
    for (auto& e : claims.endpoints()) list.push_back(e.plugin + " " + e.prefix);
    return list;
  }
  Claims claims;
  std::set<std::string> active;
  std::vector<std::string> said;
};

TEST(Claims, OfTwoThatComeAtOnceNeitherGetsThePathAndBothAreNamed) {
  World w;
  w.route("a", "/hook");
  w.route("z", "/hook");
  w.route("z", "/own");
  w.decide();
  EXPECT_THAT(w.had(), ElementsAre("z POST /own"));
  EXPECT_THAT(w.said, ElementsAre("a cannot have the path 'POST /hook': the plugin z claims it too, and neither of the "
                                  "two gets it; switch one of them off",
                                  "z cannot have the path 'POST /hook': the plugin a claims it too, and neither of the "
                                  "two gets it; switch one of them off"));
  EXPECT_THAT(w.claims.contested("/hook"), AllOf(HasSubstr("a"), HasSubstr("z"), HasSubstr("neither serves it")));
  EXPECT_THAT(w.claims.conflicts("a"), HasSubstr("the plugin z claims it too"));
  w.decide();
  EXPECT_EQ(w.said.size(), 2u) << "said once";
}

TEST(Claims, WhoIsSwitchedOffLeavesThePathToTheOther) {
  World w;
  w.route("a", "/hook");
  w.route("z", "/hook");
  w.decide();
  w.active.erase("a");
  w.claims.forget("a");
  w.decide();
  EXPECT_THAT(w.had(), ElementsAre("z POST /hook"));
  EXPECT_EQ(w.claims.contested("/hook"), "");
  EXPECT_EQ(w.claims.conflicts("z"), "");
}

TEST(Claims, WhoServesAPathGoesOnWhoeverComesLater) {
  World w;
  w.route("z", "/hook");
  w.decide();
  w.route("a", "/hook");
  w.decide();
  EXPECT_THAT(w.had(), ElementsAre("z POST /hook"));
  EXPECT_THAT(w.said, ElementsAre("a cannot have the path 'POST /hook': the plugin z has it already"));
}

TEST(Claims, APathWaitsForAPluginWhoseSessionIsGoneForAMoment) {
  World w;
  w.route("z", "/hook");
  w.decide();
  w.active.erase("z");
  w.claims.withdraw("z");
  w.route("a", "/hook");
  w.decide();
  EXPECT_THAT(w.had(), IsEmpty());
  w.route("z", "/hook");
  w.decide();
  EXPECT_THAT(w.had(), ElementsAre("z POST /hook"));
}

TEST(Claims, ThatOneOfTwoIsAwayForAMomentGivesThePathToNobody) {
  World w;
  w.route("a", "/hook");
  w.route("z", "/hook");
  w.decide();
  w.active.erase("a");
  w.claims.withdraw("a");
  w.decide();
  EXPECT_THAT(w.had(), IsEmpty());
  EXPECT_NE(w.claims.contested("/hook"), "");
}

TEST(Claims, WhatARenewedSessionClaimsNoMoreIsFree) {
  World w;
  w.route("z", "/hook");
  w.decide();
  w.claims.withdraw("z");
  w.route("z", "/other");
  w.decide();
  w.route("a", "/hook");
  w.decide();
  EXPECT_THAT(w.had(), ElementsAre("z POST /other", "a POST /hook"));
}

TEST(Claims, APathThatBearsAPluginsNameIsItsOwn) {
  World w;
  w.route("a_thief", "/twilio/voice");
  w.endpoint("a_thief", "/twilio/media-stream/{token}");
  w.route("twilio", "/twilio/voice");
  w.endpoint("twilio", "/twilio/media-stream/{token}");
  w.decide();
  EXPECT_THAT(w.had(), ElementsAre("twilio POST /twilio/voice", "twilio /twilio/media-stream/"));
  EXPECT_THAT(
      w.said,
      ElementsAre(HasSubstr("a_thief cannot have the path 'POST /twilio/voice': the plugin twilio has it already"),
                  HasSubstr("media-stream/{token}': the plugin twilio has it")));
}

TEST(Claims, AnotherMethodAndATrailingSlashAreTheSamePath) {
  World w;
  w.route("a", "/hook", "GET");
  w.route("z", "/hook/", "POST");
  w.route("a", "/both", "GET");
  w.route("a", "/both", "POST");
  w.decide();
  EXPECT_THAT(w.had(), ElementsAre("a GET /both", "a POST /both"));
  EXPECT_NE(w.claims.contested("/hook"), "");
}

TEST(Claims, AnEndpointThatBeginsWithAnothersIsTheSame) {
  World w;
  w.endpoint("twilio", "/streams/{token}");
  w.endpoint("z", "/streams/of/z/{token}");
  w.endpoint("z", "/others/{token}");
  w.route("y", "/streams/", "GET");
  w.decide();
  EXPECT_THAT(w.had(), ElementsAre("y GET /streams/", "z /others/"));
  EXPECT_THAT(w.claims.conflicts("z"), HasSubstr("the plugin twilio claims 'WebSocket /streams/{token}' too"));
}

}  // namespace
