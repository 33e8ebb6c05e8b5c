#include "plugins/telegram/message.hpp"

#include "plugins/telegram/text.hpp"

#include <hookswitch/plugin.hpp>
#include <hookswitch/utf8.hpp>

namespace hookswitch::telegram {
namespace {

constexpr std::size_t kMaxName = 128;     // bytes of a number or an id
constexpr std::size_t kMaxReason = 1024;  // bytes
constexpr std::size_t kMaxDigestReason = 160;
// Units kept free in every part for "(3/3)", "Transcript" and the note about what was left out.
constexpr std::size_t kReserve = 96;
// More transcript than this can never be shown; what follows is only counted.
constexpr std::size_t kMaxTranscript = kMaxParts * kMaxUnits * 4;

/// The same text twice: with markup and without.
class Rich {
 public:
  Rich& text(std::string_view t) {
    html_ += escapeHtml(t), plain_ += t;
    return *this;
  }
  Rich& in(std::string_view tag, std::string_view t) {
    html_.append("<").append(tag).append(">").append(escapeHtml(t));
    html_.append("</").append(tag.substr(0, tag.find(' '))).append(">");
    plain_ += t;
    return *this;
  }
  Rich& fact(const char* label, std::string_view value) {
    if (value.empty()) return *this;
    return text("\n").in("b", label).text(" ").text(value);
  }
  std::size_t units() const { return hks::utf8::utf16Length(plain_); }
  Part part(bool silent) const { return {html_, plain_, silent}; }

 private:
  std::string html_, plain_;
};

const char* outcomeWord(std::uint32_t outcome) {
  switch (outcome) {
    case HKS_COMPLETED: return "completed";
    case HKS_FAILED: return "failed";
    case HKS_BUSY: return "busy";
    case HKS_NO_ANSWER: return "no answer";
    case HKS_CANCELED: return "canceled";
    default: return "unknown";
  }
}

const char* enderWords(std::uint32_t by) {
  switch (by) {
    case HKS_BY_API: return "the API";
    case HKS_BY_CARRIER: return "the other party or the carrier";
    case HKS_BY_AGENT: return "the agent";
    case HKS_BY_LIMIT: return "a limit";
    case HKS_BY_SHUTDOWN: return "shutdown of the gateway";
    case HKS_BY_FAULT: return "a fault";
    case HKS_BY_RECOVERY: return "recovery after a restart";
    default: return "";
  }
}

void parties(Rich& rich, const hks_call& call, const char* before = "\n") {
  const std::string far = hks::utf8::line(hks::farNumber(call), kMaxName);
  const std::string own = hks::utf8::line(hks::ownNumber(call), kMaxName);
  const bool incoming = call.direction == HKS_INCOMING;
  rich.text(before).in("b", incoming ? "From" : "To").text(" ").in("code", far.empty() ? "unknown" : far);
  if (!own.empty()) rich.text(incoming ? " to " : " from ").in("code", own);
  rich.text(incoming ? " (incoming)" : " (outbound)");
}

/// When it was, and that the message is late.
void moments(Rich& rich, std::uint64_t from_ms, std::uint64_t to_ms, const Telling& telling) {
  if (!from_ms) return;
  rich.fact("When",
            to_ms ? telling.zone.text(from_ms) + " to " + telling.zone.clock(to_ms) : telling.zone.text(from_ms));
  const std::uint64_t event_ms = to_ms ? to_ms : from_ms;
  if (telling.unix_ms < event_ms + telling.late_after_ms) return;
  rich.text("\n\u23F3 ").in("b", "Told late: this was " + longTime(telling.unix_ms - event_ms) + " ago");
}

/// The lines as one text. `hidden` counts those that did not fit into kMaxTranscript bytes.
std::string transcriptText(const hks_record& record, std::size_t& hidden) {
  std::string all;
  for (std::uint64_t i = 0; record.lines && i < record.line_count; ++i) {
    if (all.size() >= kMaxTranscript) {
      ++hidden;
      continue;
    }
    const auto line = hks::element<hks_line>(record.lines, record.line_size, i);
    const std::string said = hks::utf8::line(hks::text(line.text), kMaxTranscript - all.size());
    if (said.empty()) continue;
    if (!all.empty()) all += '\n';
    all += line.speaker == HKS_ASSISTANT ? "\U0001F916 " : "\U0001F464 ";
    all += said;
  }
  return all;
}

std::size_t linesIn(std::string_view text) {
  if (text.empty()) return 0;
  std::size_t n = 1;
  for (char c : text) n += c == '\n';
  return n;
}

/// One per part; the first stands behind facts of `head_units`. What is left over is counted as hidden.
std::vector<std::string_view> piecesOf(std::string_view rest, std::size_t head_units, std::size_t& hidden) {
  std::vector<std::string_view> pieces;
  while (pieces.size() < kMaxParts && !rest.empty()) {
    const std::size_t room = kMaxUnits - kReserve - (pieces.empty() ? head_units : 0);
    const std::size_t n = firstPiece(rest, room);
    pieces.push_back(trimmed(rest.substr(0, n)));
    rest = trimmed(rest.substr(n));
  }
  hidden += linesIn(rest);
  return pieces;
}

}  // namespace

std::string minutes(std::uint64_t ms) {
  const std::uint64_t s = ms / 1000;
  return std::to_string(s / 60) + (s % 60 < 10 ? ":0" : ":") + std::to_string(s % 60);
}

std::string longTime(std::uint64_t ms) {
  const std::uint64_t minutes = ms / 60000;
  if (minutes < 60) return std::to_string(minutes) + " min";
  if (minutes < 48 * 60) return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
  return std::to_string(minutes / 1440) + " days " + std::to_string(minutes / 60 % 24) + " h";
}

std::vector<Part> endedMessage(const hks_record& record, bool with_transcript, const Telling& telling) {
  const auto call = hks::record<hks_call>(record.call);
  const bool good = record.outcome == HKS_COMPLETED;
  Rich head;
  head.text(good ? "\u2705 " : "\u274C ").in("b", "Call ended");
  parties(head, call);
  moments(head, record.started_unix_ms, record.ended_unix_ms, telling);
  head.fact("Duration", minutes(record.duration_ms) + (record.answered_unix_ms ? "" : " (not answered)"));
  head.fact("Outcome", outcomeWord(record.outcome));
  head.fact("Ended by", enderWords(record.ended_by));
  head.fact("Reason", hks::utf8::line(hks::text(record.reason), kMaxReason));
  if (const std::string id = hks::utf8::line(hks::text(call.call), kMaxName); !id.empty())
    head.text("\n").in("b", "Call").text(" ").in("code", id);

  std::size_t hidden = 0;
  const std::string transcript = with_transcript ? transcriptText(record, hidden) : std::string();
  const std::vector<std::string_view> pieces = piecesOf(transcript, head.units(), hidden);

  std::vector<Part> parts;
  const std::size_t count = pieces.empty() ? 1 : pieces.size();
  for (std::size_t i = 0; i < count; ++i) {
    Rich rich = i ? Rich() : head;
    if (count > 1) rich.text(i ? "" : " ").text("(" + std::to_string(i + 1) + "/" + std::to_string(count) + ")");
    if (!pieces.empty()) rich.text(i ? "\n" : "\n\n").in("blockquote expandable", pieces[i]);
    if (i + 1 == count && hidden)
      rich.text("\n\u2026 ")
          .text(std::to_string(hidden))
          .text(hidden == 1 ? " more line" : " more lines")
          .text(" not shown");
    parts.push_back(rich.part(i > 0));  // one sound per call, not one per part
  }
  return parts;
}

std::vector<Part> startedMessage(const hks_record& record, const Telling& telling) {
  const auto call = hks::record<hks_call>(record.call);
  Rich rich;
  rich.text("\U0001F4DE ").in("b", "Call started");
  parties(rich, call);
  moments(rich, record.started_unix_ms, 0, telling);
  if (const std::string id = hks::utf8::line(hks::text(call.call), kMaxName); !id.empty())
    rich.text("\n").in("b", "Call").text(" ").in("code", id);
  return {rich.part(true)};
}

Part digestLine(const hks_record& record, const Telling& telling) {
  const auto call = hks::record<hks_call>(record.call);
  const bool good = record.outcome == HKS_COMPLETED;
  Rich rich;
  rich.text(good ? "\u2705" : "\u274C");
  parties(rich, call, " ");
  if (record.ended_unix_ms) rich.text("\n").text(telling.zone.text(record.ended_unix_ms));
  rich.text(", ").text(minutes(record.duration_ms)).text(", ").text(outcomeWord(record.outcome));
  if (!good)
    if (const std::string why = hks::utf8::line(hks::text(record.reason), kMaxDigestReason); !why.empty())
      rich.text(": ").text(why);
  if (record.ended_unix_ms && telling.unix_ms >= record.ended_unix_ms + telling.late_after_ms)
    rich.text(" \u23F3 ").in("b", "told late, " + longTime(telling.unix_ms - record.ended_unix_ms) + " ago");
  if (const std::string id = hks::utf8::line(hks::text(call.call), kMaxName); !id.empty())
    rich.text("\n").in("code", id);
  return rich.part(false);
}

Part joined(const std::vector<const Part*>& lines, std::size_t& count) {
  Part out;
  std::size_t units = kReserve;
  for (count = 0; count < lines.size(); ++count) {
    units += hks::utf8::utf16Length(lines[count]->plain) + 2;
    if (count && units > kMaxUnits) break;
    out.html += "\n\n" + lines[count]->html;
    out.plain += "\n\n" + lines[count]->plain;
  }
  Rich head;
  head.text("\U0001F4CB ").in("b", std::to_string(count) + (count == 1 ? " call ended" : " calls ended"));
  const Part title = head.part(false);
  out.html.insert(0, title.html);
  out.plain.insert(0, title.plain);
  return out;
}

std::vector<Part> noticeMessage(const hks_notice& notice) {
  std::string text = hks::utf8::clean(hks::text(notice.text), kMaxUnits * 3);
  if (firstPiece(text, kMaxUnits - kReserve) < text.size()) {
    text.resize(firstPiece(text, kMaxUnits - kReserve - kMaxName));
    text += " \u2026";
  }
  Rich rich;
  rich.text("\u26A0\uFE0F ").in("b", notice.level >= HKS_ERROR ? "Error" : "Warning").text("\n").text(trimmed(text));
  if (const std::string id = hks::utf8::line(hks::text(notice.call), kMaxName); !id.empty())
    rich.text("\n").in("b", "Call").text(" ").in("code", id);
  return {rich.part(false)};
}

}  // namespace hookswitch::telegram
