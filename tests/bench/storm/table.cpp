#include "tests/bench/storm/table.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>

namespace storm {

namespace {

constexpr const char* kNone = "-";

template <class Value>
double middle(const std::vector<Turn>& turns, Value value) {
  std::vector<double> values;
  for (const Turn& turn : turns) values.push_back(double(value(turn)));
  return median(values.data(), unsigned(values.size()));
}

std::string text(double value) {
  char out[40];
  const double size = value < 0 ? -value : value;
  std::snprintf(out, sizeof out, size < 1 ? "%.2f" : size < 100 ? "%.1f" : "%.0f", value);
  return out;
}

/// "p50/p99"
std::string both(const Reading& reading) { return text(reading.p50) + "/" + text(reading.p99); }

Reading middleReading(const std::vector<Turn>& turns, std::size_t at) {
  std::vector<Turn> full;
  for (const Turn& turn : turns)
    if (turn.readings.size() > at) full.push_back(turn);
  Reading out;
  for (const auto member : {&Reading::cpu_us, &Reading::self_us, &Reading::p50, &Reading::p99, &Reading::up_p50,
                            &Reading::up_p99, &Reading::dry, &Reading::rate, &Reading::stalled})
    out.*member = middle(full, [&](const Turn& turn) { return turn.readings[at].*member; });
  return out;
}

std::uint64_t missing(const std::vector<Turn>& turns) {
  std::uint64_t sum = 0;
  for (const Turn& turn : turns) sum += turn.missing;
  return sum;
}

std::string threads(const std::vector<Turn>& turns) {
  if (turns.empty()) return kNone;
  const double rest = middle(turns, [](const Turn& t) { return t.threads_rest; });
  return std::to_string(long(rest)) + "/" +
         std::to_string(long(middle(turns, [](const Turn& t) { return t.threads_load; })));
}

std::string memory(const std::vector<Turn>& turns) {
  return turns.empty() ? kNone : text(middle(turns, [](const Turn& t) { return t.kb; }));
}

/// Latencies of a generator that was not on time are not worth much.
void warn(const Reading& reading, const char* program) {
  if (reading.stalled > 0.01)
    std::fprintf(stderr, "the generator had no core for %.0f %% of the time with the %s: the machine is busy\n",
                 100 * reading.stalled, program);
}

void printLine(const Row& row, const Pair& turns, std::size_t at, const char* cores) {
  const Reading floor = middleReading(turns.floor, at), gateway = middleReading(turns.gateway, at);
  const bool has_floor = !turns.floor.empty(), has_gateway = !turns.gateway.empty(), two = has_floor && has_gateway;
  const auto pick = [](bool there, const std::string& value) { return there ? value : std::string(kNone); };
  std::printf("| %s %s%s | %u | %s | %s | %s | %s | %s/%s | %s | %s | %s | %s | %s/%s | %s | %llu/%llu |\n",
              nameOf(row.load.form), nameOf(row.load.mode), row.load.tls ? " tls" : "", row.calls, cores,
              pick(has_floor, text(floor.cpu_us)).c_str(), pick(has_gateway, text(gateway.cpu_us)).c_str(),
              pick(two && floor.cpu_us > 0, text(gateway.cpu_us / std::max(0.01, floor.cpu_us)) + "x").c_str(),
              pick(has_floor, text(floor.self_us)).c_str(), pick(has_gateway, text(gateway.self_us)).c_str(),
              pick(has_floor, both(floor)).c_str(), pick(has_gateway, both(gateway)).c_str(),
              pick(two, text(gateway.p50 - floor.p50) + "/" + text(gateway.p99 - floor.p99)).c_str(),
              pick(has_gateway && gateway.up_p99 > 0, text(gateway.up_p50) + "/" + text(gateway.up_p99)).c_str(),
              memory(turns.floor).c_str(), memory(turns.gateway).c_str(), threads(turns.gateway).c_str(),
              static_cast<unsigned long long>(missing(turns.floor)),
              static_cast<unsigned long long>(missing(turns.gateway)));
  std::fflush(stdout);
  warn(floor, "floor");
  warn(gateway, "gateway");
}

}  // namespace

void printHead() {
  std::printf(
      "| load | calls | cores | floor us | gateway us | ratio | generator us | floor ms | gateway ms | more ms | "
      "up ms | kB a call | threads | lost |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
}

void printRow(const Row& row, const Pair& turns, bool same) {
  std::size_t readings = 0;
  for (const auto* list : {&turns.floor, &turns.gateway})
    for (const Turn& turn : *list) readings = std::max(readings, turn.readings.size());
  for (std::size_t at = 0; at < readings; ++at) printLine(row, turns, at, at == 0 && same ? "same" : "apart");
}

void printMachine() {
  std::string model = "unknown";
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.compare(0, 10, "model name") == 0) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  double load[3] = {};
  ::getloadavg(load, 3);
  const std::time_t now = std::time(nullptr);
  std::tm date{};
  ::gmtime_r(&now, &date);
  std::printf("%04d-%02d-%02d, %zu cores of %s, load average %.1f\n\n", date.tm_year + 1900, date.tm_mon + 1,
              date.tm_mday, cores().size(), model.c_str(), load[0]);
  std::fflush(stdout);
}

}  // namespace storm
