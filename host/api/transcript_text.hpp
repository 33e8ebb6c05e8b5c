// What was said in a call, as somebody reads it, a player shows it or a program takes it: plain text, WebVTT, JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "host/call/call.hpp"

namespace hookswitch::api {

/// When a line stands, in milliseconds of the call's clock, which begins with the answer, or with the call when nobody
/// answers.
struct Span {
  std::uint64_t start_ms = 0, end_ms = 0;
};

/// One for each line of the record. The start is when the line was heard of (call::Line::at_unix_ms): never before 0,
/// never before the line before it and never behind the end of the call, whatever the wall clock was set to. Nobody
/// says when a line was over: its end is reckoned from the length of its text, and comes earlier where the same
/// speaker's next line begins or the call ends (`now_unix_ms` for one that goes on); it is behind the start by a
/// millisecond at least. Pure.
std::vector<Span> spansOf(const call::Record& record, std::uint64_t now_unix_ms);

/// How long it takes to say this: 15 characters a second, a third of that where characters are syllables or words
/// (U+3000 and beyond), and a second at least. Pure.
std::uint64_t spokenMs(const std::string& text);

/// The transcript of one call, written a part at a time, so that a long one does not lie in memory twice. One thread at
/// a time.
class TranscriptText {
 public:
  enum class Format : std::uint8_t { json = 1, text = 2, vtt = 3 };

  TranscriptText(call::Record record, std::uint64_t now_unix_ms, Format format);

  /// What comes next: whole lines, until there are `bytes` of it or nothing is left.
  std::string next(std::size_t bytes = part_bytes);
  bool done() const { return done_; }

  static const char* contentType(Format format);
  static constexpr std::size_t part_bytes = 256 * 1024;

 private:
  std::string head() const;
  std::string written(std::size_t line) const;

  const call::Record record_;
  const std::vector<Span> spans_;
  const Format format_;
  std::size_t at_ = 0;
  bool begun_ = false, done_ = false;
};

}  // namespace hookswitch::api
