#include "host/base/pacer.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace hookswitch::base {
namespace {

void every(int ticker, long ns) {
  itimerspec interval{};
  interval.it_interval.tv_nsec = interval.it_value.tv_nsec = ns;
  ::timerfd_settime(ticker, 0, &interval, nullptr);
}

}  // namespace

Pacer::Pacer() : ticker_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (ticker_ < 0)
    throw std::runtime_error(std::string("a loop cannot start: timerfd_create: ") + std::strerror(errno));
}

Pacer::~Pacer() { ::close(ticker_); }

void Pacer::add(Paced& client) {
  if (client.slot_ >= 0) return;
  int best = 0;
  for (int i = 1; i < slots; ++i)
    if (wheel_[i].size() < wheel_[best].size()) best = i;
  client.slot_ = best;
  wheel_[best].push_back(&client);
  if (++count_ == 1) every(ticker_, 1'000'000);
}

void Pacer::remove(Paced& client) {
  if (client.slot_ < 0) return;
  auto& slot = wheel_[client.slot_];
  // A slot that is being walked must not shift under the walk: the place stays, empty, until the walk is over.
  std::replace(slot.begin(), slot.end(), &client, static_cast<Paced*>(nullptr));
  client.slot_ = -1;
  if (--count_ == 0) every(ticker_, 0);
}

std::uint64_t Pacer::elapsed() {
  std::uint64_t count = 0;
  if (::read(ticker_, &count, sizeof count) != ssize_t(sizeof count)) return 0;
  return std::min<std::uint64_t>(count, slots);
}

void Pacer::sweep(std::vector<Paced*>& slot) { slot.erase(std::remove(slot.begin(), slot.end(), nullptr), slot.end()); }

}  // namespace hookswitch::base
