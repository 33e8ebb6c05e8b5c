#pragma once
#include <hookswitch/abi.h>

#include <iosfwd>
#include <string>
#include <vector>

// Plays transcripts: text files that say what goes into a plugin (`>`) and what must come out (`<`). The format is
// described in sdk/README.md. Everything here runs on the caller's thread.
namespace hks::transcript {

/// Why a transcript did not hold.
struct Failure {
  std::string file;
  size_t line = 0;   ///< from 1; where the expectation (or the faulty line of the file) stands
  std::string text;  ///< what was expected and what came; several lines, no newline at the end
};

struct Options {
  uint32_t newer_host_bytes = 0;    ///< every record this much longer than known, as from a host of a later version
  std::ostream* verbose = nullptr;  ///< every message in and out is printed here
};

/// Plays one transcript against new sessions of the plugin. Stops at the first failure of the file: what follows
/// would be about a state that was never reached. Empty: it held.
std::vector<Failure> play(const hks_entry& plugin, const std::string& file, std::istream& script,
                          const Options& options = {});

}  // namespace hks::transcript
