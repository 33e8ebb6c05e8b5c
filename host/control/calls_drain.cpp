// The end of the gateway: what a drain waits for, and what it leaves to the next start.
#include <algorithm>

#include "host/base/log.hpp"
#include "host/control/calls.hpp"

namespace hookswitch::control {

using call::Call;
using call::HookRow;
using call::Phase;

namespace {

constexpr const char* component = "drain";
constexpr std::uint64_t say_again_ms = 5'000;
constexpr std::size_t named_calls = 5;

std::string some(std::size_t n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

}  // namespace

void Calls::drain() {
  if (draining_) return;
  draining_ = true;
  sayWaiting();
}

std::size_t Calls::awaitedOf(const HookLine& line, std::uint64_t now, std::uint64_t soon_ms) const {
  // What was told for the first time is worth its deadline. Of what was in the way already nobody knows when it gets
  // through.
  if (!mayGive()) return line.fresh() ? line.inHand() : 0;
  if (line.flows(now)) return line.size();
  return line.inHand() ? line.inHand() : line.soon(now, soon_ms, call::Teardown::hopeless_attempts);
}

std::size_t Calls::unfinished(std::uint64_t soon_ms) {
  const std::uint64_t now = Thread::nowMs();
  if (!draining_ || !table_.live().empty())
    quiet_since_ = 0;
  else if (!quiet_since_)
    quiet_since_ = now;
  std::size_t n = table_.live().size() + ledger_.waiting();
  for (auto* call : table_.ended()) n += call->teardown->busyWithin(now, soon_ms);
  for (auto& [plugin, line] : lines_) n += awaitedOf(line, now, soon_ms);
  return n;
}

std::string Calls::waitsFor(std::uint64_t soon_ms) const {
  const std::uint64_t now = Thread::nowMs();
  std::string text;
  auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  if (const std::size_t live = table_.live().size()) {
    std::string names;
    for (std::size_t i = 0; i < std::min(live, named_calls); ++i) names += (i ? ", " : "") + table_.live()[i]->id();
    add(some(live, "live call", "live calls") + " (" + names + (live > named_calls ? ", ..." : "") + ")");
  }
  std::map<std::string, std::size_t> legs;
  for (auto* call : table_.ended()) {
    if (!call->teardown->busyWithin(now, soon_ms)) continue;
    for (auto& row : call->teardown->rows())
      if (!call::standsInLine(row.phase) && call::isOpen(row.state))
        ++legs[std::string(call::name(row.phase)) + " of " + row.plugin];
  }
  for (auto& [what, n] : legs) add(some(n, "hook", "hooks") + " " + what);
  for (auto& [plugin, line] : lines_)
    if (const std::size_t n = awaitedOf(line, now, soon_ms))
      add(some(n, "notification", "notifications") + " of " + plugin);
  if (const std::size_t n = ledger_.waiting()) add(some(n, "write", "writes") + " of the store");
  return text;
}

void Calls::sayWaiting() {
  const std::string text = waitsFor();
  const std::uint64_t now = Thread::nowMs();
  if (text.empty() || (text == waits_said_ && now - waits_said_ms_ < say_again_ms)) return;
  waits_said_ = text;
  waits_said_ms_ = now;
  log::notice(component, "waiting for " + text);
}

void Calls::sayLeft() const {
  for (auto& [plugin, line] : lines_)
    if (line.size())
      log::notice(component, some(line.size(), "notification", "notifications") + " of " + plugin +
                                 " wait in the store; the next start takes them up");
}

}  // namespace hookswitch::control
