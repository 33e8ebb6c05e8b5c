// From acknowledged to taken. The gateway keeps what a `wake` brings in memory: a restart forgets it, the twenty-first
// event pushes out the first, and a turn that fails has emptied it. So we look whether an event is still there, hear
// how turns end, and send again what was lost.
#include "plugins/gateway/notifier.hpp"
#include "plugins/gateway/timers.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace hookswitch::gateway {
namespace {

using openclaw::Way;

constexpr std::uint64_t kAskSoon_ms = 100, kAskEvery_ms = 30000, kAskTimeout_ms = 20000;
constexpr std::uint64_t kTurnTold_ms = 300000;  // a turn that took an event and failed says so within this time
constexpr std::uint64_t kAgain_ms = 1000;
constexpr hks::Backoff kForgotten{1000, 600000}, kFailed{15000, 600000};
constexpr std::size_t kWindow = 16;  // of the gateway's twenty places, for what must not be pushed out

bool isEnd(const Item& item) { return item.event.kind == Event::Kind::Ended; }

/// How many are behind it in the gateway's queue; none: it is not there.
std::optional<std::int64_t> behind(const std::vector<std::string>& queue, const Item& item) {
  const std::string mark = lineMark(item.event);
  const auto found = std::find_if(queue.rbegin(), queue.rend(),
                                  [&](const std::string& line) { return line.compare(0, mark.size(), mark) == 0; });
  if (found == queue.rend()) return std::nullopt;
  return found - queue.rbegin();
}

}  // namespace

bool Notifier::canAsk() const {
  return link_ == Link::Ready && !config_.jsonrpc && !cannot_ask_ && openclaw::showsQueue(config_, hello_);
}

/// Must this event wait although there is a connection? One that is in the gateway's queue already, of an earlier
/// attempt, is not sent again.
bool Notifier::heldBack(std::uint64_t number, Item& item, hks::Out& out) {
  if (item.way == Way::Agent) return false;
  const auto others = [&](auto&& counts) {
    std::size_t n = 0;
    for (const auto& [other_number, other] : outbox_.items())
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
  if (!canAsk()) return false;
  if (item.sent || item.attempt > 1) {
    if (!queue_known_) {
      askNow(out);
      return true;
    }
    if (const auto younger = behind(queue_, item); item.way == Way::Queue && younger) {
      item.place = wakes_before_asking_ - *younger;
      queued(number, out);
      return true;
    }
  }
  if (item.way != Way::Queue || !isEnd(item) || others(isEnd) < kWindow) return false;
  item.why = "it waits until a turn of the agent has taken what is before it";
  item.mend = false;
  return true;
}

/// `wake` was acknowledged, or the event was found in the gateway's queue.
void Notifier::queued(std::uint64_t number, hks::Out& out) {
  Item& item = *outbox_.find(number);
  item.state = Item::State::Accepted;
  item.accepted_at = last_request_;
  item.seen = true;  // on this connection: acknowledged is as good as seen
  item.gone = item.heard = false;
  item.why.clear();
  if (item.way == Way::Turn)
    out.timer(itemTimer(number, kTurn), kTurnTold_ms);
  else if (canAsk())
    ask(kAskSoon_ms, out);
  else
    accept(number, out, "; it cannot be asked what became of it");
}

/// As far as it goes: the gateway has it in its memory. A call's beginning is watched for a while longer.
void Notifier::accept(std::uint64_t number, hks::Out& out, const char* but) {
  Item& item = *outbox_.find(number);
  if (item.told) return;
  const std::string reason = std::string("accepted: it waits in the gateway's memory for a turn of the agent") + but;
  if (isEnd(item) || !canAsk()) return settle(number, HKS_HOOK_OK, reason, out);
  answer(item, HKS_HOOK_OK, reason, 0, out);
  outbox_.remember(item.key, HKS_HOOK_OK, reason);
  item.told = true;
  // No more of them than the gateway itself remembers.
  std::vector<std::uint64_t> told;
  for (const auto& [other, known] : outbox_.items())
    if (known.told && known.state != Item::State::InFlight) told.push_back(other);
  if (told.size() <= kGatewayQueue) return;
  for (const std::uint64_t kind : {kDelay, kTurn}) out.cancelTimer(itemTimer(told.front(), kind));
  outbox_.erase(told.front());
}

void Notifier::taken(std::uint64_t number, hks::Out& out) {
  if (outbox_.find(number)->told) return outbox_.erase(number);
  settle(number, HKS_HOOK_OK, "taken by a turn of the agent", out);
}

void Notifier::forgotten(std::uint64_t number, const std::string& why, hks::Out& out) {
  comeAgain(number, why, kForgotten.after(outbox_.find(number)->failures, chance_), out);
}

/// Whatever happens in between, a question that is due soon is not put off.
void Notifier::ask(std::uint64_t after_ms, hks::Out& out) {
  if (asks_soon_) return;
  asks_soon_ = after_ms <= kAgain_ms;
  out.timer(kAskTimer, after_ms);
}

void Notifier::askNow(hks::Out& out) {
  asks_soon_ = false;
  if (!canAsk()) return;
  if (ask_request_) {
    ask_again_ = true;
    return;
  }
  const std::uint64_t request = ++last_request_;
  if (!out.send(conn_, openclaw::statusFrame(request))) return ask(kAskSoon_ms, out);
  ask_request_ = request;
  wakes_before_asking_ = wakes_;
  out.timer(kAskTimeout, kAskTimeout_ms);
}

/// The answer to that.
void Notifier::shown(const Incoming& in, hks::Out& out) {
  const std::uint64_t asked = std::exchange(ask_request_, 0);
  out.cancelTimer(kAskTimeout);
  if (!in.ok && in.retryable) return ask(kAgain_ms, out);
  cannot_ask_ = !in.ok || !in.has_queue;
  queue_ = in.queue;
  queue_known_ = true;
  std::vector<std::uint64_t> accepted;
  for (const auto& [number, item] : outbox_.items())
    if (item.state == Item::State::Accepted && (cannot_ask_ || item.accepted_at < asked)) accepted.push_back(number);
  for (const std::uint64_t number : accepted) {
    const Item* item = outbox_.find(number);  // one that is accepted may push out another
    if (!item) continue;
    if (!cannot_ask_)
      look(number, out);
    else if (item->way == Way::Queue)
      accept(number, out, "; it cannot be asked what became of it");
  }
  pump(out);
  bool wait = false;
  for (const auto& [number, item] : outbox_.items()) wait = wait || item.state == Item::State::Accepted;
  if (std::exchange(ask_again_, false))
    askNow(out);
  else if (wait && canAsk())
    ask(kAskEvery_ms, out);
}

void Notifier::look(std::uint64_t number, hks::Out& out) {
  Item& item = *outbox_.find(number);
  const auto younger = behind(queue_, item);
  if (item.way == Way::Turn) {  // a turn has ended, or should have
    if (item.gone && !younger) return taken(number, out);
    item.gone = false;
    return;
  }
  if (younger) {
    item.place = wakes_before_asking_ - *younger;
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
  const bool pushed_out = !item.gone && wakes_ - item.place >= std::int64_t(kGatewayQueue);
  if (queue_.size() >= kGatewayQueue || pushed_out) {
    if (item.told) return outbox_.erase(number);  // younger news has taken its place
    return forgotten(number, "other events have pushed it out of the gateway's memory", out);
  }
  if (item.heard) return taken(number, out);
  if (item.gone) return;
  item.gone = true;
  out.timer(itemTimer(number, kTurn), kTurnTold_ms);
}

/// The event `heartbeat`: a turn is over that a `wake` or the gateway's own clock has started.
void Notifier::turnEnded(const Incoming& in, hks::Out& out) {
  if (in.idle) return;
  std::vector<std::uint64_t> all;
  for (const auto& [number, item] : outbox_.items())
    if (item.state == Item::State::Accepted) all.push_back(number);
  if (all.empty()) return;
  const std::string why = in.ok ? std::string() : clean(in.sentence);
  if (!in.ok) {
    queue_known_ = false;
    warnOnce(why, out);
  }
  for (const std::uint64_t number : all) {
    Item& item = *outbox_.find(number);
    const bool its_own = item.way == Way::Turn;
    if (in.ok) {
      if (its_own && canAsk())
        item.gone = true;  // unless it is still there
      else if (its_own || item.gone)
        taken(number, out);
      else
        item.heard = true;  // unless it is still there
    } else if (its_own || item.gone) {
      comeAgain(number, why, kFailed.after(item.failures, chance_), out);
    } else {
      item.seen = false;  // what it took is lost; the rest is still there
      item.why = why;
    }
  }
  ask(kAskSoon_ms, out);
  pump(out);
}

/// Nothing was heard of a turn for long.
void Notifier::turnOverdue(std::uint64_t number, hks::Out& out) {
  Item& item = *outbox_.find(number);
  if (item.way == Way::Queue)
    return taken(number, out);  // by a turn of which we are not told: somebody wrote to the agent
  if (!canAsk()) {
    accept(number, out, "; it has said nothing of a turn");
    return pump(out);
  }
  item.way = Way::Queue;  // it waits there like any other, and nothing waits for it here
  askNow(out);
  pump(out);
}

/// What happens while there is no connection, nobody tells.
void Notifier::lostReceipts(hks::Out& out) {
  for (auto& [number, item] : outbox_.items()) {
    if (item.state != Item::State::Accepted) continue;
    out.cancelTimer(itemTimer(number, kTurn));
    if (item.way == Way::Turn) item.state = Item::State::Queued;
    item.seen = item.gone = item.heard = false;
  }
  queue_.clear();
  queue_known_ = cannot_ask_ = ask_again_ = asks_soon_ = false;
  ask_request_ = 0;
  out.cancelTimer(kAskTimer);
  out.cancelTimer(kAskTimeout);
}

}  // namespace hookswitch::gateway
