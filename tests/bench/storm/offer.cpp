#include <algorithm>
#include <cstdio>
#include <map>

#include "tests/bench/storm/loop.hpp"
#include "tests/bench/storm/runs.hpp"
#include "tests/bench/storm/table.hpp"

namespace storm {

namespace {

constexpr std::int64_t offer_patience_ns = 60 * second_ns;
constexpr double kWantedMs = 100;

std::string refusals(const Scene& scene) {
  std::map<int, unsigned> by;
  for (const auto& call : scene.calls)
    if (call->refused) ++by[call->refused];
  std::string text;
  for (const auto& [status, count] : by)
    text += (text.empty() ? "" : ", ") +
            (status == Call::kByDocument ? std::string("by the document")
             : status == Call::kNoAnswer ? std::string("without an answer")
                                         : "HTTP " + std::to_string(status)) +
            ": " + std::to_string(count);
  return text.empty() ? "none" : text;
}

bool offer(Which which, const Options& options, Workshop& workshop) {
  const Load load = options.rows.empty() ? Load{} : options.rows.front().load;
  Rig rig(load, workshop.tlsOf(load));
  pin(0, {});
  Program program(which, rig, load, workshop.nextDirectory(), workshop.certificate(), {});
  const Scene& scene = rig.scene();
  Window coming(rig, program);  // what those that are up get while the others come
  const std::int64_t begin_ns = nowNs();
  const auto due = [&](std::size_t count) {
    return begin_ns + std::int64_t(double(count) / options.offer_rate * double(second_ns));
  };
  std::size_t settled = 0;
  rig.go(due(options.offer) - begin_ns + offer_patience_ns, [&] {
    while (scene.calls.size() < options.offer && due(scene.calls.size()) <= nowNs()) rig.place();
    while (settled < scene.calls.size() && scene.calls[settled]->settled()) ++settled;
    return settled == options.offer;
  });
  const Reading meanwhile = coming.read();
  const long before_kb = program.memoryKb();
  Window window(rig, program);
  rig.go(std::int64_t(options.seconds * double(second_ns)));
  const Reading reading = window.read();
  const auto up = std::size_t(std::count_if(scene.calls.begin(), scene.calls.end(), [](const auto& call) {
    return call->up_ns && !call->refused && !call->lost;
  }));
  const auto cut =
      std::size_t(std::count_if(scene.calls.begin(), scene.calls.end(), [](const auto& call) { return call->lost; }));
  rig.drain(offer_patience_ns);
  const Tally &there = scene.at_model, &back = scene.at_caller;
  const auto wrong = there.missing + back.missing + there.disordered + back.disordered + there.changed + back.changed;
  std::printf("%s: %u offered, %.0f a second: %zu came up, refused %s; %zu were cut, %zu had no answer in time\n",
              nameOf(which), options.offer, options.offer_rate, up, refusals(scene).c_str(), cut,
              scene.calls.size() - settled);
  std::printf("  while they came: round trip p50 %.1f ms, p99 %.1f ms%s\n", meanwhile.p50, meanwhile.p99,
              meanwhile.p99 > kWantedMs ? ", MISSED" : "");
  std::printf(
      "  those that were let in: round trip p50 %.1f ms, p99 %.1f ms (wanted: %.0f)%s, %llu frames lost or wrong\n",
      reading.p50, reading.p99, kWantedMs, reading.p99 > kWantedMs ? ", MISSED" : "",
      static_cast<unsigned long long>(wrong));
  std::printf("  CPU %.1f us a frame, of the generator %.1f; %.1f MB of memory, %ld threads\n", reading.cpu_us,
              reading.self_us, double(before_kb) / 1024, program.threads());
  std::fflush(stdout);
  return wrong == 0 && cut == 0 && scene.problem.empty();
}

}  // namespace

bool runOffer(const Options& options, Workshop& workshop) {
  printMachine();
  if (options.floor) offer(Which::floor, options, workshop);
  return !options.gateway || offer(Which::gateway, options, workshop);
}

}  // namespace storm
