// One turn of one program: started, brought to the load, measured on one core and on two, drained, judged.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/storm/program.hpp"

namespace storm {

struct Row {
  Load load;
  unsigned calls = 100;
};

/// What both placements of a turn are about: the generator and the program on one core, or each on its own.
struct Reading {
  double cpu_us = 0, self_us = 0;  ///< per 20 ms frame, of the program and of the generator
  double p50 = 0, p99 = 0;         ///< ms: of an echo the round trip, of talk from the model to the caller
  double up_p50 = 0, up_p99 = 0;   ///< ms: from the caller to the model; 0 where it is not looked at
  double dry = 0;                  ///< how often a caller's buffer ran empty, per call and minute
  double rate = 0;                 ///< frames that came, of those that should have
  double stalled = 0;              ///< part of the time for which the generator had no core
};

struct Turn {
  std::vector<Reading> readings;  ///< in the order of what was asked for
  unsigned came = 0;              ///< calls that came up
  double kb = 0;                  ///< of memory per call
  long threads_rest = 0, threads_load = 0;
  std::uint64_t missing = 0;  ///< frames
  std::string problem;        ///< a sentence; empty when nothing is wrong
};

struct TurnOptions {
  double seconds = 3;
  double up_limit_s = 120;  ///< for all calls to come up
  bool same = true, apart = true;
  std::string directory;
  SSL_CTX* tls = nullptr;
  std::string ca;
};

Turn takeTurn(Which which, const Row& row, const TurnOptions& options);

/// What is wrong with what came of a rig that was drained, as a sentence; empty when nothing is.
std::string problemOf(Rig& rig);

/// Counts from here to `read`, on the cores that both are on by then.
class Window {
 public:
  Window(Rig& rig, Program& program);
  Reading read();

 private:
  Rig& rig_;
  Program& program_;
  std::int64_t begin_ns_, cpu_ns_, self_ns_;
  std::uint64_t frames_, dry_;
  std::int64_t stalled_ns_;
};

}  // namespace storm
