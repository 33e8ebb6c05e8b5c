#include "host/control/dialler.hpp"

#include <algorithm>
#include <utility>

#include "host/base/log.hpp"
#include "host/control/admission.hpp"
#include "host/control/component.hpp"
#include "host/control/driver.hpp"
#include "host/control/idempotency.hpp"
#include "host/control/new_call.hpp"
#include "host/control/orphans.hpp"
#include "host/control/plugins.hpp"
#include "host/control/toolbox.hpp"

namespace hookswitch::control {

using call::Call;

namespace {

constexpr std::uint64_t late_name_ms = 600'000;  // how long a leg may still appear whose request seemed to have failed

}  // namespace

/// Never one of MessageIds: those are far from so many.
std::uint64_t Dialler::messageId(const Call& call) {
  return (std::uint64_t(1) << 63) | (std::uint64_t(3) << 60) | call.number;
}

Accepted Dialler::admit(const PlaceRequest& request, const call::Terms& terms) {
  if (!request.voice.empty() && !plugins_.offers(request.voice, HKS_ROLE_VOICE))
    return refused(Why::bad_request, "'voice': there is no voice plugin '" + request.voice + "'");
  if (request.tools)
    if (const auto known = toolbox_.known(*request.tools); !known)
      return refused(Why::bad_request, "'tools': " + known.error());
  if (auto room = admission_.admitDial(terms.carrier, terms.voice); !room) return room;
  if (!plugins_.session(terms.carrier))
    return refused(Why::unavailable, "No carrier: the plugin '" + terms.carrier + "' cannot dial");
  if (const Held held = plugins_.suspects().held(terms.carrier, "CALL_PLACE"))
    return refused(Why::unavailable, "No carrier: " + held.why);
  return admission_.take(request.to);
}

void Dialler::place(PlaceRequest request, Done done) {
  call::Terms terms;
  terms.carrier = defaults_.carrier;
  terms.voice = request.voice.empty() ? defaults_.voice : request.voice;
  if (const auto admitted = admit(request, terms); !admitted) return done(base::Failure(admitted.error()));
  terms.to_number = request.to;
  terms.from_number = request.from;
  if (terms.from_number.empty()) {
    const auto& settings = plugins_.session(terms.carrier)->settings();
    if (const auto it = settings.find("from_number"); it != settings.end()) terms.from_number = it->second;
  }
  terms.base_url = withoutSlash(request.webhook_url);
  terms.prompt = request.prompt.value_or(defaults_.prompt);
  terms.greeting = request.greeting.value_or(defaults_.greeting);
  terms.tools = request.tools;
  terms.metadata_json = request.metadata_json;
  terms.max_duration_s =
      request.max_duration_s ? std::min(request.max_duration_s, defaults_.max_duration_s) : defaults_.max_duration_s;
  terms.ring_timeout_s = defaults_.ring_timeout_s;
  terms.greeting_shield_ms = request.greeting_shield_ms.value_or(defaults_.greeting_shield_ms);

  Call& call = newCall(table_, plugins_, setting_, std::move(terms), {}, driver_.now());
  const std::string id = call.id();
  log::info(component::calls,
            "dialling " + call.record.terms->to_number + " through " + call.record.terms->carrier + " for " +
                call.record.terms->voice,
            id);
  const std::uint64_t message_id = messageId(call);
  placing_[message_id] = {id,
                          control_.after(setting_.create_answer_ms, [this, message_id] { unanswered(message_id); })};
  askers_[id] = std::move(done);
  std::vector<store::Write> extra;
  if (!request.key.empty()) extra.push_back(idempotency_.pending(request.key, id));
  // The call is written down before it is dialled: after a crash the next start looks for the leg of a call that it
  // knows; a leg without a call could not be found.
  driver_.run(call, call.life.place(), std::move(extra));
}

void Dialler::dial(Call& call) {
  const std::uint64_t message_id = messageId(call);
  if (!placing_.count(message_id)) return;
  const auto terms = call.record.terms;
  const auto refuse = [&](Why why, const char* error) {
    failed({message_id, error, 0}, Refusal{why, error, 0, terms->id});
  };
  if (call.life.ending()) return refuse(Why::unavailable, "The call was ended before it was dialled");
  Session* carrier = plugins_.session(terms->carrier);
  if (!carrier) return refuse(Why::unavailable, "The carrier plugin is not active any more");
  call.life.dialled(driver_.now());
  const auto alive = carrier->shared_from_this();  // a step may break the plugin, and with it the session
  if (sendPlace(*carrier, *terms, message_id) < 0 && placing_.count(message_id))
    refuse(Why::broken, "the carrier plugin failed on the dial request");
  plugins_.suspects().worked(terms->carrier, "CALL_PLACE");
}

Dialler::Done Dialler::takeAsker(const std::string& call) {
  const auto it = askers_.find(call);
  if (it == askers_.end()) return {};
  Done done = std::move(it->second);
  askers_.erase(it);
  return done;
}

/// Should the plugin name the leg after all, it is hung up.
void Dialler::rememberLate(std::uint64_t message_id, const std::string& call) {
  Placing& placing = placing_[message_id];
  control_.cancel(placing.timer);
  placing = {call, control_.after(late_name_ms, [this, message_id] { placing_.erase(message_id); })};
}

void Dialler::unanswered(std::uint64_t message_id) {
  const auto it = placing_.find(message_id);
  if (it == placing_.end()) return;
  const std::string id = it->second.call;
  it->second.timer = 0;
  rememberLate(message_id, id);
  Call* call = table_.find(id);
  // A callback has named the leg meanwhile: the carrier took the call, only its answer is missing.
  if (call && !call->record.remote_id.empty() && !call->life.ending())
    return driver_.run(*call, call->life.placed(call->record.remote_id, driver_.now()));
  if (const Done late = takeAsker(id))
    late(base::Failure(Refusal{Why::carrier, "The carrier plugin did not answer in time", 0, id}));
  driver_.with(id, [this](Call& c) { return c.life.unanswered(driver_.now()); });
}

void Dialler::placed(Session& session, const CarrierLeg& leg) {
  const auto it = placing_.find(leg.id);
  if (it == placing_.end()) return;
  const std::string id = it->second.call;
  Call* call = table_.find(id);
  if (call && call->record.terms->carrier != session.id()) return;
  control_.cancel(it->second.timer);
  placing_.erase(it);
  // The request seemed to have failed, and its call is no more in memory.
  if (!call) return orphans_.found(session.id(), {0, id, leg.remote_id, {}, {}, {}, call::Direction::outbound});
  driver_.run(*call, call->life.placed(leg.remote_id, driver_.now()));
}

void Dialler::tellPlaced(Call& call) {
  ++placed_;
  if (const Done done = takeAsker(call.id())) done(call.record.terms);
}

void Dialler::failed(Session& session, const DialFailure& failure) {
  const auto it = placing_.find(failure.id);
  if (it == placing_.end()) return;
  const Call* call = table_.find(it->second.call);
  if (call && call->record.terms->carrier != session.id()) return;
  failed(failure, {Why::carrier, failure.reason, 0, it->second.call, failure.code});
}

void Dialler::failed(const DialFailure& failure, const Refusal& refusal) {
  const std::string id = refusal.call;
  // A look-up may still find the leg of a request whose answer was lost; then CALL_PLACED follows.
  rememberLate(failure.id, id);
  Call* call = table_.find(id);
  if (Done done = takeAsker(id)) {
    if (!call || call->life.ending())
      done(base::Failure(refusal));
    else  // whoever hears of the failure finds no call any more
      call->waiters.push_back(
          [done = std::move(done), refusal](const base::Result<void>&) { done(base::Failure(refusal)); });
  }
  if (call) driver_.run(*call, call->life.failed(failure.reason, driver_.now()));
}

}  // namespace hookswitch::control
