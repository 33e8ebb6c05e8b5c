#include "host/control/media_health.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "host/base/log.hpp"
#include "host/control/component.hpp"

namespace hookswitch::control {

void MediaHealth::report(std::size_t loop, const media::LoopReport& report) {
  if (loop >= loops_.size()) loops_.resize(loop + 1);
  loops_[loop] = report;
  judge();
}

void MediaHealth::judge() {
  const std::uint64_t limit_us = defaults_.shed_lag_ms * std::uint64_t{1000}, lag_us = lagUs();
  const std::string now = std::to_string(lag_us / 1000) + " ms";
  if (!overloaded_ && limit_us && lag_us >= limit_us) {
    overloaded_ = true;
    shed_before_ = shed_outbound_ + shed_incoming_;
    log::warn(component::calls, "overload: a media loop runs " + now + " late, and media.shed_lag_ms is " +
                                    std::to_string(defaults_.shed_lag_ms) +
                                    "; new calls are refused until it is half of that");
  } else if (overloaded_ && (!limit_us || lag_us * 2 < limit_us)) {
    overloaded_ = false;
    log::notice(component::calls, "the overload is over, the media loops are late by " + now + " at most; " +
                                      std::to_string(shed_outbound_ + shed_incoming_ - shed_before_) +
                                      " calls were refused meanwhile");
  }
}

std::uint64_t MediaHealth::lagUs() const {
  std::int64_t worst = 0;
  for (auto& loop : loops_) worst = std::max(worst, loop.lag_us);
  return std::uint64_t(worst);
}

call::Lateness MediaHealth::lateness() const {
  call::Lateness all;
  for (auto& loop : loops_) all.add(loop.lateness);
  return all;
}

double MediaHealth::carried() const {
  double calls = 0;
  for (auto& loop : loops_) calls += loop.calls;
  return calls;
}

std::size_t MediaHealth::room() const {
  if (loops_.empty() || !defaults_.shed_lag_ms) return std::numeric_limits<std::size_t>::max();
  double taken = 0;
  for (auto& loop : loops_) taken += loop.share;
  const double a_call = (taken + supposed_share * known) / (carried() + known);
  const double in_time = 1 - double(lagUs()) / (defaults_.shed_lag_ms * 1000.0);
  return std::size_t(std::max(0.0, (full * double(loops_.size()) - taken) / a_call * in_time));
}

Accepted MediaHealth::admit(call::Direction direction, std::size_t live) {
  if (overloaded_)
    return shed(direction, "its media loops run " + std::to_string(lagUs() / 1000) +
                               " ms late, and it takes no new calls until that is over (media.shed_lag_ms)");
  const auto coming = std::size_t(std::max(0.0, double(live) - carried()));
  const std::size_t most = room();
  if (coming < most) return {};
  return shed(direction, std::to_string(coming) + " calls are being set up, and its media loops have room for " +
                             std::to_string(most) + " (media.shed_lag_ms)");
}

Accepted MediaHealth::shed(call::Direction direction, std::string why) {
  ++(direction == call::Direction::incoming ? shed_incoming_ : shed_outbound_);
  return base::Failure(Refusal{Why::unavailable, "The gateway is overloaded: " + std::move(why), retry_after_s});
}

void MediaHealth::count(CallCounts& into) const {
  into.overloaded = overloaded_;
  into.lag_us = lagUs();
  into.shed_outbound = shed_outbound_;
  into.shed_incoming = shed_incoming_;
  into.lateness = lateness();
}

}  // namespace hookswitch::control
