// Measures how late the turns of a loop begin, with a timer that waits in its epoll set like any socket.
#pragma once

#include <cstdint>
#include <functional>

#include "host/base/loop.hpp"
#include "host/media/lag.hpp"

namespace hookswitch::media {

/// [loop] A probe is due every 50 ms while it watches; what it finds before it in the queue is what every frame finds.
class LagProbe final : public base::FdHandler {
 public:
  /// `report(lag_us)`: the figure, five times a second while it watches, and 0 when it stops. Throws std::runtime_error
  /// when the system has no timer for it. The loop may be made later, and must be gone when this is destroyed.
  LagProbe(base::Loop& loop, std::function<void(std::int64_t lag_us)> report);
  ~LagProbe() override;
  LagProbe(const LagProbe&) = delete;

  void watch(bool on);  ///< idempotent

  static constexpr std::int64_t every_us = 50'000;
  static constexpr unsigned probes_a_report = 4;

 private:
  void onEvents(std::uint32_t epoll_events) override;

  base::Loop& loop_;
  const std::function<void(std::int64_t)> report_;
  const int timer_;
  bool on_ = false;
  std::int64_t due_us_ = 0;  // the first probe that has not been taken, by Clock::pacingUs()
  unsigned taken_ = 0;
  Lag lag_;
};

}  // namespace hookswitch::media
