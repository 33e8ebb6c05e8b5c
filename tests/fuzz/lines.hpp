// The input of the fuzzers of plugins: lines of text, each a message; and how they say what is wrong.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

namespace fuzz {

inline void require(bool fact, const std::string& what) {
  if (fact) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

inline std::uint64_t number(std::string_view text) {
  std::uint64_t n = 0;
  for (char c : text.substr(0, 9)) {
    if (c < '0' || c > '9') break;
    n = n * 10 + std::uint64_t(c - '0');
  }
  return n;
}

inline std::string afterSpace(std::string_view text) {
  const std::size_t space = text.find(' ');
  return std::string(space == std::string_view::npos ? std::string_view{} : text.substr(space + 1));
}

/// The lines of an input, one after the other.
class Lines {
 public:
  Lines(const std::uint8_t* data, std::size_t size) : left_(reinterpret_cast<const char*>(data), size) {}
  /// Neither empty nor more than is worth the time.
  bool good() const { return !left_.empty() && left_.size() <= 32 * 1024; }
  std::string_view take() {
    const std::size_t end = std::min(left_.find('\n'), left_.size());
    const auto one = left_.substr(0, end);
    left_.remove_prefix(std::min(end + 1, left_.size()));
    return one;
  }
  /// The rest goes to the session, as far as it makes sense; what that throws is a finding.
  template <class Session>
  void playTo(Session& session) {
    for (int i = 0; i < 2000 && !left_.empty(); ++i) session.line(take());
  }

 private:
  std::string_view left_;
};

}  // namespace fuzz
