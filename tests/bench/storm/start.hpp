// How a program of the benchmark begins and ends.
#pragma once

namespace storm {

/// What main() does: as many files as the system allows, then `run`; an exception is one line of `name` and exit
/// code 1.
int start(const char* name, int (*run)(int argc, char** argv), int argc, char** argv);

}  // namespace storm
