#include "host/control/offers.hpp"

#include <utility>

#include "host/base/log.hpp"
#include "host/control/admission.hpp"
#include "host/control/component.hpp"
#include "host/control/driver.hpp"
#include "host/control/new_call.hpp"
#include "host/control/plugins.hpp"
#include "host/control/toolbox.hpp"

namespace hookswitch::control {

using call::Call;

namespace {

const Refusal over{Why::gone, "the call is over"};

}  // namespace

void Offers::offered(Session& session, const CarrierLeg& offered) {
  const std::string& carrier = session.id();
  // A webhook that is delivered twice must not answer the caller twice.
  if (Call* known = table_.findRemote(carrier, offered.remote_id)) {
    if (known->life.ending()) {
      driver_.note(*known, call::What::refused, "offered again: " + over.error);
      return refuse(carrier, offered.id, over);
    }
    if (const auto waits = to_accept_.find(known->id()); waits != to_accept_.end())
      return waits->second.push_back(offered.id);
    return accept(*known, offered.id);
  }
  const std::string leg = carrier + ":" + offered.remote_id;
  if (const auto same = offers_.find(leg); same != offers_.end() && !offered.remote_id.empty())
    return same->second.ids.push_back(offered.id);
  Offer offer{carrier, offered, {offered.id}};
  if (offered.remote_id.empty()) return open(offer);
  // A leg whose call is in memory no more may be an old one whose webhook is played again. A store that is slow or
  // cannot be read keeps no caller waiting.
  offer.timer = control_.after(Ledger::patience_ms, [this, leg] { judge(leg, {}); });
  offers_[leg] = std::move(offer);
  ledger_.store().knowsLeg(carrier, offered.remote_id, [this, leg](store::Answer<bool> known) { judge(leg, known); });
}

void Offers::legOver(const std::string& carrier, const std::string& remote_id) {
  if (const auto offer = offers_.find(carrier + ":" + remote_id); offer != offers_.end()) offer->second.over = true;
}

void Offers::judge(const std::string& leg, const store::Answer<bool>& known) {
  const auto it = offers_.find(leg);
  if (it == offers_.end()) return;
  const Offer offer = std::move(it->second);
  offers_.erase(it);
  control_.cancel(offer.timer);
  if (!known.readable)
    log::warn(component::calls, "the store could not be asked in time whether the leg " + offer.leg.remote_id +
                                    " is an old one; it is taken for new");
  if (!known.value && !offer.over) return open(offer);
  log::warn(component::calls,
            "the carrier " + offer.carrier + " offers the leg " + offer.leg.remote_id +
                (offer.over ? ", which is over already" : " again, whose call is over: it is hung up"));
  refuseAll(offer, over, offer.over);
}

void Offers::open(const Offer& offer) {
  static const NumberTerms nothing_set;
  const auto found = defaults_.numbers.find(offer.leg.to);
  const NumberTerms& number = found == defaults_.numbers.end() ? nothing_set : found->second;
  if (!number.answer) {
    log::info(component::calls,
              "an incoming call from " + offer.leg.from + " was rejected: number." + offer.leg.to + ".answer is false");
    admission_.rejected();
    return refuseAll(offer, {Why::not_allowed, "calls to " + offer.leg.to + " are not answered"}, true);
  }
  call::Terms terms;
  terms.carrier = offer.carrier;
  terms.voice = number.voice.value_or(defaults_.voice);
  terms.to_number = offer.leg.to;
  terms.from_number = offer.leg.from;
  terms.base_url = withoutSlash(defaults_.public_url);
  terms.prompt = number.prompt.value_or(defaults_.prompt);
  terms.greeting = number.greeting.value_or(defaults_.greeting);
  terms.tools = number.tools;
  if (number.tools)
    if (const auto known = toolbox_.known(*number.tools); !known)
      log::warn(component::calls, "number." + offer.leg.to + ".tools: " + known.error());
  terms.direction = call::Direction::incoming;
  terms.max_duration_s = defaults_.max_duration_s;
  terms.ring_timeout_s = defaults_.ring_timeout_s;
  terms.greeting_shield_ms = defaults_.greeting_shield_ms;
  auto admitted = admission_.admitOffer(terms.carrier, terms.voice);
  if (admitted && terms.base_url.empty())
    admitted =
        refused(Why::unavailable, "server.public_url is empty, so the carrier cannot be told where to send the audio");
  if (!admitted) {
    log::warn(component::calls,
              "an incoming call from " + terms.from_number + " was refused: " + admitted.error().error);
    return refuseAll(offer, admitted.error(), true);
  }
  Call& call = newCall(table_, plugins_, setting_, std::move(terms), offer.leg.remote_id, driver_.now());
  log::info(component::calls,
            "incoming call from " + call.record.terms->from_number + " to " + call.record.terms->to_number, call.id());
  to_accept_[call.id()] = offer.ids;
  driver_.run(call, call.life.offer());
}

void Offers::accept(Call& call) {
  const std::string id = call.id(), carrier = call.record.terms->carrier;
  const auto ids = std::move(to_accept_[id]);
  to_accept_.erase(id);
  if (!plugins_.session(carrier)) return;
  if (call.life.ending()) {  // the caller has rung off meanwhile
    for (const std::uint64_t offer_id : ids) refuse(carrier, offer_id, over);
    return;
  }
  for (const std::uint64_t offer_id : ids)
    if (const Call* still = table_.find(id)) accept(*still, offer_id);
  driver_.with(id, [this](Call& c) { return c.life.accepted(driver_.now()); });
}

void Offers::accept(const Call& call, std::uint64_t offer_id) {
  const auto terms = call.record.terms;
  const std::string remote_id = call.record.remote_id;  // a step may lead to the end of the call
  if (Session* session = plugins_.session(terms->carrier)) sendAccepted(*session, *terms, remote_id, offer_id);
}

void Offers::refuse(const std::string& carrier, std::uint64_t offer_id, const Refusal& why) {
  if (Session* session = plugins_.session(carrier)) sendRefused(*session, offer_id, why);
}

/// A leg that was refused counts as over. It is remembered, so that the same webhook opens no call when it comes again
/// and there is room.
void Offers::refuseAll(const Offer& offer, const Refusal& why, bool remember) {
  std::vector<store::Write> writes;
  if (remember && !offer.leg.remote_id.empty())
    writes.push_back(store::SaveLeg{offer.carrier, offer.leg.remote_id, control_.unixMs()});
  ledger_.write(std::move(writes), [this, carrier = offer.carrier, ids = offer.ids, why] {
    for (const std::uint64_t id : ids) refuse(carrier, id, why);
  });
}

}  // namespace hookswitch::control
