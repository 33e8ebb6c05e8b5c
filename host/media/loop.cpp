#include "host/media/loop.hpp"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>

#include "host/base/barrier.hpp"
#include "host/base/lived_clock.hpp"

namespace hookswitch::media {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string("a media loop cannot start: ") + what + ": " + std::strerror(errno));
}

std::uint64_t readCounter(int fd) {
  std::uint64_t count = 0;
  return ::read(fd, &count, sizeof count) == ssize_t(sizeof count) ? count : 0;
}

}  // namespace

Loop::Loop(std::string name) : name_(std::move(name)) {
  if ((epoll_ = ::epoll_create1(EPOLL_CLOEXEC)) < 0) fail("epoll_create1");
  if ((wake_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0) fail("eventfd");
  if ((ticker_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) < 0) fail("timerfd_create");
  for (int fd : {wake_, ticker_}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }
}

Loop::~Loop() {
  stop();
  for (int fd : {ticker_, wake_, epoll_}) ::close(fd);
}

std::int64_t Loop::nowUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::int64_t Loop::livedUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(base::LivedClock::now().time_since_epoch()).count();
}

void Loop::start() {
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), name_.substr(0, 15).c_str());
    run();
  });
}

void Loop::stop() {
  if (!thread_.joinable()) return;
  post([this] { stopping_ = true; });
  thread_.join();
}

void Loop::post(Task task) {
  bool first;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (first) {
    const std::uint64_t one = 1;
    // The counter cannot overflow: it is written once per batch.
    [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
  }
}

void Loop::add(int fd, std::uint32_t events, FdHandler& handler) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  handlers_[fd] = &handler;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void Loop::change(int fd, std::uint32_t events, FdHandler& handler) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  handlers_[fd] = &handler;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Loop::remove(int fd) {
  if (handlers_.erase(fd)) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

Loop::TimerId Loop::after(std::uint32_t ms, Task task) {
  const TimerId id = next_timer_++;
  timer_ids_[id] = timers_.emplace(livedUs() + std::int64_t(ms) * 1000, Timer{id, std::move(task)});
  return id;
}

void Loop::cancel(TimerId id) {
  auto it = timer_ids_.find(id);
  if (it == timer_ids_.end()) return;
  timers_.erase(it->second);
  timer_ids_.erase(it);
}

void Loop::addPaced(Paced& client) {
  if (client.slot_ >= 0) return;
  int best = 0;
  for (int i = 1; i < slots; ++i)
    if (paced_[i].size() < paced_[best].size()) best = i;
  client.slot_ = best;
  paced_[best].push_back(&client);
  if (++paced_count_ == 1) {
    itimerspec every_ms{};
    every_ms.it_interval.tv_nsec = every_ms.it_value.tv_nsec = 1'000'000;
    ::timerfd_settime(ticker_, 0, &every_ms, nullptr);
  }
}

void Loop::removePaced(Paced& client) {
  if (client.slot_ < 0) return;
  auto& slot = paced_[client.slot_];
  // A slot that is being walked must not shift under the walk: the place stays, empty, until the walk is over.
  std::replace(slot.begin(), slot.end(), &client, static_cast<Paced*>(nullptr));
  client.slot_ = -1;
  if (--paced_count_ == 0) {
    const itimerspec never{};
    ::timerfd_settime(ticker_, 0, &never, nullptr);
  }
}

void Loop::wantFlush(Flushable& what) {
  if (what.queued_) return;
  what.queued_ = true;
  flush_.push_back(&what);
}

void Loop::forgetFlush(Flushable& what) {
  if (!what.queued_) return;
  what.queued_ = false;
  std::replace(flush_.begin(), flush_.end(), &what, static_cast<Flushable*>(nullptr));
  std::replace(flushing_.begin(), flushing_.end(), &what, static_cast<Flushable*>(nullptr));
}

/// What the client has thrown costs this event. The client hears of it, and it says whether it has told the log.
template <class Client, class Event, class LetGo>
void Loop::guarded(Client& client, const char* what, Event event, LetGo let_go) {
  std::string why;
  try {
    return event();
  } catch (...) {
    why = base::caught();
  }
  bool said = false;
  base::guarded(name_, "what follows from an exception", [&] {
    let_go();
    said = client.failed(why);
  });
  if (!said) base::logFault(name_, what, why, {});
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

void Loop::tick() {
  // After a stall every slot is served once: a client catches up by itself, it knows its own deadlines.
  const std::uint64_t missed = std::min<std::uint64_t>(readCounter(ticker_), slots);
  for (std::uint64_t n = 0; n < missed; ++n) {
    auto& slot = paced_[slot_now_++ % slots];
    const std::int64_t now = nowUs();
    for (std::size_t i = 0; i < slot.size(); ++i)
      if (Paced* client = slot[i])
        guarded(
            *client, "a turn of the pacing", [&] { client->pace(now); },
            [&] {
              if (slot[i] == client) removePaced(*client);
            });
    slot.erase(std::remove(slot.begin(), slot.end(), nullptr), slot.end());
  }
}

void Loop::runTimers(std::int64_t lived_us) {
  while (!timers_.empty() && timers_.begin()->first <= lived_us) {
    Timer timer = std::move(timers_.begin()->second);
    timer_ids_.erase(timer.id);
    timers_.erase(timers_.begin());
    base::guarded(name_, "a timer", timer.task);
  }
}

void Loop::runPosted() {
  std::vector<Task> tasks;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    tasks.swap(posted_);
  }
  for (auto& task : tasks) base::guarded(name_, "a task", task);
}

void Loop::letGo(void* object) {
  auto it = kept_.find(object);
  if (it == kept_.end()) return;
  graveyard_.push_back(std::move(it->second));
  kept_.erase(it);
}

int Loop::timeoutMs() const {
  if (timers_.empty()) return -1;
  const std::int64_t left = timers_.begin()->first - livedUs();
  return left <= 0 ? 0 : int(std::min<std::int64_t>((left + 999) / 1000, 60'000));
}

void Loop::wait() {
  epoll_event events[256];
  // Only what was due before the look: whatever had arrived by then comes first.
  const std::int64_t looked_us = livedUs();
  const int count = ::epoll_wait(epoll_, events, 256, timeoutMs());
  for (int i = 0; i < count; ++i) {
    const int fd = events[i].data.fd;
    if (fd == wake_) {
      readCounter(wake_);
      runPosted();
    } else if (fd == ticker_) {
      tick();
    } else if (auto it = handlers_.find(fd); it != handlers_.end()) {
      FdHandler* handler = it->second;
      guarded(
          *handler, "what came on a socket", [&] { handler->onEvents(events[i].events); },
          [&] {
            const auto now = handlers_.find(fd);
            if (now != handlers_.end() && now->second == handler) remove(fd);
          });
    }
  }
  if (count >= 0) runTimers(looked_us);  // an interrupted look has seen nothing
}

void Loop::run() {
  while (!stopping_) {
    base::guarded(name_, "what was to be sent", [this] { flushAll(); });
    base::guarded(name_, "the end of what was disposed of", [this] { graveyard_.clear(); });
    base::guarded(name_, "a turn", [this] { wait(); });
  }
  // What was posted before the stop still counts; after this nobody is listening.
  for (bool again = true; again;) {
    base::guarded(name_, "the end of the loop", [this] {
      runPosted();
      flushAll();
      kept_.clear();
      graveyard_.clear();
    });
    std::lock_guard<std::mutex> lock(mutex_);
    again = !posted_.empty();
    closed_ = !again;
  }
}

}  // namespace hookswitch::media
