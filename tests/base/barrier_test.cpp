#include "host/base/barrier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace hookswitch::base {
namespace {

using testing::HasSubstr;
using testing::Not;

/// What the log says meanwhile.
template <class F>
std::string logOf(F f) {
  testing::internal::CaptureStderr();
  f();
  return testing::internal::GetCapturedStderr();
}

[[noreturn]] void fail() { throw std::runtime_error("a mistake"); }

TEST(Barrier, AnExceptionStopsThereAndIsLoggedOnce) {
  const std::string log = logOf([] { EXPECT_FALSE(guarded("test", "an event", fail)); });
  EXPECT_THAT(log, HasSubstr("[test] an event could not be handled: a mistake\n"));
  EXPECT_EQ(log.find('\n'), log.size() - 1) << "one line";
}

TEST(Barrier, AnythingThatIsThrownStopsThere) {
  EXPECT_THAT(logOf([] { EXPECT_FALSE(guarded("test", "an event", [] { throw 7; })); }), HasSubstr("unknown type"));
}

TEST(Barrier, WhatGoesWellSaysNothing) {
  EXPECT_EQ(logOf([] { EXPECT_TRUE(guarded("test", "an event", [] {})); }), "");
}

TEST(Barrier, TheLineNamesTheCallThatItConcerned) {
  const std::string log = logOf([] {
    guarded("test", "an event", [] {
      const Concerning outer("call-1");
      const Concerning inner("call-2");
      fail();
    });
  });
  EXPECT_THAT(log, HasSubstr("call=call-2 an event"));
}

TEST(Barrier, AnExceptionThatWasCaughtWithinBlamesNoCallAfterwards) {
  const std::string log = logOf([] {
    guarded("test", "an event", [] {
      const Concerning outer("call-1");
      try {
        const Concerning inner("call-1");
        fail();
      } catch (...) {}
    });
    guarded("test", "another event", fail);
  });
  EXPECT_THAT(log, HasSubstr("another event could not be handled"));
  EXPECT_THAT(log, Not(HasSubstr("call=")));
}

}  // namespace
}  // namespace hookswitch::base
