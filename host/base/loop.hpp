// A loop: a thread that owns sockets, timers and whatever else lives on it. The control thread is one, and so is every
// thread that carries media.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "host/base/clock.hpp"
#include "host/base/mailbox.hpp"
#include "host/base/pacer.hpp"
#include "host/base/timers.hpp"

namespace hookswitch::base {

/// Something with a descriptor in a loop's epoll set.
class FdHandler {
 public:
  virtual ~FdHandler() = default;
  virtual void onEvents(std::uint32_t epoll_events) = 0;  ///< [loop]
  /// onEvents() has thrown, and the loop has let go of the descriptor: its event would come back for ever. True: the
  /// exception has been logged. [loop]
  virtual bool failed(const std::string& /*why*/) { return false; }
};

/// Something that gathers output during a turn of the loop and writes it before the loop sleeps.
class Flushable {
 public:
  virtual ~Flushable() = default;
  virtual void flushNow() = 0;  ///< [loop]
  /// flushNow() has thrown. True: the exception has been logged. [loop]
  virtual bool failed(const std::string& /*why*/) { return false; }

 private:
  friend class Loop;
  bool queued_ = false;
};

/// An exception costs the event that it comes from: a task, a timer, a turn of a descriptor.
class Loop {
 public:
  using Task = std::function<void()>;
  using TimerId = Timers::Id;

  /// The thread starts in start(); what is posted before waits for it. `name`: at most 15 characters, also in the log.
  /// `clock`: kept by the caller for longer than the loop. Throws std::runtime_error when the system has no
  /// descriptors.
  explicit Loop(std::string name, const Clock& clock = Clock::system());
  ~Loop();  ///< stop()
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void start();
  void stop();  ///< what was posted before still runs, timers do not; joins; idempotent; not from the loop
  /// Throws std::logic_error, which costs the caller's event, when the loop runs and this is another thread. [any]
  void assertOnLoop() const;

  void post(Task task);  ///< [any] runs in order of posting; after stop() the task is dropped

  // The clocks, see Clock. [any]
  std::uint64_t nowMs() const { return std::uint64_t(clock_.livedUs() / 1000); }
  std::uint64_t allMs() const { return std::uint64_t(clock_.allUs() / 1000); }
  std::uint64_t unixMs() const { return clock_.unixMs(); }
  /// These two are read once a turn: on the loop they say when the turn began.
  std::int64_t livedUs() const { return onLoop() ? turn_.lived_us : clock_.livedUs(); }
  std::int64_t pacingUs() const { return onLoop() ? turn_.pacing_us : clock_.pacingUs(); }

  // Everything below: [loop], or any one thread while the loop does not run
  /// Time that the process has lived; what had arrived by then is handled before the task.
  TimerId after(std::uint64_t ms, Task task);
  /// The same, but time counts in which the process stood still: for what goes on without us.
  TimerId afterAll(std::uint64_t ms, Task task);
  void cancel(TimerId id) { timers_.cancel(id); }  ///< 0 and unknown ids are ignored
  std::size_t timers() const { return timers_.size(); }

  void add(int fd, std::uint32_t events, FdHandler& handler);
  void change(int fd, std::uint32_t events, FdHandler& handler);
  void remove(int fd);  ///< events that are already in hand for it are not delivered

  void addPaced(Paced& client);  ///< it has its turns from now on, when it wants one
  /// The client's next turn comes when pacingUs() is `due_us`, or as soon after it as the loop has nothing else to do,
  /// instead of what was set before. Pacer::never: it wants none. A client that was not added is
  /// ignored.
  void paceAt(Paced& client, std::int64_t due_us) { pacer_.at(client, due_us); }
  /// The earliest of these deadlines; Pacer::never: there is none, and none wakes the loop.
  std::int64_t nextPaceUs() const { return pacer_.next(); }
  void removePaced(Paced& client) { pacer_.remove(client); }
  void wantFlush(Flushable& what);
  void forgetFlush(Flushable& what);

  /// Destroy it after the current turn: for objects that end inside their own callback.
  template <class T>
  void dispose(std::unique_ptr<T> object) {
    assertOnLoop();
    graveyard_.push_back(std::shared_ptr<T>(std::move(object)));
  }
  /// Own it until letGo(): for objects that outlive their owner by a bounded time.
  template <class T>
  void keep(std::unique_ptr<T> object) {
    assertOnLoop();
    T* key = object.get();
    kept_[key] = std::shared_ptr<T>(std::move(object));
  }
  void letGo(void* object);  ///< destroys it after the current turn
  /// What the loop does over and over while it runs: writes what was gathered, waits, and handles what came. For
  /// whoever turns a loop by hand, before it was started or after it was stopped.
  void turn();

 private:
  bool onLoop() const { return running_on_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }
  void run();
  void wait();
  void runPosted();
  void runTimers(const Timers::Now& looked, TimerId made_before);
  void serve(int fd, std::uint32_t events);
  FdHandler*& handlerOf(int fd);  // fd: not negative
  void flushAll();
  void runPaced();
  /// Negative: none.
  std::int64_t timeoutUs(const Timers::Now& now, std::int64_t pacing_us) const;
  /// `let_go` is done when the event throws, before its client hears of that.
  template <class Client, class Event, class LetGo>
  void guarded(Client& client, const char* what, Event event, LetGo let_go);

  const std::string name_;
  const Clock& clock_;
  int epoll_ = -1, wake_ = -1;
  std::thread thread_;
  std::atomic<std::thread::id> running_on_{};  // none: it does not run
  bool stopping_ = false;
  Mailbox mailbox_;
  Clock::Reading turn_{};  // since the loop runs
  Timers timers_;
  Pacer pacer_;
  std::vector<FdHandler*> handlers_;  // by descriptor; NULL: not of this loop
  std::vector<Flushable*> flush_, flushing_;
  std::vector<std::shared_ptr<void>> graveyard_;
  std::unordered_map<void*, std::shared_ptr<void>> kept_;
};

}  // namespace hookswitch::base
