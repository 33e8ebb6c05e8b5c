#include "host/control/parking.hpp"

#include "host/control/driver.hpp"

namespace hookswitch::control {

using call::Call;

void Parking::park(const std::unordered_set<std::string>& near) {
  if (!ledger_.store().health().ok) return;
  table_.forgetOld([&](const Call& call) {
    if (!call.life.teardown().onlyInLine() || near.count(call.id()) || !ledger_.answered(call)) return false;
    control_.cancel(call.by_lived.timer);
    control_.cancel(call.by_all.timer);
    parked_.insert(call.id());
    return true;
  });
}

void Parking::fetch(const std::string& id, std::function<void(Call*, bool)> then) {
  if (Call* call = table_.find(id)) return then(call, true);
  ledger_.store().find(id, [this, id, then](store::Answer<std::optional<store::StoredCall>> stored) {
    if (Call* call = table_.find(id)) return then(call, true);
    if (!stored.readable) return then(nullptr, false);
    parked_.erase(id);
    const bool ended = stored.value && stored.value->record.status == call::Status::ended;
    then(ended ? &adopt(std::move(*stored.value)) : nullptr, true);
  });
}

Call& Parking::adopt(store::StoredCall stored) {
  parked_.erase(stored.record.terms->id);
  auto rows = rowsOf(stored, control_.nowMs(), control_.unixMs());
  Call& call = table_.adoptEnded(std::move(stored.record), setting_);
  call.life.restore(std::move(rows), stored.leg_over, stored.witness);
  call.media_attached = true;
  driver_.run(call, call.life.resume(driver_.now()));
  return call;
}

}  // namespace hookswitch::control
