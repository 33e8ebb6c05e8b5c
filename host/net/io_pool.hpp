// A fixed number of threads for work that blocks: DNS, TLS handshakes, outgoing HTTP.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace hookswitch::net {

class IoPool {
 public:
  using Task = std::function<void()>;
  enum class Stop { finish = 1, abandon = 2 };  ///< run what is queued first, or drop it

  /// threads >= 1; max_queued: tasks that wait for a thread. `name` (up to 11 characters) names the threads.
  explicit IoPool(std::size_t threads = 8, std::size_t max_queued = 4096, std::string name = "io");
  ~IoPool();  ///< stop(Stop::abandon)
  IoPool(const IoPool&) = delete;
  IoPool& operator=(const IoPool&) = delete;

  /// False, and the task is destroyed unrun, when the queue is full or the pool has been stopped. A task must not
  /// throw; one that does is counted (see faults()) and forgotten, because nobody waits for it here. [any]
  bool post(Task task);

  /// Refuse new tasks, finish or abandon the queued ones, wait for the running ones. Idempotent; not from a task.
  void stop(Stop policy);

  std::size_t threads() const;
  std::size_t queued() const;   ///< [any]
  std::size_t faults() const;   ///< tasks that threw [any]

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hookswitch::net
