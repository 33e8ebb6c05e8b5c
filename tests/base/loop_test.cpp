// A loop: tasks, descriptors, output, who destroys what when, and whose it is.
#include "host/base/loop.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "tests/base/loop_support.hpp"
#include "tests/base/moved_clock.hpp"
#include "tests/base/watched.hpp"

namespace loop_test {
namespace {

using namespace hookswitch::base;
using testing::ElementsAre;
using testing::IsEmpty;

/// Tells when it is destroyed.
struct Mortal {
  explicit Mortal(std::vector<std::string>& l) : log(l) {}
  ~Mortal() { log.push_back("gone"); }
  std::vector<std::string>& log;
};

TEST_F(LoopTest, RunsWhatIsPostedInOrderOnItsThread) {
  std::vector<int> order;
  bool inside = false;
  for (int i = 0; i < 100; ++i) loop.post([&, i] { order.push_back(i); });
  on([&] {
    loop.assertOnLoop();
    inside = true;
  });
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[std::size_t(i)], i);
  EXPECT_TRUE(inside);
  EXPECT_THROW(loop.assertOnLoop(), std::logic_error);
}

TEST_F(LoopTest, TakesPostsFromManyThreads) {
  std::atomic<int> count{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) loop.post([&] { ++count; });
    });
  for (auto& t : threads) t.join();
  on([] {});
  EXPECT_EQ(count, 4000);
}

TEST_F(LoopTest, OutputOfOneTurnIsWrittenOnceAtItsEnd) {
  Flushes f;
  on([&] {
    for (int i = 0; i < 10; ++i) loop.wantFlush(f);
    EXPECT_EQ(f.count, 0);
  });
  on([] {});
  EXPECT_EQ(f.count, 1);
  on([&] { loop.wantFlush(f); });
  on([] {});
  EXPECT_EQ(f.count, 2);
}

TEST_F(LoopTest, AFlushThatIsForgottenDoesNotHappenEvenWhileOthersAreFlushed) {
  Flushes first, second;
  first.on_flush = [&] { loop.forgetFlush(second); };
  on([&] {
    loop.wantFlush(first);
    loop.wantFlush(second);
  });
  on([] {});
  EXPECT_EQ(first.count, 1);
  EXPECT_EQ(second.count, 0);
}

TEST_F(LoopTest, AFlushMayAskForAnother) {
  Flushes first, second;
  first.on_flush = [&] { loop.wantFlush(second); };
  on([&] { loop.wantFlush(first); });
  on([] {});
  EXPECT_EQ(second.count, 1);
}

TEST_F(LoopTest, WhatIsDisposedLivesUntilTheTurnIsOver) {
  std::vector<std::string> log;
  on([&] {
    loop.dispose(std::make_unique<Mortal>(log));
    log.push_back("still in the turn");
  });
  on([] {});
  EXPECT_THAT(log, ElementsAre("still in the turn", "gone"));
}

TEST_F(LoopTest, WhatIsKeptLivesUntilItIsLetGo) {
  std::vector<std::string> log;
  Mortal* object = nullptr;
  on([&] {
    auto owned = std::make_unique<Mortal>(log);
    object = owned.get();
    loop.keep(std::move(owned));
  });
  on([] {});
  EXPECT_THAT(log, IsEmpty());
  on([&] {
    loop.letGo(object);
    loop.letGo(object);
    int stranger = 0;
    loop.letGo(&stranger);
    EXPECT_THAT(log, IsEmpty());
  });
  on([] {});
  EXPECT_THAT(log, ElementsAre("gone"));
}

TEST_F(LoopTest, StopRunsWhatWasPostedAndDestroysWhatWasKept) {
  std::vector<std::string> log;
  loop.post([&] {
    loop.keep(std::make_unique<Mortal>(log));
    loop.post([&] { log.push_back("posted"); });
  });
  loop.stop();
  EXPECT_THAT(log, ElementsAre("posted", "gone"));
  loop.post([&] { log.push_back("too late"); });
  loop.stop();
  EXPECT_EQ(log.size(), 2u);
}

struct Reader final : FdHandler {
  void onEvents(std::uint32_t) override {
    if (on_events) on_events();
  }
  std::function<void()> on_events;
};

TEST_F(LoopTest, ADescriptorIsWatchedUntilItIsRemoved) {
  int fds[2];
  ASSERT_EQ(::pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
  Reader reader;
  std::string got;
  std::promise<void> first;
  reader.on_events = [&] {
    char c;
    while (::read(fds[0], &c, 1) == 1) got += c;
    if (got == "ab") first.set_value();
  };
  on([&] { loop.add(fds[0], EPOLLIN, reader); });
  EXPECT_TRUE(base_test::isWatched(fds[0]));
  ASSERT_EQ(::write(fds[1], "ab", 2), 2);
  first.get_future().wait();
  on([&] {
    loop.remove(fds[0]);
    loop.remove(fds[0]);
  });
  EXPECT_FALSE(base_test::isWatched(fds[0]));
  ASSERT_EQ(::write(fds[1], "c", 1), 1);
  on([] {});
  EXPECT_EQ(got, "ab");
  ::close(fds[0]);
  ::close(fds[1]);
}

TEST_F(LoopTest, EventsInHandForARemovedDescriptorAreNotDelivered) {
  int a[2], b[2];
  ASSERT_EQ(::pipe2(a, O_NONBLOCK | O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(b, O_NONBLOCK | O_CLOEXEC), 0);
  // Both become readable in the same turn; whoever is served first removes both.
  int served = 0;
  Reader one, two;
  one.on_events = two.on_events = [&] {
    ++served;
    loop.remove(a[0]);
    loop.remove(b[0]);
  };
  on([&] {
    ASSERT_EQ(::write(a[1], "x", 1) + ::write(b[1], "x", 1), 2);
    loop.add(a[0], EPOLLIN, one);
    loop.add(b[0], EPOLLIN, two);
  });
  on([] {});
  on([] {});
  EXPECT_EQ(served, 1);
  for (int fd : {a[0], a[1], b[0], b[1]}) ::close(fd);
}

TEST(LoopClock, ALoopGoesByTheClockThatItIsGiven) {
  base_test::MovedClock clock;
  Loop loop{"test", clock};
  loop.start();
  std::promise<void> fired, all;
  const auto before = loop.nowMs();
  loop.post([&] {
    loop.after(3'600'000, [&] { fired.set_value(); });
    loop.afterAll(3'600'000, [&] { all.set_value(); });
    clock.pass(3'600'000);
  });
  fired.get_future().wait();
  all.get_future().wait();
  EXPECT_GE(loop.nowMs(), before + 3'600'000);
  EXPECT_GE(loop.unixMs(), Clock::system().unixMs() + 3'500'000);
}

TEST(LoopClock, WhatBelongsToALoopIsRefusedOnAnotherThreadWhileItRuns) {
  Loop loop{"owner"};
  EXPECT_NO_THROW(loop.after(0, [] {})) << "nobody else is there yet";
  loop.start();
  std::promise<void> started;
  loop.post([&] { started.set_value(); });
  started.get_future().wait();
  EXPECT_THROW(loop.after(0, [] {}), std::logic_error);
  EXPECT_THROW(loop.assertOnLoop(), std::logic_error);
  std::promise<bool> good;
  loop.post([&] {
    loop.assertOnLoop();
    good.set_value(true);
  });
  EXPECT_TRUE(good.get_future().get());
  loop.stop();
  EXPECT_NO_THROW(loop.assertOnLoop());
}

}  // namespace
}  // namespace loop_test
