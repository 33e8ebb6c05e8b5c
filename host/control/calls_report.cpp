// What is told of calls: to the API, to the gauges, and the alarm while a leg is not known to be over.
#include <hookswitch/json.hpp>

#include <algorithm>
#include <tuple>

#include "host/base/log.hpp"
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
  hks::json::Array list;
  for (auto* call : table_.live())
    list.raw(call::toJson(call->record, nullptr, clockOf(*call), false, ledger_.store().stored(call->id())));
  return hks::json::Object().raw("calls", list.str()).add("count", std::uint64_t(table_.live().size())).str();
}

std::optional<std::string> Calls::detailJson(const std::string& id) const {
  const Call* call = table_.find(id);
  if (!call) return std::nullopt;
  const auto hooks = call->teardown->rows();
  const std::vector<HookRow> rows(hooks.begin(), hooks.end());
  return call::toJson(call->record, &rows, clockOf(*call), true, ledger_.store().stored(id));
}

store::HistoryPage Calls::endedInMemory(const store::HistoryQuery& query) const {
  store::HistoryPage page;
  std::vector<const Call*> found;
  store::HistoryQuery known = query;
  if (const Call* before = table_.find(query.before)) known.before_started_unix_ms = before->record.started_unix_ms;
  for (auto* call : table_.ended())
    if (store::matches(call->record, known)) found.push_back(call);
  std::sort(found.begin(), found.end(), [](const Call* a, const Call* b) {
    return std::tie(a->record.started_unix_ms, a->id()) > std::tie(b->record.started_unix_ms, b->id());
  });
  page.last = found.size() <= query.limit;
  if (!page.last) found.resize(query.limit);
  const std::uint64_t now = Thread::nowMs(), unix_ms = Thread::unixMs();
  for (auto* call : found) {
    store::StoredCall shown;
    shown.record = call->record;
    for (std::size_t i = 0; i < call->teardown->rows().size(); ++i)
      shown.hooks.push_back(toStored(call->id(), call->teardown->rows()[i], call->teardown->times(i), now, unix_ms));
    shown.stored = ledger_.store().stored(call->id());
    page.calls.push_back(std::move(shown));
  }
  return page;
}

CallCounts Calls::counts() const {
  CallCounts c;
  c.live = table_.live().size();
  c.table = table_.size();
  c.parked = parked_.size();
  for (auto& [plugin, line] : lines_) c.hooks_pending += line.size();
  c.placing = placing_.size();
  c.tool_runs = tool_runs_.size();
  c.keys = idempotency_.size();
  c.timers = control_.timers();
  c.sweeps = sweeps_.size();
  c.placed = placed_;
  c.ended = ended_;
  c.recovered = recovered_;
  c.refused_concurrent = refused_[0];
  c.refused_allow_to = refused_[std::size_t(DialGuard::Rule::allow_to)];
  c.refused_per_minute = refused_[std::size_t(DialGuard::Rule::per_minute)];
  c.refused_per_number = refused_[std::size_t(DialGuard::Rule::per_number)];
  auto add = [&](const Call& call) {
    c.media_sessions += call.has_media;
    c.unconfirmed += call.unconfirmed_since != 0;
    for (auto& row : call.teardown->rows()) {
      c.hooks_pending += call::isOpen(row.state) && !call::standsInLine(row.phase);
      c.hooks_dead += row.state == HookRow::State::dead;
    }
  };
  for (auto* call : table_.live()) add(*call);
  for (auto* call : table_.ended()) add(*call);
  return c;
}

void Calls::alarm() {
  control_.after(alarm_look_ms, [this] { alarm(); });
  park();  // asks the store how it is, which is also what notices a disk that hangs
  if (draining_) sayWaiting();
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
    if ((row.phase == Phase::hangup || row.phase == Phase::confirm || row.phase == Phase::settle) && !row.error.empty())
      why = row.error;
  log::error(component,
             "ALARM: " + std::to_string(legs) + (legs == 1 ? " leg is" : " legs are") +
                 " not confirmed over and may cost money; the oldest, " +
                 (oldest->record.remote_id.empty() ? "unnamed" : oldest->record.remote_id) + ", since " +
                 std::to_string((now - oldest->unconfirmed_since) / 1000) + " s" + (why.empty() ? "" : ": " + why),
             oldest->id());
}

}  // namespace hookswitch::control
