// What the command line asks for.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/storm/turn.hpp"

namespace storm {

struct Options {
  std::vector<Row> rows;
  unsigned turns = 3;  ///< of each program and row, in alternation
  double seconds = 3;  ///< measured, of each turn and placement
  bool same = true, apart = true;
  bool floor = true, gateway = true;
  bool most = false;  ///< look for what the machine carries
  double soak_minutes = 0;
  double setup_rate = 0;    ///< calls a second
  unsigned offer = 0;       ///< calls
  double offer_rate = 100;  ///< of them a second
  std::string problem;      ///< a sentence about the command line; empty when it was understood
  bool help = false;
};

Options readOptions(int argc, char** argv);
extern const char kUsage[];

}  // namespace storm
