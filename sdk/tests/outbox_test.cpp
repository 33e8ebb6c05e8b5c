#include <hookswitch/outbox.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

struct Item : hks::Waiting {
  explicit Item(std::string k, size_t size = 0) { key = std::move(k), bytes = size; }
};
using Outbox = hks::Outbox<Item>;

TEST(Outbox, KeepsTheOrderOfArrivalAndFindsByEvent) {
  Outbox box({10, 10});
  const auto a = box.add(Item("a")), b = box.add(Item("b"));
  EXPECT_EQ(a, 1u);
  EXPECT_LT(a, b);
  EXPECT_EQ(box.numberOf("b"), b);
  EXPECT_EQ(box.find(b)->key, "b");
  EXPECT_EQ(box.numberOf("c"), 0u);
  EXPECT_EQ(box.find(7), nullptr);
  box.erase(a);
  box.erase(a);
  EXPECT_EQ(box.numberOf("a"), 0u);
  EXPECT_EQ(box.items().begin()->first, b);
  EXPECT_GT(box.add(Item("a")), b) << "a number is never used again";
}

TEST(Outbox, HoldsWhatNobodyAsksFor) {
  Outbox box({10, 10});
  const auto first = box.add(Item("")), second = box.add(Item(""));
  EXPECT_NE(first, second);
  EXPECT_EQ(box.numberOf(""), 0u);
  box.erase(first);
  EXPECT_NE(box.find(second), nullptr);
}

TEST(Outbox, IsFullByNumberAndByBytes) {
  Outbox box({2, 10, 100});
  EXPECT_TRUE(box.full(101));
  box.add(Item("a", 60));
  EXPECT_FALSE(box.full(40));
  EXPECT_TRUE(box.full(41));
  box.erase(box.numberOf("a"));
  EXPECT_FALSE(box.full(100));
  box.add(Item("b"));
  box.add(Item("c"));
  EXPECT_TRUE(box.full());
}

TEST(Outbox, RemembersABoundedNumberOfOutcomesAndTheFirstWordCounts) {
  Outbox box({10, 3});
  for (const char* key : {"a", "b", "c", "d"}) box.settle(box.add(Item(key)), HKS_HOOK_OK, key);
  EXPECT_TRUE(box.empty());
  EXPECT_EQ(box.settled("a"), nullptr);
  ASSERT_NE(box.settled("b"), nullptr);
  box.remember("b", HKS_HOOK_GIVE_UP, "late");
  EXPECT_EQ(box.settled("b")->state, uint32_t(HKS_HOOK_OK));
  EXPECT_EQ(box.settled("b")->reason, "b");
}

hks_str str(const std::string& s) { return {s.data(), s.size()}; }

TEST(EventKey, IsTheSameForEveryAttemptAndAnotherForEachPhase) {
  const std::string id = "11111111-2222", call_id = "call", long_id(1000, 'x');
  hks_call call{};
  call.msg.size = sizeof call;
  call.call = str(call_id);
  hks_record record{};
  record.size = sizeof record;
  record.call = &call;
  hks_phase phase{};
  phase.phase = HKS_PHASE_NOTIFY;
  phase.attempt = 1;
  phase.event_id = str(id);
  phase.record = &record;
  const std::string first = hks::eventKey(phase);
  phase.attempt = 2;
  EXPECT_EQ(hks::eventKey(phase), first);
  phase.phase = HKS_PHASE_STARTED;
  EXPECT_NE(hks::eventKey(phase), first);
  phase.event_id = {};
  EXPECT_EQ(hks::eventKey(phase), "call#started") << "a host that gives no event id";
  phase.event_id = str(long_id);
  EXPECT_LE(hks::eventKey(phase).size(), 300u);
}

}  // namespace
