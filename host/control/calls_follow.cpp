// Calls that ring, are answered, and what carriers and plugins say of them.
#include <hookswitch/utf8.hpp>

#include <algorithm>

#include "host/base/ids.hpp"
#include "host/base/log.hpp"
#include "host/control/calls.hpp"
#include "host/plugin/start_record.hpp"
#include "host/plugin/wire.hpp"
#include "host/test_points.hpp"

namespace hookswitch::control {

using call::Call;
using call::EndedBy;
using call::Outcome;
using call::Status;
using plugin::str;
using plugin::view;

namespace {
constexpr const char* component = "calls";
constexpr std::size_t longest_missing = 1024;  // bytes
}  // namespace

void Calls::announce(Call& call) { run(call, call.teardown->announce(plugins_.hooks(), Thread::nowMs())); }

void Calls::armLimit(Call& call, std::uint64_t ms, const std::string& reason, std::optional<Outcome> outcome,
                     bool ask_first) {
  control_.cancel(call.limit_timer);
  auto reached = [this, id = call.id(), reason, outcome, ask_first] {
    Call* c = table_.find(id);
    if (!c) return;
    c->limit_timer = 0;
    if (!ask_first) return begin(*c, EndedBy::limit, reason, outcome);
    // A callback may have been lost: what the carrier says counts, not our timer.
    ask(*c, [this, reason, outcome](Call& open) {
      if (open.record.status < Status::in_progress) begin(open, EndedBy::limit, reason, outcome);
    });
  };
  // An answered call is paid for whether we run or not; a ringing one is waited for.
  call.limit_timer = ask_first ? control_.after(ms, std::move(reached)) : control_.afterAll(ms, std::move(reached));
}

void Calls::armRing(Call& call, std::uint64_t more_ms) {
  const std::uint32_t s = call.record.terms->ring_timeout_s;
  armLimit(call, s * 1000ull + ring_grace_ms + more_ms,
           "ring timeout: nobody answered within " + std::to_string(s) + " s", Outcome::no_answer, true);
}

/// Answered, or about to be; the carrier has yet to open the media stream.
void Calls::armConnect(Call& call) {
  control_.cancel(call.connect_timer);
  call.connect_timer =
      control_.after(defaults_.connect_timeout_s * 1000ull, [this, id = call.id(), s = defaults_.connect_timeout_s] {
        Call* c = table_.find(id);
        if (!c) return;
        c->connect_timer = 0;
        if (c->has_media) return;  // not media_attached: the token may be used up by a socket that was lost on its way
        const std::string what = c->missing.empty() ? "the carrier did not open the media stream" : c->missing;
        begin(*c, EndedBy::limit, "never connected within " + std::to_string(s) + " s: " + what, Outcome::failed);
      });
}

void Calls::answered(Call& call, const hks_state* said) {
  if (call.record.status >= Status::in_progress) {
    // Whoever said it first may not have known when; the carrier's own word may come later.
    if (said && call.record.status == Status::in_progress) noteAnswer(call, *said);
    return;
  }
  call.record.status = Status::in_progress;
  call.record.answered_unix_ms = clockOf(call);
  call.answered_ms = Thread::allMs();
  log::info(component, "in progress", call.id());
  HOOKSWITCH_CUT("answered.before_save", "");
  if (said) noteAnswer(call, *said);
  ledger_.write(call);
  if (!call.has_media && !call.connect_timer) armConnect(call);
  const std::uint64_t limit_ms = call.record.terms->max_duration_s * 1000ull,
                      passed_ms = Thread::allMs() - call.answered_ms;
  armLimit(call, limit_ms - std::min(limit_ms, passed_ms),
           "the maximum duration of " + std::to_string(call.record.terms->max_duration_s) + " s is reached",
           std::nullopt);
}

void Calls::stateChanged(Session& session, const hks_state& state) {
  const std::string remote(view(state.remote_id));
  Call* call = state.call.size ? table_.find(view(state.call)) : nullptr;
  if (!call) call = table_.findRemote(session.id(), remote);
  if (!call) {
    const std::string id(view(state.call));
    if (const auto offer = offers_.find(session.id() + ":" + remote); offer != offers_.end() && state.state == HKS_OVER)
      offer->second.over = true;
    // A leg that carries our mark and runs, though nobody knows it, is ended.
    if (base::isId(id) && !remote.empty() && (state.state == HKS_RINGING || state.state == HKS_IN_PROGRESS))
      return orphan(session.id(), id, remote, {}, {}, {}, call::Direction::outbound);
    return session.say(log::Level::debug, "reported a call that is not ours: " + remote);
  }
  if (call->record.terms->carrier != session.id()) return;
  if (state.state == HKS_UNKNOWN_LEG) {
    if (call->witness.unknown_there) return;
    call->witness.unknown_there = true;
    log::warn(component,
              "the account at " + call->record.terms->carrier + " does not know the leg " + call->record.remote_id,
              call->id());
    return witnessed(*call);
  }
  if (!remote.empty() && call->record.remote_id.empty()) {
    // A callback may be faster than the answer to the create request, or all that is left of it.
    if (state.state != HKS_OVER) {
      legNamed(*call, remote);
    } else {
      table_.setRemote(*call, remote);
      ledger_.write(*call);
    }
  }
  if (state.state == HKS_RINGING || state.state == HKS_IN_PROGRESS) call->witness.unknown_there = false;
  switch (state.state) {
    case HKS_RINGING:
      if (call->record.status == Status::initiating) {
        call->record.status = Status::ringing;
        log::info(component, "ringing", call->id());
        ledger_.write(*call);
      }
      return;
    case HKS_IN_PROGRESS:
      if (call->record.status >= Status::ending) return;
      call->missing = hks::utf8::line(view(state.reason), longest_missing);
      return answered(*call, &state);
    case HKS_OVER: return legOver(*call, state);
    default: return;
  }
}

void Calls::legOver(Call& call, const hks_state& state) {
  if (call.leg_over) return;
  HOOKSWITCH_CUT("leg_over.before_save", "");
  call.leg_over = true;
  noteTalk(call, state);
  const bool known = state.outcome >= HKS_COMPLETED && state.outcome <= HKS_CANCELED;
  const Outcome outcome = known ? static_cast<Outcome>(state.outcome) : Outcome::completed;
  if (call.teardown->begun()) {
    // What a restart could not know the carrier does.
    if (known && call.record.ended_by == EndedBy::recovery && !call.record.ended_unix_ms) call.record.outcome = outcome;
    log::info(component, "the carrier confirms that the leg is over", call.id());
    return run(call, call.teardown->legOver(Thread::nowMs()));
  }
  std::string reason(view(state.reason));
  if (reason.empty()) reason = std::string("the carrier reported the call ") + call::name(outcome);
  begin(call, EndedBy::carrier, reason, outcome);
}

/// One witness is written down, for a start that hears of the other; two are as good as the carrier's word.
void Calls::witnessed(Call& call) {
  if (call.leg_over) return;
  if (!call.witness.agree()) return ledger_.write(call);
  hks_state state{};
  state.reason = str("the carrier's stream has stopped, and its account does not know the leg any more");
  state.state = HKS_OVER;
  legOver(call, state);
}

Call* Calls::named(Session& session, hks_str id_or_remote) {
  Call* call = table_.find(view(id_or_remote));
  return call ? call : table_.findRemote(session.id(), view(id_or_remote));
}

void Calls::endRequested(Session& session, const hks_call_end& message) {
  Call* call = named(session, message.call);
  if (!call) return session.say(log::Level::warning, "asked for the end of a call that is unknown or over");
  const auto by =
      message.by >= HKS_BY_API && message.by <= HKS_BY_RECOVERY ? static_cast<EndedBy>(message.by) : EndedBy::api;
  begin(*call, by, std::string(view(message.reason)), std::nullopt);
}

void Calls::onCallMessage(Session& session, const hks_msg& message) {
  switch (message.type) {
    case HKS_CALL_OFFER: return offered(session, reinterpret_cast<const hks_call&>(message));
    case HKS_CALL_PLACED:
      return placed(session, message.id, std::string(view(reinterpret_cast<const hks_call&>(message).remote_id)));
    case HKS_CALL_FAILED: return failed(session.id(), reinterpret_cast<const hks_refusal&>(message));
    case HKS_CALL_STATE: return stateChanged(session, reinterpret_cast<const hks_state&>(message));
    case HKS_CALL_END: return endRequested(session, reinterpret_cast<const hks_call_end&>(message));
    case HKS_HOOK_DONE: return hookDone(session, reinterpret_cast<const hks_hook_done&>(message));
    case HKS_CALL_FOUND: return found(session, reinterpret_cast<const hks_call&>(message));
    case HKS_SWEPT: return swept(session, reinterpret_cast<const hks_swept&>(message));
    case HKS_TOOL_RESULT: return toolDone(reinterpret_cast<const hks_tool_call&>(message));
    case HKS_NOTICE: {
      hks_notice notice = reinterpret_cast<const hks_notice&>(message);
      std::string text;
      if (!plugin::FloodGate::of(session.id()).notice(view(notice.text), text)) return;
      notice.text = str(text);
      return noticed(session.id(), notice.msg);
    }
    case HKS_SAY: {
      auto& say = reinterpret_cast<const hks_notice&>(message);
      Call* call = named(session, say.call);
      if (call && call->has_media) plane_->say(call->id(), std::string(view(say.text)));
      return;
    }
    default:
      session.say(log::Level::debug,
                  std::string("sent ") + plugin::typeName(message.type) + ", which is not for a control session");
  }
}

void Calls::noticed(const std::string& from, const hks_msg& message) {
  auto& notice = reinterpret_cast<const hks_notice&>(message);
  plugin::FloodGate::of(from).line(log::fromPlugin(notice.level), view(notice.call), view(notice.text));
  plugins_.fanOut(message, from);
}

}  // namespace hookswitch::control
