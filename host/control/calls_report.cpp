// What is told of calls: to the API, to the gauges, and the alarm while a leg is not known to be over.
#include <hookswitch/json.hpp>

#include <algorithm>

#include "host/app/log.hpp"
#include "host/control/calls.hpp"

namespace hookswitch::control {

using call::Call;
using call::HookRow;
using call::Phase;

namespace {

constexpr const char* component = "calls";
constexpr std::uint64_t alarm_after_ms = 5'000, alarm_again_ms = 60'000, alarm_look_ms = 1'000;

}  // namespace

std::string Calls::liveJson() const {
  const std::uint64_t now = Thread::unixMs();
  hks::json::Array list;
  for (auto* call : table_.live()) list.raw(call::toJson(call->record, nullptr, now, false));
  return hks::json::Object().raw("calls", list.str()).add("count", std::uint64_t(table_.live().size())).str();
}

std::optional<std::string> Calls::detailJson(const std::string& id) const {
  const Call* call = table_.find(id);
  if (!call) return std::nullopt;
  const auto& rows = call->teardown->rows();
  return call::toJson(call->record, &rows, Thread::unixMs(), true);
}

CallCounts Calls::counts() const {
  CallCounts c;
  c.live = table_.live().size();
  c.table = table_.size();
  c.parked = parked_.size();
  for (auto& [id, parked] : parked_) c.hooks_pending += parked.hooks;
  c.placing = placing_.size();
  c.tool_runs = tool_runs_.size();
  c.keys = idempotency_.size();
  c.timers = control_.timers();
  c.sweeps = sweeps_.size();
  c.placed = placed_;
  c.ended = ended_;
  c.recovered = recovered_;
  auto add = [&](const Call& call) {
    c.media_sessions += call.has_media;
    c.unconfirmed += call.unconfirmed_since != 0;
    for (auto& row : call.teardown->rows()) {
      c.hooks_pending += row.state == HookRow::State::pending || row.state == HookRow::State::retrying;
      c.hooks_dead += row.state == HookRow::State::dead;
    }
  };
  for (auto* call : table_.live()) add(*call);
  for (auto* call : table_.ended()) add(*call);
  return c;
}

std::size_t Calls::unfinished(std::uint64_t soon_ms) const {
  const std::uint64_t now = Thread::nowMs();
  return table_.live().size() + ledger_.waiting() +
         std::size_t(std::count_if(table_.ended().begin(), table_.ended().end(), [&](const Call* c) { return c->teardown->busyWithin(now, soon_ms); }));
}

void Calls::alarm() {
  control_.after(alarm_look_ms, [this] { alarm(); });
  park();   // asks the store how it is, which is also what notices a disk that hangs
  wakeParked();
  const std::uint64_t now = Thread::nowMs();
  std::size_t legs = 0;
  const Call* oldest = nullptr;
  auto look = [&](const Call* call) {
    if (!call->unconfirmed_since || now - call->unconfirmed_since < alarm_after_ms) return;
    ++legs;
    if (!oldest || call->unconfirmed_since < oldest->unconfirmed_since) oldest = call;
  };
  for (auto* call : table_.live()) look(call);
  for (auto* call : table_.ended()) look(call);
  if (!legs) {
    if (last_alarm_ms_) log::notice(component, "every leg is confirmed over");
    last_alarm_ms_ = 0;
    return;
  }
  if (last_alarm_ms_ && now - last_alarm_ms_ < alarm_again_ms) return;
  last_alarm_ms_ = now;
  std::string why;
  for (auto& row : oldest->teardown->rows())
    if ((row.phase == Phase::hangup || row.phase == Phase::confirm || row.phase == Phase::settle) && !row.error.empty()) why = row.error;
  log::error(component, "ALARM: " + std::to_string(legs) + (legs == 1 ? " leg is" : " legs are") + " not confirmed over and may cost money; the oldest, " +
                            (oldest->record.remote_id.empty() ? "unnamed" : oldest->record.remote_id) + ", since " +
                            std::to_string((now - oldest->unconfirmed_since) / 1000) + " s" + (why.empty() ? "" : ": " + why), oldest->id());
}

}  // namespace hookswitch::control
