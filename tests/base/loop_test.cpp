// A loop: tasks, timers, pacing, and who destroys what when.
#include "host/base/loop.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <future>

#include "tests/base/moved_clock.hpp"

namespace hookswitch::base {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LoopTest : public testing::Test {
 protected:
  LoopTest() { loop.start(); }
  template <class F>
  void on(F f) {
    std::promise<void> done;
    loop.post([&] {
      f();
      done.set_value();
    });
    done.get_future().wait();
  }
  Loop loop{"test"};
};

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
  on([&] { inside = loop.onLoop(); });
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[std::size_t(i)], i);
  EXPECT_TRUE(inside);
  EXPECT_FALSE(loop.onLoop());
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

TEST_F(LoopTest, TimersFireInTheirOrderAndCancelledOnesDoNot) {
  std::vector<int> order;
  std::promise<void> last;
  on([&] {
    loop.after(20, [&] {
      order.push_back(3);
      last.set_value();
    });
    const auto victim = loop.after(5, [&] { order.push_back(2); });
    loop.after(1, [&] { order.push_back(1); });
    loop.cancel(victim);
    loop.cancel(victim);
    loop.cancel(0);
    EXPECT_EQ(loop.timers(), 2u);
  });
  last.get_future().wait();
  EXPECT_THAT(order, ElementsAre(1, 3));
  on([&] { EXPECT_EQ(loop.timers(), 0u); });
}

TEST_F(LoopTest, NoTimerFiresEarly) {
  std::promise<std::int64_t> at;
  std::int64_t begin = 0;
  on([&] {
    begin = loop.livedUs();
    loop.after(15, [&] { at.set_value(loop.livedUs()); });
  });
  EXPECT_GE(at.get_future().get() - begin, 15'000);
}

TEST_F(LoopTest, ATimerMayCancelAnotherThatIsDueToo) {
  std::vector<int> order;
  std::promise<void> done;
  on([&] {
    auto other = std::make_shared<Loop::TimerId>(0);
    loop.after(0, [&, other] {
      order.push_back(1);
      loop.cancel(*other);
      loop.after(2, [&] { done.set_value(); });
    });
    *other = loop.after(0, [&] { order.push_back(2); });
  });
  done.get_future().wait();
  EXPECT_THAT(order, ElementsAre(1));
}

struct Ticks final : Paced {
  explicit Ticks(std::function<void(std::int64_t)> f) : each(std::move(f)) {}
  void pace(std::int64_t now_us) override { each(now_us); }
  std::function<void(std::int64_t)> each;
};

TEST_F(LoopTest, APacedClientIsCalledAboutEveryTwentyMilliseconds) {
  std::vector<std::int64_t> times;
  std::promise<void> enough;
  Ticks ticks([&](std::int64_t now) {
    times.push_back(now);
    if (times.size() == 11) enough.set_value();
  });
  on([&] {
    loop.addPaced(ticks);
    loop.addPaced(ticks);
  });
  enough.get_future().wait();
  on([&] {
    loop.removePaced(ticks);
    loop.removePaced(ticks);
  });
  const std::size_t count = times.size();
  on([] {});
  EXPECT_EQ(times.size(), count) << "removed is removed";
  EXPECT_GE(times[10] - times[0], 190'000 - 20'000) << "ten rounds of a wheel with twenty slots of a millisecond";
}

TEST_F(LoopTest, ManyClientsAreAllServedOnceARound) {
  std::vector<int> counts(45, 0);
  std::vector<std::unique_ptr<Ticks>> clients;
  std::promise<void> enough;
  for (std::size_t i = 0; i < counts.size(); ++i)
    clients.push_back(std::make_unique<Ticks>([&, i](std::int64_t) {
      if (++counts[i] == 10 && i == 0) enough.set_value();
    }));
  on([&] {
    for (auto& c : clients) loop.addPaced(*c);
  });
  enough.get_future().wait();
  on([&] {
    for (auto& c : clients) loop.removePaced(*c);
  });
  for (int count : counts) EXPECT_NEAR(count, 10, 1);
}

TEST_F(LoopTest, AClientMayRemoveItselfAndAnotherWhileItIsServed) {
  std::vector<std::string> log;
  std::promise<void> done;
  // 21 clients: at least two share a slot, whichever it is.
  std::vector<std::unique_ptr<Ticks>> clients;
  int calls = 0;
  for (int i = 0; i < 41; ++i)
    clients.push_back(std::make_unique<Ticks>([&](std::int64_t) {
      if (++calls > 1) return;
      for (auto& c : clients) loop.removePaced(*c);
      loop.after(60, [&] { done.set_value(); });
    }));
  on([&] {
    for (auto& c : clients) loop.addPaced(*c);
  });
  done.get_future().wait();
  EXPECT_EQ(calls, 1);
}

struct Flushes final : Flushable {
  void flushNow() override {
    ++count;
    if (on_flush) on_flush();
  }
  int count = 0;
  std::function<void()> on_flush;
};

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
  on([&] {
    loop.add(fds[0], EPOLLIN, reader);
    EXPECT_EQ(loop.handlers(), 1u);
  });
  ASSERT_EQ(::write(fds[1], "ab", 2), 2);
  first.get_future().wait();
  on([&] {
    loop.remove(fds[0]);
    loop.remove(fds[0]);
    EXPECT_EQ(loop.handlers(), 0u);
  });
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

// ------------------------------------------------------------- an exception costs its event and is logged once

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
  Ticks other([&](std::int64_t) {
    if (++rounds == 3) enough.set_value();
  });
  const std::string log = logOf(loop, [&] {
    on([&] { loop.addPaced(faulty); });
    faulty.told.get_future().wait();
    on([&] { loop.addPaced(other); });
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
    on([&] { EXPECT_EQ(loop.handlers(), 0u); });
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

// -------------------------------------------------------------------------------------- the clock, and whose it is

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
}  // namespace hookswitch::base
