#include "plugins/speech/caller_turn.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hookswitch::speech {
namespace {

/// So many bytes that tell where in the caller's audio they are from.
std::string said(std::size_t from, std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = char((from + i) * 2654435761u >> 24);
  return out;
}

class CallerTurnTest : public testing::Test {
 protected:
  void SetUp() override { turn.keeps(6'400, 20'000); }
  void add(std::size_t bytes) {
    turn.add(said(at, bytes));
    at += bytes;
  }
  std::string repeated(std::size_t piece = 8'000) {
    std::string all;
    turn.repeat(piece, [&](std::string_view some) {
      EXPECT_LE(some.size(), piece);
      EXPECT_FALSE(some.empty());
      all += some;
    });
    return all;
  }
  CallerTurn turn;
  std::size_t at = 0;
};

TEST_F(CallerTurnTest, ATurnThatWasLostIsRepeatedFromItsRunUpOn) {
  for (int i = 0; i < 500; ++i) add(160);
  turn.begin();
  for (int i = 0; i < 50; ++i) add(160);
  turn.leave();
  ASSERT_TRUE(turn.lost());
  EXPECT_EQ(repeated(), said(80'000 - 6'400, 6'400 + 8'000));
  EXPECT_FALSE(turn.lost());
}

TEST_F(CallerTurnTest, OfALongTurnTheNewestIsKept) {
  turn.begin();
  for (int i = 0; i < 400; ++i) add(961);
  turn.leave();
  EXPECT_EQ(repeated(), said(at - 20'000, 20'000));
}

TEST_F(CallerTurnTest, WhatIsUnderstoodIsNotSaidAgain) {
  turn.begin();
  add(1'000);
  turn.understood();
  turn.leave();
  EXPECT_FALSE(turn.lost());
  EXPECT_EQ(repeated(), "");
  EXPECT_FALSE(turn.open());
}

TEST_F(CallerTurnTest, BehindAnUnderstoodTurnOnlyTheRunUpIsLeft) {
  turn.begin();
  for (int i = 0; i < 100; ++i) add(160);
  turn.understood();
  add(160);
  turn.begin();
  turn.leave();
  EXPECT_EQ(repeated(), said(at - 6'400, 6'400));
}

TEST_F(CallerTurnTest, TheConnectionThatHearsItAgainMayBeLostAsWell) {
  turn.begin();
  add(3'000);
  turn.leave();
  EXPECT_EQ(repeated(7), said(0, 3'000));
  EXPECT_TRUE(turn.open());
  add(500);
  turn.leave();
  EXPECT_EQ(repeated(), said(0, 3'500));
}

}  // namespace
}  // namespace hookswitch::speech
