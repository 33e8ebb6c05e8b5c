// Client WebSockets of control and notifier sessions: they live on a loop of their own, their owners on the control
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "host/control/thread.hpp"
#include "host/media/connection.hpp"
#include "host/net/io_pool.hpp"
#include "host/net/ws_connector.hpp"

namespace hookswitch::control {

class Connections {
 public:
  struct Callbacks {  ///< all [control]; after onClosed nothing follows
    std::function<void()> onOpened;
    std::function<void(const std::string& payload, bool text)> onMessage;
    std::function<void(std::uint32_t code, const std::string& reason)> onClosed;
  };
  using Key = std::uint64_t;

  Connections(Thread& control, net::IoPool& io);
  ~Connections();
  void start();
  void stop();  ///< [main]

  // [control]
  /// `lane`: of the io threads; the plugin that asks.
  Key open(const std::string& lane, net::WsTarget target, Callbacks callbacks);
  void send(Key key, std::string payload, bool text);  ///< unknown keys are ignored
  void close(Key key, std::uint16_t code, const std::string& reason);
  /// No further callbacks; a connection that is open is closed with this code.
  void forget(Key key, std::uint16_t code, const std::string& reason);
  std::size_t count() const { return callbacks_.size(); }

  static constexpr std::size_t max_waiting_bytes = 32 * 1024 * 1024;  ///< received and not yet handled, per connection

 private:
  struct Remote;
  void opened(Key key, std::unique_ptr<net::Stream> stream, std::string leftover);
  void closed(Key key, std::uint32_t code, const std::string& reason);

  Thread& control_;
  net::IoPool& io_;
  media::Loop loop_;
  std::unordered_map<Key, std::unique_ptr<Remote>> remotes_;  // on loop_
  std::unordered_map<Key, Callbacks> callbacks_;              // [control]
  Key next_ = 1;
};

}  // namespace hookswitch::control
