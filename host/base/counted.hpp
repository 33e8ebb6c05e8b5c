// A number with its word, for sentences.
#pragma once

#include <cstddef>
#include <string>

namespace hookswitch::base {

/// "1 call", "2 calls". [any]
inline std::string counted(std::size_t n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

}  // namespace hookswitch::base
