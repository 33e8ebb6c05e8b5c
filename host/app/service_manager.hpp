// What systemd is told about the process: ready, reloading, stopping, alive (sd_notify(3)). Without systemd: nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace hookswitch::app {

/// What a service manager says to the processes that it starts.
struct ServiceEnvironment {
  std::string notify_socket;             ///< NOTIFY_SOCKET: a path, or '@' and an abstract name; empty: nobody listens
  std::chrono::microseconds watchdog{};  ///< WATCHDOG_USEC, when it is meant for this process; 0: no watchdog

  static ServiceEnvironment read();  ///< [main]
};

/// The protocol is a datagram of lines to a Unix socket and guaranteed to stay as it is, so these are our own lines:
/// libsystemd would bring five compression and cryptography libraries into the process for them. What cannot be told
/// is said once in the log and harms nothing. [main]
class ServiceManager {
 public:
  /// Does the gateway work, found out within this time? Blocks for no longer. [watchdog]
  using Probe = std::function<bool(std::chrono::milliseconds patience)>;

  explicit ServiceManager(ServiceEnvironment environment = ServiceEnvironment::read());
  ~ServiceManager();  ///< ends the watchdog, after the probe that is under way
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  /// Requests are taken; also the end of a reload. `status`: a line for `systemctl status`.
  void ready(const std::string& status);
  void reloading();
  /// The drain begins; it may take this long, whatever the unit's TimeoutStopSec says.
  void stopping(const std::string& status, std::chrono::seconds limit);
  void status(const std::string& text);

  /// From now on, until the destructor, every half of the watchdog's time: while the probe says yes, the manager hears
  /// that the gateway is alive. A probe that says no is repeated at once, so that an answer that is late still counts;
  /// one that throws says no. Without a watchdog this does nothing. Once.
  void watch(Probe probe);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hookswitch::app
