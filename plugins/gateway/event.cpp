#include "plugins/gateway/event.hpp"

#include "plugins/gateway/text.hpp"

#include <hookswitch/plugin.hpp>
#include <hookswitch/read_json.hpp>
#include <hookswitch/utf8.hpp>

namespace hookswitch::gateway {
namespace {

constexpr std::size_t kMaxName = 128, kMaxReason = 512, kMaxPrompt = 16 * 1024, kMaxMetadata = 16 * 1024;
constexpr std::size_t kMaxPurpose = 200;  // of the prompt, in the one-line form
constexpr const char* kCut = "... (cut)";

const char* outcomeWord(std::uint32_t outcome) {
  switch (outcome) {
    case HKS_COMPLETED: return "completed";
    case HKS_BUSY: return "busy";
    case HKS_NO_ANSWER: return "no-answer";
    case HKS_CANCELED: return "canceled";
    default: return "failed";
  }
}

const char* enderWord(std::uint32_t by) {
  switch (by) {
    case HKS_BY_API: return "api";
    case HKS_BY_CARRIER: return "carrier";
    case HKS_BY_AGENT: return "agent";
    case HKS_BY_LIMIT: return "limit";
    case HKS_BY_SHUTDOWN: return "shutdown";
    case HKS_BY_FAULT: return "fault";
    case HKS_BY_RECOVERY: return "recovery";
    default: return "";
  }
}

/// Only a JSON object goes out as one; it is written anew so that nothing of its form can break the frame.
std::string objectOr(std::string_view json, const char* otherwise) {
  if (json.empty() || json.size() > kMaxMetadata) return otherwise;
  hks::json::Reader reader;
  hks::json::Value root;
  if (!reader.read(json, root)) return otherwise;
  return simdjson::minify(root);
}

Event common(const hks_record& record, Event::Kind kind) {
  const auto call = hks::record<hks_call>(record.call);
  Event e;
  e.kind = kind;
  e.call_id = hks::utf8::line(hks::text(call.call), kMaxName);
  e.direction = call.direction == HKS_INCOMING ? "incoming" : "outbound";
  e.far_number = hks::utf8::line(hks::farNumber(call), kMaxName);
  e.own_number = hks::utf8::line(hks::ownNumber(call), kMaxName);
  e.prompt = hks::utf8::clean(hks::text(call.prompt), kMaxPrompt);
  e.metadata_json = objectOr(hks::text(call.metadata_json), "{}");
  return e;
}

std::string transcriptOf(const hks_record& record, std::size_t& lines) {
  std::string all;
  bool cut = false;
  for (std::uint64_t i = 0; record.lines && i < record.line_count; ++i) {
    const auto line = hks::element<hks_line>(record.lines, record.line_size, i);
    const std::string said = hks::utf8::line(hks::text(line.text), kMaxTranscript);
    if (said.empty()) continue;
    ++lines;
    if (cut) continue;
    if (all.size() + said.size() > kMaxTranscript) {
      all += "\n(the rest was cut)";
      cut = true;
      continue;
    }
    if (!all.empty()) all += '\n';
    all += line.speaker == HKS_ASSISTANT ? "assistant: " : "user: ";
    all += said;
  }
  return all;
}

/// Facts only: nothing here is anybody's interpretation.
std::string summaryOf(const Event& e, bool answered, std::size_t lines) {
  const bool incoming = e.direction == "incoming";
  std::string s = incoming ? "Incoming call from " : "Outbound call to ";
  s += e.far_number.empty() ? "an unknown number" : e.far_number;
  s += answered ? " lasted " + minutes(e.duration_ms) + " min, outcome " + e.outcome
                : " was not answered, outcome " + e.outcome;
  if (!e.ended_by.empty()) s += "; ended by " + e.ended_by;
  if (!e.reason.empty()) s += ": " + e.reason;
  if (const char last = s.back(); last != '.' && last != '!' && last != '?') s += '.';
  return s + (lines == 1 ? " 1 line was spoken." : " " + std::to_string(lines) + " lines were spoken.");
}

}  // namespace

Event startedEvent(const hks_record& record) {
  Event e = common(record, Event::Kind::Started);
  e.at_unix_ms = record.started_unix_ms;
  return e;
}

Event endedEvent(const hks_record& record) {
  Event e = common(record, Event::Kind::Ended);
  e.at_unix_ms = record.ended_unix_ms;
  e.duration_ms = record.duration_ms;
  e.outcome = outcomeWord(record.outcome);
  e.ended_by = enderWord(record.ended_by);
  e.reason = hks::utf8::line(hks::text(record.reason), kMaxReason);
  std::size_t lines = 0;
  e.transcript = transcriptOf(record, lines);
  e.summary = summaryOf(e, record.answered_unix_ms != 0, lines);
  e.prompt.clear();
  e.metadata_json.clear();
  return e;
}

std::string lineMark(const Event& e) {
  std::string out = e.kind == Event::Kind::Started ? "[call] started" : "[call] ended";
  appendPair(out, "id", e.call_id, kMaxName);
  return withoutCommands(out) + " ";
}

std::string oneLine(const Event& e, std::size_t max_bytes) {
  std::string out = e.kind == Event::Kind::Started ? "[call] started" : "[call] ended";
  appendPair(out, "id", e.call_id, kMaxName);
  appendPair(out, "dir", e.direction, kMaxName);
  const bool incoming = e.direction == "incoming";  // from and to as the call ran
  appendPair(out, "from", incoming ? e.far_number : e.own_number, kMaxName);
  appendPair(out, "to", incoming ? e.own_number : e.far_number, kMaxName);
  appendPair(out, "at", timestamp(e.at_unix_ms), kMaxName);
  if (e.kind == Event::Kind::Started) {
    appendPair(out, "purpose", e.prompt, kMaxPurpose);
    return withoutCommands(out);
  }
  appendPair(out, "duration", seconds(e.duration_ms), kMaxName);
  appendPair(out, "outcome", e.outcome, kMaxName);
  appendPair(out, "by", e.ended_by, kMaxName);
  appendPair(out, "summary", e.summary, 2 * kMaxReason);
  out = withoutCommands(out);
  // What remains of the room is the transcript's. U+2215 takes three bytes for one, so the limit is kept afterwards.
  std::string said;
  for (char c : e.transcript) {
    if (c == '\n')
      said += " | ";
    else
      said += c;
  }
  std::string pair;
  appendPair(pair, "transcript_untrusted", said, max_bytes);
  pair = withoutCommands(pair);
  if (out.size() + pair.size() <= max_bytes) return out + pair;
  const std::size_t tail = std::string_view(kCut).size() + 1;
  if (out.size() + tail + 32 > max_bytes) return hks::utf8::line(out, max_bytes);
  return out + hks::utf8::clean(pair, max_bytes - out.size() - tail) + kCut + '"';
}

}  // namespace hookswitch::gateway
