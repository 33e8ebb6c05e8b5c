#include "host/control/dial_guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/base/loop.hpp"
#include "tests/control/support.hpp"

namespace control_test {
namespace {

using control::AllowList;
using control::DialGuard;
using control::DialLimits;
using testing::HasSubstr;
using Rule = DialGuard::Rule;

constexpr std::uint64_t minute = 60'000, hour = 60 * minute;

AllowList list(const std::string& text) {
  const auto list = AllowList::parse(text);
  EXPECT_TRUE(list) << text << ": " << list.error();
  return list ? *list : AllowList();
}

DialGuard guard(std::uint32_t per_minute, std::uint32_t per_number, std::uint64_t now = 0) {
  DialGuard out;
  out.configure({{}, per_minute, per_number}, now);
  return out;
}

TEST(AllowList, TheLongestPrefixThatFitsDecides) {
  const AllowList some = list("+49, +1 !+1900\t!+49900 +499001");
  for (const char* good : {"+4930123456", "+15550100002", "+4990012345"}) EXPECT_TRUE(some.allows(good)) << good;
  for (const char* bad : {"+19005550100", "+4990055555", "+33123456789", "+4", "49301234"})
    EXPECT_FALSE(some.allows(bad)) << bad;
}

TEST(AllowList, EmptyIsEveryNumberAndExclusionsAloneAreAllOthers) {
  EXPECT_TRUE(list("").allows("+19005550100"));
  EXPECT_TRUE(list(" , ").allows("+19005550100"));
  EXPECT_FALSE(list("!+1900").allows("+19005550100"));
  EXPECT_TRUE(list("!+1900").allows("+15550100002"));
  EXPECT_FALSE(list("!+ +49").allows("+15550100002"));
  EXPECT_TRUE(list("+ !+1900").allows("+33123456789"));
}

TEST(AllowList, WhatIsNoPrefixIsRefused) {
  for (const char* bad : {"49", "+0", "+049", "+4x", "!", "!!+49", "*", "+1234567890123456", "+49 1"})
    EXPECT_THAT(AllowList::parse(bad).error(), HasSubstr("E.164")) << bad;
  EXPECT_THAT(AllowList::parse("+49 !+49").error(), HasSubstr("'+49' is allowed and excluded"));
  EXPECT_TRUE(AllowList::parse("+49 +49")) << "the same twice is no mistake";
}

TEST(DialGuard, IsOffByDefault) {
  DialGuard none;
  none.configure({}, 0);
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(none.take("+15550100002", 0).rule, Rule::none);
}

TEST(DialGuard, AMinuteHasSoManyCallsAndTheWaitIsTheTrueOne) {
  DialGuard g = guard(3, 0, 1'000);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(g.take("+1", 1'000).rule, Rule::none);
  auto no = g.take("+1", 1'000);
  EXPECT_EQ(no.rule, Rule::per_minute);
  EXPECT_EQ(no.wait_ms, 20'000u);
  no = g.take("+1", 8'500);
  EXPECT_EQ(no.wait_ms, 12'500u) << "what is refused takes nothing";
  EXPECT_EQ(g.take("+1", 20'999).wait_ms, 1u);
  EXPECT_EQ(g.take("+1", 21'000).rule, Rule::none);
  EXPECT_EQ(g.take("+1", 21'000).wait_ms, 20'000u);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(g.take("+1", hour).rule, Rule::none) << "an hour of silence saves up a minute's worth";
  EXPECT_EQ(g.take("+1", hour).rule, Rule::per_minute);
}

TEST(DialGuard, TheWaitOfARateThatDoesNotDivideAMinuteIsRoundedUp) {
  DialGuard g = guard(7, 0);
  for (int i = 0; i < 7; ++i) ASSERT_EQ(g.take("+1", 0).rule, Rule::none);
  const std::uint64_t wait = g.take("+1", 0).wait_ms;
  EXPECT_EQ(wait, 8'572u);
  EXPECT_EQ(g.take("+1", wait - 1).rule, Rule::per_minute);
  EXPECT_EQ(g.take("+1", wait).rule, Rule::none);
}

TEST(DialGuard, ANumberHasSoManyCallsWithinAnyHour) {
  DialGuard g = guard(0, 2);
  EXPECT_EQ(g.take("+1", 0).rule, Rule::none);
  EXPECT_EQ(g.take("+1", 10 * minute).rule, Rule::none);
  auto no = g.take("+1", 20 * minute);
  EXPECT_EQ(no.rule, Rule::per_number);
  EXPECT_EQ(no.wait_ms, 40 * minute);
  EXPECT_EQ(g.take("+2", 20 * minute).rule, Rule::none) << "another number";
  EXPECT_EQ(g.take("+1", hour - 1).wait_ms, 1u);
  EXPECT_EQ(g.take("+1", hour).rule, Rule::none);
  EXPECT_EQ(g.take("+1", hour).wait_ms, 10 * minute);
}

TEST(DialGuard, TheLongerOfTwoWaitsIsTold) {
  DialGuard g = guard(1, 1);
  EXPECT_EQ(g.take("+1", 0).rule, Rule::none);
  EXPECT_EQ(g.take("+1", 0).rule, Rule::per_number);
  EXPECT_EQ(g.take("+1", 0).wait_ms, hour);
  EXPECT_EQ(g.take("+2", 0).rule, Rule::per_minute);
  EXPECT_EQ(g.take("+2", minute).rule, Rule::none);
  EXPECT_EQ(g.take("+1", minute).rule, Rule::per_number) << "its refusal has taken no token";
  EXPECT_EQ(g.take("+3", 2 * minute).rule, Rule::none);
}

TEST(DialGuard, ForgetsWhatIsOlderThanAnHourAndKeepsABound) {
  DialGuard g = guard(0, 1);
  for (std::size_t i = 0; i < DialGuard::max_dials + 10; ++i)
    ASSERT_EQ(g.take("+" + std::to_string(i), 5).rule, Rule::none);
  EXPECT_EQ(g.take("+" + std::to_string(DialGuard::max_dials), 5).rule, Rule::per_number);
  EXPECT_EQ(g.take("+0", 5).rule, Rule::none) << "the oldest was forgotten";
  EXPECT_EQ(g.take("+0", 5 + hour).rule, Rule::none);
  EXPECT_EQ(g.take("+" + std::to_string(DialGuard::max_dials), 5 + hour).rule, Rule::none) << "an hour is over";
}

TEST(DialGuard, ANewLimitTakesEffectAtOnceAndFillsNoBucket) {
  DialGuard g = guard(2, 0);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(g.take("+1", 0).rule, Rule::none);
  g.configure({{}, 4, 0}, 0);
  EXPECT_EQ(g.take("+1", 0).rule, Rule::per_minute) << "a reload is no way round it";
  EXPECT_EQ(g.take("+1", 15'000).rule, Rule::none);
  g.configure({list("+49"), 4, 2}, 15'000);
  EXPECT_EQ(g.take("+15550100002", 15'000).rule, Rule::allow_to);
  EXPECT_EQ(g.take("+15550100002", 15'000).wait_ms, 0u);
  g.configure({}, 15'000);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(g.take("+1", 15'000).rule, Rule::none);
}

// The same as the API tells it.

class Guarded : public WorldTest {
 protected:
  net::HttpReply place(const std::string& to = "+15550100002", const std::string& key = {}) {
    return world.answer("POST", "/api/call", R"({"to":")" + to + "\"}",
                        key.empty() ? net::HttpHeaders{} : net::HttpHeaders{{"Idempotency-Key", key}});
  }
  std::string refused(const std::string& by) {
    const std::string text = world.answer("GET", "/api/metrics").body,
                      name = "hookswitch_calls_refused_total{by=\"" + by + "\"} ";
    const std::size_t at = text.find(name);
    return at == std::string::npos ? "missing" : text.substr(at + name.size(), text.find('\n', at) - at - name.size());
  }
};

TEST_F(Guarded, ANumberThatIsNotAllowedIs403AndNothingIsDialled) {
  world.defaults.dial.allow_to = list("+1 !+1900");
  world.start();
  const auto reply = place("+19005550100");
  EXPECT_EQ(reply.status, 403);
  EXPECT_THAT(reply.body, HasSubstr("calls.allow_to does not allow calls to +19005550100"));
  EXPECT_EQ(net::findHeader(reply.headers, "Retry-After"), "") << "never";
  EXPECT_EQ(world.carrier().heard("place"), 0u);
  EXPECT_EQ(place().status, 201);
  EXPECT_EQ(refused("allow_to"), "1");
  EXPECT_EQ(refused("per_minute"), "0");
}

TEST_F(Guarded, ARateIs429WithTheTimeUntilItIsAllowed) {
  world.defaults.dial.per_minute = 2;
  world.defaults.dial.per_number_per_hour = 1;
  world.start();
  EXPECT_EQ(place("+15550100002").status, 201);
  auto reply = place("+15550100002");
  EXPECT_EQ(reply.status, 429);
  EXPECT_THAT(reply.body, HasSubstr("calls.per_number_per_hour"));
  int wait = std::stoi(std::string(net::findHeader(reply.headers, "Retry-After")));
  EXPECT_GT(wait, 3'000);
  EXPECT_LE(wait, 3'600);
  EXPECT_EQ(place("+15550100003").status, 201);
  reply = place("+15550100004");
  EXPECT_EQ(reply.status, 429);
  EXPECT_THAT(reply.body, HasSubstr("calls.per_minute"));
  wait = std::stoi(std::string(net::findHeader(reply.headers, "Retry-After")));
  EXPECT_GE(wait, 1);
  EXPECT_LE(wait, 30);
  EXPECT_EQ(refused("per_minute"), "1");
  EXPECT_EQ(refused("per_number_per_hour"), "1");
}

TEST_F(Guarded, AReplayTakesNoTokenAndARefusalBurnsNoKey) {
  world.defaults.dial.per_number_per_hour = 2;
  world.start();
  EXPECT_EQ(place("+15550100002", "a").status, 201);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(place("+15550100002", "a").status, 201) << "the same answer again";
  EXPECT_EQ(place("+15550100002", "b").status, 201);
  EXPECT_EQ(place("+15550100002", "c").status, 429);
  EXPECT_EQ(world.carrier().heard("place"), 2u);
  world.on([&] {
    auto defaults = world.calls->defaults();
    defaults.dial.per_number_per_hour = 3;  // as a SIGHUP brings it
    world.calls->setDefaults(defaults);
  });
  EXPECT_EQ(place("+15550100002", "c").status, 201);
  EXPECT_EQ(place("+15550100002", "d").status, 429);
}

TEST_F(Guarded, WhatIsRefusedForAnotherReasonCountsForNoRate) {
  world.defaults.dial.per_minute = 1;
  world.start();
  EXPECT_EQ(world.answer("POST", "/api/call", R"({"to":"+15550100002","voice":"nobody"})").status, 400);
  EXPECT_EQ(place().status, 201);
  EXPECT_EQ(place().status, 429);
}

TEST_F(Guarded, ALegThatIsNotConfirmedOverCountsForTheConcurrentCalls) {
  world.defaults.max_concurrent = 1;
  world.carrier().hooks = {{HKS_PHASE_HANGUP, 5000}, {HKS_PHASE_CONFIRM, 5000}};
  world.start();
  const std::string id = world.place();
  EXPECT_EQ(world.answer("POST", "/api/calls/" + id + "/end").status, 200);
  const auto reply = place();
  EXPECT_EQ(reply.status, 429);
  EXPECT_THAT(reply.body, HasSubstr("1 leg is not confirmed over"));
  EXPECT_EQ(refused("max_concurrent"), "1");
  world.make("carrier", [&](hks::Out& out) { out.state(id, {}, HKS_OVER, HKS_COMPLETED); });
  EXPECT_EQ(place().status, 201);
}

}  // namespace
}  // namespace control_test
