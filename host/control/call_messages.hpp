// The ABI's records of calls, read into the host's own values and written from them: the one place of the control plane
// that knows their fields.
#pragma once

#include <hookswitch/abi.h>

#include <cstdint>
#include <optional>
#include <string>

#include "host/call/life.hpp"
#include "host/control/call_requests.hpp"

namespace hookswitch::control {

class Session;

/// HKS_CALL_OFFER and HKS_CALL_FOUND, HKS_CALL_PLACED.
struct CarrierLeg {
  std::uint64_t id = 0;  ///< of the message
  std::string call;      ///< as in the leg's mark; empty: it has none
  std::string remote_id, to, from, base_url;
  call::Direction direction = call::Direction::outbound;
};
CarrierLeg readLeg(const hks_msg& message);

/// HKS_CALL_FAILED.
struct DialFailure {
  std::uint64_t id = 0;
  std::string reason;
  std::uint32_t code = 0;  ///< 400..599, or 0
};
DialFailure readFailure(const hks_msg& message);

/// HKS_CALL_STATE.
struct LegState {
  enum class Kind : std::uint8_t { other = 1, ringing = 2, answered = 3, over = 4, unknown_there = 5 };
  Kind kind = Kind::other;
  std::string call;  ///< our id, if the plugin knows it
  call::LegNews news;
};
LegState readState(const hks_msg& message);

/// HKS_CALL_END.
struct EndWish {
  std::string call;  ///< our id or the carrier's
  std::string reason;
  call::EndedBy by = call::EndedBy::api;
};
EndWish readEnd(const hks_msg& message);

/// HKS_SWEPT.
struct SweepEnd {
  std::uint64_t id = 0;
  std::string incomplete;  ///< what could not be looked at; empty: nothing
};
SweepEnd readSwept(const hks_msg& message);

inline constexpr std::size_t max_memo_bytes = 1024;
/// HKS_HOOK_DONE.
struct HookVerdict {
  std::uint64_t id = 0, after_ms = 0;
  call::HookRow::State state = call::HookRow::State::done;
  std::string reason;
  call::Wish wish;
  std::size_t memo_too_long = 0;  ///< bytes of one that is not kept
};
HookVerdict readVerdict(const hks_msg& message);

/// HKS_TOOL_RESULT.
struct ToolResult {
  std::uint64_t id = 0;
  std::string json;
  bool failed = false;
};
ToolResult readTool(const hks_msg& message);
/// What the model is told when a tool gives no result: a JSON string, which the voice's plugin marks as an error.
std::string toolFailure(const std::string& why);

/// HKS_DRAFT_ACT_DONE.
struct ActAnswer {
  /// taken: the stream ends and comes back. unsure: nobody knows. inband: the sound of the call has the keys. left: the
  /// far end has hung up.
  enum class State : std::uint8_t { taken = 1, refused = 2, unsure = 3, inband = 4, left = 5 };
  std::uint64_t id = 0;  ///< of the message that asked; 0: the host says it itself
  State state = State::refused;
  std::string reason;
};
ActAnswer readActAnswer(const hks_msg& message);

/// HKS_NOTICE and HKS_SAY.
struct Words {
  std::string call, text;
  unsigned level = 0;
};
Words readWords(const hks_msg& message);

// To a plugin's session. What it answers in the same step is heard before these return.
hks_status sendPlace(Session& session, const call::Terms& terms, std::uint64_t message_id);
void sendAccepted(Session& session, const call::Terms& terms, const std::string& remote_id, std::uint64_t offer_id);
void sendRefused(Session& session, std::uint64_t offer_id, const Refusal& why);
void sendSweep(Session& session, std::uint64_t message_id);
void sendTool(Session& session, std::uint64_t run_id, const std::string& call, const std::string& name,
              const std::string& arguments);

/// HKS_DRAFT_TRANSFERRED.
struct TransferNews {
  std::string call;
  std::optional<call::TransferState> state;  ///< none: one that this host does not know
};
TransferNews readTransfer(const hks_msg& message);

/// HKS_DRAFT_KEYS or, with a number, HKS_DRAFT_TRANSFER, with the call as it stands: its media_url is the one of the
/// stream that follows.
struct ActGift {
  std::uint64_t id = 0;
  std::string digits;
  std::string to, announce;
  std::uint32_t timeout_s = 0;
};
hks_status sendAct(Session& session, const call::Record& record, const ActGift& gift);

/// HKS_CALL_PHASE.
struct HookGift {
  std::uint64_t id = 0;
  call::Phase phase = call::Phase::notify;
  std::uint32_t deadline_ms = 0, attempt = 1;
  std::string event_id, memo;
  std::string say;                              ///< before a leg is hung up; empty: nothing
  std::uint64_t unix_ms = 0, call_unix_ms = 0;  ///< the wall clock, and the call's own
};
hks_status sendPhase(Session& session, const call::Record& record, const HookGift& gift);

/// Calls `use` with the HKS_TRANSCRIPT or HKS_NOTICE, for notifiers.
template <class Use>
void withTranscript(const std::string& call, const call::Line& line, Use use) {
  hks_transcript m{};
  m.msg = {sizeof m, HKS_TRANSCRIPT, 0};
  m.call = {call.data(), call.size()};
  m.text = {line.text.data(), line.text.size()};
  m.item = {line.item.data(), line.item.size()};
  m.speaker = line.speaker;
  m.at_unix_ms = line.at_unix_ms;
  use(m.msg);
}
template <class Use>
void withNotice(const Words& words, Use use) {
  hks_notice m{};
  m.msg = {sizeof m, HKS_NOTICE, 0};
  m.call = {words.call.data(), words.call.size()};
  m.text = {words.text.data(), words.text.size()};
  m.level = words.level;
  use(m.msg);
}

}  // namespace hookswitch::control
