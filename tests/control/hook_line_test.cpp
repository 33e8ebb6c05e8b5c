// In which order, how many at a time and how often the hooks of one plugin are given.
#include "host/control/hook_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace control_test {
namespace {

using namespace hookswitch;
using call::Action;
using control::HookLine;
using control::LineLimits;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t hour = 3'600'000;

LineLimits exact(LineLimits limits = {}) {
  limits.jitter_percent = 0;
  return limits;
}

/// A line, a clock, and a plugin that answers as `answer` says.
class Line {
 public:
  explicit Line(LineLimits limits = exact()) : line(limits, 1) {}

  Action hook(std::int64_t first, Action::Came came = Action::Came::fresh, std::uint32_t attempt = 0,
              std::uint64_t after = 0) {
    Action a{Action::Kind::line_up};
    a.came = came;
    a.first_ms = first;
    a.expires_ms = std::uint64_t(first) + 72 * hour;
    a.attempt = attempt;
    a.after_ms = after;
    return a;
  }
  void add(const std::string& call) { line.put({call}, hook(++last_), now); }
  void ok(const std::string& call) {
    line.reached({call}, now);
    line.conclude({call});
  }
  void retry(const std::string& call, std::uint64_t after = 0, bool apart = false) {
    Action a = hook(0, Action::Came::refused, ++attempts[call], after);
    a.apart = apart;
    line.put({call}, a, now);
  }
  /// What is given now.
  std::vector<std::string> given() {
    std::vector<std::string> out;
    while (const auto next = line.next(now)) out.push_back((next->expired ? "expired " : "") + next->key.call);
    return out;
  }
  /// Until `ms` have passed, every hook that is given is answered at once: 0 OK, else RETRY after that.
  void pass(std::uint64_t ms, const std::function<int(const std::string&)>& answer) {
    const std::uint64_t until = now + ms;
    for (;;) {
      for (auto& call : given()) {
        tries.emplace_back(now, call);
        if (const int verdict = answer(call); verdict == 0)
          done.push_back(call), ok(call);
        else
          retry(call, verdict > 1 ? std::uint64_t(verdict) : 0);
      }
      const auto due = line.nextDue(now);
      if (!due || *due > until) break;
      now = std::max(now + (*due <= now), *due);
    }
    now = until;
  }

  HookLine line;
  std::uint64_t now = 1000;
  std::map<std::string, std::uint32_t> attempts;
  std::vector<std::pair<std::uint64_t, std::string>> tries;
  std::vector<std::string> done;

 private:
  std::int64_t last_ = 0;
};

TEST(HookLine, GivesAsManyAsItsWindowTheFirstOnesFirst) {
  LineLimits limits;
  limits.window = 3;
  Line l(exact(limits));
  for (auto call : {"a", "b", "c", "d", "e"}) l.add(call);
  EXPECT_THAT(l.given(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(l.given(), IsEmpty());
  l.ok("b");
  EXPECT_THAT(l.given(), ElementsAre("d"));
  EXPECT_EQ(l.line.size(), 4u);
  EXPECT_EQ(l.line.inHand(), 3u);
}

TEST(HookLine, WhatIsRefusedHoldsTheLineAndGoesFirst) {
  LineLimits limits;
  limits.window = 2;
  Line l(exact(limits));
  for (auto call : {"a", "b", "c"}) l.add(call);
  EXPECT_THAT(l.given(), ElementsAre("a", "b"));
  l.retry("a");
  l.retry("b");
  EXPECT_THAT(l.given(), IsEmpty());
  l.now += 1000;
  EXPECT_THAT(l.given(), ElementsAre("a")) << "one at a time, until something gets through";
  l.ok("a");
  EXPECT_THAT(l.given(), ElementsAre("b", "c"));
}

TEST(HookLine, TheFirstOneComesBackAtItsTimeThoughOthersAreStillInHand) {
  Line l;
  for (auto call : {"a", "b", "c"}) l.add(call);
  EXPECT_THAT(l.given(), ElementsAre("a", "b", "c"));
  l.retry("a", 1500);
  EXPECT_EQ(l.line.nextDue(l.now), l.now + 1500) << "b and c may wait for nothing but it";
  l.now += 1500;
  EXPECT_THAT(l.given(), ElementsAre("a"));
  EXPECT_THAT(l.given(), IsEmpty());
}

TEST(HookLine, AReceiverThatIsAwayForADayIsAskedAFewHundredTimesNotThousandsOfTimes) {
  Line l;
  for (int i = 0; i < 5000; ++i) l.add("c" + std::to_string(i));
  l.pass(24 * hour, [](auto&) { return 1; });
  EXPECT_LE(l.tries.size(), 32 + 2 * 24 * 12 + 20u);
  EXPECT_GE(l.tries.size(), 250u);
  EXPECT_EQ(l.line.size(), 5000u);
  l.pass(301'000, [](auto&) { return 0; });
  ASSERT_EQ(l.done.size(), 5000u) << "within the longest wait all of them get through";
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(l.done[std::size_t(i)], "c" + std::to_string(i)) << "first in, first out";
}

TEST(HookLine, WaitsDoubleUpToTheirBoundAndWhatIsDemandedIsObeyed) {
  Line l;
  l.add("a");
  l.pass(1000 * 1000, [](auto&) { return 1; });
  std::vector<std::uint64_t> waits;
  for (std::size_t i = 1; i < l.tries.size(); ++i) waits.push_back(l.tries[i].first - l.tries[i - 1].first);
  EXPECT_THAT(std::vector<std::uint64_t>(waits.begin(), waits.begin() + 10),
              ElementsAre(1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 300000));
  Line demanding;
  demanding.add("a");
  demanding.pass(20'000, [](auto&) { return 17'000; });
  EXPECT_THAT(demanding.tries, ElementsAre(testing::Pair(1000u, "a"), testing::Pair(18'000u, "a")));
}

TEST(HookLine, OneThatCannotBeDeliveredDoesNotHoldTheOthersForEver) {
  Line l;
  for (auto call : {"bad", "b", "c"}) l.add(call);
  for (int i = 0; i < 500; ++i) l.add("d" + std::to_string(i));
  l.pass(60'000, [](auto& call) { return call == "bad"; });
  EXPECT_EQ(l.done.size(), 502u);
  EXPECT_EQ(l.line.size(), 1u);
}

TEST(HookLine, ThreeThatCannotBeDeliveredDoNotEither) {
  LineLimits limits;
  limits.window = 2;
  Line l(exact(limits));
  for (auto call : {"bad1", "bad2", "bad3"}) l.add(call);
  for (int i = 0; i < 100; ++i) l.add("d" + std::to_string(i));
  l.pass(hour, [](auto& call) { return call[0] == 'b'; });
  EXPECT_EQ(l.done.size(), 100u);
  EXPECT_EQ(l.line.size(), 3u);
}

TEST(HookLine, OneThatWaitsApartIsPassedByAndComesBackAtItsTime) {
  Line l;
  l.add("a");
  l.add("b");
  EXPECT_THAT(l.given(), ElementsAre("a", "b"));
  l.retry("a", 60'000, true);
  l.ok("b");
  l.add("c");
  EXPECT_THAT(l.given(), ElementsAre("c")) << "nothing is held";
  l.ok("c");
  l.now += 60'000;
  l.add("d");
  EXPECT_THAT(l.given(), ElementsAre("a", "d")) << "the older one first";
}

TEST(HookLine, ANewSessionGetsEverythingAgainAtOnceButNotBeforeTheOldOneIsDone) {
  Line l;
  for (auto call : {"a", "b", "c"}) l.add(call);
  EXPECT_THAT(l.given(), ElementsAre("a", "b", "c"));
  Action mend = l.hook(0, Action::Came::refused, 1, hour);
  mend.mend = true;
  mend.reason = "the bot was kicked";
  l.line.put({"a"}, mend, l.now);
  l.line.put({"b"}, mend, l.now);
  EXPECT_EQ(l.line.toMend(), 2u);
  EXPECT_EQ(l.line.mend(), "the bot was kicked");
  l.line.renew(true);
  EXPECT_EQ(l.line.toMend(), 0u);
  EXPECT_THAT(l.given(), IsEmpty()) << "c is still with the old one";
  l.ok("c");
  EXPECT_THAT(l.given(), ElementsAre("a", "b")) << "c got through";
}

TEST(HookLine, AfterARestartTheOrderIsThatOfTheBeginnings) {
  Line l;
  l.line.put({"late"}, l.hook(900, Action::Came::restored, 0), l.now);
  l.line.put({"early"}, l.hook(100, Action::Came::restored, 2), l.now);
  l.line.put({"middle"}, l.hook(500, Action::Came::restored, 1, 5000), l.now);
  EXPECT_THAT(l.given(), ElementsAre("early")) << "it had failed: one is tried first";
  l.ok("early");
  EXPECT_THAT(l.given(), IsEmpty()) << "what was demanded of the next one stands, and nobody overtakes it";
  l.now += 5000;
  EXPECT_THAT(l.given(), ElementsAre("middle", "late"));
}

TEST(HookLine, TheStartOfACallComesBeforeItsEnd) {
  Line l;
  Action a = l.hook(5);
  l.line.put({"x", call::Phase::notify}, a, l.now);
  l.line.put({"x", call::Phase::started}, a, l.now);
  EXPECT_EQ(l.line.next(l.now)->key.phase, call::Phase::started);
  EXPECT_EQ(l.line.next(l.now)->key.phase, call::Phase::notify);
}

TEST(HookLine, WhatIsTooOldIsNamedOnceWhereverItStands) {
  Line l;
  l.add("a");
  Action brief = l.hook(50);
  brief.expires_ms = l.now + 600'000;
  l.line.put({"s", call::Phase::started}, brief, l.now);
  EXPECT_THAT(l.given(), ElementsAre("a", "s"));
  l.retry("a", 2 * hour);
  brief.came = Action::Came::refused;
  l.line.put({"s", call::Phase::started}, brief, l.now);
  EXPECT_EQ(l.line.nextDue(l.now), l.now + 600'000);
  l.now += 600'000;
  EXPECT_THAT(l.given(), ElementsAre("expired s"));
}

TEST(HookLine, OneThatWasHeldBackHoldsTheLineAndHasNotFailed) {
  Line l;
  for (auto call : {"a", "b"}) l.add(call);
  EXPECT_THAT(l.given(), ElementsAre("a", "b"));
  for (auto call : {"a", "b"}) l.line.put({call}, l.hook(0, Action::Came::held, 0, 30'000), l.now);
  EXPECT_THAT(l.given(), IsEmpty());
  EXPECT_EQ(l.line.nextDue(l.now), l.now + 30'000);
  l.now += 30'000;
  EXPECT_THAT(l.given(), ElementsAre("a", "b")) << "in their order, and not one by one: nobody has refused them";
}

TEST(HookLine, OneThatIsHeldBackApartIsPassedBy) {
  Line l;
  for (auto call : {"a", "b"}) l.add(call);
  EXPECT_THAT(l.given(), ElementsAre("a", "b"));
  Action held = l.hook(0, Action::Came::held, 0, 3'000);
  held.apart = true;
  l.line.put({"a"}, held, l.now);
  l.ok("b");
  l.add("c");
  EXPECT_THAT(l.given(), ElementsAre("c"));
  l.now += 3'000;
  EXPECT_THAT(l.given(), ElementsAre("a"));
}

TEST(HookLine, APersonMayHaveOneTriedWhoeverIsInFront) {
  Line l;
  for (auto call : {"a", "b"}) l.add(call);
  l.given();
  l.retry("a", hour);
  l.retry("b", hour);
  l.line.put({"b"}, l.hook(0, Action::Came::urged, 1), l.now);
  l.line.force({"b"});
  EXPECT_EQ(l.line.inHand(), 1u);
  EXPECT_THAT(l.given(), IsEmpty()) << "a waits as before";
}

}  // namespace
}  // namespace control_test
