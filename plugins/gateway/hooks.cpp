#include "plugins/gateway/hooks.hpp"

#include "plugins/gateway/timers.hpp"

namespace hookswitch::gateway {

bool Hooks::makeRoom(const Event& event, hks::Out& out) {
  while (outbox.full(event.bytes())) {
    const std::uint64_t victim = event.kind == Event::Kind::Ended ? outbox.dispensable() : 0;
    if (!victim) return false;
    answer(*outbox.find(victim), HKS_HOOK_RETRY, "pushed out by more important events while the gateway is away",
           60000 + chance_.below(30000), out);
    out.cancelTimer(itemTimer(victim, kDelay));
    outbox.erase(victim);
  }
  return true;
}

void Hooks::answer(Item& item, std::uint32_t state, std::string_view reason, std::uint64_t after_ms, hks::Out& out,
                   std::uint32_t flags) {
  if (!item.hook) return;
  out.hookDone(item.hook, state, reason, after_ms, flags);
  item.hook = 0;
  out.cancelTimer(itemTimer(outbox.numberOf(item.key), kHookDeadline));
}

void Hooks::settle(std::uint64_t number, std::uint32_t state, const std::string& reason, hks::Out& out) {
  answer(*outbox.find(number), state, reason, 0, out);
  for (const std::uint64_t kind : {kRequestTimeout, kDelay, kTurn}) out.cancelTimer(itemTimer(number, kind));
  outbox.settle(number, state, reason);
}

void Hooks::comeAgain(std::uint64_t number, const std::string& why, std::uint64_t after_ms, hks::Out& out) {
  Item& item = *outbox.find(number);
  item.request = 0;
  item.why = why;
  item.mend = false;
  item.seen = item.gone = item.heard = item.running = false;
  ++item.failures;
  item.state = Item::State::Delayed;
  out.cancelTimer(itemTimer(number, kTurn));
  out.timer(itemTimer(number, kDelay), after_ms);
}

}  // namespace hookswitch::gateway
