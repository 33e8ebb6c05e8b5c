// Incoming calls: a carrier offers a leg, and gets a call for it, once.
#include "host/base/log.hpp"
#include "host/control/calls.hpp"
#include "host/plugin/start_record.hpp"
#include "host/plugin/wire.hpp"
#include "host/test_points.hpp"

namespace hookswitch::control {

using call::Call;
using call::Status;
using plugin::str;
using plugin::view;

namespace {

constexpr const char* component = "calls";
constexpr int gone = 410;  // tells the carrier that this leg is over: it is hung up, not sent elsewhere

}  // namespace

void Calls::offered(Session& session, const hks_call& message) {
  const std::string carrier = session.id(), remote_id(view(message.remote_id));
  // A webhook that is delivered twice must not answer the caller twice.
  if (Call* known = table_.findRemote(carrier, remote_id)) {
    if (known->teardown->begun()) return refuseOffer(carrier, message.msg.id, {gone, "the call is over"});
    return acceptOffer(*known, message.msg.id);
  }
  const std::string leg = carrier + ":" + remote_id;
  if (const auto same = offers_.find(leg); same != offers_.end() && !remote_id.empty()) {
    same->second.ids.push_back(message.msg.id);
    return;
  }
  Offer offer{carrier,
              remote_id,
              std::string(view(message.to_number)),
              std::string(view(message.from_number)),
              {message.msg.id}};
  if (remote_id.empty()) return open(offer);
  offers_[leg] = std::move(offer);
  // A leg whose call is in memory no more may be an old one whose webhook is played again. A store that is slow or
  // cannot be read keeps no caller waiting.
  offers_[leg].timer = control_.after(Ledger::patience_ms, [this, leg] { judgeOffer(leg, {}); });
  ledger_.store().knowsLeg(carrier, remote_id, [this, leg](store::Answer<bool> known) { judgeOffer(leg, known); });
}

void Calls::judgeOffer(const std::string& leg, const store::Answer<bool>& known) {
  const auto it = offers_.find(leg);
  if (it == offers_.end()) return;
  const Offer offer = std::move(it->second);
  offers_.erase(it);
  control_.cancel(offer.timer);
  if (!known.readable)
    log::warn(component, "the store could not be asked in time whether the leg " + offer.remote_id +
                             " is an old one; it is taken for new");
  if (!known.value && !offer.over) return open(offer);
  log::warn(component, "the carrier " + offer.carrier + " offers the leg " + offer.remote_id +
                           (offer.over ? ", which is over already" : " again, whose call is over: it is hung up"));
  if (offer.over) rememberLeg(offer);
  for (const std::uint64_t id : offer.ids) refuseOffer(offer.carrier, id, {gone, "the call is over"});
}

void Calls::open(const Offer& offer) {
  call::Terms terms;
  terms.carrier = offer.carrier;
  terms.voice = defaults_.voice;
  terms.to_number = offer.to;
  terms.from_number = offer.from;
  terms.base_url = withoutSlash(defaults_.public_url);
  terms.prompt = defaults_.prompt;
  terms.greeting = defaults_.greeting;
  terms.direction = call::Direction::incoming;
  terms.max_duration_s = defaults_.max_duration_s;
  terms.ring_timeout_s = defaults_.ring_timeout_s;
  Refusal no = admit(terms.carrier, terms.voice);
  if (!no.status && terms.base_url.empty())
    no = {503, "server.public_url is empty, so the carrier cannot be told where to send the audio"};
  if (no.status) {
    log::warn(component, "an incoming call from " + terms.from_number + " was refused: " + no.error);
    rememberLeg(offer);
    for (const std::uint64_t id : offer.ids) refuseOffer(offer.carrier, id, no);
    return;
  }
  Call& call = create(std::move(terms), offer.remote_id, Status::ringing);
  const std::string id = call.id();
  log::info(component, "incoming call from " + call.record.terms->from_number + " to " + call.record.terms->to_number,
            id);
  HOOKSWITCH_CUT("offer.before_intent", "");
  ledger_.write(call, [this, id, offers = offer.ids, carrier = offer.carrier] {
    Call* c = table_.find(id);
    if (!c || !plugins_.session(carrier)) return;
    if (c->teardown->begun()) {  // whoever rang off meanwhile
      for (const std::uint64_t offer_id : offers) refuseOffer(carrier, offer_id, {gone, "the call is over"});
      return;
    }
    HOOKSWITCH_CUT("offer.before_answer", "");
    armConnect(*c);
    for (const std::uint64_t offer_id : offers)
      if (Call* still = table_.find(id)) acceptOffer(*still, offer_id);
    HOOKSWITCH_CUT("offer.after_answer", "");
    if (Call* still = table_.find(id); still && !still->teardown->begun()) announce(*still);
  });
}

void Calls::acceptOffer(const Call& call, std::uint64_t offer_id) {
  const auto terms = call.record.terms;
  const std::string remote_id = call.record.remote_id;  // a step may lead to the end of the call
  const hks_call record = plugin::callRecord(*terms, remote_id, HKS_CALL_ACCEPTED, offer_id);
  if (Session* session = plugins_.session(terms->carrier)) session->step(record.msg);
}

void Calls::refuseOffer(const std::string& carrier, std::uint64_t offer_id, const Refusal& why) {
  hks_refusal m{};
  m.msg = {sizeof m, HKS_CALL_REFUSED, offer_id};
  m.reason = str(why.error);
  m.http_status = std::uint32_t(why.status);
  if (Session* session = plugins_.session(carrier)) session->step(m.msg);
}

/// Refused is over, too: the same webhook opens nothing later, when there is room.
void Calls::rememberLeg(const Offer& offer) {
  if (!offer.remote_id.empty())
    ledger_.write(std::vector<store::Write>{store::SaveLeg{offer.carrier, offer.remote_id, Thread::unixMs()}}, {});
}

}  // namespace hookswitch::control
