#pragma once
#include "json_message.hpp"

#include <iosfwd>
#include <vector>

namespace hks::transcript {

/// One line of a transcript.
struct Line {
  enum Kind { role = 1, send, expect, anything, status, ignore, newer_host, full_after };
  Kind kind = send;
  size_t number = 0;  ///< from 1
  uint32_t type = 0;  ///< send, expect, ignore
  json fields = json::object();
  std::string word;    ///< role: the id of abi.h; status: OK, FULL, INVALID, FAULT or UNSUPPORTED
  uint64_t value = 0;  ///< newer_host: bytes; full_after: messages
};

struct BadLine : BadScript {
  BadLine(size_t number, const std::string& what) : BadScript(what), line(number) {}
  size_t line;
};

/// Reads a whole transcript; throws BadLine.
std::vector<Line> parse(std::istream& in);

}  // namespace hks::transcript
