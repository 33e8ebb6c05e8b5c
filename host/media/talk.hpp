// What was said in a call so far, for the voice that takes over.
#pragma once

#include <cstddef>
#include <vector>

#include "host/call/call.hpp"

namespace hookswitch::media {

/// [loop] The newest lines of the transcript, within a bound.
class Talk {
 public:
  /// A new line, or one that corrects a line of the same item. False: it is empty and corrects nothing.
  bool add(const call::Line& line);
  const std::vector<call::Line>& lines() const { return lines_; }

  static constexpr std::size_t max_lines = 200, max_bytes = 64 * 1024;

 private:
  std::vector<call::Line> lines_;
  std::size_t bytes_ = 0;
};

}  // namespace hookswitch::media
