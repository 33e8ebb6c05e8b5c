// Every 20 ms, and how the clients of a loop share them.
#include "host/base/pacer.hpp"

#include <future>

#include "tests/base/loop_support.hpp"

namespace loop_test {
namespace {

using namespace hookswitch::base;

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
      if (++counts[i] < 10 || i != 0) return;
      for (auto& c : clients) loop.removePaced(*c);  // here: who waits for another thread is served meanwhile
      enough.set_value();
    }));
  on([&] {
    for (auto& c : clients) loop.addPaced(*c);
  });
  enough.get_future().wait();
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

}  // namespace
}  // namespace loop_test
