// The words of a transcript, each with the space before it: how both services cut them into pieces.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace fakes {

inline std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at + 1), text.size());
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

inline std::string firstWords(const std::string& text, std::size_t count) {
  std::string out;
  for (const auto& word : words(text)) {
    if (count-- == 0) break;
    out += word;
  }
  return out;
}

/// Behind every `key` of a message stands half a character: an escape of a surrogate without the other.
inline void halveFirstOf(const std::string& key, std::string& text) {
  for (std::size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + key.size()))
    text.insert(at + key.size(), "\\ud83d");
}

}  // namespace fakes
