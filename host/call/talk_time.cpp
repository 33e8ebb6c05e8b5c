#include "host/call/talk_time.hpp"

#include <algorithm>

namespace hookswitch::call {
namespace {

/// A carrier that counts milliseconds may cut a little early.
constexpr std::uint64_t early_ms = 250;
/// Our own measure is from news to news, and each may be late: so much, and no more than a tenth of the limit.
constexpr std::uint64_t late_news_ms = 1'500;

}  // namespace

void TalkTime::sawAnswer(const Now& now) {
  record_.answered_unix_ms = record_.clockMs(now.all_ms, now.unix_ms);
  answered_ms_ = now.all_ms;
}

void TalkTime::heardOfAnswer(const SaidTimes& said) {
  const std::uint64_t seen = record_.answered_unix_ms;
  const std::uint64_t at = plausibleAnswer(said, record_.started_unix_ms, seen);
  if (at == seen) return;
  record_.answered_unix_ms = at;
  if (answered_ms_) answered_ms_ -= std::min(answered_ms_ - 1, seen - at);  // 0 means: not seen
}

void TalkTime::heardOfEnd(const SaidTimes& said, const Now& now) {
  Record& r = record_;
  if (r.ended_unix_ms || !said.duration_ms) return;
  const std::uint64_t clock = r.clockMs(now.all_ms, now.unix_ms),
                      life_ms = clock > r.started_unix_ms ? clock - r.started_unix_ms : 0;
  if (!r.answered_unix_ms)
    r.answered_unix_ms = said.answered_unix_ms ? plausibleAnswer(said, r.started_unix_ms, clock)
                                               : clock - std::min(said.duration_ms, life_ms);
  std::optional<std::uint64_t> own_ms;
  if (answered_ms_) own_ms = now.all_ms - answered_ms_;
  talked_ms_ = plausibleTalk(said, own_ms, std::max(life_ms, own_ms.value_or(0)));
  // They talked longer than we saw: the answer was earlier than we saw it.
  const std::uint64_t seen_ms = own_ms ? *own_ms : clock > r.answered_unix_ms ? clock - r.answered_unix_ms : 0;
  if (talked_ms_ > seen_ms)
    r.answered_unix_ms -=
        std::min(talked_ms_ - seen_ms, r.answered_unix_ms - std::min(r.answered_unix_ms, r.started_unix_ms));
}

std::optional<std::uint64_t> TalkTime::limitDue() const {
  if (!answered_ms_) return std::nullopt;
  return answered_ms_ + limitMs();
}

bool TalkTime::burntFuse(const SaidTimes& said, const Now& now) const {
  if (said.duration_ms) return said.duration_ms + early_ms >= limitMs();
  return answered_ms_ && now.all_ms - answered_ms_ + std::min(late_news_ms, limitMs() / 10) >= limitMs();
}

void TalkTime::seal(const Now& now) {
  if (record_.ended_unix_ms) return;  // by an earlier run of the gateway
  record_.ended_unix_ms = record_.clockMs(now.all_ms, now.unix_ms);
  // The carrier knows better than a gateway that was away, or asleep, how long the two have talked.
  if (talked_ms_ && record_.answered_unix_ms) record_.ended_unix_ms = record_.answered_unix_ms + talked_ms_;
}

}  // namespace hookswitch::call
