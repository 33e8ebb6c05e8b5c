// What hosts a session of a plugin, in whichever role: its connections, timers, requests and lines of the log.
#pragma once

#include <hookswitch/abi.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "host/base/io_pool.hpp"
#include "host/base/loop.hpp"
#include "host/net/ws_connection.hpp"
#include "host/plugin/flood.hpp"
#include "host/plugin/session.hpp"
#include "host/plugin/session_lanes.hpp"
#include "host/plugin/session_source.hpp"

namespace hookswitch::net {
struct WsConnected;
}

namespace hookswitch::plugin {

/// What one session may have at the same time, and what is said of it. These are the bounds of a call's session.
struct SessionLimits {
  std::size_t connections = 4, timers = 64;
  std::size_t requests = 16;  ///< of each lane
  std::uint64_t longest_timer_ms = 24ull * 3600 * 1000;
  std::uint64_t slow_step_us = 20'000;  ///< a step that takes longer is said
  const char* slow_means = "every call on this media loop waits";
  /// Lines about the session, its own and ours about it; what follows is dropped. 0: as many as its plugin may write.
  unsigned log_lines = 200;
  net::WsConnectionLimits connection{};
};

/// [loop] Held by shared_ptr; work that other threads do for it holds weak ones.
class SessionHost : public net::WsConnection::Listener, public std::enable_shared_from_this<SessionHost> {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /// Everything that is not about connections, timers, requests and the log.
    virtual void onSessionMessage(SessionHost& session, const hks_msg& message) = 0;
    /// The plugin failed too often in a row: the session is of no use any more.
    virtual void onSessionBroken(SessionHost& session) = 0;
    /// The host itself has failed in `what` it did for the session. The exception is not logged yet.
    virtual void onSessionFault(SessionHost& session, const std::string& what, const std::string& why) = 0;
    /// A connection of it is open, its `number`th.
    virtual void onSessionConnected(SessionHost& /*session*/, std::size_t /*number*/) {}
    /// One is over, or did not come about; `code` as in hks_closed.
    virtual void onSessionDisconnected(SessionHost& /*session*/, std::uint32_t /*code*/) {}
    /// Audio was not sent, because its peer reads too slowly.
    virtual void onSessionDropped(SessionHost& /*session*/, std::size_t /*bytes*/) {}
  };

  /// `call`: the one that the session belongs to; empty: none. Loop, io threads and owner outlive it.
  SessionHost(base::Loop& loop, base::IoPool& io, Owner& owner, SessionSource source, std::string call,
              const SessionLimits& limits);
  ~SessionHost() override;
  SessionHost(const SessionHost&) = delete;
  SessionHost& operator=(const SessionHost&) = delete;

  /// False when the plugin refused. `start` needs settings, seed and times filled in by the caller.
  bool open(const hks_start& start);
  /// Steps the plugin, then handles what it has put. Returns what the plugin returned; HKS_FAULT when it is not open.
  hks_status step(const hks_msg& message) { return step(message, laneOf(message)); }
  /// A socket that arrived for this session: it hears CONN_OPENED with an id of the host's.
  void adopt(std::unique_ptr<net::Stream> stream, std::string_view leftover);
  /// Close every connection with this code, cancel timers, close the plugin's session. Nothing is stepped afterwards.
  void close(std::uint16_t code, std::string_view reason);

  const SessionSource& source() const { return source_; }
  const Settings& settings() const { return *source_.settings; }
  const std::string& component() const { return component_; }  ///< "plugin.<id>", for the log
  bool isOpen() const { return session_ != nullptr && !closing_; }
  /// A line about what the plugin does, within what a plugin may write. `call`: when the session belongs to none.
  void say(log::Level level, std::string_view text, std::string_view call = {});

 private:
  void onMessage(net::WsConnection& connection, std::string_view payload, bool text) override;
  void onClosed(net::WsConnection& connection, std::uint32_t code, std::string_view reason) override;
  bool onFailed(net::WsConnection& connection, const std::string& why) override;

  hks_status step(const hks_msg& message, Lane lane);
  hks_status deliver(const hks_msg& message, Lane lane);
  void drain();
  void sayHow(const hks_msg& message, hks_status status);
  void handle(const hks_msg& message);
  void connect(const hks_http& message);
  void connected(std::uint64_t id, net::WsConnected& result);
  void begin(std::uint64_t id, std::unique_ptr<net::Stream> stream, net::WsRole role, std::string_view leftover);
  net::WsConnection* connection(std::uint64_t id);
  void request(const hks_http& message);
  void setTimer(const hks_timer& message);
  void connectionClosed(std::uint64_t id, std::uint32_t code, std::string_view reason,
                        std::uint64_t retry_after_ms = 0);
  void sayClosed(std::uint64_t id, std::uint32_t code, std::string_view reason, std::uint64_t retry_after_ms = 0);
  /// An exception of the host's in it costs no more than the owner makes of it.
  template <class Event>
  void guarded(const char* what, Event&& event);

  base::Loop& loop_;
  base::IoPool& io_;
  Owner& owner_;
  const SessionSource source_;
  const std::string call_, component_;
  const SessionLimits limits_;
  FloodGate& gate_;
  std::unique_ptr<Session> session_;
  std::map<std::uint64_t, std::unique_ptr<net::WsConnection>> connections_;  // NULL: the handshake is under way
  std::map<std::uint64_t, base::Loop::TimerId> timers_;
  std::map<Lane, std::size_t> requests_;
  std::uint64_t next_host_id_ = std::uint64_t(1) << 63;
  SessionLanes lanes_;
  Lane lane_ = Lane::common;  // of the plugin's message that is being handled
  bool closing_ = false, slow_said_ = false, stepping_audio_ = false;
  unsigned log_lines_ = 0;
  std::size_t opened_ = 0;  // connections, so far
};

}  // namespace hookswitch::plugin
