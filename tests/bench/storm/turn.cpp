#include "tests/bench/storm/turn.hpp"

#include <algorithm>
#include <cstdio>

namespace storm {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDrainLimit = 30 * kSecond;
constexpr std::size_t kAtOnce = 50;

std::uint64_t framesOf(const Scene& scene) { return scene.at_model.frames + scene.at_caller.frames; }

std::string many(std::uint64_t count, const char* what) { return std::to_string(count) + what; }

}  // namespace

std::string problemOf(Rig& rig) {
  const Scene& scene = rig.scene();
  const Tally &there = scene.at_model, &back = scene.at_caller;
  if (!scene.problem.empty()) return scene.problem;
  if (const auto lost = rig.lostCalls()) return many(lost, " calls were refused or lost");
  if (const auto missing = there.missing + back.missing) return many(missing, " frames were lost");
  if (const auto wrong = there.disordered + back.disordered) return many(wrong, " frames came out of order");
  if (const auto changed = there.changed + back.changed) return many(changed, " frames came with other bytes");
  return {};
}

Window::Window(Rig& rig, Program& program) : rig_(rig), program_(program) {
  rig_.go(1'000'000);  // what was not done in time before is not of this window
  Scene& scene = rig_.scene();
  scene.at_model.delay.clear();
  scene.at_caller.delay.clear();
  scene.measured = true;
  frames_ = framesOf(scene);
  dry_ = scene.dry;
  stalled_ns_ = scene.stalled_ns;
  begin_ns_ = nowNs();
  cpu_ns_ = program_.cpuNs();
  self_ns_ = ownCpuNs();
}

Reading Window::read() {
  Scene& scene = rig_.scene();
  const double took_s = double(nowNs() - begin_ns_) / double(kSecond);
  const double cpu_us = double(program_.cpuNs() - cpu_ns_) / 1000, self_us = double(ownCpuNs() - self_ns_) / 1000;
  const double frames = std::max(1.0, double(framesOf(scene) - frames_)), calls = double(scene.calls.size());
  scene.measured = false;
  Reading reading;
  reading.cpu_us = cpu_us / frames;
  reading.self_us = self_us / frames;
  reading.p50 = scene.at_caller.delay.ms(0.5);
  reading.p99 = scene.at_caller.delay.ms(0.99);
  reading.up_p50 = scene.at_model.delay.ms(0.5);
  reading.up_p99 = scene.at_model.delay.ms(0.99);
  reading.dry = double(scene.dry - dry_) / calls / took_s * 60;
  reading.stalled = double(scene.stalled_ns - stalled_ns_) / double(kSecond) / took_s;
  reading.rate = frames / (calls * took_s * 100);
  return reading;
}

Turn takeTurn(Which which, const Row& row, const TurnOptions& options) {
  Turn turn;
  const std::vector<int> all = cores(), one{all.front()}, other{all.back()};
  Rig rig(row.load, row.load.tls ? options.tls : nullptr);
  Program program(which, rig, row.load, options.directory, options.ca, one);
  pin(0, all.size() > 1 ? other : one);
  rig.go(kSecond / 3);
  turn.threads_rest = program.threads();
  const auto limit = std::int64_t(options.up_limit_s * double(kSecond));
  bool up = rig.bringUp(1, 1, limit);
  rig.go(kSecond / 3);
  const long with_one_kb = program.memoryKb();
  if (up && row.calls > 1) up = rig.bringUp(row.calls - 1, kAtOnce, limit);
  turn.came = unsigned(rig.scene().calls.size() - rig.lostCalls());
  if (!up && rig.lostCalls() == 0) {
    turn.problem = "not every call came up within " + std::to_string(limit / kSecond) + " s";
    return turn;
  }
  for (const bool same : {true, false}) {
    if (same ? !options.same : !options.apart || all.size() < 2) continue;
    pin(0, same ? one : other);
    rig.go(kSecond / 2);
    Window window(rig, program);
    rig.go(std::int64_t(options.seconds * double(kSecond)));
    turn.readings.push_back(window.read());
  }
  turn.threads_load = program.threads();
  turn.kb = double(program.memoryKb() - with_one_kb) / std::max(1u, row.calls - 1);
  rig.drain(kDrainLimit);
  const Scene& scene = rig.scene();
  turn.missing = scene.at_model.missing + scene.at_caller.missing;
  turn.problem = problemOf(rig);
  if (!program.running()) turn.problem = std::string("the ") + nameOf(which) + " has died: " + program.output();
  pin(0, all);
  return turn;
}

}  // namespace storm
