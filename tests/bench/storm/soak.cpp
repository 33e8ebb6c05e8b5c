#include <algorithm>
#include <cstdio>
#include <vector>

#include "tests/bench/storm/loop.hpp"
#include "tests/bench/storm/runs.hpp"
#include "tests/bench/storm/table.hpp"
#include "tests/bench/storm/turn.hpp"

namespace storm {

namespace {

constexpr unsigned kParts = 30, kThird = kParts / 3;
constexpr double kMemoryGrowth = 1.02, kMemoryMb = 1;  // what may be more in the last third than in the first
constexpr double kLaterFactor = 1.5, kLaterMs = 2;

struct Part {
  double mb, p50, p99;
};

double middle(const std::vector<Part>& parts, std::size_t from, double Part::*member) {
  std::vector<double> values;
  for (std::size_t i = from; i < from + kThird; ++i) values.push_back(parts[i].*member);
  return median(values.data(), unsigned(values.size()));
}

bool flat(const std::vector<Part>& parts, const char* what, double Part::*member, double factor, double more) {
  const double first = middle(parts, 0, member), last = middle(parts, kParts - kThird, member);
  const double bound = first * factor + more;
  const bool good = last <= bound;
  std::printf("%-16s first third %.2f, last third %.2f, at most %.2f: %s\n", what, first, last, bound,
              good ? "flat" : "GROWS");
  return good;
}

}  // namespace

bool runSoak(const Options& options, Workshop& workshop) {
  const Row row = options.rows.empty() ? Row{{}, 200} : options.rows.front();
  Rig rig(row.load, workshop.tlsOf(row.load));
  pin(0, {});
  Program program(options.gateway ? Which::gateway : Which::floor, rig, row.load, workshop.nextDirectory(),
                  workshop.certificate(), {});
  printMachine();
  if (!rig.bringUp(row.calls, 50, 120 * second_ns)) return std::printf("PROBLEM: not every call came up\n"), false;
  std::printf(
      "%u calls, %s %s%s, %.1f minutes in %u parts\n\n| part | MB | p50 ms | p99 ms | CPU us a frame | lost "
      "|\n|---|---|---|---|---|---|\n",
      row.calls, nameOf(row.load.form), nameOf(row.load.mode), row.load.tls ? " tls" : "", options.soak_minutes,
      kParts);
  std::vector<Part> parts;
  for (unsigned i = 0; i < kParts; ++i) {
    Window window(rig, program);
    rig.go(std::int64_t(options.soak_minutes * 60 / kParts * double(second_ns)));
    const Reading reading = window.read();
    parts.push_back({double(program.memoryKb()) / 1024, reading.p50, reading.p99});
    const Scene& scene = rig.scene();
    std::printf("| %u | %.2f | %.2f | %.2f | %.2f | %llu |\n", i + 1, parts.back().mb, reading.p50, reading.p99,
                reading.cpu_us, static_cast<unsigned long long>(scene.at_model.missing + scene.at_caller.missing));
    std::fflush(stdout);
  }
  rig.drain(30 * second_ns);
  std::printf("\n");
  bool good = flat(parts, "memory, MB", &Part::mb, kMemoryGrowth, kMemoryMb);
  good &= flat(parts, "p50, ms", &Part::p50, kLaterFactor, kLaterMs);
  good &= flat(parts, "p99, ms", &Part::p99, kLaterFactor, kLaterMs);
  const std::string problem = problemOf(rig);
  if (!problem.empty()) std::printf("PROBLEM: %s\n", problem.c_str());
  return good && problem.empty();
}

}  // namespace storm
