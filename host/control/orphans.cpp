#include "host/control/orphans.hpp"

#include <utility>

#include "host/base/ids.hpp"
#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/control/driver.hpp"
#include "host/control/new_call.hpp"
#include "host/control/parking.hpp"

namespace hookswitch::control {

using call::Call;

void Orphans::found(const std::string& carrier, const CarrierLeg& leg) {
  if (!looked_up_.insert(leg.call).second) return;
  ledger_.store().find(leg.call,
                       [this, what = Case{carrier, leg}](store::Answer<std::optional<store::StoredCall>> answer) {
                         judge(what, std::move(answer));
                       });
}

void Orphans::beside(const std::string& carrier, CarrierLeg leg) {
  if (table_.findRemote(carrier, leg.remote_id)) return;  // it has been found before
  leg.call = base::newId();
  adopt({carrier, std::move(leg)});
}

void Orphans::judge(const Case& what, store::Answer<std::optional<store::StoredCall>> answer) {
  const CarrierLeg& leg = what.leg;
  if (table_.find(leg.call)) {
    looked_up_.erase(leg.call);
    return;
  }
  if (!answer.readable) return unjudged(what);
  if (auto& stored = answer.value) {
    looked_up_.erase(leg.call);
    if (stored->record.status == call::Status::ended && !stored->record.remote_id.empty() &&
        stored->record.remote_id != leg.remote_id)
      return beside(what.carrier, leg);
    // The carrier's list may be a moment old.
    if (stored->leg_over || stored->record.status != call::Status::ended) return;
    Call& call = parking_.adopt(std::move(*stored));
    return driver_.run(
        call, call.life.named(call.record.remote_id.empty() ? leg.remote_id : call.record.remote_id, driver_.now()));
  }
  // Another gateway may use the same account: only a leg that calls back to us is ours. One that a webhook has told of
  // has no base_url here, since the webhook is the proof.
  const std::string base = withoutSlash(leg.base_url);
  if (base.empty() || base == withoutSlash(defaults_.public_url)) return askForLeg(what);
  ledger_.store().knowsBase(base, [this, what](store::Answer<bool> ours) {
    if (!ours.readable) return unjudged(what);
    if (ours.value) return askForLeg(what);
    looked_up_.erase(what.leg.call);
    log::debug(component::recovery,
               "the leg " + what.leg.remote_id + " calls back to " + what.leg.base_url + ", which is another gateway's",
               what.leg.call);
  });
}

/// The call may have been removed, and its leg be known as one that is over.
void Orphans::askForLeg(const Case& what) {
  ledger_.store().knowsLeg(what.carrier, what.leg.remote_id, [this, what](store::Answer<bool> known) {
    if (!known.readable) return unjudged(what);
    if (!known.value) return adopt(what);
    looked_up_.erase(what.leg.call);
    log::debug(component::recovery, "the leg " + what.leg.remote_id + " was ours, and its call is over and removed",
               what.leg.call);
  });
}

/// A store that cannot be read says nothing of the leg: it is judged when the carrier names it again.
void Orphans::unjudged(const Case& what) {
  looked_up_.erase(what.leg.call);
  log::error(component::recovery,
             "the carrier " + what.carrier + " has the leg " + what.leg.remote_id +
                 " with our mark, and the store could not be read to see whether it is ours: it is left alone",
             what.leg.call);
}

void Orphans::adopt(const Case& what) {
  const CarrierLeg& leg = what.leg;
  looked_up_.erase(leg.call);
  if (table_.find(leg.call)) return;
  log::warn(component::recovery,
            "the carrier " + what.carrier + " has the leg " + leg.remote_id +
                " with our mark, and no call belongs to it: it is ended",
            leg.call);
  call::Terms terms;
  terms.id = leg.call;
  terms.carrier = what.carrier;
  terms.to_number = leg.to;
  terms.from_number = leg.from;
  terms.base_url = leg.base_url;
  terms.direction = leg.direction;
  const call::Now now = driver_.now();
  Call& call =
      table_.add(beginRecord(std::move(terms), leg.remote_id, call::Status::ringing, now), call::Leg::named, setting_);
  call.media_attached = true;
  ++adopted_;
  driver_.run(call,
              call.life.recover("the carrier had a leg that the gateway did not know", call::Outcome::failed, now));
}

}  // namespace hookswitch::control
