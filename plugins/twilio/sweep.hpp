// After a start: every leg of the account that is not over and carries the mark of a gateway.
#pragma once

#include "plugins/twilio/look_up.hpp"
#include "plugins/twilio/ports.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace hookswitch::twilio {

/// Lists the legs in every status that is not an end and looks for their mark: in what is known, in the list, in their
/// logs. Patient but bounded: a request is tried a few times, and what could not be looked at is said. [control]
class Sweeper {
 public:
  static constexpr std::size_t kAtOnce = 8;    ///< requests under way
  static constexpr unsigned kPages = 30;       ///< of one status, at most
  static constexpr std::size_t kLogs = 4'000;  ///< asked for by one sweep, at most
  static constexpr unsigned kAttempts = 4;     ///< of one request

  Sweeper(Ports& ports, LookUp& look_up) : ports_(ports), look_up_(look_up) {}

  /// Any number of CALL_FOUND and then exactly one SWEPT with this id, in this step or a later one.
  void sweep(std::uint64_t id, hks::Out& out);

 private:
  struct Sweep;
  struct Task;
  using SweepPtr = std::shared_ptr<Sweep>;
  void next(const SweepPtr& sweep, hks::Out& out);
  void send(const SweepPtr& sweep, const Task& task, hks::Out& out);
  void again(const SweepPtr& sweep, Task task, std::uint64_t after_ms, hks::Out& out);
  void onAnswer(const SweepPtr& sweep, const Task& task, const hks_http& response, hks::Out& out);
  void onPage(const SweepPtr& sweep, const Task& task, const LegPage& page, hks::Out& out);
  void onLog(const SweepPtr& sweep, const Task& task, const LegLog& log, hks::Out& out);
  void found(const SweepPtr& sweep, const Leg& leg, const Mark& mark, hks::Out& out);

  Ports& ports_;
  LookUp& look_up_;
};

}  // namespace hookswitch::twilio
