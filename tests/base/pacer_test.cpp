// Whose turn of pacing is due when: on a virtual clock, and on a loop.
#include "host/base/pacer.hpp"

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "tests/base/loop_support.hpp"

namespace loop_test {
namespace {

using namespace hookswitch::base;
using testing::ElementsAre;
using testing::IsEmpty;

struct Client final : Paced {
  void pace(std::int64_t) override {}
};

class PacerTest : public testing::Test {
 protected:
  /// The clients that had a turn, in its order.
  std::vector<int> serve(std::int64_t now_us) {
    std::vector<int> order;
    pacer.serve(now_us, [&](Paced& client) {
      order.push_back(&client == &a ? 1 : &client == &b ? 2 : 3);
      if (in_turn) in_turn(client);
    });
    return order;
  }
  void SetUp() override {
    for (Client* client : {&a, &b, &c}) pacer.add(*client);
  }
  Client a, b, c;
  Pacer pacer;
  std::function<void(Paced&)> in_turn;
};

TEST_F(PacerTest, WithoutADeadlineNothingIsDue) {
  EXPECT_EQ(pacer.next(), Pacer::never);
  EXPECT_THAT(serve(Pacer::never - 1), IsEmpty());
}

TEST_F(PacerTest, TurnsComeInTheOrderOfTheirDeadlinesAndOnce) {
  pacer.at(a, 300);
  pacer.at(b, 100);
  pacer.at(c, 200);
  EXPECT_EQ(pacer.next(), 100);
  EXPECT_THAT(serve(99), IsEmpty());
  EXPECT_THAT(serve(200), ElementsAre(2, 3));
  EXPECT_EQ(pacer.next(), 300);
  EXPECT_THAT(serve(1000), ElementsAre(1));
  EXPECT_EQ(pacer.next(), Pacer::never);
}

TEST_F(PacerTest, ADeadlineMovesBothWaysAndGoesAway) {
  pacer.at(a, 100);
  pacer.at(a, 500);
  EXPECT_EQ(pacer.next(), 500) << "nobody is woken up at the old one";
  pacer.at(a, 50);
  EXPECT_EQ(pacer.next(), 50);
  pacer.at(a, Pacer::never);
  EXPECT_EQ(pacer.next(), Pacer::never);
}

TEST_F(PacerTest, AClientThatAlwaysWantsItsTurnAtOnceHasOneAtATime) {
  in_turn = [&](Paced& client) { pacer.at(client, 0); };
  pacer.at(a, 100);
  EXPECT_THAT(serve(100), ElementsAre(1));
  EXPECT_EQ(pacer.next(), 101);
  EXPECT_THAT(serve(100), IsEmpty());
  EXPECT_THAT(serve(101), ElementsAre(1));
}

TEST_F(PacerTest, AClientMayRemoveItselfAndOthersInItsTurn) {
  in_turn = [&](Paced&) {
    for (Client* client : {&a, &b, &c}) pacer.remove(*client);
  };
  for (Client* client : {&a, &b, &c}) pacer.at(*client, 10);
  EXPECT_THAT(serve(10), ElementsAre(1));
  EXPECT_EQ(pacer.next(), Pacer::never);
}

TEST_F(PacerTest, OneThatWasNotAddedOrIsRemovedHasNoTurn) {
  Client stranger;
  pacer.at(stranger, 1);
  pacer.remove(stranger);
  pacer.at(a, 1);
  pacer.remove(a);
  pacer.remove(a);
  pacer.at(a, 2);
  EXPECT_THAT(serve(10), IsEmpty());
  pacer.add(a);
  pacer.add(a);
  pacer.at(a, 11);
  EXPECT_THAT(serve(11), ElementsAre(1));
}

// ---------------------------------------------------------------------------------------------------------- on a loop

/// How often each clock was read.
class CountedClock final : public Clock {
 public:
  std::int64_t livedUs() const override { return ++reads, system().livedUs(); }
  std::int64_t allUs() const override { return ++reads, system().allUs(); }
  std::int64_t pacingUs() const override { return ++reads, system().pacingUs(); }
  std::uint64_t unixMs() const override { return system().unixMs(); }
  mutable std::atomic<int> reads{0};
};

TEST(LoopPacing, TheClockIsReadForTheTurnNotForWhatHappensInIt) {
  CountedClock clock;
  hookswitch::base::Loop loop{"test", clock};
  loop.start();
  loop_test::on(loop, [&] {
    const int before = clock.reads;
    const std::int64_t now = loop.pacingUs(), lived = loop.livedUs();
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(loop.pacingUs(), now);
      EXPECT_EQ(loop.livedUs(), lived);
    }
    EXPECT_EQ(clock.reads, before);
    EXPECT_LE(now, Clock::system().pacingUs());
  });
  const std::int64_t elsewhere = loop.pacingUs();
  loop_test::on(loop, [&] { EXPECT_GE(loop.pacingUs(), elsewhere) << "each turn reads it anew"; });
  loop.stop();
}

TEST_F(LoopTest, AClientWithoutADeadlineWakesNobody) {
  int turns = 0;
  Ticks ticks(loop, [&](std::int64_t) { ++turns; });
  on([&] { loop.addPaced(ticks); });
  on([&] { EXPECT_EQ(loop.nextPaceUs(), Pacer::never); });
  on([&] {
    ticks.begin();
    loop.paceAt(ticks, Pacer::never);
    EXPECT_EQ(loop.nextPaceUs(), Pacer::never);
  });
  std::promise<void> later;
  on([&] { loop.after(60, [&] { later.set_value(); }); });
  later.get_future().wait();
  on([&] { loop.removePaced(ticks); });
  EXPECT_EQ(turns, 0);
}

TEST_F(LoopTest, APacedClientIsCalledAboutEveryTwentyMilliseconds) {
  std::vector<std::int64_t> times;
  std::promise<void> enough;
  Ticks ticks(loop, [&](std::int64_t now) {
    times.push_back(now);
    if (times.size() == 11) enough.set_value();
  });
  on([&] {
    ticks.begin();
    ticks.begin();
  });
  enough.get_future().wait();
  on([&] {
    loop.removePaced(ticks);
    loop.removePaced(ticks);
  });
  const std::size_t count = times.size();
  on([] {});
  EXPECT_EQ(times.size(), count) << "removed is removed";
  EXPECT_GE(times[10] - times[0], 190'000 - 20'000) << "ten times twenty milliseconds";
}

TEST_F(LoopTest, ManyClientsAreAllServedOnceARound) {
  std::vector<int> counts(45, 0);
  std::vector<std::unique_ptr<Ticks>> clients;
  std::promise<void> enough;
  for (std::size_t i = 0; i < counts.size(); ++i)
    clients.push_back(std::make_unique<Ticks>(loop, [&, i](std::int64_t) {
      if (++counts[i] < 10 || i != 0) return;
      for (auto& c : clients) loop.removePaced(*c);  // here: who waits for another thread is served meanwhile
      enough.set_value();
    }));
  on([&] {
    for (auto& c : clients) c->begin();
  });
  enough.get_future().wait();
  for (int count : counts) EXPECT_NEAR(count, 10, 1);
}

TEST_F(LoopTest, AClientMayRemoveItselfAndAnotherWhileItIsServed) {
  std::vector<std::string> log;
  std::promise<void> done;
  // All are due at the same time.
  std::vector<std::unique_ptr<Ticks>> clients;
  int calls = 0;
  for (int i = 0; i < 41; ++i)
    clients.push_back(std::make_unique<Ticks>(loop, [&](std::int64_t) {
      if (++calls > 1) return;
      for (auto& c : clients) loop.removePaced(*c);
      loop.after(60, [&] { done.set_value(); });
    }));
  on([&] {
    for (auto& c : clients) c->begin();
  });
  done.get_future().wait();
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace loop_test
