// What a value shows of a slip of whoever wrote it: quotes, a comment behind it, a variable that nobody replaces.
#pragma once

#include <string>
#include <vector>

#include "host/plugin/settings.hpp"

namespace hookswitch::app {

struct Slips {
  std::vector<std::string> problems;  ///< certainly wrong; sentences without the key's name
  std::vector<std::string> hints;     ///< worth a word
};

/// `written` is the text of the file, `value` what became of it when ${...} was replaced. `words`: the value is, or
/// may be, meant for people or models, where quotes and semicolons may be meant; the key's own `words` says that it is.
/// Never repeats a value, only names of variables. [any]
Slips findSlips(const plugin::Key& key, const std::string& written, const std::string& value, bool words);

}  // namespace hookswitch::app
