// What the gateway is told of a call, copied out of the host's record and bounded.
#pragma once

#include <hookswitch/abi.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace hookswitch::gateway {

struct Event {
  enum class Kind { Started = 1, Ended = 2 };
  Kind kind = Kind::Started;
  std::string call_id, direction;      ///< direction: outbound | incoming
  std::string far_number, own_number;  ///< far: the other party, whoever called whom
  std::uint64_t at_unix_ms = 0;        ///< of what is told
  std::string prompt, metadata_json;   ///< Started; metadata_json is always a JSON object
  std::uint64_t duration_ms = 0;       ///< Ended, this and the following
  std::string outcome, ended_by, reason, summary;
  std::string transcript;  ///< "user: ..." and "assistant: ..." lines
  std::size_t bytes() const {
    return sizeof(Event) + call_id.size() + far_number.size() + own_number.size() + prompt.size() +
           metadata_json.size() + reason.size() + summary.size() + transcript.size();
  }
};

/// [any] Longer transcripts end in a line that says so.
constexpr std::size_t kMaxTranscript = 256 * 1024;

Event startedEvent(const hks_record& record);
Event endedEvent(const hks_record& record);

/// The event as one line of text: `[call] ended id=... outcome=... summary="..." transcript_untrusted="..."`.
/// At most `max_bytes` (>= 1024): of what is too long, the transcript is cut. (openclaw-gateway.md §3) [any]
std::string oneLine(const Event& event, std::size_t max_bytes);

/// How that line begins, up to and with the call's id and a blank: enough to know the event again. [any]
std::string lineMark(const Event& event);

}  // namespace hookswitch::gateway
