// On a loop an exception costs its event and is logged once.
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <future>
#include <stdexcept>

#include "tests/base/loop_support.hpp"
#include "tests/base/watched.hpp"

namespace loop_test {
namespace {

using namespace hookswitch::base;
using testing::ElementsAre;
using testing::HasSubstr;

/// What the log says until everything that was posted is done.
template <class F>
std::string logOf(Loop& loop, F f) {
  testing::internal::CaptureStderr();
  f();
  std::promise<void> done;
  loop.post([&] { done.set_value(); });
  done.get_future().wait();
  return testing::internal::GetCapturedStderr();
}

TEST_F(LoopTest, ATaskThatThrowsTakesNothingAlong) {
  bool later = false;
  const std::string log = logOf(loop, [&] {
    loop.post([] { throw std::runtime_error("a mistake"); });
    loop.post([] { throw 7; });
    loop.post([&] { later = true; });
  });
  EXPECT_TRUE(later);
  EXPECT_THAT(log, HasSubstr("[test] a task could not be handled: a mistake\n"));
}

TEST_F(LoopTest, ATimerThatThrowsTakesNothingAlong) {
  std::promise<void> fired;
  const std::string log = logOf(loop, [&] {
    on([&] {
      loop.after(0, [] { throw std::runtime_error("a mistake"); });
      loop.after(1, [&] { fired.set_value(); });
    });
    fired.get_future().wait();
  });
  EXPECT_THAT(log, HasSubstr("a timer could not be handled: a mistake\n"));
}

struct Faulty final : Paced, FdHandler, Flushable {
  void pace(std::int64_t) override { fail(); }
  void onEvents(std::uint32_t) override { fail(); }
  void flushNow() override { fail(); }
  bool failed(const std::string& why) override {
    whys.push_back(why);
    told.set_value();
    return said;
  }
  [[noreturn]] void fail() {
    ++tries;
    throw std::runtime_error("a mistake");
  }
  bool said = true;
  int tries = 0;
  std::vector<std::string> whys;
  std::promise<void> told;
};

TEST_F(LoopTest, APacedClientThatThrowsIsToldAndNotPacedAgain) {
  Faulty faulty;
  int rounds = 0;
  std::promise<void> enough;
  Ticks other(loop, [&](std::int64_t) {
    if (++rounds == 3) enough.set_value();
  });
  const std::string log = logOf(loop, [&] {
    on([&] {
      loop.addPaced(faulty);
      loop.paceAt(faulty, loop.pacingUs());
    });
    faulty.told.get_future().wait();
    on([&] { other.begin(); });
    enough.get_future().wait();
    on([&] { loop.removePaced(other); });
  });
  EXPECT_THAT(faulty.whys, ElementsAre("a mistake"));
  EXPECT_EQ(faulty.tries, 1);
  EXPECT_EQ(log, "") << "the client has said it";
}

TEST_F(LoopTest, ADescriptorWhoseHandlerThrowsIsLetGo) {
  int fds[2];
  ASSERT_EQ(::pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
  Faulty faulty;
  faulty.said = false;
  const std::string log = logOf(loop, [&] {
    on([&] { loop.add(fds[0], EPOLLIN, faulty); });
    ASSERT_EQ(::write(fds[1], "x", 1), 1);
    faulty.told.get_future().wait();
    on([&] { EXPECT_FALSE(base_test::isWatched(fds[0])); });
    on([] {});
  });
  EXPECT_EQ(faulty.tries, 1) << "its event would have come again and again";
  EXPECT_THAT(log, HasSubstr("what came on a socket could not be handled: a mistake\n"));
  EXPECT_EQ(log.find('\n'), log.size() - 1) << "once: " << log;
  for (int fd : fds) ::close(fd);
}

TEST_F(LoopTest, AFlushThatThrowsKeepsNoOtherFromBeingWritten) {
  Faulty faulty;
  Flushes other;
  on([&] {
    loop.wantFlush(faulty);
    loop.wantFlush(other);
  });
  on([] {});
  EXPECT_EQ(faulty.tries, 1);
  EXPECT_EQ(other.count, 1);
}

}  // namespace
}  // namespace loop_test
