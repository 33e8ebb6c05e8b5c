// The runs beside the table. Each prints what it found and says whether everything was as it must be.
#pragma once

#include "tests/bench/storm/options.hpp"
#include "tests/bench/storm/workshop.hpp"

namespace storm {

/// Rows in turn, floor and gateway beside each other.
bool runTable(const Options& options, Workshop& workshop);
/// More and more calls until one of them is not served well any more.
bool runMost(const Options& options, Workshop& workshop);
/// The same calls for a long time: memory and lateness stay where they are.
bool runSoak(const Options& options, Workshop& workshop);
/// Short calls, so many a second, and then more and more.
bool runSetup(const Options& options, Workshop& workshop);
/// More calls than can be carried: who is let in, and what those get.
bool runOffer(const Options& options, Workshop& workshop);

}  // namespace storm
