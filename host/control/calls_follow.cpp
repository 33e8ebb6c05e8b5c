// Calls that ring, are answered, and what carriers and plugins say of them.
#include <algorithm>

#include "host/app/log.hpp"
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
}

void Calls::offered(Session& session, const hks_call& offer) {
  const std::string remote_id(view(offer.remote_id));
  auto accept = [&](const Call& call) {
    const hks_call record = plugin::callRecord(*call.record.terms, call.record.remote_id, HKS_CALL_ACCEPTED, offer.msg.id);
    session.step(record.msg);
  };
  auto refuse = [&](const Refusal& why) {
    hks_end m{};
    m.msg = {sizeof m, HKS_CALL_REFUSED, offer.msg.id};
    m.reason = str(why.error);
    m.code = std::uint32_t(why.status);
    session.step(m.msg);
  };
  // A webhook that is delivered twice must not answer the caller twice.
  if (Call* known = table_.findRemote(session.id(), remote_id)) {
    if (known->teardown->begun()) return refuse({410, "the call is over"});
    return accept(*known);
  }
  call::Terms terms;
  terms.carrier = session.id();
  terms.voice = defaults_.voice;
  terms.to_number = std::string(view(offer.to_number));
  terms.from_number = std::string(view(offer.from_number));
  terms.base_url = withoutSlash(defaults_.public_url);
  terms.prompt = defaults_.prompt;
  terms.greeting = defaults_.greeting;
  terms.direction = call::Direction::incoming;
  terms.max_duration_s = defaults_.max_duration_s;
  terms.ring_timeout_s = defaults_.ring_timeout_s;
  Refusal no = admit(terms.carrier, terms.voice);
  if (!no.status && terms.base_url.empty()) no = {503, "server.public_url is empty, so the carrier cannot be told where to send the audio"};
  if (no.status) {
    log::warn(component, "an incoming call from " + terms.to_number + " was refused: " + no.error);
    return refuse(no);
  }
  Call& call = create(std::move(terms), remote_id, Status::ringing);
  const std::string id = call.id();
  log::info(component, "incoming call from " + call.record.terms->to_number + " to " + call.record.terms->from_number, id);
  const std::uint64_t offer_id = offer.msg.id;
  HOOKSWITCH_CUT("offer.before_intent", "");
  ledger_.write(call, [this, id, offer_id, plugin = session.id()] {
    Call* c = table_.find(id);
    Session* carrier = plugins_.session(plugin);
    if (!c || !carrier) return;
    if (c->teardown->begun()) {   // whoever rang off meanwhile
      hks_end over{};
      over.msg = {sizeof over, HKS_CALL_REFUSED, offer_id};
      over.reason = str("the call is over");
      over.code = 410;
      carrier->step(over.msg);
      return;
    }
    HOOKSWITCH_CUT("offer.before_answer", "");
    armConnect(*c);
    const auto shared = c->record.terms;
    const hks_call record = plugin::callRecord(*shared, c->record.remote_id, HKS_CALL_ACCEPTED, offer_id);
    carrier->step(record.msg);
    HOOKSWITCH_CUT("offer.after_answer", "");
    if (Call* still = table_.find(id); still && !still->teardown->begun()) announce(*still);
  });
}

void Calls::announce(Call& call) { run(call, call.teardown->announce(plugins_.hooks(), Thread::nowMs())); }

void Calls::armLimit(Call& call, std::uint64_t ms, const std::string& reason, std::optional<Outcome> outcome, bool ask_first) {
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
  armLimit(call, s * 1000ull + ring_grace_ms + more_ms, "ring timeout: nobody answered within " + std::to_string(s) + " s", Outcome::no_answer, true);
}

/// Answered, or about to be; the carrier has yet to open the media stream.
void Calls::armConnect(Call& call) {
  control_.cancel(call.connect_timer);
  call.connect_timer = control_.after(defaults_.connect_timeout_s * 1000ull, [this, id = call.id(), s = defaults_.connect_timeout_s] {
    Call* c = table_.find(id);
    if (!c) return;
    c->connect_timer = 0;
    if (!c->has_media)   // the token may be used up by a socket that was lost on its way
      begin(*c, EndedBy::limit, "never connected: the carrier did not open the media stream within " + std::to_string(s) + " s", std::nullopt);
  });
}

void Calls::answered(Call& call) {
  if (call.record.status >= Status::in_progress) return;
  call.record.status = Status::in_progress;
  call.record.answered_unix_ms = Thread::unixMs();
  call.answered_ms = Thread::allMs();
  log::info(component, "in progress", call.id());
  HOOKSWITCH_CUT("answered.before_save", "");
  ledger_.write(call);
  if (!call.has_media && !call.connect_timer) armConnect(call);
  armLimit(call, call.record.terms->max_duration_s * 1000ull,
           "the maximum duration of " + std::to_string(call.record.terms->max_duration_s) + " s is reached", std::nullopt);
}

void Calls::stateChanged(Session& session, const hks_state& state) {
  const std::string remote(view(state.remote_id));
  Call* call = state.call.size ? table_.find(view(state.call)) : nullptr;
  if (!call) call = table_.findRemote(session.id(), remote);
  if (!call) {
    const std::string id(view(state.call));
    // A leg that carries our mark and runs, though nobody knows it, is ended.
    if (call::isId(id) && !remote.empty() && (state.state == HKS_RINGING || state.state == HKS_IN_PROGRESS))
      return orphan(session.id(), id, remote, {}, {}, {}, call::Direction::outbound);
    return log::debug(component, session.library().name + " reported a call that is not ours: " + remote);
  }
  if (call->record.terms->carrier != session.id()) return;
  if (!remote.empty() && call->record.remote_id.empty()) {
    // A callback may be faster than the answer to the create request, or all that is left of it.
    if (state.state != HKS_OVER) {
      legNamed(*call, remote);
    } else {
      table_.setRemote(*call, remote);
      ledger_.write(*call);
    }
  }
  switch (state.state) {
    case HKS_RINGING:
      if (call->record.status == Status::initiating) {
        call->record.status = Status::ringing;
        log::info(component, "ringing", call->id());
        ledger_.write(*call);
      }
      return;
    case HKS_IN_PROGRESS:
      if (call->record.status < Status::ending) answered(*call);
      return;
    case HKS_OVER: return legOver(*call, state);
    default: return;
  }
}

void Calls::legOver(Call& call, const hks_state& state) {
  if (call.leg_over) return;
  HOOKSWITCH_CUT("leg_over.before_save", "");
  call.leg_over = true;
  const bool known = state.outcome >= HKS_COMPLETED && state.outcome <= HKS_CANCELED;
  const Outcome outcome = known ? static_cast<Outcome>(state.outcome) : Outcome::completed;
  if (call.teardown->begun()) {
    // What a restart could not know the carrier does.
    if (known && call.record.ended_by == EndedBy::recovery && !call.record.ended_unix_ms) {
      call.record.outcome = outcome;
      if (state.duration_ms && !call.record.answered_unix_ms) call.record.answered_unix_ms = Thread::unixMs() - state.duration_ms;
      if (state.duration_ms) call.talked_ms = state.duration_ms;
    }
    log::info(component, "the carrier confirms that the leg is over", call.id());
    return run(call, call.teardown->legOver(Thread::nowMs()));
  }
  std::string reason(view(state.reason));
  if (reason.empty()) reason = std::string("the carrier reported the call ") + call::name(outcome);
  begin(call, EndedBy::carrier, reason, outcome);
}

Call* Calls::named(Session& session, hks_str id_or_remote) {
  Call* call = table_.find(view(id_or_remote));
  return call ? call : table_.findRemote(session.id(), view(id_or_remote));
}

void Calls::endRequested(Session& session, const hks_end& message) {
  Call* call = named(session, message.call);
  if (!call) return log::warn(session.component(), "asked for the end of a call that is unknown or over");
  const auto by = message.by >= HKS_BY_API && message.by <= HKS_BY_RECOVERY ? static_cast<EndedBy>(message.by) : EndedBy::api;
  begin(*call, by, std::string(view(message.reason)), std::nullopt);
}

void Calls::onCallMessage(Session& session, const hks_msg& message) {
  switch (message.type) {
    case HKS_CALL_OFFER: return offered(session, reinterpret_cast<const hks_call&>(message));
    case HKS_CALL_PLACED: return placed(session, message.id, std::string(view(reinterpret_cast<const hks_call&>(message).remote_id)));
    case HKS_CALL_FAILED: return failed(session.id(), reinterpret_cast<const hks_end&>(message));
    case HKS_CALL_STATE: return stateChanged(session, reinterpret_cast<const hks_state&>(message));
    case HKS_CALL_END: return endRequested(session, reinterpret_cast<const hks_end&>(message));
    case HKS_HOOK_DONE: return hookDone(session, reinterpret_cast<const hks_hook_done&>(message));
    case HKS_CALL_FOUND: return found(session, reinterpret_cast<const hks_call&>(message));
    case HKS_SWEPT: return swept(session, reinterpret_cast<const hks_end&>(message));
    case HKS_TOOL_RESULT: return toolDone(reinterpret_cast<const hks_tool_call&>(message));
    case HKS_NOTICE: return noticed(session.id(), message);
    case HKS_SAY: {
      auto& say = reinterpret_cast<const hks_notice&>(message);
      Call* call = named(session, say.call);
      if (call && call->has_media) plane_->say(call->id(), std::string(view(say.text)));
      return;
    }
    default: log::debug(session.component(), std::string("sent ") + plugin::typeName(message.type) + ", which is not for a control session");
  }
}

void Calls::noticed(const std::string& from, const hks_msg& message) {
  auto& notice = reinterpret_cast<const hks_notice&>(message);
  log::write(log::fromPlugin(notice.level), "plugin." + from, view(notice.call), std::string(view(notice.text)));
  plugins_.fanOut(message, from);
}

}  // namespace hookswitch::control
