#include "plugins/twilio/sweep.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <string>
#include <utility>

namespace hookswitch::twilio {
namespace {

// In the order of a leg's life: one that moves on while it is looked for is in a list that comes later.
constexpr const char* kStatuses[] = {"queued", "ringing", "in-progress"};
constexpr std::uint64_t kFirstRetry_ms = 500, kLongestRetry_ms = 4'000;

}  // namespace

/// One request: a page of a list, or the log of a leg.
struct Sweeper::Task {
  Request request;
  Leg leg;            ///< of a log; without a SID: a list
  unsigned page = 1;  ///< of a list
  unsigned attempt = 1;
};

struct Sweeper::Sweep {
  std::uint64_t id = 0;
  std::deque<Task> lists, logs;
  std::set<std::string> seen;  ///< legs, by SID
  std::size_t under_way = 0, asked = 0, silent = 0;
  std::string trouble;  ///< the first
};

void Sweeper::sweep(std::uint64_t id, hks::Out& out) {
  auto sweep = std::make_shared<Sweep>();
  sweep->id = id;
  for (const char* status : kStatuses) sweep->lists.push_back({listLegs(ports_.config(), status), {}});
  next(sweep, out);
}

void Sweeper::next(const SweepPtr& sweep, hks::Out& out) {
  // One list after the other, so that no leg slips from one into another unseen; logs beside them.
  while (sweep->under_way < kAtOnce) {
    auto& queue = sweep->logs.empty() ? sweep->lists : sweep->logs;
    if (queue.empty() || (sweep->logs.empty() && sweep->under_way > 0)) break;
    const Task task = std::move(queue.front());
    queue.pop_front();
    send(sweep, task, out);
  }
  if (sweep->under_way > 0 || !sweep->lists.empty() || !sweep->logs.empty()) return;
  std::string incomplete = sweep->trouble;
  if (incomplete.empty() && sweep->silent > 0)
    incomplete = "Twilio has " + std::to_string(sweep->silent) +
                 " running legs that nothing tells anything about: no mark, no log of callbacks";
  out.swept(sweep->id, incomplete);
}

void Sweeper::send(const SweepPtr& sweep, const Task& task, hks::Out& out) {
  ++sweep->under_way;
  const bool taken = ports_.perform(out, task.request, [this, sweep, task](const hks_http& response, hks::Out& o) {
    look_up_.noteTime(response);
    onAnswer(sweep, task, response, o);
    --sweep->under_way;
    next(sweep, o);
  });
  if (taken) return;
  --sweep->under_way;
  again(sweep, task, 0, out);
}

void Sweeper::again(const SweepPtr& sweep, Task task, std::uint64_t after_ms, hks::Out& out) {
  const std::uint64_t wait = std::max(backoffMs(ports_, kFirstRetry_ms, kLongestRetry_ms, task.attempt), after_ms);
  ++sweep->under_way;  // the waiting counts
  const bool waits = ++task.attempt <= kAttempts && ports_.after(out, wait, [this, sweep, task](hks::Out& o) {
    --sweep->under_way;
    send(sweep, task, o);
    if (sweep->under_way == 0) next(sweep, o);
  });
  if (waits) return;
  --sweep->under_way;
  if (sweep->trouble.empty()) sweep->trouble = kTooBusy;
}

void Sweeper::onAnswer(const SweepPtr& sweep, const Task& task, const hks_http& response, hks::Out& out) {
  const bool is_log = !task.leg.sid.empty();
  if (response.status == 200) {
    if (is_log) {
      if (const auto log = parseLog(hks::text(response.body))) return onLog(sweep, task, *log, out);
    } else if (const auto page = parseLegs(hks::text(response.body))) {
      return onPage(sweep, task, *page, out);
    }
  }
  if (is_log && response.status == 404) return onLog(sweep, task, {}, out);
  const bool passing = judgeHangUp(response) == HangUpVerdict::repeat || response.status == 200;
  if (passing && task.attempt < kAttempts) return again(sweep, task, retryAfterMs(response).value_or(0), out);
  if (sweep->trouble.empty()) sweep->trouble = errorSentence(response);
}

void Sweeper::onPage(const SweepPtr& sweep, const Task& task, const LegPage& page, hks::Out& out) {
  for (const Leg& leg : page.legs) {
    if (legState(leg.status).state == HKS_OVER || !sweep->seen.insert(leg.sid).second) continue;
    if (leg.mark) look_up_.note(leg.sid, *leg.mark);
    if (const Mark* mark = look_up_.known(leg.sid)) {
      found(sweep, leg, *mark, out);
    } else if (ports_.config().look_up == LookUpPolicy::numbers) {
      sweep->silent += leg.direction != "inbound";
    } else if (sweep->asked < kLogs) {
      ++sweep->asked;
      sweep->logs.push_back({callLog(ports_.config(), leg.sid), leg});
    } else if (sweep->trouble.empty()) {
      sweep->trouble =
          "Twilio has more than " + std::to_string(kLogs) + " running legs that this gateway does not know";
    }
  }
  if (page.next_uri.empty()) return;
  const auto more = nextPage(ports_.config(), page.next_uri);
  if (more && task.page < kPages)
    sweep->lists.push_front({*more, {}, task.page + 1});
  else if (sweep->trouble.empty())
    sweep->trouble = "Twilio lists more legs than can be looked at";
}

void Sweeper::onLog(const SweepPtr& sweep, const Task& task, const LegLog& log, hks::Out& out) {
  if (log.mark) {
    look_up_.note(task.leg.sid, *log.mark);
    found(sweep, task.leg, *log.mark, out);
  } else if (log.telling) {
    look_up_.note(task.leg.sid, {});
  } else {
    sweep->silent +=
        task.leg.direction != "inbound";  // before our answer an incoming call has no mark, and no need of one
  }
}

void Sweeper::found(const SweepPtr& sweep, const Leg& leg, const Mark& mark, hks::Out& out) {
  if (mark.call.empty()) return;  // no gateway's
  const bool incoming = leg.direction == "inbound";
  out.found(sweep->id, mark.call, leg.sid, mark.base_url, leg.to, leg.from, incoming ? HKS_INCOMING : HKS_OUTBOUND);
}

}  // namespace hookswitch::twilio
