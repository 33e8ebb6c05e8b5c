#include "host/media/lag_probe.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace hookswitch::media {

LagProbe::LagProbe(base::Loop& loop, std::function<void(std::int64_t)> report)
    : loop_(loop), report_(std::move(report)), timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (timer_ < 0)
    throw std::runtime_error(std::string("a media loop cannot be watched: timerfd_create: ") + std::strerror(errno));
}

LagProbe::~LagProbe() { ::close(timer_); }

void LagProbe::watch(bool on) {
  if (std::exchange(on_, on) == on) return;
  itimerspec interval{};
  if (on) interval.it_value.tv_nsec = interval.it_interval.tv_nsec = every_us * 1000;
  ::timerfd_settime(timer_, 0, &interval, nullptr);
  if (!on) {
    loop_.remove(timer_);
    return report_(0);
  }
  lag_ = {};
  due_us_ = loop_.pacingUs() + every_us;
  loop_.add(timer_, EPOLLIN, *this);
}

void LagProbe::onEvents(std::uint32_t) {
  std::uint64_t due = 0;
  if (::read(timer_, &due, sizeof due) != ssize_t(sizeof due)) return;
  // However many have come due meanwhile: it was one late turn.
  lag_.add(loop_.pacingUs() - due_us_);
  due_us_ += std::int64_t(due) * every_us;
  if (++taken_ % probes_a_report == 0) report_(lag_.figureUs());
}

}  // namespace hookswitch::media
