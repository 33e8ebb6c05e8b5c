// The command line: hookswitch [--config FILE]... [--set section.key=value]... [--check] [--print-config] [--version]
// [--help]
#pragma once

#include <string>
#include <vector>

namespace hookswitch::app {

struct CommandLine {
  std::vector<std::string> configs, settings;
  bool check = false, print_config = false, version = false, help = false;
  std::string error;  ///< not empty: a sentence about what was wrong
};

/// `args` without the program's name. "--config FILE" and "--config=FILE" are the same.
CommandLine parseCommandLine(const std::vector<std::string>& args);
std::string helpText();

}  // namespace hookswitch::app
