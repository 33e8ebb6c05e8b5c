#include "host/control/report.hpp"

#include <algorithm>
#include <tuple>

namespace hookswitch::control {

using call::Call;

CallView Report::view(const Call& call) const {
  return {&call.record, call.life.teardown().rows(), call.record.clockMs(control_.allMs(), control_.unixMs()),
          ledger_.store().stored(call.id()), call.muted && call.record.status != call::Status::ended};
}

std::vector<CallView> Report::live() const {
  std::vector<CallView> out;
  for (auto* call : table_.live()) out.push_back(view(*call));
  return out;
}

std::optional<CallView> Report::view(const std::string& id) const {
  const Call* call = table_.find(id);
  if (!call) return std::nullopt;
  return view(*call);
}

store::HistoryPage Report::ended(const store::HistoryQuery& query) const {
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
  const std::uint64_t now = control_.nowMs(), unix_ms = control_.unixMs();
  for (auto* call : found) {
    const call::Teardown& hooks = call->life.teardown();
    store::StoredCall shown;
    shown.record = call->record;
    for (std::size_t i = 0; i < hooks.rows().size(); ++i)
      shown.hooks.push_back(toStored(call->id(), hooks.rows()[i], hooks.times(i), now, unix_ms));
    shown.stored = ledger_.store().stored(call->id());
    page.calls.push_back(std::move(shown));
  }
  return page;
}

void Report::count(CallCounts& c) const {
  c.live = table_.live().size();
  c.table = table_.size();
  auto add = [&](const Call& call) {
    c.media_sessions += call.life.hasMedia();
    c.unconfirmed += call.life.unconfirmedSince() != 0;
    for (auto& row : call.life.teardown().rows()) {
      c.hooks_pending += call::isOpen(row.state) && !call::standsInLine(row.phase);
      c.hooks_dead += row.state == call::HookRow::State::dead;
    }
  };
  for (auto* call : table_.live()) add(*call);
  for (auto* call : table_.ended()) add(*call);
}

}  // namespace hookswitch::control
