#include "host/api/transcript_text.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

#include "host/base/json.hpp"
#include "host/base/time.hpp"
#include "host/base/well_formed.hpp"

namespace hookswitch::api {
namespace {

constexpr std::uint8_t the_agent = 2;
constexpr std::uint64_t character_ms = 67, shortest_ms = 1000;

/// What the call's clock shows as 0.
std::uint64_t zeroOf(const call::Record& r) { return r.answered_unix_ms ? r.answered_unix_ms : r.started_unix_ms; }

std::uint64_t since(std::uint64_t zero, std::uint64_t unix_ms) { return unix_ms > zero ? unix_ms - zero : 0; }

/// "01:02:03.004"
std::string clockTime(std::uint64_t ms) {
  char text[40];
  std::snprintf(text, sizeof text, "%02llu:%02u:%02u.%03u", static_cast<unsigned long long>(ms / 3'600'000),
                unsigned(ms / 60'000 % 60), unsigned(ms / 1000 % 60), unsigned(ms % 1000));
  return text;
}

/// How many bytes at the beginning of `text` are a blank, a break of a line in any script, or a control character.
std::size_t blank(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  if (at(0) <= 0x20 || at(0) == 0x7F) return 1;
  if (at(0) == 0xC2 && at(1) >= 0x80 && at(1) < 0xA0) return 2;                      // U+0080 to U+009F
  if (at(0) == 0xE2 && at(1) == 0x80 && (at(2) == 0xA8 || at(2) == 0xA9)) return 3;  // U+2028, U+2029
  return 0;
}

/// On one line, so that nothing in a text looks like another line, let alone another speaker's. `marked`: as the text
/// of a WebVTT cue, in which & < > have a meaning (and "-->" none that is wanted).
std::string oneLine(const std::string& said, bool marked) {
  const std::string whole = base::wellFormed(said);
  std::string_view text = whole;
  std::string out;
  bool gap = false;
  while (!text.empty()) {
    if (const std::size_t skip = blank(text)) {
      gap = true;
      text.remove_prefix(skip);
      continue;
    }
    if (std::exchange(gap, false) && !out.empty()) out += ' ';
    const char c = text[0];
    if (marked && c == '&')
      out += "&amp;";
    else if (marked && c == '<')
      out += "&lt;";
    else if (marked && c == '>')
      out += "&gt;";
    else
      out += c;
    text.remove_prefix(1);
  }
  return out;
}

const char* voiceOf(const call::Line& line) { return line.speaker == the_agent ? "agent" : "caller"; }

std::string jsonLine(const call::Line& line, const Span& span) {
  json::Object o;
  o.add("speaker", line.speaker == the_agent ? "assistant" : "user")
      .add("text", line.text)
      .add("at", base::isoTime(line.at_unix_ms))
      .add("start_ms", span.start_ms)
      .add("end_ms", span.end_ms);
  if (line.cut) o.add("cut", true);
  return o.str();
}

}  // namespace

std::uint64_t spokenMs(const std::string& text) {
  std::uint64_t weight = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) weight += byte >= 0xE3 ? 3 : 1;  // 0xE3: the first byte of U+3000
  }
  return std::max(shortest_ms, weight * character_ms);
}

std::vector<Span> spansOf(const call::Record& r, std::uint64_t now_unix_ms) {
  const std::uint64_t zero = zeroOf(r), length = since(zero, r.ended_unix_ms ? r.ended_unix_ms : now_unix_ms);
  std::vector<Span> spans(r.transcript.size());
  std::uint64_t latest = 0;
  for (std::size_t i = 0; i < spans.size(); ++i)
    spans[i].start_ms = latest = std::max(latest, std::min(length, since(zero, r.transcript[i].at_unix_ms)));
  std::uint64_t next[2] = {length, length};  // where the caller's and the agent's following line begins
  for (std::size_t i = spans.size(); i-- > 0;) {
    Span& span = spans[i];
    std::uint64_t& bound = next[r.transcript[i].speaker == the_agent];
    span.end_ms = std::max(span.start_ms + 1, std::min(bound, span.start_ms + spokenMs(r.transcript[i].text)));
    bound = span.start_ms;
  }
  return spans;
}

TranscriptText::TranscriptText(call::Record record, std::uint64_t now_unix_ms, Format format)
    : record_(std::move(record)), spans_(spansOf(record_, now_unix_ms)), format_(format) {}

const char* TranscriptText::contentType(Format format) {
  switch (format) {
    case Format::json: return "application/json";
    case Format::text: return "text/plain; charset=utf-8";
    case Format::vtt: return "text/vtt";  // UTF-8 by definition; the type has no parameter
  }
  return "";
}

std::string TranscriptText::head() const {
  if (format_ == Format::text) return {};
  if (format_ == Format::vtt) return "WEBVTT\n\n";
  json::Object o;
  o.add("call_id", record_.terms->id)
      .add("status", name(record_.status))
      .add("zero_at", base::isoTime(zeroOf(record_)));
  if (record_.transcript_cut) o.add("cut", true);
  std::string open = o.raw("lines", "[").str();
  open.pop_back();  // the object goes on
  return open;
}

std::string TranscriptText::written(std::size_t i) const {
  const call::Line& line = record_.transcript[i];
  const Span& span = spans_[i];
  switch (format_) {
    case Format::json: return (i ? "," : "") + jsonLine(line, span);
    case Format::text:
      return "[" + clockTime(span.start_ms) + "] " + voiceOf(line) + ": " + oneLine(line.text, false) + "\n";
    case Format::vtt:
      return clockTime(span.start_ms) + " --> " + clockTime(span.end_ms) + "\n<v " + voiceOf(line) + ">" +
             oneLine(line.text, true) + "</v>\n\n";
  }
  return {};
}

std::string TranscriptText::next(std::size_t bytes) {
  std::string out;
  if (!std::exchange(begun_, true)) out = head();
  while (at_ < spans_.size() && out.size() < bytes) out += written(at_++);
  done_ = at_ == spans_.size();
  if (done_ && format_ == Format::json) out += "]}";
  return out;
}

}  // namespace hookswitch::api
