#include "host/control/drain.hpp"

#include <algorithm>
#include <map>

#include "host/base/counted.hpp"
#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/control/lines.hpp"

namespace hookswitch::control {

namespace {

constexpr std::uint64_t say_again_ms = 5'000;
constexpr std::size_t named_calls = 5;

}  // namespace

void Drain::begin() {
  if (begun_) return;
  begun_ = true;
  say();
}

std::size_t Drain::unfinished(std::uint64_t within_ms) {
  const std::uint64_t now = control_.nowMs();
  if (!begun_ || !table_.live().empty())
    quiet_since_ = 0;
  else if (!quiet_since_)
    quiet_since_ = now;
  lines_.closeAt(quiet_since_ ? quiet_since_ + linger_ms : 0);
  std::size_t n = table_.live().size() + ledger_.waiting();
  for (auto* call : table_.ended()) n += call->life.teardown().busyWithin(now, within_ms);
  for (auto& [plugin, hooks] : lines_.awaited(within_ms)) n += hooks;
  return n;
}

std::string Drain::waitsFor(std::uint64_t within_ms) const {
  const std::uint64_t now = control_.nowMs();
  std::string text;
  auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  if (const std::size_t live = table_.live().size()) {
    std::string names;
    for (std::size_t i = 0; i < std::min(live, named_calls); ++i) names += (i ? ", " : "") + table_.live()[i]->id();
    add(base::counted(live, "live call", "live calls") + " (" + names + (live > named_calls ? ", ..." : "") + ")");
  }
  std::map<std::string, std::size_t> legs;
  for (auto* call : table_.ended()) {
    if (!call->life.teardown().busyWithin(now, within_ms)) continue;
    for (auto& row : call->life.teardown().rows())
      if (!call::standsInLine(row.phase) && call::isOpen(row.state))
        ++legs[std::string(call::name(row.phase)) + " of " + row.plugin];
  }
  for (auto& [what, n] : legs) add(base::counted(n, "hook", "hooks") + " " + what);
  for (auto& [plugin, n] : lines_.awaited(within_ms))
    add(base::counted(n, "notification", "notifications") + " of " + plugin);
  if (const std::size_t n = ledger_.waiting()) add(base::counted(n, "write", "writes") + " of the store");
  return text;
}

void Drain::say() {
  if (!begun_) return;
  const std::string text = waitsFor(soon_ms);
  const std::uint64_t now = control_.nowMs();
  if (text.empty() || (text == said_ && now - said_ms_ < say_again_ms)) return;
  said_ = text;
  said_ms_ = now;
  log::notice(component::drain, "waiting for " + text);
}

void Drain::sayLeft() const {
  for (auto& [plugin, n] : lines_.left())
    log::notice(component::drain, base::counted(n, "notification", "notifications") + " of " + plugin +
                                      " wait in the store; the next start takes them up");
}

}  // namespace hookswitch::control
