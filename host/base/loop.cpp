#include "host/base/loop.hpp"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "host/base/barrier.hpp"

namespace hookswitch::base {
namespace {

constexpr int most_events = 256;  // of one look

/// epoll_wait(2) that sleeps to the microsecond where the kernel can (5.11), else to the next whole millisecond: half
/// of one is what a deadline would be late by. `timeout_us`: negative: for ever.
int look(int epoll, epoll_event* events, std::int64_t timeout_us) {
  static std::atomic<bool> coarse{false};
  if (timeout_us > 0 && !coarse.load(std::memory_order_relaxed)) {
    const timespec timeout{time_t(timeout_us / 1'000'000), long(timeout_us % 1'000'000 * 1000)};
    const int count = ::epoll_pwait2(epoll, events, most_events, &timeout, nullptr);
    // A container's filter may say EPERM of a call that it does not know.
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    coarse = true;
  }
  return ::epoll_wait(epoll, events, most_events, timeout_us < 0 ? -1 : int((timeout_us + 999) / 1000));
}

}  // namespace

Loop::Loop(std::string name, const Clock& clock) : name_(std::move(name)), clock_(clock) {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  if (epoll_ >= 0 && wake_ >= 0 && ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0) return;
  const std::string why = std::strerror(errno);
  for (int fd : {wake_, epoll_})
    if (fd >= 0) ::close(fd);
  throw std::runtime_error("the loop '" + name_ + "' cannot start: " + why);
}

Loop::~Loop() {
  stop();
  for (int fd : {wake_, epoll_}) ::close(fd);
}

void Loop::start() {
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), name_.substr(0, 15).c_str());
    running_on_ = std::this_thread::get_id();
    run();
    running_on_ = std::thread::id();
  });
}

void Loop::stop() {
  if (!thread_.joinable()) return;
  post([this] { stopping_ = true; });
  thread_.join();
}

void Loop::assertOnLoop() const {
  const std::thread::id on = running_on_.load(std::memory_order_relaxed);
  if (on != std::thread::id() && on != std::this_thread::get_id())
    throw std::logic_error("what belongs to the thread '" + name_ + "' was done on another one");
}

void Loop::post(Task task) {
  if (!mailbox_.put(std::move(task))) return;
  const std::uint64_t one = 1;
  // The counter cannot overflow: it is written once per batch.
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

Loop::TimerId Loop::after(std::uint64_t ms, Task task) {
  assertOnLoop();
  return timers_.add(clock_.livedUs() + std::int64_t(ms) * 1000, std::move(task));
}

Loop::TimerId Loop::afterAll(std::uint64_t ms, Task task) {
  assertOnLoop();
  return timers_.addAll(clock_.allUs() + std::int64_t(ms) * 1000, std::move(task));
}

FdHandler*& Loop::handlerOf(int fd) {
  const auto at = std::size_t(fd);
  if (at >= handlers_.size()) handlers_.resize(at + 1);
  return handlers_[at];
}

void Loop::add(int fd, std::uint32_t events, FdHandler& handler) {
  assertOnLoop();
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  handlerOf(fd) = &handler;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void Loop::change(int fd, std::uint32_t events, FdHandler& handler) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  handlerOf(fd) = &handler;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Loop::remove(int fd) {
  if (std::exchange(handlerOf(fd), nullptr)) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

void Loop::addPaced(Paced& client) {
  assertOnLoop();
  pacer_.add(client);
}

void Loop::wantFlush(Flushable& what) {
  if (what.queued_) return;
  assertOnLoop();
  what.queued_ = true;
  flush_.push_back(&what);
}

void Loop::forgetFlush(Flushable& what) {
  if (!what.queued_) return;
  what.queued_ = false;
  std::replace(flush_.begin(), flush_.end(), &what, static_cast<Flushable*>(nullptr));
  std::replace(flushing_.begin(), flushing_.end(), &what, static_cast<Flushable*>(nullptr));
}

void Loop::letGo(void* object) {
  const auto it = kept_.find(object);
  if (it == kept_.end()) return;
  graveyard_.push_back(std::move(it->second));
  kept_.erase(it);
}

template <class Client, class Event, class LetGo>
void Loop::guarded(Client& client, const char* what, Event event, LetGo let_go) {
  std::string why;
  try {
    return event();
  } catch (...) {
    why = caught();
  }
  bool said = false;
  base::guarded(name_, "what follows from an exception", [&] {
    let_go();
    said = client.failed(why);
  });
  if (!said) logFault(name_, what, why, {});
}

void Loop::flushAll() {
  while (!flush_.empty()) {
    flushing_.swap(flush_);
    for (std::size_t i = 0; i < flushing_.size(); ++i) {
      if (!flushing_[i]) continue;
      Flushable& client = *flushing_[i];
      client.queued_ = false;
      guarded(
          client, "what was to be sent", [&] { client.flushNow(); }, [] {});
    }
    flushing_.clear();
  }
}

void Loop::runTimers(const Timers::Now& looked, TimerId made_before) {
  for (;;) {
    Task task;  // each goes out of scope, and what it held with it, before the next is taken
    if (!timers_.take(looked, made_before, task)) return;
    base::guarded(name_, "a timer", task);
  }
}

void Loop::runPosted() {
  for (auto& task : mailbox_.takeAll()) base::guarded(name_, "a task", task);
}

void Loop::serve(int fd, std::uint32_t events) {
  FdHandler* const handler = handlerOf(fd);
  if (!handler) return;
  guarded(
      *handler, "what came on a socket", [&] { handler->onEvents(events); },
      [&] {
        if (handlerOf(fd) == handler) remove(fd);
      });
}

void Loop::runPaced() {
  pacer_.serve(turn_.pacing_us, [this](Paced& client) {
    guarded(
        client, "a turn of the pacing", [&] { client.pace(turn_.pacing_us); }, [&] { pacer_.remove(client); });
  });
}

std::int64_t Loop::timeoutUs(const Timers::Now& now, std::int64_t pacing_us) const {
  auto left = timers_.untilNext(now);
  if (pacer_.next() != Pacer::never)
    left = std::min(left.value_or(Pacer::never), std::max<std::int64_t>(pacer_.next() - pacing_us, 0));
  if (!left) return -1;
  return std::min<std::int64_t>(*left, clock_.longestSleepMs() * std::int64_t{1000});
}

void Loop::wait() {
  epoll_event events[most_events];
  // Only what was due before the look: whatever had arrived by then comes first.
  const Clock::Reading before = clock_.read();
  const Timers::Now looked{before.lived_us, timers_.usesAll() ? clock_.allUs() : 0};
  const TimerId made_before = timers_.nextId();
  const int count = look(epoll_, events, timeoutUs(looked, before.pacing_us));
  turn_ = clock_.read();
  for (int i = 0; i < count; ++i) {
    const int fd = events[i].data.fd;
    if (fd != wake_) {
      serve(fd, events[i].events);
      continue;
    }
    std::uint64_t ignored;
    [[maybe_unused]] const ssize_t got = ::read(wake_, &ignored, sizeof ignored);
    runPosted();
  }
  if (count == most_events) runPosted();  // of what has arrived there may be more
  runPaced();
  if (count >= 0) runTimers(looked, made_before);  // an interrupted look has seen nothing
}

void Loop::turn() {
  flushAll();
  base::guarded(name_, "the end of what was disposed of", [this] { graveyard_.clear(); });
  wait();
}

void Loop::run() {
  turn_ = clock_.read();
  while (!stopping_) base::guarded(name_, "a turn", [this] { turn(); });
  // What was posted before the stop still counts; after this nobody is listening.
  do
    base::guarded(name_, "the end of the loop", [this] {
      runPosted();
      flushAll();
      kept_.clear();
      graveyard_.clear();
    });
  while (!mailbox_.closeIfEmpty());
}

}  // namespace hookswitch::base
