// hookswitch-storm: what the media plane costs over a floor that is measured in the same run (README.md).
//
// Exit code 1 when a frame was lost, came out of order or with other bytes, or a call did not come up.
#include <sys/prctl.h>

#include <cstdio>

#include "tests/bench/storm/runs.hpp"
#include "tests/bench/storm/start.hpp"

namespace storm {

namespace {

bool runAll(const Options& options) {
  Workshop workshop;
  if (options.soak_minutes > 0) return runSoak(options, workshop);
  if (options.setup_rate > 0) return runSetup(options, workshop);
  if (options.offer > 0) return runOffer(options, workshop);
  bool good = options.rows.empty() || runTable(options, workshop);
  if (options.most) good &= runMost(options, workshop);
  return good;
}

int run(int argc, char** argv) {
  const Options options = readOptions(argc, argv);
  if (!options.problem.empty() || options.help) {
    std::fprintf(options.help ? stdout : stderr, "%s%s%s", options.problem.c_str(), options.help ? "" : "\n", kUsage);
    return options.help ? 0 : 2;
  }
  ::prctl(PR_SET_TIMERSLACK, 1000UL);
  return runAll(options) ? 0 : 1;
}

}  // namespace

}  // namespace storm

int main(int argc, char** argv) { return storm::start("hookswitch-storm", storm::run, argc, argv); }
