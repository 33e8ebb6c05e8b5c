// One phone call as the control thread knows it, and the record that is left when it is over.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/call/hook_row.hpp"
#include "host/call/leg_witness.hpp"
#include "host/call/types.hpp"

namespace hookswitch::call {

struct Line {
  std::uint8_t speaker = 1;  ///< 1 user (the caller), 2 assistant: HKS_USER, HKS_ASSISTANT
  std::uint64_t at_unix_ms = 0;
  std::string text;
  std::string item = {};  ///< the voice's name for what was said; the same again replaces the line (cut by a barge-in)
  std::uint32_t number = 0;  ///< within its call, from 1, never used twice: what the store knows it by
  bool cut = false;          ///< more was said than Record::max_line_bytes
};

/// What was agreed when the call began; never changes afterwards, so that media loops may share it. [any]
struct Terms {
  std::string id;
  std::string carrier, voice;          ///< plugin ids
  std::string to_number, from_number;  ///< who is called; who calls. For an incoming call our own number; the caller
  std::string base_url;                ///< how the carrier reaches us, no trailing slash
  std::string media_url;               ///< carries the one-use token: never logged, never in an answer
  std::string prompt, greeting;
  std::string metadata_json = "{}";  ///< a JSON object
  Direction direction = Direction::outbound;
  std::uint32_t max_duration_s = 3600, ring_timeout_s = 30;
  std::uint32_t greeting_shield_ms = whole_greeting;  ///< so much of the greeting cannot be interrupted
  std::optional<std::vector<std::string>> tools;      ///< exactly these; none: as calls.tools says, and all others
  /// The other party, whoever called whom.
  const std::string& farNumber() const { return direction == Direction::incoming ? from_number : to_number; }
};

/// That the far end was to be connected with another number; the latest of a call.
struct Transfer {
  std::string to;  ///< E.164; empty: nobody wanted that
  TransferState state = TransferState::ringing;
  bool operator==(const Transfer& o) const { return to == o.to && state == o.state; }
  bool rings() const { return !to.empty() && state == TransferState::ringing; }
  bool completed() const { return !to.empty() && state == TransferState::completed; }
};

/// The facts of a call. [control]
struct Record {
  std::shared_ptr<const Terms> terms;
  std::string remote_id;  ///< the carrier's id of the leg; empty until named
  Status status = Status::initiating;
  std::uint64_t started_unix_ms = 0, answered_unix_ms = 0, ended_unix_ms = 0;  ///< 0: not yet
  std::uint64_t started_ms = 0;       ///< the start on the monotonic clock of `boot`; 0: not known
  std::string boot;                   ///< the run of the machine in which it began
  Outcome outcome = Outcome::failed;  ///< counts once the call is ending
  EndedBy ended_by = EndedBy::fault;  ///< likewise
  std::string reason;                 ///< a sentence: why it ended
  Transfer transfer;
  std::vector<Line> transcript;
  bool transcript_cut = false;  ///< the bounds below were reached; said once in the log

  static constexpr std::size_t max_lines = 10'000, max_transcript_bytes = 4 * 1024 * 1024;
  static constexpr std::size_t max_line_bytes =
      64 * 1024;  ///< what is longer is cut, between two characters, and marked
  std::size_t transcript_bytes = 0;
  std::uint32_t last_line = 0;  ///< the highest number that a line got

  /// Append in the order of arrival, or correct the line of the same item, which an empty text removes. Returns the
  /// number of the line that is new or other, 0 when nothing has changed; none: the bound is reached and the line is
  /// not kept.
  std::optional<std::uint32_t> addLine(Line line);
  /// What has come of a line that was heard.
  struct Heard {
    std::optional<Line> changed{};  ///< the line as it is to be written, if anything of the transcript has changed
    bool full = false;              ///< the bound has been reached, for the first time
  };
  /// As addLine(); none: the record is sealed, and the line is not kept.
  std::optional<Heard> hear(Line line);
  /// What time it is for this call: its start by the wall clock, and from there the monotonic one, so that a wall clock
  /// that is set makes no call longer or shorter. A call of an earlier run of the machine has only the wall clock:
  /// never before what has happened, and never beyond the maximum duration, at which the carrier has ended it.
  std::uint64_t clockMs(std::uint64_t now_ms, std::uint64_t now_unix_ms) const;
  /// Answered until ended (or `now`, by clockMs()); 0 for a call that nobody answered.
  std::uint64_t durationMs(std::uint64_t now_unix_ms) const;
};

/// Corrects the line of `line`'s item among the newest, keeping its time and number, which is returned; none when there
/// is no such line. `bytes` follows.
std::optional<std::uint32_t> correctLine(std::vector<Line>& lines, std::size_t& bytes, const Line& line);

/// Bounds the line's text to Record::max_line_bytes and marks it when something had to go.
void boundLine(Line& line);

}  // namespace hookswitch::call
