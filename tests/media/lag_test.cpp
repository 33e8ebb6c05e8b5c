// How late a loop is: the figure, and what measures it.
#include "host/media/lag.hpp"

#include <atomic>
#include <thread>

#include "host/media/lag_probe.hpp"
#include "host/media/load.hpp"
#include "tests/net/loop_support.hpp"

namespace media_test {
namespace {

using namespace hookswitch;
using namespace loop_test;
using media::Lag;
using media::LagProbe;

TEST(Lag, OneLateTurnHoweverLateIsNoLag) {
  Lag lag;
  EXPECT_EQ(lag.figureUs(), 0);
  for (int i = 0; i < 100; ++i) lag.add(300);
  lag.add(3'600'000'000);
  EXPECT_EQ(lag.figureUs(), 300);
  for (int i = 0; i < 5; ++i) lag.add(90'000);  // what piled up meanwhile is worked off
  EXPECT_EQ(lag.figureUs(), 300);
}

TEST(Lag, TurnsThatGoOnBeingLateAre) {
  Lag lag;
  std::size_t late = 0;
  while (lag.figureUs() == 0 && late < 100) lag.add(80'000), ++late;
  EXPECT_EQ(late, Lag::probes / 2 + 1) << "more than half of those that count";
  EXPECT_EQ(lag.figureUs(), 80'000);
  std::size_t good = 0;
  while (lag.figureUs() != 0 && good < 100) lag.add(-5), ++good;
  EXPECT_EQ(good, Lag::probes / 2);
}

TEST(Load, IsWhatTheNewestSecondTook) {
  media::Load load;
  EXPECT_EQ(load.share(), 0);
  for (int i = 0; i <= 20; ++i) load.add(i * 200'000, i * 20'000, 10);
  EXPECT_DOUBLE_EQ(load.share(), 0.1);
  EXPECT_DOUBLE_EQ(load.calls(), 10);
  for (int i = 1; i <= 5; ++i) load.add(4'000'000 + i * 200'000, 400'000 + i * 100'000, 20);
  EXPECT_DOUBLE_EQ(load.share(), 0.5) << "what was before is not in it";
  EXPECT_DOUBLE_EQ(load.calls(), 20);
  load.clear();
  EXPECT_EQ(load.share(), 0);
}

class ProbeTest : public testing::Test {
 protected:
  void SetUp() override {
    probe = std::make_unique<LagProbe>(loop, [this](std::int64_t lag_us) {
      ++reports;
      newest = lag_us;
    });
    loop.start();
  }
  void TearDown() override { loop.stop(); }
  bool until(const std::function<bool()>& holds) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holds() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    return holds();
  }
  std::atomic<int> reports{0};
  std::atomic<std::int64_t> newest{-1};
  std::unique_ptr<LagProbe> probe;  // outlives the loop
  base::Loop loop{"test"};
};

TEST_F(ProbeTest, ReportsOnlyWhileItWatchesAndZeroAtTheEnd) {
  on(loop, [&] { probe->watch(true); });
  on(loop, [&] { probe->watch(true); });
  ASSERT_TRUE(until([&] { return reports >= 2; }));
  on(loop, [&] { probe->watch(false); });
  const int then = reports;
  EXPECT_EQ(newest, 0);
  on(loop, [&] { probe->watch(false); });
  EXPECT_EQ(reports, then);
}

TEST_F(ProbeTest, SeesThatEveryTurnIsHeldUp) {
  on(loop, [&] { probe->watch(true); });
  std::atomic<bool> heavy{true};
  std::function<void()> hold = [&] {
    if (!heavy) return;
    const timespec pause{0, 130'000'000};  // the load itself; nobody waits for it
    ::nanosleep(&pause, nullptr);
    loop.post(hold);
  };
  loop.post(hold);
  EXPECT_TRUE(until([&] { return newest >= 50'000; }));
  heavy = false;
  on(loop, [&] { probe->watch(false); });
  EXPECT_EQ(newest, 0);
  on(loop, [] {});
}

}  // namespace
}  // namespace media_test
