// The time in which this process has run.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace hookswitch::base {

/// The monotonic clock, except that it stands still while the process does: stopped by a signal, suspended with its
/// machine, starved. It then goes on standing for `grace`, in which what has arrived meanwhile is read. Whoever judges
/// a peer by its silence measures with this clock, so peers have their time anew. What happens in the world outside
/// (how long a call takes, when a frame is to be played) is measured with std::chrono::steady_clock. All of it [any].
class LivedClock {
 public:
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<LivedClock>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept;
  /// The same, and what the monotonic clock said.
  static time_point now(std::chrono::steady_clock::time_point& monotonic) noexcept;

  /// While one of these lives, the clock notices that the process stands. Without it, it is the monotonic clock. One at
  /// a time.
  class Heartbeat {
   public:
    Heartbeat();
    ~Heartbeat();
    Heartbeat(const Heartbeat&) = delete;

   private:
    void run();
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
  };
  static constexpr std::chrono::milliseconds beat{200};   ///< from one heartbeat to the next
  static constexpr std::chrono::seconds longest_step{1};  ///< without one for longer: the process stood still
  static constexpr std::chrono::seconds grace{1};
};

}  // namespace hookswitch::base
