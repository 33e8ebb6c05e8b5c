#include "plugins/gateway/outbox.hpp"

#include <hookswitch/abi.h>

#include <gtest/gtest.h>

namespace hookswitch::gateway {
namespace {

Event event(Event::Kind kind, std::size_t bytes = 10) {
  Event e;
  e.kind = kind;
  e.transcript.assign(bytes, 'x');
  return e;
}

TEST(GatewayOutbox, KeepsTheOrderOfArrival) {
  Outbox box;
  const auto a = box.add("a", event(Event::Kind::Started)), b = box.add("b", event(Event::Kind::Ended));
  EXPECT_LT(a, b);
  EXPECT_EQ(box.numberOf("b"), b);
  EXPECT_EQ(box.numberOf("c"), 0u);
  EXPECT_EQ(box.items().begin()->first, a);
}

TEST(GatewayOutbox, IsFullByNumberAndByBytes) {
  Outbox box;
  for (std::size_t i = 0; i < Outbox::kMaxItems; ++i) box.add("k" + std::to_string(i), event(Event::Kind::Ended));
  EXPECT_TRUE(box.full(1));
  Outbox big;
  for (int i = 0; i < 63; ++i) big.add("k" + std::to_string(i), event(Event::Kind::Ended, 1 << 20));
  EXPECT_FALSE(big.full(1000));
  EXPECT_TRUE(big.full(1 << 20));
  big.erase(big.numberOf("k0"));
  EXPECT_FALSE(big.full(1 << 20));
}

TEST(GatewayOutbox, OffersOnlyAWaitingStartToMakeRoom) {
  Outbox box;
  box.add("e1", event(Event::Kind::Ended));
  EXPECT_EQ(box.dispensable(), 0u);
  const auto s1 = box.add("s1", event(Event::Kind::Started)), s2 = box.add("s2", event(Event::Kind::Started));
  EXPECT_EQ(box.dispensable(), s2);
  box.find(s2)->state = Item::State::InFlight;
  EXPECT_EQ(box.dispensable(), s1);
}

TEST(GatewayOutbox, RemembersABoundedNumberOfOutcomes) {
  Outbox box;
  for (std::size_t i = 0; i <= Outbox::kMaxSettled; ++i) {
    const std::string key = "k" + std::to_string(i);
    box.settle(box.add(key, event(Event::Kind::Ended)), HKS_HOOK_OK, "");
  }
  EXPECT_EQ(box.settled("k0"), nullptr);
  ASSERT_NE(box.settled("k1"), nullptr);
  EXPECT_EQ(box.settled("k1")->state, std::uint32_t(HKS_HOOK_OK));
  EXPECT_TRUE(box.items().empty());
}

}  // namespace
}  // namespace hookswitch::gateway
