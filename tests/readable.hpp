// How a test's parameter stands in the test's name: the same in every run, where a record's bytes would show addresses.
#pragma once

#include <cctype>
#include <ostream>
#include <string_view>

namespace hookswitch_test {

inline void printReadably(std::string_view text, std::ostream* out) {
  for (const char c : text) *out << (std::isalnum(static_cast<unsigned char>(c)) ? c : '.');
}

}  // namespace hookswitch_test
