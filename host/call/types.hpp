// The words of a call: status, outcome, direction, who ended it. One spelling for the API, the log and the plugins.
#pragma once

#include <cstdint>
#include <string_view>

namespace hookswitch::call {

enum class Status : std::uint8_t { initiating = 1, ringing = 2, in_progress = 3, ending = 4, ended = 5 };
// The numbers are the ABI's: HKS_COMPLETED..., HKS_BY_API..., HKS_OUTBOUND...
enum class Outcome : std::uint8_t { completed = 1, failed = 2, busy = 3, no_answer = 4, canceled = 5 };
enum class EndedBy : std::uint8_t { api = 1, carrier = 2, agent = 3, limit = 4, shutdown = 5, fault = 6, recovery = 7 };
enum class Direction : std::uint8_t { outbound = 1, incoming = 2 };
enum class Phase : std::uint8_t {
  hangup = 1,
  disconnect = 2,
  record = 3,
  notify = 4,
  started = 5,
  confirm = 6,
  settle = 7
};

/// How a transfer went. The numbers behind `ringing` are the ABI's: HKS_DRAFT_T_COMPLETED...
enum class TransferState : std::uint8_t {
  completed = 1,  ///< the far end and the other number were connected
  busy = 2,
  no_answer = 3,
  declined = 4,
  failed = 5,
  caller_left = 6,  ///< the far end hung up before anybody answered
  ringing = 7,
};

const char* name(Status);   ///< "in-progress", as the API spells it
const char* name(Outcome);  ///< "no-answer"
const char* name(EndedBy);
const char* name(Direction);
const char* name(Phase);
const char* name(TransferState);  ///< "no_answer"

/// Of calls.greeting_shield_ms: all of the greeting.
inline constexpr std::uint32_t whole_greeting = 0xFFFFFFFF;

/// "+" and 7 to 15 digits, the first not 0 (ITU-T E.164).
bool isE164(std::string_view number);

}  // namespace hookswitch::call
