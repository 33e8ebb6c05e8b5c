// Text in small letters, ASCII alone, as the providers compare names.
#pragma once

#include <string>

namespace fakes {

inline std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text;
}

}  // namespace fakes
