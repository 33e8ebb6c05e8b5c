#include "tests/bench/storm/loop.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <stdexcept>

namespace storm {

namespace {

void control(int epoll, int operation, int fd, Source& source, bool write) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | (write ? std::uint32_t(EPOLLOUT) : 0u);
  event.data.ptr = &source;
  if (::epoll_ctl(epoll, operation, fd, &event) != 0) throw std::runtime_error("epoll does not take a descriptor");
}

}  // namespace

std::int64_t nowNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

Loop::Loop() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (fd_ < 0) throw std::runtime_error("there is no epoll");
}

Loop::~Loop() { ::close(fd_); }

void Loop::add(int fd, Source& source, bool write) { control(fd_, EPOLL_CTL_ADD, fd, source, write); }

void Loop::change(int fd, Source& source, bool write) { control(fd_, EPOLL_CTL_MOD, fd, source, write); }

void Loop::letGo(Source& guest) {
  const auto found = guests_.find(&guest);
  if (found == guests_.end()) return;
  gone_.push_back(std::move(found->second));
  guests_.erase(found);
}

void Loop::step(std::int64_t until_ns) {
  epoll_event events[256];
  timespec wait{};
  if (until_ns >= 0) {
    const std::int64_t left = std::max<std::int64_t>(0, until_ns - nowNs());
    wait.tv_sec = left / 1'000'000'000;
    wait.tv_nsec = left % 1'000'000'000;
  }
  const int count = ::epoll_pwait2(fd_, events, 256, until_ns < 0 ? nullptr : &wait, nullptr);
  if (count < 0 && errno != EINTR) throw std::runtime_error("waiting for events fails");
  for (int i = 0; i < count; ++i) static_cast<Source*>(events[i].data.ptr)->ready(events[i].events);
  gone_.clear();
}

}  // namespace storm
