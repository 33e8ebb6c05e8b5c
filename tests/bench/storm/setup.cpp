#include <algorithm>
#include <cstdio>
#include <vector>

#include "tests/bench/storm/loop.hpp"
#include "tests/bench/storm/runs.hpp"
#include "tests/bench/storm/table.hpp"

namespace storm {

namespace {

constexpr std::int64_t setup_patience_ns = 30 * second_ns;  // for a call to come up
constexpr std::int64_t kTalkNs = second_ns / 2;             // then the caller hangs up
constexpr double kNextRate = 1.5, kStepSeconds = 10, kWellMs = 1000, kWellPart = 0.99;
constexpr unsigned kSteps = 8;

/// So many calls a second for so long.
class Wave {
 public:
  Wave(Rig& rig, Program& program, double rate, double seconds)
      : rig_(rig),
        program_(program),
        rate_(rate),
        first_(rig.scene().calls.size()),
        all_(std::size_t(rate * seconds)) {}

  void run() {
    const std::int64_t begin_ns = nowNs(), cpu_ns = program_.cpuNs();
    const auto gap_ns = std::int64_t(double(second_ns) / rate_);
    std::size_t placed = 0, over = 0;
    rig_.go(std::int64_t(double(all_) * double(gap_ns)) + setup_patience_ns, [&] {
      const std::int64_t now_ns = nowNs();
      while (placed < all_ && begin_ns + std::int64_t(placed) * gap_ns <= now_ns) rig_.place(), ++placed;
      while (over < placed && isOver(*rig_.scene().calls[first_ + over], now_ns)) ++over;
      for (std::size_t i = over; i < placed; ++i) isOver(*rig_.scene().calls[first_ + i], now_ns);
      return over == all_;
    });
    took_s_ = double(nowNs() - begin_ns) / double(second_ns);
    cpu_ms_ = double(program_.cpuNs() - cpu_ns) / 1e6;
    for (std::size_t i = 0; i < placed; ++i) count(*rig_.scene().calls[first_ + i]);
  }

  bool well() const { return double(up_) >= kWellPart * double(all_) && setup_.ms(0.99) <= kWellMs; }
  bool allAccountedFor() const { return lost_ == 0; }
  void print() const {
    std::printf("| %.0f | %zu | %zu | %zu | %zu | %.1f/%.1f | %.1f/%.1f | %.2f | %.1f | %s |\n", rate_, all_, up_,
                refused_, lost_, answer_.ms(0.5), answer_.ms(0.99), setup_.ms(0.5), setup_.ms(0.99),
                cpu_ms_ / double(all_), 100 * cpu_ms_ / 1000 / took_s_, well() ? "yes" : "no");
    std::fflush(stdout);
  }

 private:
  bool isOver(Call& call, std::int64_t now_ns) {
    if (call.refused || call.lost || call.ended) return true;
    if (call.up_ns && now_ns - call.up_ns > kTalkNs) return rig_.carrier().hangUp(call), true;
    return false;
  }
  void count(const Call& call) {
    if (call.answered_ns) answer_.add(call.answered_ns - call.posted_ns);
    if (call.refused) return void(++refused_);
    if (!call.up_ns) return void(++lost_);
    ++up_;
    setup_.add(call.up_ns - call.posted_ns);
  }

  Rig& rig_;
  Program& program_;
  const double rate_;
  const std::size_t first_, all_;
  double took_s_ = 1, cpu_ms_ = 0;
  std::size_t up_ = 0, refused_ = 0, lost_ = 0;
  Histogram answer_, setup_;
};

}  // namespace

bool runSetup(const Options& options, Workshop& workshop) {
  const Load load = options.rows.empty() ? Load{} : options.rows.front().load;
  Rig rig(load, workshop.tlsOf(load));
  rig.feedEarly();
  pin(0, {});
  Program program(Which::gateway, rig, load, workshop.nextDirectory(), workshop.certificate(), {});
  printMachine();
  std::printf(
      "Calls that are placed, come up, are talked on for half a second and hung up by the callee: %s%s\n\n"
      "| a second | placed | came up | refused | lost | POST answered ms | POST to media up ms | CPU ms a call | CPU "
      "%% "
      "of a core | well |\n|---|---|---|---|---|---|---|---|---|---|\n",
      nameOf(load.form), load.tls ? ", tls" : "");
  rig.bringUp(1, 1, setup_patience_ns);
  bool good = true;
  double rate = options.setup_rate, seconds = options.seconds;
  for (unsigned step = 0; step < kSteps; ++step, rate *= kNextRate, seconds = kStepSeconds) {
    Wave wave(rig, program, rate, seconds);
    wave.run();
    wave.print();
    if (step == 0) good = wave.allAccountedFor();
    if (!wave.well()) break;
  }
  const Scene& scene = rig.scene();
  if (load.tls)
    std::printf("\n%llu connections to the model, %llu of them resumed a TLS session\n",
                static_cast<unsigned long long>(scene.sessions), static_cast<unsigned long long>(scene.resumed));
  if (!scene.problem.empty()) std::printf("PROBLEM: %s\n", scene.problem.c_str());
  if (!good) std::printf("PROBLEM: calls neither came up nor were refused\n");
  return good && scene.problem.empty();
}

}  // namespace storm
