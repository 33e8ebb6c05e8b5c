// Many notifications of one plugin: in order, few at a time, and nothing else waits for them.
#include "tests/control/recovery_support.hpp"

#include <algorithm>

namespace control_test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Lines : public Recovery {
 protected:
  void SetUp() override {
    Recovery::SetUp();
    watch->on_phase = [this](const hks_phase& p, hks::Out& out) {
      const std::string event(p.event_id.data, p.event_id.size);
      const std::string memo(p.memo.data ? p.memo.data : "", p.memo.size);
      seen.push_back(event.substr(0, event.find(':')));
      memos.push_back(memo);
      times.push_back(p.unix_ms);
      if (up)
        out.hookDone(p.msg.id);
      else
        out.hookDone(p.msg.id, HKS_HOOK_RETRY, why, after_ms, flags, "memo of " + seen.back());
    };
    says(HKS_PHASE_CONFIRM, HKS_OVER);
    world.defaults.max_concurrent = 10'000;
  }
  std::string endedCall() {
    const std::string id = world.place();
    world.answer("POST", "/api/calls/" + id + "/end");
    return id;
  }
  std::vector<std::string> endMany(int n) {
    std::vector<std::string> ids;
    for (int i = 0; i < n; ++i) ids.push_back(endedCall());
    return ids;
  }

  bool up = true;
  std::uint32_t flags = 0;
  std::uint64_t after_ms = 3'600'000;
  std::string why = "down";
  std::vector<std::string> seen, memos;
  std::vector<std::uint64_t> times;
};

TEST_F(Lines, BehindOneThatIsRefusedNobodyIsTriedAndWhenItGetsThroughAllFollowInOrder) {
  up = false;
  world.start();
  auto ids = endMany(1);
  ASSERT_TRUE(world.until([&] { return seen.size() == 1; }));
  world.settle();
  const auto more = endMany(99);
  ids.insert(ids.end(), more.begin(), more.end());
  world.settle();
  world.on([&] { EXPECT_EQ(seen.size(), 1u) << "the first one is known to be refused"; });
  // Until the last leg is confirmed, that is pending as well.
  ASSERT_TRUE(world.until([&] { return world.calls->counts().hooks_pending == 100; }));
  EXPECT_THAT(world.answer("GET", "/api/metrics").body, HasSubstr("hookswitch_hooks_pending 100"));
  world.on([&] { up = true, seen.clear(); });
  EXPECT_THAT(world.answer("POST", "/api/hooks/retry?plugin=watch&state=pending").body, HasSubstr(R"("hooks":100)"));
  ASSERT_TRUE(world.until([&] { return seen.size() == 100; }));
  world.on([&] { EXPECT_EQ(seen, ids); });
  world.settle();
  EXPECT_TRUE(world.until([&] { return world.calls->counts().hooks_pending == 0; }));
}

TEST_F(Lines, AHangUpWaitsForNoneOfThem) {
  up = false;
  world.start();
  endMany(50);
  const std::string id = world.place();
  EXPECT_EQ(world.answer("POST", "/api/calls/" + id + "/end").status, 200);
}

TEST_F(Lines, TheMemoComesBackWithTheNextAttemptAndTheTimeIsTold) {
  up = false;
  world.start();
  const std::string id = endedCall();
  ASSERT_TRUE(world.until([&] { return seen.size() == 1; }));
  world.settle();
  world.on([&] { up = true; });
  EXPECT_EQ(world.answer("POST", "/api/hooks/" + id + ":notify:watch/retry").status, 200);
  ASSERT_TRUE(world.until([&] { return seen.size() == 2; }));
  world.on([&] {
    EXPECT_EQ(memos, (std::vector<std::string>{"", "memo of " + id}));
    for (auto t : times) EXPECT_GT(t, 1'600'000'000'000u);
  });
}

TEST_F(Lines, WhatAPersonMustMendIsSaidAndTriedAgainWhenTheSectionChanges) {
  up = false;
  flags = HKS_HOOK_MEND;
  why = "the bot was kicked: add it again";
  watch->keys.push_back({"chat", "1", "", HKS_TEXT, false, false, {}});
  world.start();
  const auto ids = endMany(3);
  world.settle();
  EXPECT_THAT(world.answer("GET", "/health").body,
              HasSubstr(R"("hooks_to_mend":[{"plugin":"watch","hooks":3,"mend":"the bot was kicked: add it again"}])"));
  EXPECT_THAT(world.answer("GET", "/api/hooks").body, HasSubstr(R"("mend":"the bot was kicked: add it again")"));
  EXPECT_THAT(world.answer("GET", "/api/hooks?state=dead").body, HasSubstr(R"("count":0)"));
  world.on([&] {
    up = true;
    seen.clear();
    world.plugins->configure({{"watch", {{"enabled", "true"}, {"chat", "2"}}}});
  });
  ASSERT_TRUE(world.until([&] { return seen.size() == 3; }));
  world.on([&] { EXPECT_EQ(seen, ids); });
  world.settle();
  EXPECT_THAT(world.answer("GET", "/health").body, Not(HasSubstr("hooks_to_mend")));
}

TEST_F(Lines, OneThatWaitsApartHoldsNobody) {
  up = false;
  flags = HKS_HOOK_APART;
  world.start();
  const auto ids = endMany(40);
  ASSERT_TRUE(world.until([&] { return seen.size() == 40; }));
  world.on([&] { EXPECT_EQ(seen, ids); });
}

TEST_F(Lines, BulkActsOnDeadOnesOfOnePluginOnly) {
  watch->on_phase = [this](const hks_phase& p, hks::Out& out) {
    seen.emplace_back(p.event_id.data, p.event_id.size);
    out.hookDone(p.msg.id, up ? HKS_HOOK_OK : HKS_HOOK_GIVE_UP, "never");
  };
  up = false;
  world.start();
  endMany(20);
  ASSERT_TRUE(world.until([&] { return seen.size() == 20; }));
  world.settle();
  EXPECT_THAT(world.answer("POST", "/api/hooks/retry?plugin=voice").body, HasSubstr(R"("hooks":0)"));
  EXPECT_EQ(world.answer("POST", "/api/hooks/retry?state=all").status, 400);
  EXPECT_EQ(world.answer("POST", "/api/hooks/retry?limit=3").status, 400);
  EXPECT_EQ(world.answer("POST", "/api/hooks/retry?plugin=").status, 400);
  EXPECT_EQ(world.answer("GET", "/api/hooks/discard").status, 405);
  world.on([&] { up = true, seen.clear(); });
  EXPECT_THAT(world.answer("POST", "/api/hooks/retry?plugin=watch&state=dead").body,
              HasSubstr(R"({"success":true,"hooks":20})"));
  ASSERT_TRUE(world.until([&] { return seen.size() == 20; }));
  world.settle();
  EXPECT_THAT(world.answer("GET", "/api/hooks?state=dead").body, HasSubstr(R"("count":0)"));
}

TEST_F(Lines, BulkDiscardsWhatWaits) {
  up = false;
  world.start();
  endMany(20);
  world.settle();
  EXPECT_THAT(world.answer("POST", "/api/hooks/discard").body, HasSubstr(R"("hooks":20)"));
  world.settle();
  EXPECT_THAT(world.answer("GET", "/api/hooks").body, HasSubstr(R"("count":0)"));
  EXPECT_TRUE(world.until([&] { return world.calls->counts().hooks_pending == 0; }));
}

TEST_F(Lines, ADrainSaysWhatItWaitsForAndNotForWhatWaitsLong) {
  up = false;
  world.start();
  endMany(3);
  world.settle();
  std::string live;
  EXPECT_TRUE(world.until([&] { return world.calls->unfinished() == 0 && world.calls->waitsFor().empty(); }));
  live = world.place();
  world.on([&] {
    world.calls->drain();
    EXPECT_THAT(world.calls->waitsFor(), HasSubstr("1 live call (" + live + ")"));
    EXPECT_EQ(world.calls->unfinished(), 1u);
  });
}

}  // namespace
}  // namespace control_test
