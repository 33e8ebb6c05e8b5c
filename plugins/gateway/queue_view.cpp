#include "plugins/gateway/queue_view.hpp"

#include "plugins/gateway/openclaw.hpp"
#include "plugins/gateway/timers.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::gateway {
namespace {

constexpr std::uint64_t kAskAgain_ms = 1000, kAskEvery_ms = 30000, kAskTimeout_ms = 20000, kNoRoom_ms = 100;

}  // namespace

bool QueueView::canAsk() const {
  return link_.ready() && !config_.jsonrpc && !refuses_ && openclaw::showsQueue(config_, link_.hello());
}

void QueueView::ask(std::uint64_t after_ms, hks::Out& out) {
  if (soon_) return;
  soon_ = after_ms <= kAskAgain_ms;
  out.timer(kAskTimer, after_ms);
}

void QueueView::askNow(hks::Out& out) {
  soon_ = false;
  if (!canAsk()) return;
  if (request_) {
    again_ = true;
    return;
  }
  const std::uint64_t request = link_.newRequest();
  if (!link_.send(openclaw::statusFrame(request), out)) return ask(kNoRoom_ms, out);
  request_ = request;
  wakes_before_asking_ = wakes_;
  out.timer(kAskTimeout, kAskTimeout_ms);
}

bool QueueView::timer(std::uint64_t id, hks::Out& out) {
  if (id == kAskTimer)
    askNow(out);
  else if (id != kAskTimeout)
    return false;
  else if (link_.ready() && request_)
    link_.giveUp("the gateway left a request unanswered for 20 s", out);
  return true;
}

std::optional<std::uint64_t> QueueView::take(const Incoming& in, hks::Out& out) {
  const std::uint64_t asked = std::exchange(request_, 0);
  out.cancelTimer(kAskTimeout);
  if (!in.ok && in.retryable) {
    ask(kAskAgain_ms, out);
    return std::nullopt;
  }
  refuses_ = !in.ok || !in.has_queue;
  lines_ = in.queue;
  known_ = true;
  return asked;
}

void QueueView::next(bool waits, hks::Out& out) {
  if (std::exchange(again_, false))
    askNow(out);
  else if (waits && canAsk())
    ask(kAskEvery_ms, out);
}

std::optional<std::int64_t> QueueView::behind(const Event& event) const {
  const std::string mark = lineMark(event);
  const auto found = std::find_if(lines_.rbegin(), lines_.rend(),
                                  [&](const std::string& line) { return line.compare(0, mark.size(), mark) == 0; });
  if (found == lines_.rend()) return std::nullopt;
  return found - lines_.rbegin();
}

void QueueView::lost(hks::Out& out) {
  lines_.clear();
  known_ = refuses_ = again_ = soon_ = false;
  request_ = 0;
  out.cancelTimer(kAskTimer);
  out.cancelTimer(kAskTimeout);
}

}  // namespace hookswitch::gateway
