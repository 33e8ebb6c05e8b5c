// The running gateway: every part, in the order in which they start and stop.
#pragma once

#include <signal.h>

#include <chrono>
#include <cstdint>
#include <memory>

#include "host/app/config.hpp"

namespace hookswitch::control {
class Quarantine;
}

namespace hookswitch::app {

/// [main] Construct, then start(); stop(), or else the destructor, stops everything in reverse order.
class Gateway {
 public:
  /// What POST /api/drain sends to this process.
  static constexpr int drain_signal = SIGUSR1;

  /// Throws the store's sentence, which begins with store.path, when what is stored cannot be used, or that of the file
  /// with the gateway's own API key. `quarantine`: kept by the caller for longer than the gateway; NULL: no plugin is
  /// held back.
  Gateway(const Config& config, const plugin::Registry& registry, control::Quarantine* quarantine = nullptr);
  ~Gateway();

  /// Throws net's sentence when it cannot listen.
  void start();
  std::uint16_t port() const;
  /// What a later look at the plugin directories has found; the next reload() opens what is new.
  void takePlugins(const plugin::Registry& registry);
  /// New configuration, already checked. What cannot change while running is named in the log and stays as it is.
  void reload(Config config);
  /// No new calls from now on; live ones may go on, for as long as the caller lets them: `at_most` is for the log.
  void drain(std::chrono::seconds at_most);
  /// End every live call.
  void endCalls();
  /// Nothing is left to wait for: no live call, no hook or hang-up under way or about to be tried again. What waits for
  /// longer is in the store, and the next start takes it up. Asks the control thread; a snapshot, and false when the
  /// thread has no time to answer.
  bool drained();
  /// The control thread has done, within this time, what was posted to it before. [any]
  bool answers(std::chrono::milliseconds patience);
  /// As long as the requests take that are under way. [any, once]
  void stop();
  /// Instead of that, or in the middle of it: nothing new is begun, and what was given to the store is committed. Then
  /// the process must end, with the threads that still run; the next start does the rest. [any, once]
  void abandon();
  /// Writes that wait because the store cannot be written. [any]
  std::size_t unwritten() const;
  std::size_t unfinished() const;  ///< as of the last drained()
  std::size_t live() const;        ///< likewise, live calls alone

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace hookswitch::app
