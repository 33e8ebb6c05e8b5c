// Whatever comes in whatever order, a call ends once, in time, and nothing of it is forgotten.
#include "tests/call/teardown_driver.hpp"

#include <random>

namespace call_test {
namespace {

class Chaos {
 public:
  explicit Chaos(unsigned seed) : random_(seed) {}

  void run() {
    prepare();
    if (chance(2)) d.announce(hooks_);
    for (int i = int(below(4)); i > 0; --i) event();
    begun_at_ = d.now;
    d.begin(hooks_, situation_);
    for (int i = 0; i < 60; ++i) {
      event();
      check();
    }
    d.pass(bound());
    ASSERT_TRUE(d.machine.left()) << "no order of events keeps a call from ending";
    ASSERT_EQ(d.count(Action::Kind::leave), 1u);
    for (int i = 0; i < 20; ++i) event();
    settle();
    ASSERT_TRUE(d.machine.released());
    ASSERT_FALSE(d.machine.nextTick());
    checkHistory();
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }

  void prepare() {
    const char* plugins[] = {"carrier", "a", "b", "c"};
    for (auto plugin : plugins)
      for (unsigned phase = 1; phase <= 7; ++phase)
        if (chance(2)) hooks_.push_back(hook(plugin, static_cast<Phase>(phase), std::uint32_t(1 + below(20'000))));
    situation_.carrier = "carrier";
    const Leg legs[] = {Leg::none, Leg::dialling, Leg::named, Leg::named, Leg::over};
    situation_.leg = legs[below(5)];
    situation_.media = chance(2) ? Media::up : Media::awaited;
    situation_.recovery = chance(3);
  }

  void event() {
    const bool at_rest = d.machine.released();
    const std::size_t releases = d.count(Action::Kind::release);
    somethingHappens();
    ASSERT_EQ(d.count(Action::Kind::release) - releases, !at_rest && d.machine.released() ? 1u : 0u)
        << "a release says that work has ended";
  }

  void somethingHappens() {
    const auto& rows = d.machine.rows();
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const std::uint64_t id = chance(8) || !rows.size() ? 990 + below(60) : rows[below(rows.size())].id;
        const State verdicts[] = {State::done, State::skipped, State::fault, State::failed, State::retrying};
        d.answer(id, verdicts[below(5)], chance(2) ? 0 : below(40'000), "reason");
        break;
      }
      case 4:
      case 5:
      case 6: d.pass(below(4000)); break;
      case 7: d.mediaStopped(); break;
      case 8:
        if (chance(3)) d.over();
        break;
      case 9:
        if (chance(3)) d.named();
        break;
    }
  }

  /// The longest an end may take, whatever the hooks do.
  std::uint64_t bound() const {
    const TeardownLimits l;
    return std::uint64_t(l.settle_ms) + l.naming_ms + l.hangup_ms + std::max(l.disconnect_ms, l.media_ms) + l.record_ms;
  }

  void check() {
    ASSERT_TRUE(d.machine.left() || d.now < begun_at_ + bound());
    const auto next = d.machine.nextTick();
    ASSERT_TRUE(!next || *next >= d.now) << "a tick that was due has been forgotten";
    if (!d.machine.released()) return;
    for (auto& row : d.machine.rows())
      ASSERT_TRUE(row.state != State::pending && row.state != State::retrying) << row.plugin;
  }

  /// The carrier confirms, the media answer, every hook says done.
  void settle() {
    d.over();
    d.mediaStopped();
    for (auto row : d.machine.rows())
      if (row.state == State::pending || row.state == State::retrying) d.answer(row.id, State::done);
  }

  void checkHistory() {
    bool left = false, sealed = false;
    unsigned phase = 0, stops = 0, seals = 0;
    for (auto& a : d.all) {
      switch (a.kind) {
        case Action::Kind::stop_media:
          ++stops;
          ASSERT_FALSE(sealed);
          break;
        case Action::Kind::seal:
          ++seals;
          sealed = true;
          ASSERT_FALSE(left);
          break;
        case Action::Kind::leave:
          left = true;
          ASSERT_TRUE(sealed);
          break;
        case Action::Kind::line_up: FAIL() << "the driver keeps those to itself";
        case Action::Kind::release: ASSERT_TRUE(left); break;
        case Action::Kind::send_hook:
          ASSERT_LE(a.deadline_ms, 15'000u);
          if (a.phase == Phase::started) break;
          ASSERT_FALSE(a.phase == Phase::notify && a.attempt == 1 && left) << "a notification began after the answer";
          if (a.attempt == 1 && a.plugin != "carrier") {
            ASSERT_GE(unsigned(a.phase), phase) << "a phase began before the one in front of it";
            phase = unsigned(a.phase);
          }
          break;
      }
    }
    ASSERT_EQ(seals, 1u);
    ASSERT_LE(stops, situation_.media == Media::up ? 1u : 0u);
  }

  std::mt19937 random_;
  Driver d;
  std::vector<HookSpec> hooks_;
  Situation situation_;
  std::uint64_t begun_at_ = 0;
};

TEST(TeardownRandom, AnyOrderOfEventsEndsTheCallOnceAndWithinTheSumOfItsDeadlines) {
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chaos(seed).run();
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(TeardownRandom, WithNobodyAnsweringItTakesExactlyTheSumOfThePhases) {
  const TeardownLimits limits;
  Driver d(limits);
  std::vector<HookSpec> hooks;
  for (auto plugin : {"carrier", "a", "b"})
    for (auto phase : {Phase::hangup, Phase::disconnect, Phase::record, Phase::notify})
      hooks.push_back(hook(plugin, phase, 15'000));
  const std::uint64_t begin = d.now;
  d.begin(hooks);
  while (!d.machine.left()) {
    ASSERT_TRUE(d.nextEvent());
    d.pass(*d.nextEvent() - d.now);
  }
  EXPECT_EQ(d.now - begin, std::uint64_t(limits.hangup_ms) + limits.disconnect_ms + limits.record_ms);
}

}  // namespace
}  // namespace call_test
