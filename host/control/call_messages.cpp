#include "host/control/call_messages.hpp"

#include <hookswitch/draft.h>
#include <hookswitch/utf8.hpp>

#include <vector>

#include "host/base/json.hpp"
#include "host/control/session.hpp"
#include "host/plugin/message.hpp"
#include "host/plugin/start_record.hpp"

namespace hookswitch::control {

using call::EndedBy;
using call::HookRow;
using call::Outcome;
using plugin::str;
using plugin::view;

namespace {

constexpr std::size_t longest_missing = 1024;  // bytes

template <class Record>
const Record& as(const hks_msg& message) {
  return reinterpret_cast<const Record&>(message);
}
std::string text(hks_str s) { return std::string(view(s)); }

/// That the call is over tells the carrier to hang the leg up, not to send it elsewhere.
std::uint32_t statusOfOffer(Why why) {
  switch (why) {
    case Why::gone: return 410;
    case Why::not_allowed: return 403;
    case Why::too_many: return 429;
    default: return 503;
  }
}

}  // namespace

CarrierLeg readLeg(const hks_msg& message) {
  auto& m = as<hks_call>(message);
  return {message.id,
          text(m.call),
          text(m.remote_id),
          text(m.to_number),
          text(m.from_number),
          text(m.base_url),
          m.direction == HKS_INCOMING ? call::Direction::incoming : call::Direction::outbound};
}

DialFailure readFailure(const hks_msg& message) {
  auto& m = as<hks_refusal>(message);
  return {message.id, text(m.reason), m.http_status >= 400 && m.http_status < 600 ? m.http_status : 0};
}

LegState readState(const hks_msg& message) {
  auto& m = as<hks_state>(message);
  LegState out;
  out.call = text(m.call);
  out.news.remote_id = text(m.remote_id);
  out.news.times = {m.answered_unix_ms, m.duration_ms, m.resolution_ms ? m.resolution_ms : 1};
  switch (m.state) {
    case HKS_RINGING: out.kind = LegState::Kind::ringing; break;
    case HKS_IN_PROGRESS:
      out.kind = LegState::Kind::answered;
      out.news.reason = hks::utf8::line(view(m.reason), longest_missing);
      break;
    case HKS_OVER:
      out.kind = LegState::Kind::over;
      out.news.reason = text(m.reason);
      if (m.outcome >= HKS_COMPLETED && m.outcome <= HKS_CANCELED) out.news.outcome = static_cast<Outcome>(m.outcome);
      break;
    case HKS_UNKNOWN_LEG: out.kind = LegState::Kind::unknown_there; break;
    default: break;
  }
  return out;
}

EndWish readEnd(const hks_msg& message) {
  auto& m = as<hks_call_end>(message);
  return {text(m.call), text(m.reason),
          m.by >= HKS_BY_API && m.by <= HKS_BY_RECOVERY ? static_cast<EndedBy>(m.by) : EndedBy::api};
}

SweepEnd readSwept(const hks_msg& message) { return {message.id, text(as<hks_swept>(message).reason)}; }

HookVerdict readVerdict(const hks_msg& message) {
  auto& m = as<hks_hook_done>(message);
  HookVerdict out;
  out.id = message.id;
  out.after_ms = m.after_ms;
  out.reason = text(m.reason);
  switch (m.state) {
    case HKS_HOOK_RETRY: out.state = HookRow::State::retrying; break;
    case HKS_HOOK_GIVE_UP: out.state = HookRow::State::failed; break;
    case HKS_HOOK_SKIP: out.state = HookRow::State::skipped; break;
    default: break;
  }
  if (out.state != HookRow::State::retrying) return out;
  out.wish.apart = m.flags & HKS_HOOK_APART;
  out.wish.mend = m.flags & HKS_HOOK_MEND;
  if (m.memo.size <= max_memo_bytes)
    out.wish.memo = text(m.memo);
  else
    out.memo_too_long = m.memo.size;
  return out;
}

ActAnswer readActAnswer(const hks_msg& message) {
  auto& m = as<hks_draft_act_done>(message);
  ActAnswer out{message.id, ActAnswer::State::refused, hks::utf8::line(view(m.reason), longest_missing)};
  if (m.state >= HKS_DRAFT_TAKEN && m.state <= HKS_DRAFT_LEFT) out.state = static_cast<ActAnswer::State>(m.state);
  return out;
}

TransferNews readTransfer(const hks_msg& message) {
  auto& m = as<hks_draft_transferred>(message);
  TransferNews out{text(m.call), {}};
  if (m.state >= HKS_DRAFT_T_COMPLETED && m.state <= HKS_DRAFT_T_CALLER_LEFT)
    out.state = static_cast<call::TransferState>(m.state);
  return out;
}

ToolResult readTool(const hks_msg& message) {
  auto& m = as<hks_tool_call>(message);
  return {message.id, text(m.json), m.failed != 0};
}

std::string toolFailure(const std::string& why) {
  std::string text;
  json::quoteTo(text, why);
  return text;
}

Words readWords(const hks_msg& message) {
  auto& m = as<hks_notice>(message);
  return {text(m.call), text(m.text), m.level};
}

hks_status sendPlace(Session& session, const call::Terms& terms, std::uint64_t message_id) {
  const hks_call record = plugin::callRecord(terms, {}, HKS_CALL_PLACE, message_id);
  return session.step(record.msg);
}

void sendAccepted(Session& session, const call::Terms& terms, const std::string& remote_id, std::uint64_t offer_id) {
  const hks_call record = plugin::callRecord(terms, remote_id, HKS_CALL_ACCEPTED, offer_id);
  session.step(record.msg);
}

void sendRefused(Session& session, std::uint64_t offer_id, const Refusal& why) {
  hks_refusal m{};
  m.msg = {sizeof m, HKS_CALL_REFUSED, offer_id};
  m.reason = str(why.error);
  m.http_status = statusOfOffer(why.why);
  session.step(m.msg);
}

hks_status sendAct(Session& session, const call::Record& record, const ActGift& gift) {
  const hks_call call = plugin::callRecord(*record.terms, record.remote_id);
  hks_draft_act m{};
  m.msg = {sizeof m, gift.to.empty() ? HKS_DRAFT_KEYS : HKS_DRAFT_TRANSFER, gift.id};
  m.call = &call;
  m.digits = str(gift.digits);
  m.to = str(gift.to);
  m.announce = str(gift.announce);
  m.timeout_s = gift.timeout_s;
  return session.step(m.msg);
}

void sendSweep(Session& session, std::uint64_t message_id) {
  const hks_msg m{sizeof m, HKS_CALL_SWEEP, message_id};
  session.step(m);
}

void sendTool(Session& session, std::uint64_t run_id, const std::string& call, const std::string& name,
              const std::string& arguments) {
  hks_tool_call m{};
  m.msg = {sizeof m, HKS_TOOL_CALL, run_id};
  m.call = str(call);
  m.name = str(name);
  m.json = str(arguments);
  session.step(m.msg);
}

hks_status sendPhase(Session& session, const call::Record& r, const HookGift& gift) {
  const auto terms = r.terms;  // the step may replace them
  const hks_call about = plugin::callRecord(*terms, r.remote_id);
  std::vector<hks_line> lines;
  if (gift.phase == call::Phase::notify)
    for (auto& line : r.transcript) lines.push_back({sizeof(hks_line), line.speaker, line.at_unix_ms, str(line.text)});
  hks_record record{};
  record.size = sizeof record;
  record.line_size = sizeof(hks_line);
  record.call = &about;
  record.outcome = std::uint32_t(r.outcome);
  record.ended_by = std::uint32_t(r.ended_by);
  record.reason = str(r.reason);
  record.started_unix_ms = r.started_unix_ms;
  record.answered_unix_ms = r.answered_unix_ms;
  record.ended_unix_ms = r.ended_unix_ms;
  record.duration_ms = r.durationMs(gift.call_unix_ms);
  record.lines = lines.empty() ? nullptr : lines.data();
  record.line_count = lines.size();
  hks_phase phase{};
  phase.msg = {sizeof phase, HKS_CALL_PHASE, gift.id};
  phase.phase = std::uint32_t(gift.phase);
  phase.deadline_ms = gift.deadline_ms;
  phase.attempt = gift.attempt;
  phase.event_id = str(gift.event_id);
  phase.record = &record;
  phase.unix_ms = gift.unix_ms;
  phase.memo = str(gift.memo);
  phase.say = str(gift.say);
  // Of a leg that was rung for this one only the carrier knows, and it may be another session than the one that rang.
  if (!r.transfer.to.empty() && session.id() == terms->carrier && session.library().listensTo(HKS_DRAFT_TRANSFER)) {
    hks_draft_transferred m{};
    m.msg = {sizeof m, HKS_DRAFT_TRANSFERRED, 0};
    m.call = str(terms->id);
    m.state = r.transfer.rings() ? 0 : std::uint32_t(r.transfer.state);
    session.step(m.msg);
  }
  return session.step(phase.msg);
}

}  // namespace hookswitch::control
