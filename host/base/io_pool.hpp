// Threads for work that blocks: DNS, TLS handshakes, outgoing HTTP. They are made when tasks ask for them and leave
// when they are idle. Lanes keep those who wait for a server that never answers from taking the threads of everybody
// else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace hookswitch::base {

class IoPool {
 public:
  using Task = std::function<void()>;
  enum class Stop { finish = 1, abandon = 2 };  ///< run what is queued first, or drop it

  /// threads >= 1: how many there may be at once; one is there from the beginning to the end. max_queued: tasks of one
  /// lane that wait for a thread. `name` (up to 11 characters) names the threads. lane_threads: what a lane may occupy
  /// at once; 0: all of them. Otherwise a lane also leaves others their part: it takes a thread only while it has fewer
  /// than are free. So with 64 threads and 16 for a lane three lanes may be stuck in time-outs and the fourth still
  /// gets eight, the fifth four. idle_ms: a thread without a task for this long leaves. Of those that are idle the one
  /// that was idle last is taken first, so a load that needs three of them keeps three.
  explicit IoPool(std::size_t threads = 8, std::size_t max_queued = 4096, std::string name = "io",
                  std::size_t lane_threads = 0, std::uint32_t idle_ms = 2'000);
  ~IoPool();  ///< stop(Stop::abandon)
  IoPool(const IoPool&) = delete;
  IoPool& operator=(const IoPool&) = delete;

  /// The tasks of a lane start in order; lanes take turns, whatever their length. A lane has the name of who asks for
  /// the tasks, such as a plugin's id; of which server they speak to it says nothing. It exists while it has tasks.
  /// False, and the task is destroyed unrun, when the lane's queue is full or the pool has been stopped. A task that
  /// throws is logged and forgotten, because nobody waits for it here. [any]
  bool post(std::string_view lane, Task task);
  bool post(Task task) { return post({}, std::move(task)); }

  /// Refuse new tasks, finish or abandon the queued ones, wait for the running ones. Idempotent; not from a task.
  void stop(Stop policy);

  std::size_t queued() const;   ///< of all lanes [any]
  std::size_t threads() const;  ///< that are there now, idle ones too [any]

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hookswitch::base
