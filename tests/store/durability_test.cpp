// kill -9 at any instant: what was answered is there, and what is there is whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>

#include "child_process.hpp"
#include "support.hpp"

namespace store_test {
namespace {

using testing::SizeIs;

TEST(Durability, EveryAnsweredWriteOutlivesAKill) {
  Directory directory;
  Child child({"write", directory.file(), "40"});
  unsigned last = 0;
  for (std::string text = child.line(); !text.empty(); text = child.line()) last = unsigned(std::atoi(text.c_str()));
  EXPECT_EQ(child.kill(), SIGKILL);  // by its own hand
  ASSERT_EQ(last, 40u);
  Store store(options(directory.file()), atOnce);
  const auto found = store.loadUnfinished();
  ASSERT_THAT(found.calls, SizeIs(40));
  for (unsigned n = 1; n <= 40; ++n) {
    EXPECT_EQ(found.calls[n - 1].record.terms->id, idOf(n));
    EXPECT_EQ(found.calls[n - 1].record.transcript.at(0).text, "said " + std::to_string(n));
    EXPECT_THAT(found.calls[n - 1].hooks, SizeIs(1));
  }
}

TEST(Durability, AKillInTheMiddleOfCommitsLosesNothingThatWasAnsweredAndLeavesNoHalves) {
  Directory directory;
  unsigned highest = 0;
  for (unsigned round = 1; round <= 6; ++round) {
    Child child({"flood", directory.file()});
    unsigned answered = 0;
    while (answered < 150 * round) {
      const std::string text = child.line();
      ASSERT_FALSE(text.empty());
      answered = unsigned(std::atoi(text.c_str()));
    }
    child.kill();
    for (std::string text = child.line(); !text.empty(); text = child.line())
      answered = unsigned(std::atoi(text.c_str()));
    highest = std::max(highest, answered);
    Store store(options(directory.file()), atOnce);
    const auto found = store.loadUnfinished();
    ASSERT_GE(found.calls.size(), highest);
    for (std::size_t i = 0; i < found.calls.size(); ++i) {
      ASSERT_EQ(found.calls[i].record.terms->id, idOf(unsigned(i) + 1));  // in the order of the puts, without a gap
      ASSERT_THAT(found.calls[i].record.transcript, SizeIs(1));
      ASSERT_THAT(found.calls[i].hooks, SizeIs(1));
    }
  }
}

}  // namespace
}  // namespace store_test
