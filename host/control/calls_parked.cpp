// Ended calls whose notifications wait for a receiver that is away: after a while only the store has them, and memory has
// their names.
#include <algorithm>

#include "host/app/log.hpp"
#include "host/control/calls.hpp"

namespace hookswitch::control {

using call::Call;
using call::HookRow;

namespace {

constexpr const char* component = "calls";
constexpr std::uint64_t worth_it_ms = 60'000;    // who is due sooner stays
constexpr std::size_t wake_at_once = 500;        // of a second: the store has other work too

}  // namespace

void Calls::park() {
  const auto health = ledger_.store().health();
  const std::uint64_t now = Thread::nowMs();
  table_.forgetOld([&](const Call& call) {
    const auto due = call.teardown->idleUntil();
    if (!health.ok || !due || *due < now + worth_it_ms || !ledger_.answered(call)) return false;
    control_.cancel(call.timer);
    const auto& rows = call.teardown->rows();
    const auto waiting = std::count_if(rows.begin(), rows.end(), [](const HookRow& row) { return row.state == HookRow::State::retrying; });
    parked_[call.id()] = {*due, std::size_t(waiting)};
    return true;
  });
}

void Calls::wakeParked() {
  const std::uint64_t now = Thread::nowMs();
  std::vector<std::string> due;
  for (auto& [id, parked] : parked_) {
    if (parked.due_ms > now) continue;
    due.push_back(id);
    if (due.size() == wake_at_once) break;
  }
  for (auto& id : due) {
    parked_[id].due_ms = now + worth_it_ms;   // in case the store cannot be read now
    ledger_.store().find(id, [this, id](store::Answer<std::optional<store::StoredCall>> stored) {
      if (!parked_.count(id) || table_.find(id)) return;
      if (stored.value) return void(adoptEnded(std::move(*stored.value)));
      if (!stored.readable) return;
      log::warn(component, "a call whose hooks wait is not in the store any more; they are given up", id);
      parked_.erase(id);
    });
  }
}

}  // namespace hookswitch::control
