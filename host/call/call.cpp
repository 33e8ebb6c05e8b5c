#include "host/call/call.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <iterator>

#include "host/base/json.hpp"
#include "host/base/time.hpp"

namespace hookswitch::call {
namespace {

std::string seconds(std::uint64_t ms) {
  char text[32];
  std::snprintf(text, sizeof text, "%llu.%03u", static_cast<unsigned long long>(ms / 1000), unsigned(ms % 1000));
  return text;
}

std::string transcriptJson(const std::vector<Line>& lines) {
  json::Array array;
  for (auto& line : lines) {
    json::Object o;
    o.add("speaker", line.speaker == 2 ? "assistant" : "user")
        .add("text", line.text)
        .add("at", base::isoTime(line.at_unix_ms));
    if (line.cut) o.add("cut", true);
    array.raw(o.str());
  }
  return array.str();
}

enum class Part { started, leg, teardown };

Part partOf(Phase phase) {
  switch (phase) {
    case Phase::started: return Part::started;
    case Phase::settle:
    case Phase::confirm: return Part::leg;
    default: return Part::teardown;
  }
}

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

std::string hooksJson(const std::vector<HookRow>& rows, Part part) {
  json::Array array;
  for (auto& row : rows) {
    if (partOf(row.phase) != part) continue;
    json::Object o;
    o.add("phase", name(row.phase))
        .add("plugin", row.plugin)
        .add("state", name(row.state))
        .add("ms", row.ms)
        .add("attempts", row.attempts);
    const bool receipt =
        row.state == HookRow::State::done && (row.phase == Phase::notify || row.phase == Phase::started);
    o.add("error", receipt ? std::string() : row.error);
    if (receipt && !row.error.empty()) o.add("receipt", row.error);
    array.raw(o.str());
  }
  return array.str();
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

bool Record::addLine(Line line, std::uint32_t& number) {
  number = 0;
  boundLine(line);
  // A correction that grows counts like a line.
  if (const auto old = sameItem(transcript, line);
      old != transcript.rend() && transcript_bytes - old->text.size() + line.text.size() > max_transcript_bytes)
    return false;
  if (const auto corrected = correctLine(transcript, transcript_bytes, line)) {
    number = *corrected;
    return true;
  }
  if (line.text.empty()) return true;
  if (transcript.size() >= max_lines || transcript_bytes + line.text.size() > max_transcript_bytes) return false;
  transcript_bytes += line.text.size();
  number = line.number = ++last_line;
  transcript.push_back(std::move(line));
  return true;
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

std::string toJson(const Record& r, const std::vector<HookRow>* teardown, std::uint64_t now_unix_ms, bool detail,
                   bool stored) {
  const Terms& t = *r.terms;
  json::Object o;
  o.add("call_id", t.id)
      .add("to_number", t.to_number)
      .add("from_number", t.from_number)
      .add("far_number", t.farNumber())
      .add("status", name(r.status))
      .add("direction", name(t.direction))
      .add("carrier", t.carrier)
      .add("voice", t.voice)
      .add("started_at", base::isoTime(r.started_unix_ms));
  if (r.answered_unix_ms)
    o.add("answered_at", base::isoTime(r.answered_unix_ms));
  else
    o.raw("answered_at", "null");
  o.raw("duration_s", seconds(r.durationMs(now_unix_ms)));
  if (!detail && r.status == Status::ended)
    o.add("outcome", name(r.outcome))
        .add("ended_by", name(r.ended_by))
        .add("reason", r.reason)
        .add("ended_at", base::isoTime(r.ended_unix_ms));
  if (detail) {
    o.raw("metadata", t.metadata_json).raw("transcript", transcriptJson(r.transcript));
    if (r.status == Status::ended || r.status == Status::ending) {
      o.add("outcome", name(r.outcome)).add("ended_by", name(r.ended_by)).add("reason", r.reason);
      if (r.ended_unix_ms) o.add("ended_at", base::isoTime(r.ended_unix_ms));
    }
    if (teardown)
      o.raw("started_hooks", hooksJson(*teardown, Part::started))
          .raw("leg_hooks", hooksJson(*teardown, Part::leg))
          .raw("teardown", hooksJson(*teardown, Part::teardown));
  }
  if (!stored) o.add("stored", false);
  return o.str();
}

}  // namespace hookswitch::call
