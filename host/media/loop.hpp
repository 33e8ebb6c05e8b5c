// One media loop: a thread that owns the sockets and timers of its calls. epoll, an eventfd to wake it, a timerfd to
// pace.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace hookswitch::media {

/// Something with a descriptor in a loop's epoll set.
class FdHandler {
 public:
  virtual ~FdHandler() = default;
  virtual void onEvents(std::uint32_t epoll_events) = 0;  ///< [loop]
  /// onEvents() has thrown, and the loop has let go of the descriptor: its event would come back for ever. True: the
  /// exception has been logged. [loop]
  virtual bool failed(const std::string& /*why*/) { return false; }
};

/// Something that wants to be called every 20 ms.
class Paced {
 public:
  virtual ~Paced() = default;
  virtual void pace(std::int64_t now_us) = 0;  ///< [loop]
  /// pace() has thrown and is not called again. True: the exception has been logged. [loop]
  virtual bool failed(const std::string& /*why*/) { return false; }

 private:
  friend class Loop;
  int slot_ = -1;
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
  using TimerId = std::uint64_t;

  explicit Loop(std::string name);  ///< the thread starts in start(); `name`: at most 15 characters
  ~Loop();                          ///< stop()
  Loop(const Loop&) = delete;

  void start();
  void stop();  ///< runs what has been posted, then joins; idempotent; not from the loop
  bool onLoop() const { return std::this_thread::get_id() == thread_.get_id(); }

  void post(Task task);  ///< [any] runs in order of posting; after stop() the task is dropped

  // Everything below: [loop]
  void add(int fd, std::uint32_t events, FdHandler& handler);
  void change(int fd, std::uint32_t events, FdHandler& handler);
  void remove(int fd);  ///< events that are already in hand for it are not delivered
  /// Time that the process has lived; what had arrived by then is handled before the task.
  TimerId after(std::uint32_t ms, Task task);
  void cancel(TimerId id);       ///< 0 and unknown ids are ignored
  void addPaced(Paced& client);  ///< every 20 ms, in the least busy of 20 slots of 1 ms
  void removePaced(Paced& client);
  void wantFlush(Flushable& what);
  void forgetFlush(Flushable& what);
  /// Destroy it after the current turn: for objects that end inside their own callback.
  template <class T>
  void dispose(std::unique_ptr<T> object) {
    std::shared_ptr<T> shared(std::move(object));
    graveyard_.push_back(std::move(shared));
  }
  /// Own it until letGo(): for objects that outlive their owner by a bounded time.
  template <class T>
  void keep(std::unique_ptr<T> object) {
    T* key = object.get();
    kept_[key] = std::shared_ptr<T>(std::move(object));
  }
  void letGo(void* object);       ///< destroys it after the current turn
  static std::int64_t nowUs();    ///< monotonic: for pacing [any]
  static std::int64_t livedUs();  ///< of base::LivedClock: for judging peers, and for timers [any]
  std::size_t handlers() const { return handlers_.size(); }
  std::size_t timers() const { return timers_.size(); }

  static constexpr int slots = 20;

 private:
  void run();
  void wait();
  void runPosted();
  template <class Client, class Event, class LetGo>
  void guarded(Client& client, const char* what, Event event, LetGo let_go);
  void runTimers(std::int64_t lived_us);
  void tick();
  void flushAll();
  int timeoutMs() const;

  const std::string name_;
  int epoll_ = -1, wake_ = -1, ticker_ = -1;
  std::thread thread_;
  std::atomic<bool> stopping_{false};

  std::mutex mutex_;  // guards posted_ and closed_
  std::vector<Task> posted_;
  bool closed_ = false;

  std::unordered_map<int, FdHandler*> handlers_;
  struct Timer {
    TimerId id;
    Task task;
  };
  std::multimap<std::int64_t, Timer> timers_;  // by livedUs()
  std::unordered_map<TimerId, std::multimap<std::int64_t, Timer>::iterator> timer_ids_;
  TimerId next_timer_ = 1;
  std::vector<Paced*> paced_[slots];
  std::size_t paced_count_ = 0;
  std::uint64_t slot_now_ = 0;
  std::vector<Flushable*> flush_, flushing_;
  std::vector<std::shared_ptr<void>> graveyard_;
  std::unordered_map<void*, std::shared_ptr<void>> kept_;
};

}  // namespace hookswitch::media
