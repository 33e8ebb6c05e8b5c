#include "plugins/gateway/notifier.hpp"

#include "plugins/gateway/jsonrpc.hpp"
#include "plugins/gateway/openclaw.hpp"
#include "plugins/gateway/text.hpp"
#include "plugins/gateway/timers.hpp"

#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <vector>

namespace hookswitch::gateway {
namespace {

constexpr std::uint32_t kDeadline_ms = 15000;
constexpr std::uint64_t kMargin_ms = 1500;  // an answer leaves so long before the deadline
constexpr std::size_t kMaxInFlight = 32;    // more pipelined requests are refused as overload (§2.10)
constexpr std::uint64_t kRequest_ms = 20000;
constexpr std::uint64_t kAge_ms = 60000;
constexpr std::uint32_t kStartedLimit_min = 10;  // nobody wants to hear that late that a call has begun
constexpr std::uint32_t kAbandoned_min = 60;     // the host asked so long ago that it has given up
constexpr std::uint64_t kRun_ms = 900000;        // of an agent's turn, before its outcome is asked for again
constexpr hks::Backoff kMend{30000, 600000};     // what a person can mend
constexpr hks::Backoff kFailed{15000, 600000};   // what a turn failed on
constexpr hks::Backoff kPassing{200, 60000};     // what passes by itself
constexpr std::uint64_t kAskHost_ms = 300000;    // the host asks again for what only waits there

std::string uuid(std::uint64_t a, std::uint64_t b) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string s;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) s += '-';
    s += hex[(i < 16 ? a >> (4 * i) : b >> (4 * (i - 16))) & 15];
  }
  s[14] = '4', s[19] = 'a';
  return s;
}

}  // namespace

void Notifier::onStart(const hks_start& start, hks::Out& out) {
  std::vector<std::string> problems;
  config_ = readConfig(hks::Settings(start), problems);
  for (const auto& sentence : problems) out.log(HKS_ERROR, sentence);
  if (!config_.usable) return;
  chance_ = hks::Chance(start.seed);
  const std::uint64_t a = chance_.next(), b = chance_.next();
  out.hook(HKS_PHASE_STARTED, kDeadline_ms);
  out.hook(HKS_PHASE_NOTIFY, kDeadline_ms);
  out.timer(kAgeTimer, kAge_ms);
  link_.begin(hks::utf8::line(hks::text(start.host_version), 64), uuid(a, b), out);
}

void Notifier::linkReady(hks::Out& out) {
  out.log(HKS_INFO, "gateway connected, " + std::to_string(hooks_.outbox.items().size()) + " events wait");
  // What was refused on the last connection may be mended by now.
  bool accepted = false;
  for (auto& [number, item] : hooks_.outbox.items()) {
    accepted = accepted || item.state == Item::State::Accepted;
    if (item.state != Item::State::Delayed) continue;
    item.state = Item::State::Queued;
    out.cancelTimer(itemTimer(number, kDelay));
  }
  if (accepted) receipts_.lookAgain(out);
  pump(out);
}

void Notifier::linkHeard(const Incoming& in, hks::Out& out) {
  in.kind == Incoming::Kind::Turn ? receipts_.turnEnded(in, out) : acknowledged(in, out);
}

void Notifier::linkLost(hks::Out& out) {
  out.cancelTimer(kPumpTimer);
  for (const auto& [request, number] : in_flight_) {
    Item& item = *hooks_.outbox.find(number);
    item.state = Item::State::Queued;  // unanswered: it goes first on the next connection
    item.request = 0;
    item.running = false;
    for (const std::uint64_t kind : {kRequestTimeout, kTurn}) out.cancelTimer(itemTimer(number, kind));
  }
  in_flight_.clear();
  receipts_.lost(out);
}

void Notifier::onPhase(const hks_phase& phase, hks::Out& out) {
  const bool ended = phase.phase == HKS_PHASE_NOTIFY;
  if (!config_.usable || !phase.record || !(ended || phase.phase == HKS_PHASE_STARTED)) {
    out.hookDone(phase.msg.id, HKS_HOOK_SKIP);
    return;
  }
  const auto record = hks::record<hks_record>(phase.record);
  std::string key = hks::eventKey(phase);
  if (const auto* done = hooks_.outbox.settled(key)) {
    out.hookDone(phase.msg.id, done->state, done->reason);
    return;
  }
  std::uint64_t number = hooks_.outbox.numberOf(key);
  if (!number) {
    Event event = ended ? endedEvent(record) : startedEvent(record);
    if (!hooks_.makeRoom(event, out)) {
      out.hookDone(phase.msg.id, HKS_HOOK_RETRY, "too many events wait for the gateway", 30000 + chance_.below(30000));
      return;
    }
    number = hooks_.outbox.add(std::move(key), std::move(event));
  }
  Item& item = *hooks_.outbox.find(number);
  item.hook = phase.msg.id;
  item.attempt = std::max<std::uint32_t>(phase.attempt, 1);
  item.silence_min = 0;
  const std::uint64_t time = phase.deadline_ms ? phase.deadline_ms : kDeadline_ms;
  out.timer(itemTimer(number, kHookDeadline), time - std::min(kMargin_ms, time / 4));
  pump(out);
}

void Notifier::deadline(std::uint64_t number, hks::Out& out) {
  Item& item = *hooks_.outbox.find(number);
  std::string why;
  std::uint64_t longest = 30000;
  std::uint32_t flags = 0;  // what holds one back holds back the next one, too
  if (item.state == Item::State::Accepted) {
    why = "accepted, but no turn of the agent has taken it yet" +
          std::string(link_.hello().model_configured ? "" : ": the gateway has no model configured") +
          "; a restart of the gateway would forget it";
    longest = kAskHost_ms;
    flags = HKS_HOOK_APART;
  } else if (!link_.ready()) {
    why = "gateway not connected" + (link_.trouble().empty() ? std::string() : ": " + link_.trouble());
    if (link_.mend()) flags = HKS_HOOK_MEND;
  } else if (!item.why.empty()) {
    why = item.why;
    longest = kAskHost_ms;
    if (item.mend) flags = HKS_HOOK_MEND;
  } else {
    if (item.running) flags = HKS_HOOK_APART;
    why = item.running ? "accepted, the agent's turn is under way" : "the gateway has not acknowledged it yet";
  }
  const std::uint64_t base =
      std::min<std::uint64_t>(5000 * std::uint64_t(std::min<std::uint32_t>(item.attempt, 60)), longest);
  hooks_.answer(item, HKS_HOOK_RETRY, why, base + chance_.below(base / 4), out, flags);
}

void Notifier::growOlder(hks::Out& out) {
  std::vector<std::uint64_t> late, abandoned;
  for (auto& [number, item] : hooks_.outbox.items()) {
    ++item.age_min;
    if (!item.hook) ++item.silence_min;
    if (item.state == Item::State::InFlight) continue;
    if (item.silence_min >= kAbandoned_min || (item.told && item.age_min >= kStartedLimit_min))
      abandoned.push_back(number);
    else if (item.event.kind == Event::Kind::Started && item.age_min >= kStartedLimit_min)
      late.push_back(number);
  }
  for (const std::uint64_t number : late) {
    const Item* item = hooks_.outbox.find(number);
    if (!item) continue;
    if (item->state == Item::State::Accepted)
      receipts_.accept(number, out);
    else
      hooks_.settle(number, HKS_HOOK_GIVE_UP,
                    "the gateway could not be told within ten minutes that the call had begun", out);
  }
  for (const std::uint64_t number : abandoned) hooks_.outbox.erase(number);
}

void Notifier::pump(hks::Out& out) {
  if (!link_.ready()) return;
  for (auto& [number, item] : hooks_.outbox.items()) {
    if (in_flight_.size() >= kMaxInFlight) return;
    if (item.state != Item::State::Queued) continue;
    if (!config_.jsonrpc) {
      item.way = openclaw::wayOf(config_, link_.hello(), item.event);
      if (receipts_.heldBack(number, item, out)) continue;
    }
    const std::uint64_t request = link_.newRequest();
    const std::string frame = config_.jsonrpc
                                  ? jsonrpc::eventFrame(request, item.event)
                                  : openclaw::eventFrame(config_, link_.hello(), request, item.event, item.round);
    if (!link_.send(frame, out)) {  // too much for one step: the rest goes with the next
      out.timer(kPumpTimer, 100);
      return;
    }
    item.state = Item::State::InFlight;
    item.request = request;
    item.sent = true;
    item.place = receipts_.sent();
    item.running = false;
    in_flight_[request] = number;
    out.timer(itemTimer(number, kRequestTimeout), kRequest_ms);
  }
}

void Notifier::acknowledged(const Incoming& in, hks::Out& out) {
  if (receipts_.heard(in, out)) return;
  const auto it = in_flight_.find(in.id);
  if (it == in_flight_.end()) return;  // a heartbeat, or of a request that is not waited for any more
  const std::uint64_t number = it->second;
  Item& item = *hooks_.outbox.find(number);
  const bool agent = !config_.jsonrpc && item.way == openclaw::Way::Agent;
  out.cancelTimer(itemTimer(number, kRequestTimeout));
  if (agent && in.ok &&
      in.accepted) {  // its outcome comes under the same id; until then a restart there would forget it
    item.running = true;
    out.timer(itemTimer(number, kTurn), kRun_ms);
    return;
  }
  in_flight_.erase(it);
  out.cancelTimer(itemTimer(number, kTurn));
  if (!in.ok) {
    refused(number, in, out);
  } else {
    link_.accepted();
    if (config_.jsonrpc)
      hooks_.settle(number, HKS_HOOK_OK, "accepted", out);
    else if (agent)
      receipts_.taken(number, out);
    else
      receipts_.queued(number, out);
  }
  pump(out);
}

/// Nothing is given up: whatever the gateway has against it, somebody may mend it, and the host knows when it is too
/// late.
void Notifier::refused(std::uint64_t number, const Incoming& in, hks::Out& out) {
  Item& item = *hooks_.outbox.find(number);
  const bool failed = item.running && in.outcome;
  if (!in.retryable) ++item.round;
  const std::uint64_t own = (failed ? kFailed : in.passing ? kPassing : kMend).base(item.failures);
  const std::string why =
      (failed ? "the agent's turn came to nothing: " : "the gateway refused: ") + link_.clean(in.sentence);
  link_.warnOnce(why, out);
  hooks_.comeAgain(
      number, why,
      std::max(std::min<std::uint64_t>(in.after_ms, 60000), own) + chance_.below(own / (in.passing && !failed ? 1 : 4)),
      out);
  item.mend = !in.passing && !failed;
}

void Notifier::onTimer(std::uint64_t id, hks::Out& out) {
  if (link_.timer(id, out) || receipts_.timer(id, out)) return;
  if (id == kPumpTimer) return pump(out);
  if (id == kAgeTimer) {
    out.timer(kAgeTimer, kAge_ms);
    return growOlder(out);
  }
  if (id < kItemTimers) return;
  const std::uint64_t number = (id - kItemTimers) / kPerItem;
  Item* item = hooks_.outbox.find(number);
  if (!item) return;
  switch ((id - kItemTimers) % kPerItem) {
    case kHookDeadline: return deadline(number, out);
    case kRequestTimeout:
      // Ticks or heartbeats may still come, but nobody works there: a fresh connection is the only remedy from here.
      if (item->state == Item::State::InFlight) link_.giveUp("the gateway left a request unanswered for 20 s", out);
      return;
    case kDelay:
      if (item->state == Item::State::Delayed) item->state = Item::State::Queued;
      return pump(out);
    case kTurn:
      if (item->state == Item::State::Accepted) return receipts_.turnOverdue(number, out);
      if (item->state != Item::State::InFlight || !item->running) return;
      in_flight_.erase(
          item->request);  // asked for again, by the same key: the outcome that is recorded, or the same run
      item->state = Item::State::Queued;
      return pump(out);
    default: return;
  }
}

}  // namespace hookswitch::gateway
