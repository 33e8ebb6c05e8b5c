#include <algorithm>
#include <cstdio>

#include "tests/bench/storm/runs.hpp"
#include "tests/bench/storm/table.hpp"

namespace storm {

namespace {

constexpr unsigned kMostSteps[] = {300, 400, 500, 600, 800, 1000, 1200, 1500, 2000, 2500, 3000, 4000};
constexpr double kMostUpSeconds = 60;
constexpr double kServedMs = 200, kServedRate = 0.98;

TurnOptions turnOptions(const Options& options, const Row& row, Workshop& workshop) {
  TurnOptions turn;
  turn.seconds = options.seconds;
  turn.same = options.same;
  turn.apart = options.apart;
  turn.tls = workshop.tlsOf(row.load);
  turn.ca = workshop.certificate();
  turn.directory = workshop.nextDirectory();
  return turn;
}

std::string nameOf(Which which, const Row& row) {
  return std::string(nameOf(which)) + ", " + std::to_string(row.calls) + " calls, " + nameOf(row.load.form) + " " +
         nameOf(row.load.mode) + (row.load.tls ? ", tls" : "");
}

bool take(const Options& options, Workshop& workshop, Which which, const Row& row, std::vector<Turn>& to) {
  to.push_back(takeTurn(which, row, turnOptions(options, row, workshop)));
  if (to.back().problem.empty()) return true;
  std::fprintf(stderr, "%s: %s\n", nameOf(which, row).c_str(), to.back().problem.c_str());
  return false;
}

/// Why a turn was more than the program can carry; empty when it was not.
std::string overload(const Turn& turn) {
  if (!turn.problem.empty()) return turn.problem;
  char text[120] = "";
  for (const Reading& reading : turn.readings) {
    if (reading.p99 > kServedMs) std::snprintf(text, sizeof text, "a p99 of %.0f ms", reading.p99);
    if (reading.rate < kServedRate)
      std::snprintf(text, sizeof text, "%.1f %% of the frames came in time", 100 * reading.rate);
  }
  return text;
}

std::vector<Load> loadsOf(const std::vector<Row>& rows) {
  std::vector<Load> loads;
  for (const Row& row : rows)
    if (std::none_of(loads.begin(), loads.end(), [&](const Load& load) {
          return load.form == row.load.form && load.mode == row.load.mode && load.tls == row.load.tls;
        }))
      loads.push_back(row.load);
  if (loads.empty()) loads.emplace_back();
  return loads;
}

void mostOf(const Options& options, Workshop& workshop, const Load& load) {
  bool floor = options.floor, gateway = options.gateway;
  for (const unsigned calls : kMostSteps) {
    const Row row{load, calls};
    Pair pair;
    std::string said;
    for (const Which which : {Which::floor, Which::gateway}) {
      bool& wanted = which == Which::floor ? floor : gateway;
      std::vector<Turn>& turns = which == Which::floor ? pair.floor : pair.gateway;
      if (!wanted) continue;
      TurnOptions turn = turnOptions(options, row, workshop);
      turn.up_limit_s = kMostUpSeconds;
      turns.push_back(takeTurn(which, row, turn));
      const std::string why = overload(turns.back());
      wanted = why.empty();
      if (!wanted) said += nameOf(which, row) + ": too many, " + why + "\n";
    }
    printRow(row, pair, options.same);
    std::fprintf(stderr, "%s", said.c_str());
    if (options.gateway ? !gateway : !floor) return;
  }
}

}  // namespace

bool runTable(const Options& options, Workshop& workshop) {
  bool good = true;
  printMachine();
  printHead();
  for (const Row& row : options.rows) {
    Pair pair;
    for (unsigned turn = 0; turn < options.turns; ++turn) {
      if (options.floor) good &= take(options, workshop, Which::floor, row, pair.floor);
      if (options.gateway) good &= take(options, workshop, Which::gateway, row, pair.gateway);
    }
    printRow(row, pair, options.same);
  }
  return good;
}

bool runMost(const Options& options, Workshop& workshop) {
  std::printf(
      "\nWhat the machine carries: the last lines of a load are those that were too much (above %.0f ms, or less "
      "than %.0f %% of the frames in time).\n\n",
      kServedMs, 100 * kServedRate);
  printHead();
  // Each on its own core, where there are two: on one, the generator's needs are what is measured.
  Options most = options;
  most.same = cores().size() < 2;
  most.apart = true;
  for (const Load& load : loadsOf(options.rows)) mostOf(most, workshop, load);
  return true;
}

}  // namespace storm
