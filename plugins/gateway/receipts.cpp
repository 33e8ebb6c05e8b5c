#include "plugins/gateway/receipts.hpp"

#include "plugins/gateway/timers.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace hookswitch::gateway {
namespace {

using openclaw::Way;

constexpr std::uint64_t kAskSoon_ms = 100;
constexpr std::uint64_t kTurnTold_ms = 300000;  // a turn that took an event and failed says so within this time
constexpr hks::Backoff kForgotten{1000, 600000}, kFailed{15000, 600000};
constexpr std::size_t kWindow = 16;  // of the gateway's twenty places, for what must not be pushed out

bool isEnd(const Item& item) { return item.event.kind == Event::Kind::Ended; }

}  // namespace

bool Receipts::heldBack(std::uint64_t number, Item& item, hks::Out& out) {
  if (item.way == Way::Agent) return false;
  const auto others = [&](auto&& counts) {
    std::size_t n = 0;
    for (const auto& [other_number, other] : hooks_.outbox.items())
      n += other_number != number && (other.state == Item::State::InFlight || other.state == Item::State::Accepted) &&
           other.way == item.way && counts(other);
    return n;
  };
  // Of two turns at once nobody could tell which of them failed.
  if (item.way == Way::Turn && others([](const Item&) { return true; })) {
    item.why = "it waits until the turn about another call has ended";
    item.mend = false;
    return true;
  }
  if (!view_.canAsk()) return false;
  if (item.sent || item.attempt > 1) {
    if (!view_.known()) {
      view_.askNow(out);
      return true;
    }
    if (const auto younger = view_.behind(item.event); item.way == Way::Queue && younger) {
      item.place = view_.place(*younger);
      queued(number, out);
      return true;
    }
  }
  if (item.way != Way::Queue || !isEnd(item) || others(isEnd) < kWindow) return false;
  item.why = "it waits until a turn of the agent has taken what is before it";
  item.mend = false;
  return true;
}

void Receipts::queued(std::uint64_t number, hks::Out& out) {
  Item& item = *hooks_.outbox.find(number);
  item.state = Item::State::Accepted;
  item.accepted_at = link_.lastRequest();
  item.seen = true;  // on this connection: acknowledged is as good as seen
  item.gone = item.heard = false;
  item.why.clear();
  if (item.way == Way::Turn)
    out.timer(itemTimer(number, kTurn), kTurnTold_ms);
  else if (view_.canAsk())
    view_.ask(kAskSoon_ms, out);
  else
    accept(number, out, "; it cannot be asked what became of it");
}

void Receipts::accept(std::uint64_t number, hks::Out& out, const char* but) {
  Item& item = *hooks_.outbox.find(number);
  if (item.told) return;
  const std::string reason = std::string("accepted: it waits in the gateway's memory for a turn of the agent") + but;
  if (isEnd(item) || !view_.canAsk()) return hooks_.settle(number, HKS_HOOK_OK, reason, out);
  hooks_.answer(item, HKS_HOOK_OK, reason, 0, out);
  hooks_.outbox.remember(item.key, HKS_HOOK_OK, reason);
  item.told = true;
  // No more of them than the gateway itself remembers.
  std::vector<std::uint64_t> told;
  for (const auto& [other, known] : hooks_.outbox.items())
    if (known.told && known.state != Item::State::InFlight) told.push_back(other);
  if (told.size() <= kGatewayQueue) return;
  for (const std::uint64_t kind : {kDelay, kTurn}) out.cancelTimer(itemTimer(told.front(), kind));
  hooks_.outbox.erase(told.front());
}

void Receipts::taken(std::uint64_t number, hks::Out& out) {
  if (hooks_.outbox.find(number)->told) return hooks_.outbox.erase(number);
  hooks_.settle(number, HKS_HOOK_OK, "taken by a turn of the agent", out);
}

void Receipts::forgotten(std::uint64_t number, const std::string& why, hks::Out& out) {
  hooks_.comeAgain(number, why, kForgotten.after(hooks_.outbox.find(number)->failures, chance_), out);
}

bool Receipts::heard(const Incoming& in, hks::Out& out) {
  if (!view_.isAnswer(in)) return false;
  shown(in, out);
  return true;
}

/// The gateway has said what waits there.
void Receipts::shown(const Incoming& in, hks::Out& out) {
  const auto asked = view_.take(in, out);
  if (!asked) return;
  std::vector<std::uint64_t> accepted;
  for (const auto& [number, item] : hooks_.outbox.items())
    if (item.state == Item::State::Accepted && (view_.refused() || item.accepted_at < *asked))
      accepted.push_back(number);
  for (const std::uint64_t number : accepted) {
    const Item* item = hooks_.outbox.find(number);  // one that is accepted may push out another
    if (!item) continue;
    if (!view_.refused())
      look(number, out);
    else if (item->way == Way::Queue)
      accept(number, out, "; it cannot be asked what became of it");
  }
  owner_.pump(out);
  bool waits = false;
  for (const auto& [number, item] : hooks_.outbox.items()) waits = waits || item.state == Item::State::Accepted;
  view_.next(waits, out);
}

void Receipts::look(std::uint64_t number, hks::Out& out) {
  Item& item = *hooks_.outbox.find(number);
  const auto younger = view_.behind(item.event);
  if (item.way == Way::Turn) {  // a turn has ended, or should have
    if (item.gone && !younger) return taken(number, out);
    item.gone = false;
    return;
  }
  if (younger) {
    item.place = view_.place(*younger);
    item.seen = true;
    item.gone = item.heard = false;
    out.cancelTimer(itemTimer(number, kTurn));
    if (!isEnd(item) || !config_.until_taken) accept(number, out);
    return;
  }
  if (!item.seen)
    return forgotten(
        number, item.why.empty() ? std::string("the gateway was started anew and has forgotten it") : item.why, out);
  // A turn that has emptied the memory since then took it only if what we sent behind it had not pushed it out before.
  const bool pushed_out = !item.gone && view_.wakes() - item.place >= std::int64_t(kGatewayQueue);
  if (view_.full() || pushed_out) {
    if (item.told) return hooks_.outbox.erase(number);  // younger news has taken its place
    return forgotten(number, "other events have pushed it out of the gateway's memory", out);
  }
  if (item.heard) return taken(number, out);
  if (item.gone) return;
  item.gone = true;
  out.timer(itemTimer(number, kTurn), kTurnTold_ms);
}

void Receipts::turnEnded(const Incoming& in, hks::Out& out) {
  if (in.idle) return;
  std::vector<std::uint64_t> all;
  for (const auto& [number, item] : hooks_.outbox.items())
    if (item.state == Item::State::Accepted) all.push_back(number);
  if (all.empty()) return;
  const std::string why = in.ok ? std::string() : link_.clean(in.sentence);
  if (!in.ok) {
    view_.doubt();
    link_.warnOnce(why, out);
  }
  for (const std::uint64_t number : all) {
    Item& item = *hooks_.outbox.find(number);
    const bool its_own = item.way == Way::Turn;
    if (in.ok) {
      if (its_own && view_.canAsk())
        item.gone = true;  // unless it is still there
      else if (its_own || item.gone)
        taken(number, out);
      else
        item.heard = true;  // unless it is still there
    } else if (its_own || item.gone) {
      hooks_.comeAgain(number, why, kFailed.after(item.failures, chance_), out);
    } else {
      item.seen = false;  // what it took is lost; the rest is still there
      item.why = why;
    }
  }
  view_.ask(kAskSoon_ms, out);
  owner_.pump(out);
}

void Receipts::turnOverdue(std::uint64_t number, hks::Out& out) {
  Item& item = *hooks_.outbox.find(number);
  if (item.way == Way::Queue)
    return taken(number, out);  // by a turn of which we are not told: somebody wrote to the agent
  if (!view_.canAsk()) {
    accept(number, out, "; it has said nothing of a turn");
    return owner_.pump(out);
  }
  item.way = Way::Queue;  // it waits there like any other, and nothing waits for it here
  view_.askNow(out);
  owner_.pump(out);
}

void Receipts::lost(hks::Out& out) {
  for (auto& [number, item] : hooks_.outbox.items()) {
    if (item.state != Item::State::Accepted) continue;
    out.cancelTimer(itemTimer(number, kTurn));
    if (item.way == Way::Turn) item.state = Item::State::Queued;
    item.seen = item.gone = item.heard = false;
  }
  view_.lost(out);
}

}  // namespace hookswitch::gateway
