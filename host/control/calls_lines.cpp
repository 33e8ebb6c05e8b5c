// The lines in which notifications wait for their turn, one per plugin, and how they are given. What waits long is in
// the store alone: memory has its name.
#include <algorithm>

#include "host/base/log.hpp"
#include "host/control/calls.hpp"

namespace hookswitch::control {

using call::Action;
using call::Call;
using call::HookRow;

namespace {

constexpr const char* component = "calls";
constexpr std::uint64_t worth_it_ms = 60'000;  // who is due sooner stays in memory
constexpr std::uint64_t unreadable_ms = 5'000;
constexpr int at_once = 64;  // of a line, before something else has its turn

}  // namespace

HookLine& Calls::line(const std::string& plugin) {
  auto it = lines_.find(plugin);
  if (it != lines_.end()) return it->second;
  LineLimits limits;
  limits.first_retry_ms = limits_.first_retry_ms;
  limits.longest_retry_ms = limits_.longest_retry_ms;
  limits.jitter_percent = limits_.jitter_percent;
  return lines_.emplace(plugin, HookLine(limits, Thread::unixMs() ^ std::hash<std::string>()(plugin))).first->second;
}

bool Calls::mayGive() const { return !recovering_ && !(quiet_since_ && Thread::nowMs() - quiet_since_ > linger_ms); }

/// Hooks that have something to do with a line find their place there, or leave it; one whose turn it is at once is
/// given within the same write.
void Calls::lineUp(Call& call, std::vector<Action>& actions) {
  const std::uint64_t now = Thread::nowMs();
  bool touched = false;
  for (auto& row : call.teardown->rows()) {
    if (!call::standsInLine(row.phase) || call::isOpen(row.state)) continue;
    if (const auto it = lines_.find(row.plugin); it != lines_.end()) it->second.settle({call.id(), row.phase});
    touched = true;
  }
  for (auto& action : actions) {
    if (action.kind != Action::Kind::line_up) continue;
    touched = true;
    HookLine& line = this->line(action.plugin);
    const HookLine::Key key{call.id(), action.phase};
    const std::uint64_t due = line.put(key, action, now);
    const bool urged = action.came == Action::Came::urged;
    if (urged) line.force(key);
    if (urged || (mayGive() && line.take(key, now))) {
      auto given = call.teardown->give(action.phase, action.plugin, now);
      if (!given.empty()) action = std::move(given.front());
    } else {
      // A person may have mended it while the gateway was away: then nothing is to be waited for.
      call.teardown->planned(action.phase, action.plugin, action.mend ? 0 : due);
    }
  }
  if (touched) pumpSoon();
}

void Calls::pumpSoon() {
  if (std::exchange(pump_posted_, true)) return;
  control_.post([this] { pumpLines(); });
}

void Calls::pumpLines() {
  pump_posted_ = false;
  control_.cancel(lines_timer_);
  lines_timer_ = 0;
  if (!mayGive()) return;
  const std::uint64_t now = Thread::nowMs();
  std::optional<std::uint64_t> due;
  for (auto& [plugin, line] : lines_) {
    for (int n = 0; n < at_once; ++n) {
      const auto next = line.next(now);
      if (!next) break;
      giveNext(plugin, *next);
    }
    const auto at = line.nextDue(now);
    if (at && (!due || *at < *due)) due = at;
  }
  if (!due) return;
  if (*due <= now) return pumpSoon();
  lines_timer_ = control_.after(*due - now, [this] {
    lines_timer_ = 0;
    pumpLines();
  });
}

void Calls::giveNext(const std::string& plugin, const HookLine::Next& next) {
  const HookLine::Key key = next.key;
  auto give = [this, plugin, key, expired = next.expired](Call& call) {
    const std::uint64_t now = Thread::nowMs();
    run(call, expired ? call.teardown->expire(key.phase, plugin, now) : call.teardown->give(key.phase, plugin, now));
  };
  if (Call* call = table_.find(key.call)) return give(*call);
  ledger_.store().find(key.call, [this, plugin, key, give](store::Answer<std::optional<store::StoredCall>> stored) {
    if (Call* call = table_.find(key.call)) return give(*call);
    if (!stored.readable) {
      line(plugin).postpone(key, unreadable_ms, Thread::nowMs());
      return pumpSoon();
    }
    parked_.erase(key.call);
    if (stored.value && stored.value->record.status == call::Status::ended)
      return give(adoptEnded(std::move(*stored.value)));
    log::warn(component, "a call whose hooks wait is not in the store any more; they are given up", key.call);
    line(plugin).settle(key);
    pumpSoon();
  });
}

void Calls::sessionOpened(const std::string& plugin) {
  const auto it = lines_.find(plugin);
  if (it == lines_.end()) return;
  if (it->second.size())
    log::info(component,
              std::to_string(it->second.size()) + " notifications that wait for " + plugin + " are tried again");
  it->second.renew(true);
  pumpSoon();
}

std::size_t Calls::tryAgain(const std::string& plugin) {
  std::size_t hooks = 0;
  for (auto& [id, line] : lines_) {
    if (!plugin.empty() && id != plugin) continue;
    hooks += line.size();
    line.renew(false);
  }
  pumpSoon();
  return hooks;
}

std::vector<Calls::LineState> Calls::lineStates() const {
  std::vector<LineState> out;
  const std::uint64_t now = Thread::nowMs();
  for (auto& [plugin, line] : lines_) {
    if (!line.size()) continue;
    LineState state{plugin, line.size(), line.inHand(), line.toMend(), line.mend(), 0};
    const auto due = line.nextDue(now);
    if (due && *due > now && !line.flows(now)) state.next_unix_ms = Thread::unixMs() + (*due - now);
    out.push_back(std::move(state));
  }
  return out;
}

void Calls::park() {
  const auto health = ledger_.store().health();
  if (!health.ok) return;
  std::unordered_set<std::string> near;
  for (auto& [plugin, line] : lines_) line.nearCalls(Thread::nowMs() + worth_it_ms, near);
  table_.forgetOld([&](const Call& call) {
    if (!call.teardown->onlyInLine() || near.count(call.id()) || !ledger_.answered(call)) return false;
    control_.cancel(call.timer);
    parked_.insert(call.id());
    return true;
  });
}

}  // namespace hookswitch::control
