// A control or notifier session: a plugin's one session on the control thread, with what it asked for.
#pragma once

#include <hookswitch/abi.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/control/connections.hpp"
#include "host/control/keeper.hpp"
#include "host/control/thread.hpp"
#include "host/media/media_session.hpp"
#include "host/net/tls.hpp"
#include "host/plugin/flood.hpp"
#include "host/plugin/library.hpp"
#include "host/plugin/session.hpp"

namespace hookswitch::control {

class Quarantine;

/// What every session of the control plane needs from the host. [control]
struct Services {
  Thread& control;
  net::IoPool& io;
  Connections& connections;
  std::string public_url, version;
  Keeper* keeper = nullptr;            ///< NULL: nothing can be kept
  Quarantine* quarantine = nullptr;    ///< NULL: nothing is held back
  std::function<void()> look_again{};  ///< at the plugin directories and the configuration, as SIGHUP does
};

/// [control] Held by shared_ptr; work that other threads do for it holds weak ones.
class Session final : public std::enable_shared_from_this<Session> {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /// Everything that is not about connections, timers, requests and the log.
    virtual void onPluginMessage(Session& session, const hks_msg& message) = 0;
    /// Failed too often in a row.
    virtual void onPluginBroken(Session& session) = 0;
  };

  /// Requests queue for threads by lane. Those that a hook of the phases hangup, confirm and settle asks for, and what
  /// follows from their answers and timers, have one of their own: slow creates keep no hang-up waiting.
  enum class Lane : std::uint8_t { common = 1, leg = 2 };

  /// `tls`: what its connections trust; NULL: the process-wide context.
  Session(Services& services, Owner& owner, std::shared_ptr<const plugin::Library> library, media::Settings settings,
          std::shared_ptr<const net::TlsContext> tls = nullptr);
  ~Session();

  bool open();  ///< false when the plugin refused
  hks_status step(const hks_msg& message);
  /// Close connections and timers, close the plugin's session. Nothing is stepped afterwards.
  void close();

  const plugin::Library& library() const { return *library_; }
  const std::string& id() const { return library_->id; }
  const media::Settings& settings() const { return settings_; }
  const std::string& component() const { return component_; }
  /// A line about what the plugin does, within what a plugin may write.
  void say(log::Level level, std::string_view text, std::string_view call = {});
  bool isOpen() const { return session_ != nullptr && !closing_; }

  static constexpr std::size_t max_connections = 8, max_timers = 4096, max_requests = 4096;  ///< requests: of each lane

 private:
  hks_status step(const hks_msg& message, Lane lane);
  void handle(const hks_msg& message);
  void connect(const hks_http& message);
  void request(const hks_http& message);
  void setTimer(const hks_timer& message);
  void keep(const hks_keep& message);
  void connectionClosed(std::uint64_t id, std::uint32_t code, const std::string& reason);
  void sayClosed(std::uint64_t id, std::uint32_t code, const std::string& reason);

  Services& services_;
  Owner& owner_;
  const std::shared_ptr<const plugin::Library> library_;
  const media::Settings settings_;
  const std::shared_ptr<const net::TlsContext> tls_;
  const std::string component_;
  plugin::FloodGate& gate_;
  std::unique_ptr<plugin::Session> session_;
  std::map<std::uint64_t, Connections::Key> connections_;
  std::map<std::uint64_t, Thread::TimerId> timers_;
  std::map<Lane, std::size_t> requests_;
  std::deque<std::pair<std::size_t, Lane>> lanes_;  // of the plugin's messages that are being handled, up to a number
  Lane lane_ = Lane::common;                        // of the one that is being handled
  bool closing_ = false;
};

}  // namespace hookswitch::control
