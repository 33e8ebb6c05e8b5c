#include "host/control/lines.hpp"

#include <algorithm>
#include <utility>

#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/control/driver.hpp"
#include "host/control/parking.hpp"

namespace hookswitch::control {

using call::Action;
using call::Call;
using call::Deed;

namespace {

constexpr std::uint64_t unreadable_ms = 5'000;
constexpr int at_once = 64;  // of a line, before something else has its turn

}  // namespace

HookLine& Lines::line(const std::string& plugin) {
  auto it = lines_.find(plugin);
  if (it != lines_.end()) return it->second;
  LineLimits limits;
  limits.first_retry_ms = limits_.first_retry_ms;
  limits.longest_retry_ms = limits_.longest_retry_ms;
  limits.jitter_percent = limits_.jitter_percent;
  return lines_.emplace(plugin, HookLine(limits, control_.unixMs() ^ std::hash<std::string>()(plugin))).first->second;
}

bool Lines::mayGive() const { return !held_ && !(close_at_ && control_.nowMs() > close_at_); }

void Lines::letGo() {
  held_ = false;
  pumpSoon();
}

/// A hook that is concluded, by whatever, stands in no line any more.
void Lines::concludeOf(const Call& call) {
  for (auto& row : call.life.teardown().rows()) {
    if (!call::standsInLine(row.phase) || call::isOpen(row.state)) continue;
    if (const auto it = lines_.find(row.plugin); it != lines_.end()) it->second.conclude({call.id(), row.phase});
    pumpSoon();
  }
}

void Lines::lineUp(Call& call, call::Effects& effects) {
  concludeOf(call);
  const std::uint64_t now = control_.nowMs();
  for (auto& deed : effects.deeds) {
    Action& action = deed.action;
    if (deed.kind != Deed::Kind::teardown || action.kind != Action::Kind::line_up) continue;
    pumpSoon();
    HookLine& line = this->line(action.plugin);
    const HookLine::Key key{call.id(), action.phase};
    const std::uint64_t due = line.put(key, action, now);
    const bool urged = action.came == Action::Came::urged;
    if (urged) line.force(key);
    if (urged || (mayGive() && line.take(key, now))) {
      auto given = call.life.teardown().give(action.phase, action.plugin, now);
      if (!given.empty()) action = std::move(given.front());
    } else {
      // A person may have mended it while the gateway was away: then nothing is to be waited for.
      call.life.teardown().planned(action.phase, action.plugin, action.mend ? 0 : due);
    }
  }
}

void Lines::reached(const std::string& plugin, const HookLine::Key& key) {
  line(plugin).reached(key, control_.nowMs());
}

void Lines::pumpSoon() {
  if (std::exchange(posted_, true)) return;
  control_.post([this] { pump(); });
}

void Lines::pump() {
  posted_ = false;
  control_.cancel(timer_);
  timer_ = 0;
  if (!mayGive()) return;
  const std::uint64_t now = control_.nowMs();
  std::optional<std::uint64_t> due;
  for (auto& [plugin, line] : lines_) {
    for (int n = 0; n < at_once; ++n) {
      const auto next = line.next(now);
      if (!next) break;
      give(plugin, *next);
    }
    const auto at = line.nextDue(now);
    if (at && (!due || *at < *due)) due = at;
  }
  if (!due) return;
  if (*due <= now) return pumpSoon();
  timer_ = control_.after(*due - now, [this] {
    timer_ = 0;
    pump();
  });
}

void Lines::give(const std::string& plugin, const HookLine::Next& next) {
  const HookLine::Key key = next.key;
  parking_.fetch(key.call, [this, plugin, key, expired = next.expired](Call* call, bool readable) {
    if (call) {
      const call::Now now = driver_.now();
      call::Teardown& hooks = call->life.teardown();
      auto actions =
          expired ? hooks.expire(key.phase, plugin, now.lived_ms) : hooks.give(key.phase, plugin, now.lived_ms);
      return driver_.run(*call, call->life.after(std::move(actions), now));
    }
    if (!readable) {
      line(plugin).postpone(key, unreadable_ms, control_.nowMs());
      return pumpSoon();
    }
    log::warn(component::calls, "a call whose hooks wait is not in the store any more; they are given up", key.call);
    line(plugin).conclude(key);
    pumpSoon();
  });
}

void Lines::sessionOpened(const std::string& plugin) {
  const auto it = lines_.find(plugin);
  if (it == lines_.end()) return;
  if (it->second.size())
    log::info(component::calls,
              std::to_string(it->second.size()) + " notifications that wait for " + plugin + " are tried again");
  it->second.renew(true);
  pumpSoon();
}

std::size_t Lines::tryAgain(const std::string& plugin) {
  std::size_t hooks = 0;
  for (auto& [id, line] : lines_) {
    if (!plugin.empty() && id != plugin) continue;
    hooks += line.size();
    line.renew(false);
  }
  pumpSoon();
  return hooks;
}

std::vector<LineState> Lines::states() const {
  std::vector<LineState> out;
  const std::uint64_t now = control_.nowMs();
  for (auto& [plugin, line] : lines_) {
    if (!line.size()) continue;
    LineState state{plugin, line.size(), line.inHand(), line.toMend(), line.mend(), 0};
    const auto due = line.nextDue(now);
    if (due && *due > now && !line.flows(now)) state.next_unix_ms = control_.unixMs() + (*due - now);
    out.push_back(std::move(state));
  }
  return out;
}

std::size_t Lines::size() const {
  std::size_t n = 0;
  for (auto& [plugin, line] : lines_) n += line.size();
  return n;
}

std::map<std::string, std::size_t> Lines::awaited(std::uint64_t soon_ms) const {
  std::map<std::string, std::size_t> out;
  const std::uint64_t now = control_.nowMs();
  for (auto& [plugin, line] : lines_) {
    // What was told for the first time is worth its deadline. Of what was in the way already nobody knows when it gets
    // through.
    std::size_t n = line.inHand();
    if (!mayGive())
      n = line.fresh() ? n : 0;
    else if (line.flows(now))
      n = line.size();
    else if (!n)
      n = line.soon(now, soon_ms, call::Teardown::hopeless_attempts);
    if (n) out[plugin] = n;
  }
  return out;
}

std::map<std::string, std::size_t> Lines::left() const {
  std::map<std::string, std::size_t> out;
  for (auto& [plugin, line] : lines_)
    if (line.size()) out[plugin] = line.size();
  return out;
}

std::unordered_set<std::string> Lines::nearCalls(std::uint64_t ms) const {
  std::unordered_set<std::string> near;
  for (auto& [plugin, line] : lines_) line.nearCalls(control_.nowMs() + ms, near);
  return near;
}

}  // namespace hookswitch::control
