// The thread "store": takes what is put and what is asked, in turns. Private to this folder.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/store/hang_watch.hpp"
#include "host/store/put_queue.hpp"
#include "host/store/store.hpp"
#include "host/store/unwritten.hpp"
#include "host/store/worker.hpp"

namespace hookswitch::store {

/// A read in parts: true when that was all. It may throw.
using ReadPart = std::function<bool(Reader&)>;

class StoreThread {
 public:
  StoreThread(StoreOptions options, Store::Executor executor);
  ~StoreThread() { stop(); }
  StoreThread(const StoreThread&) = delete;

  Unfinished loadUnfinished();  // [main], before start()
  void start();                 // [main]
  void stop();                  // [main]

  // [any]
  void put(std::vector<Write> writes, std::function<void(bool)> then);
  /// `part` runs on the thread and sees every put before it. `done` runs through the executor, once: whether all was
  /// read; it was not when `part` has thrown, which is noted, or when the thread has ended.
  void read(ReadPart part, std::function<void(bool readable)> done);
  bool stored(const std::string& call) const;
  void setKeepDays(std::uint32_t days);
  StoreHealth health();

 private:
  struct Job {
    ReadPart part;
    std::function<void(bool)> done;
    std::uint64_t after = 0;  ///< it sees every put up to this number
  };
  struct Waiter {
    std::uint64_t put;
    std::function<void(bool)> then;
  };

  void run();
  bool turn();
  bool takeWork(std::vector<Write>& batch, std::uint64_t& last, Job& job);
  void write(std::vector<Write> batch, std::uint64_t last);
  void readSome(Job job);
  bool readPart(const Job& job, bool& readable);
  void occupied(const std::function<void()>& act);
  void freed();
  void answer(std::deque<Waiter> waiters, bool durable);
  std::deque<Waiter> waitersUpTo(std::uint64_t put);
  std::deque<Waiter> abandoned();

  const StoreOptions options_;
  const Store::Executor executor_;
  std::optional<Worker> worker_;  ///< [store] while the thread runs
  std::thread thread_;

  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable wake_;
  PutQueue queue_;
  HangWatch watch_;
  Unwritten unwritten_;
  std::deque<Waiter> waiters_;  ///< in the order of the puts they belong to
  std::deque<Job> jobs_;
  std::optional<std::uint32_t> keep_days_;
  StoreHealth published_;
  std::size_t writing_ = 0;  ///< writes of the commit that is under way
  bool failing_ = false;     ///< what is given waits in the worker's backlog
  bool stopping_ = false, closed_ = false;
};

}  // namespace hookswitch::store
