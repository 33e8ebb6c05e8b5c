// The connection: handshake, loss, backoff, watchdogs.
#include "tests/plugins/gateway/claw.hpp"

#include <gmock/gmock.h>

namespace hookswitch::gateway {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(GatewayLink, ConnectsAtTheStartAndIdentifiesItself) {
  Claw claw;
  const Outputs out = claw.start();
  EXPECT_EQ(out.only(HKS_CONNECT).url, "ws://127.0.0.1:18789");
  EXPECT_THAT(out.ofType(HKS_HOOK), SizeIs(2));
  ASSERT_THAT(claw.handshakes, SizeIs(1));
  const json p = claw.handshakes[0].body["params"];
  EXPECT_EQ(p["client"]["id"], "gateway-client");
  EXPECT_EQ(p["client"]["mode"], "backend");
  EXPECT_EQ(p["scopes"], json({"operator.read", "operator.write"}));
  EXPECT_EQ(p["auth"], json({{"token", kSecret}}));
  EXPECT_EQ(p["minProtocol"], 3);
  EXPECT_EQ(p["maxProtocol"], 4);
  EXPECT_EQ(p["client"]["instanceId"].get<std::string>().size(), 36u);
}

TEST(GatewayLink, StaysIdleAndSaysWhyWhenItsSettingsCannotWork) {
  Claw claw(Values{{"url", "ws://gateway.example.com"}});
  const Outputs out = claw.start();
  EXPECT_FALSE(out.has(HKS_CONNECT));
  EXPECT_FALSE(out.has(HKS_HOOK));
  EXPECT_THAT(claw.logs, ElementsAre(HasSubstr("use wss://")));
  claw.ended(1, "c1");
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_SKIP);
  claw.wait(3600000);
  EXPECT_THAT(claw.connects, IsEmpty());
}

TEST(GatewayLink, WaitsForTheChallengeBeforeItSpeaks) {
  Claw claw;
  claw.greets = false;
  claw.start();
  EXPECT_THAT(claw.handshakes, IsEmpty());
  claw.event("tick");
  EXPECT_THAT(claw.handshakes, IsEmpty());
  claw.event("connect.challenge", {{"nonce", "n"}});
  EXPECT_THAT(claw.handshakes, SizeIs(1));
  claw.event("connect.challenge", {{"nonce", "n2"}});
  EXPECT_THAT(claw.handshakes, SizeIs(1)) << "a second connect would be refused";
}

TEST(GatewayLink, SendsNoEventBeforeTheHandshakeIsDone) {
  Claw claw;
  claw.greets = false;
  claw.start();
  claw.event("connect.challenge");
  claw.ended(1, "c1");
  EXPECT_THAT(claw.frames, IsEmpty());
  claw.res(claw.handshakes.at(0).body["id"], true, helloPayload());
  EXPECT_THAT(claw.frames, SizeIs(1));
}

TEST(GatewayLink, TriesForEverWithGrowingPausesAndLogsTheTroubleOnce) {
  Claw claw;
  claw.accepts = false;
  claw.start();
  claw.wait(3600000);
  std::vector<std::uint64_t> gaps;
  for (std::size_t i = 1; i < claw.connects.size(); ++i)
    gaps.push_back(claw.connects[i].at_ms - claw.connects[i - 1].at_ms);
  ASSERT_GT(gaps.size(), 90u) << "an hour at 30 s and a quarter of jitter";
  const std::uint64_t base[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_GE(gaps[i], base[i]) << i;
    EXPECT_LE(gaps[i], base[i] * 5 / 4) << i;
  }
  for (std::size_t i = 6; i < gaps.size(); ++i) EXPECT_LE(gaps[i], 37500u);
  EXPECT_GT(std::set<std::uint64_t>(gaps.begin() + 6, gaps.end()).size(), 10u) << "there is jitter";
  EXPECT_THAT(claw.logs, ElementsAre(HasSubstr("connection refused")));
  claw.accepts = true;
  claw.wait(40000);
  EXPECT_THAT(claw.handshakes, SizeIs(1));
  claw.event("tick");
  claw.cut();
  const std::size_t n = claw.connects.size();
  claw.wait(1300);
  EXPECT_EQ(claw.connects.size(), n + 1) << "after a success the pauses are short again";
}

TEST(GatewayLink, CountsAnAcknowledgementAsASuccess) {
  Claw claw;
  claw.accepts = false;
  claw.start();
  claw.wait(600000);
  claw.accepts = true;
  claw.wait(40000);
  claw.ended(1, "c1");
  claw.wait(100);
  const std::size_t n = claw.connects.size();
  claw.cut();
  claw.wait(1300);
  EXPECT_EQ(claw.connects.size(), n + 1);
}

TEST(GatewayLink, BacksOffFromAGatewayThatLetsItInAndThrowsItOut) {
  Claw claw;
  claw.start();
  for (int i = 0; i < 8; ++i) {
    claw.cut();
    claw.wait(37500);
  }
  const std::size_t n = claw.connects.size();
  claw.cut();
  claw.wait(29000);
  EXPECT_EQ(claw.connects.size(), n) << "a handshake alone is no success";
}

TEST(GatewayLink, ComesBackSoonToAGatewayThatIsStarting) {
  Claw claw;
  claw.greets = false;
  claw.start();
  for (int i = 0; i < 20; ++i) {
    claw.event("connect.challenge");
    claw.res(claw.handshakes.back().body["id"], false,
             {{"code", "UNAVAILABLE"},
              {"message", "starting"},
              {"retryable", true},
              {"retryAfterMs", 500},
              {"details", {{"reason", "startup-sidecars"}}}});
    EXPECT_THAT(claw.connects, SizeIs(i + 1));
    claw.wait(499);
    EXPECT_THAT(claw.connects, SizeIs(i + 1));
    claw.wait(1);
    EXPECT_THAT(claw.connects, SizeIs(i + 2)) << "no growing pause: this is no failure";
  }
}

TEST(GatewayLink, ClampsTheAdviceOfAStartingGateway) {
  Claw claw;
  claw.greets = false;
  claw.start();
  claw.event("connect.challenge");
  claw.res("1", false, {{"code", "UNAVAILABLE"}, {"retryable", true}, {"retryAfterMs", 86400000}});
  claw.wait(2000);
  EXPECT_THAT(claw.connects, SizeIs(2));
  claw.event("connect.challenge");
  claw.res("2", false, {{"code", "UNAVAILABLE"}, {"retryable", true}, {"retryAfterMs", 1}});
  claw.wait(99);
  EXPECT_THAT(claw.connects, SizeIs(2));
  claw.wait(1);
  EXPECT_THAT(claw.connects, SizeIs(3));
}

TEST(GatewayLink, AsksSlowlyAndLogsOnceWhenItIsNotLetIn) {
  Claw claw;
  claw.greets = false;
  claw.start();
  for (int i = 0; i < 5; ++i) {
    claw.event("connect.challenge");
    claw.res(claw.handshakes.back().body["id"], false,
             {{"code", "INVALID_REQUEST"},
              {"message", std::string("unauthorized: token ") + kSecret},
              {"details", {{"code", "AUTH_TOKEN_MISMATCH"}}}});
    EXPECT_THAT(claw.closes, SizeIs(i + 1));
    claw.wait(59999);
    EXPECT_THAT(claw.connects, SizeIs(i + 1));
    claw.wait(15001);
    EXPECT_THAT(claw.connects, SizeIs(i + 2));
  }
  EXPECT_THAT(claw.logs, ElementsAre(HasSubstr("AUTH_TOKEN_MISMATCH: unauthorized: token ***")));
}

TEST(GatewayLink, TreatsABareRefusalByCloseCodeAsLasting) {
  for (const std::uint32_t code : {1008u, 1002u}) {
    Claw claw;
    claw.greets = false;
    claw.start();
    claw.cut(code, "protocol mismatch");
    claw.wait(59999);
    EXPECT_THAT(claw.connects, SizeIs(1));
    claw.wait(15001);
    EXPECT_THAT(claw.connects, SizeIs(2));
  }
}

TEST(GatewayLink, DoesNotTalkAProtocolItDoesNotKnow) {
  Claw claw;
  claw.hello["protocol"] = 5;
  claw.start();
  EXPECT_THAT(claw.closes, SizeIs(1));
  EXPECT_THAT(claw.logs, Contains(HasSubstr("protocol 5")));
  claw.wait(50000);
  EXPECT_THAT(claw.connects, SizeIs(1));
}

TEST(GatewayLink, SaysWhatToMendWhenItWasGrantedNothingAndAsksAgain) {
  Claw claw;
  claw.hello["auth"]["scopes"] = json::array();
  claw.start();
  EXPECT_THAT(claw.logs, Contains(HasSubstr("no scope at all")));
  claw.ended(1, "c1");
  claw.wait(14900);
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_RETRY);
  EXPECT_THAT(claw.doneOf(1).at(0).reason, HasSubstr("openclaw devices list"));
  EXPECT_THAT(claw.frames, IsEmpty());
  claw.hello = helloPayload();  // scopes belong to a connection
  claw.wait(76000);
  claw.ended(2, "c1", 2);
  EXPECT_EQ(claw.doneOf(2).at(0).state, HKS_HOOK_OK);
}

TEST(GatewayLink, GivesAHandshakeAWhileAndNotMore) {
  Claw claw;
  claw.greets = false;
  claw.start();
  claw.wait(15000);
  EXPECT_THAT(claw.closes, SizeIs(1));
  EXPECT_GE(claw.connects.size(), 2u);
}

TEST(GatewayLink, ReconnectsWhenNothingIsHeardForTwoTicks) {
  Claw claw;
  claw.hello["policy"]["tickIntervalMs"] = 10000;
  claw.start();
  for (int i = 0; i < 10; ++i) {
    claw.wait(19000);
    claw.event("tick", {{"ts", 1}});
  }
  EXPECT_THAT(claw.connects, SizeIs(1));
  claw.wait(20000);
  ASSERT_THAT(claw.closes, SizeIs(1));
  EXPECT_EQ(claw.closes[0].close_code, 4000u);
  claw.wait(2000);
  EXPECT_THAT(claw.connects, SizeIs(2));
}

TEST(GatewayLink, ReturnsWhenARestartingGatewaySaysItWillBeBack) {
  Claw claw;
  claw.start();
  claw.event("shutdown", {{"reason", "gateway restarting"}, {"restartExpectedMs", 5000}});
  EXPECT_THAT(claw.closes, SizeIs(1));
  claw.wait(4999);
  EXPECT_THAT(claw.connects, SizeIs(1));
  claw.wait(501);
  EXPECT_THAT(claw.connects, SizeIs(2));
  claw.event("shutdown", {{"reason", "gateway stopping"}});
  EXPECT_THAT(claw.closes, SizeIs(2));
  claw.wait(60000);
  EXPECT_GE(claw.connects.size(), 3u) << "even a stop is not for ever";
}

TEST(GatewayLink, IgnoresWhatComesFromAConnectionItGaveUp) {
  Claw claw;
  claw.start();
  const std::uint64_t old = claw.conn();
  claw.event("shutdown", {{"restartExpectedMs", 1000}});
  claw.player.step(In::closed(old, 1012, "service restart"));
  claw.player.step(In::data(old, R"({"type":"event","event":"connect.challenge"})"));
  claw.wait(2000);
  EXPECT_THAT(claw.connects, SizeIs(2));
  claw.player.step(In::closed(old, 1006, ""));
  claw.ended(1, "c1");
  claw.wait(100);
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_OK);
}

TEST(GatewayLink, SurvivesGarbage) {
  Claw claw;
  claw.start();
  claw.player.step(In::data(claw.conn(), "garbage"));
  claw.player.step(In::data(claw.conn(), ""));
  claw.player.step(In::binary(claw.conn(), std::string(1000, '\0')));
  claw.player.step(In::data(claw.conn(), std::string(2 << 20, '[')));
  claw.player.step(In::data(claw.conn(), std::string(100000, '[')));
  claw.ended(1, "c1");
  claw.wait(100);
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_OK);
}

}  // namespace
}  // namespace hookswitch::gateway
