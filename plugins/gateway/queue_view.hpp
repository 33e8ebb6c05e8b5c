// What waits in the gateway's memory, as the gateway shows it when it is asked.
#pragma once

#include "plugins/gateway/event.hpp"
#include "plugins/gateway/link.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hookswitch::gateway {

/// [control] One question at a time. What is known ends with the connection.
class QueueView {
 public:
  QueueView(Link& link, const Config& config) : link_(link), config_(config) {}

  /// Would the gateway that is there now show it?
  bool canAsk() const;
  /// Whatever happens in between, a question that is due soon is not put off.
  void ask(std::uint64_t after_ms, hks::Out& out);
  void askNow(hks::Out& out);
  /// False: it is not one of its timers.
  bool timer(std::uint64_t id, hks::Out& out);
  void lost(hks::Out& out);

  bool isAnswer(const Incoming& in) const { return request_ && in.id == request_; }
  /// Takes the answer in. The id of the question; none: it will be asked again.
  std::optional<std::uint64_t> take(const Incoming& in, hks::Out& out);
  /// What was wished meanwhile is asked now; else, while something `waits`, again after a while.
  void next(bool waits, hks::Out& out);

  bool known() const { return known_; }      ///< shown on this connection, and true as far as we know
  void doubt() { known_ = false; }           ///< a turn may have emptied it
  bool refused() const { return refuses_; }  ///< the gateway does not show it
  bool full() const { return lines_.size() >= kGatewayQueue; }
  /// How many are behind the event; none: it is not there.
  std::optional<std::int64_t> behind(const Event& event) const;

  // Wakes are counted, so that it is known how many may have pushed an event out.
  std::int64_t wakes() const { return wakes_; }
  std::int64_t countWake() { return ++wakes_; }
  /// The number of an event among the wakes that has so many behind it.
  std::int64_t place(std::int64_t younger) const { return wakes_before_asking_ - younger; }

 private:
  Link& link_;
  const Config& config_;
  std::vector<std::string> lines_;  // how each event begins
  bool known_ = false, refuses_ = false, again_ = false, soon_ = false;
  std::uint64_t request_ = 0;                         // the question that is under way
  std::int64_t wakes_ = 0, wakes_before_asking_ = 0;  // sent so far, and when the gateway was asked last
};

}  // namespace hookswitch::gateway
