// The table: a line for each row and placement, floor and gateway beside each other.
#pragma once

#include <vector>

#include "tests/bench/storm/turn.hpp"

namespace storm {

struct Pair {
  std::vector<Turn> floor, gateway;  ///< the turns of each; empty: it was not run
};

void printHead();
/// `same`: where the first reading of each turn was taken; the other, if there is one, was taken apart.
void printRow(const Row& row, const Pair& turns, bool same);
/// The machine and how busy it was, for whoever reads the table later.
void printMachine();

}  // namespace storm
