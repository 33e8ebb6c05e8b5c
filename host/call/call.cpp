#include "host/call/call.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace hookswitch::call {
namespace {

/// The newest line of the same item, or rend().
template <class Lines>
auto sameItem(Lines& lines, const Line& line) {
  constexpr std::ptrdiff_t reach =
      32;  // who is interrupted has spoken a moment ago; names may repeat after a take-over
  const auto last = lines.rbegin() + std::min<std::ptrdiff_t>(reach, std::ptrdiff_t(lines.size()));
  const auto old = std::find_if(lines.rbegin(), last,
                                [&](const Line& l) { return l.item == line.item && l.speaker == line.speaker; });
  return line.item.empty() || old == last ? lines.rend() : old;
}

}  // namespace

void boundLine(Line& line) {
  if (line.text.size() <= Record::max_line_bytes) return;
  std::size_t end = Record::max_line_bytes;
  while (end && (static_cast<unsigned char>(line.text[end]) & 0xC0) == 0x80) --end;  // not within a character
  line.text.resize(end);
  line.cut = true;
}

std::optional<std::uint32_t> correctLine(std::vector<Line>& lines, std::size_t& bytes, const Line& line) {
  const auto old = sameItem(lines, line);
  if (old == lines.rend()) return std::nullopt;
  const std::uint32_t number = old->number;
  bytes = bytes - old->text.size() + line.text.size();
  if (line.text.empty())
    lines.erase(std::next(old).base());
  else
    old->text = line.text, old->cut = line.cut;
  return number;
}

std::optional<std::uint32_t> Record::addLine(Line line) {
  boundLine(line);
  // A correction that grows counts like a line.
  if (const auto old = sameItem(transcript, line);
      old != transcript.rend() && transcript_bytes - old->text.size() + line.text.size() > max_transcript_bytes)
    return std::nullopt;
  if (const auto corrected = correctLine(transcript, transcript_bytes, line)) return corrected;
  if (line.text.empty()) return 0;
  if (transcript.size() >= max_lines || transcript_bytes + line.text.size() > max_transcript_bytes) return std::nullopt;
  transcript_bytes += line.text.size();
  line.number = ++last_line;
  transcript.push_back(std::move(line));
  return last_line;
}

std::optional<Record::Heard> Record::hear(Line line) {
  if (ended_unix_ms) return std::nullopt;
  Heard heard;
  const auto number = addLine(line);
  if (number.value_or(0)) {
    // A correction keeps the time of its line, and an empty text removes it.
    const auto now =
        std::find_if(transcript.rbegin(), transcript.rend(), [&](const Line& l) { return l.number == *number; });
    heard.changed = now != transcript.rend() ? *now : Line{line.speaker, line.at_unix_ms, {}, line.item, *number};
  }
  heard.full = !number && !std::exchange(transcript_cut, true);
  return heard;
}

std::uint64_t Record::clockMs(std::uint64_t now_ms, std::uint64_t now_unix_ms) const {
  const std::uint64_t latest = std::max(started_unix_ms, answered_unix_ms);
  if (started_ms && now_ms >= started_ms) return std::max(latest, started_unix_ms + (now_ms - started_ms));
  const std::uint64_t now = std::max(latest, now_unix_ms);
  return answered_unix_ms && terms ? std::min<std::uint64_t>(now, answered_unix_ms + terms->max_duration_s * 1000ull)
                                   : now;
}

std::uint64_t Record::durationMs(std::uint64_t now_unix_ms) const {
  if (!answered_unix_ms) return 0;
  const std::uint64_t end = ended_unix_ms ? ended_unix_ms : now_unix_ms;
  return end > answered_unix_ms ? end - answered_unix_ms : 0;
}

}  // namespace hookswitch::call
