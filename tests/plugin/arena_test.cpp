#include "host/plugin/arena.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace plugin_test {
namespace {

using hookswitch::plugin::Arena;

TEST(Arena, GivesAlignedPiecesThatDoNotOverlap) {
  Arena arena;
  std::vector<char*> pieces;
  for (std::size_t i = 0; i < 500; ++i) {
    auto* p = static_cast<char*>(arena.allocate(1 + i % 37));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p) % 16, 0u);
    std::memset(p, int(i), 1 + i % 37);
    pieces.push_back(p);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i)
    for (std::size_t k = 0; k < 1 + i % 37; ++k)
      ASSERT_EQ(static_cast<unsigned char>(pieces[i][k]), static_cast<unsigned char>(i));
}

TEST(Arena, GivesAPieceOfAnySize) {
  Arena arena;
  for (std::size_t size :
       {std::size_t(1), std::size_t(4096), std::size_t(4097), std::size_t(1'000'000), std::size_t(10)}) {
    auto* p = static_cast<char*>(arena.allocate(size));
    std::memset(p, 0x5A, size);
  }
  EXPECT_GE(arena.used(), 1'008'204u);
}

TEST(Arena, RecordsBeginAsZeros) {
  Arena arena;
  std::memset(arena.allocate(64), 0xFF, 64);
  arena.clear();
  struct Record {
    std::uint64_t a, b, c;
  };
  const Record* r = arena.make<Record>();
  EXPECT_EQ(r->a | r->b | r->c, 0u);
}

TEST(Arena, CopiesBytesAndNothingForAnEmptyString) {
  Arena arena;
  std::string text = "abc";
  const char* copy = arena.copy(text.data(), text.size());
  text = "xyz";
  EXPECT_EQ(std::string(copy, 3), "abc");
  EXPECT_EQ(arena.copy("abc", 0), nullptr);
}

TEST(Arena, KeepsASmallBlockAcrossAClear) {
  Arena arena;
  void* first = arena.allocate(100);
  arena.clear();
  EXPECT_EQ(arena.used(), 0u);
  EXPECT_EQ(arena.allocate(100), first) << "a step of ordinary size allocates nothing";
}

TEST(Arena, ManyTurnsOfTheSameSizeReuseTheSameBlocks) {
  Arena arena;
  std::vector<void*> turn[2];
  for (auto& pieces : turn) {
    for (int i = 0; i < 20; ++i) pieces.push_back(arena.allocate(1500));
    arena.clear();
  }
  EXPECT_EQ(turn[0], turn[1]);
}

TEST(Arena, SessionsOfAThreadTakeTurnsWithOneBlock) {
  Arena one, other;
  void* first = one.allocate(100'000);
  one.clear();
  EXPECT_EQ(other.allocate(100'000), first) << "who is at rest keeps nothing";
  void* meanwhile = one.allocate(100);
  EXPECT_NE(meanwhile, first) << "a step inside the step of another session has a block of its own";
  other.clear();
  one.clear();
}

TEST(Arena, ABurstWithinABlockAllocatesNothing) {
  Arena arena;
  const char* const begin = static_cast<const char*>(arena.allocate(16));
  for (int i = 0; i < 4; ++i) {
    const char* const piece = static_cast<const char*>(arena.allocate(24'000));
    EXPECT_LT(piece - begin, std::ptrdiff_t(Arena::block_bytes));
    EXPECT_GE(piece - begin, 0);
  }
}

TEST(Arena, IsAsLargeAsItMustBeBeyondItsBlock) {
  Arena arena;
  for (int turn = 0; turn < 2; ++turn) {
    std::vector<char*> pieces;
    for (int i = 0; i < 5; ++i) {
      pieces.push_back(static_cast<char*>(arena.allocate(Arena::block_bytes)));
      std::memset(pieces.back(), 'a' + i, Arena::block_bytes);
    }
    for (int i = 0; i < 5; ++i) EXPECT_EQ(pieces[std::size_t(i)][Arena::block_bytes - 1], 'a' + i);
    arena.clear();
    EXPECT_EQ(arena.used(), 0u);
  }
}

}  // namespace
}  // namespace plugin_test
