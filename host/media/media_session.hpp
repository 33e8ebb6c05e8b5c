// A carrier or voice session on a media loop, with the connections, timers and requests it asked for.
#pragma once

#include <hookswitch/abi.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "host/media/connection.hpp"
#include "host/net/io_pool.hpp"
#include "host/net/tls.hpp"
#include "host/plugin/flood.hpp"
#include "host/plugin/session.hpp"

namespace hookswitch::media {

using Settings = std::map<std::string, std::string>;

/// What it takes to open a session of a plugin. Immutable. [any]
struct SessionSource {
  std::string plugin;                          ///< id
  const hks_role* role = nullptr;              ///< static storage of the plugin
  std::shared_ptr<const Settings> settings;    ///< complete
  std::shared_ptr<const net::TlsContext> tls;  ///< what its connections trust; NULL: the process-wide context
  const char* kind = "";                       ///< "carrier" or "voice"
};

/// [loop] Owned by the call's CallMedia through a shared_ptr; work that other threads do for it holds weak ones.
class MediaSession final : public Connection::Listener, public std::enable_shared_from_this<MediaSession> {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /// Everything that is not about connections, timers, requests and the log.
    virtual void onSessionMessage(MediaSession& session, const hks_msg& message) = 0;
    /// The plugin failed too often in a row: the session is of no use any more.
    virtual void onSessionBroken(MediaSession& session) = 0;
    /// The host itself has failed in what it did for the session. The exception is not logged yet.
    virtual void onSessionFault(MediaSession& session, const std::string& why) = 0;
  };

  MediaSession(base::Loop& loop, net::IoPool& io, Owner& owner, SessionSource source, std::string call_id,
               const ConnectionLimits& limits);
  ~MediaSession() override;

  /// False when the plugin refused. `start` needs settings, seed and times filled in by the caller.
  bool open(const hks_start& start);
  void step(const hks_msg& message);
  /// A socket that arrived for this session: it hears CONN_OPENED with an id of the host's.
  void adopt(std::unique_ptr<net::Stream> stream, std::string_view leftover);
  /// Close every connection with this code, cancel timers, close the plugin's session. Nothing is stepped afterwards.
  void close(std::uint16_t code, std::string_view reason);

  const SessionSource& source() const { return source_; }
  bool isOpen() const { return session_ != nullptr && !closing_; }
  std::uint64_t droppedFrames() const { return dropped_; }
  /// A line about this plugin and call, within what a plugin may write.
  void say(log::Level level, std::string_view text);

  static constexpr std::size_t max_connections = 4, max_timers = 64, max_requests = 16;
  static constexpr unsigned max_log_lines = 200;  ///< of one session; a plugin that floods the log says so once

 private:
  void onMessage(Connection& connection, std::string_view payload, bool text) override;
  void onClosed(Connection& connection, std::uint32_t code, std::string_view reason) override;
  bool onFailed(Connection& connection, const std::string& why) override;
  /// An exception of the host's in it costs no more than the call.
  template <class Event>
  void guarded(Event&& event);
  void deliver(const hks_msg& message);
  void drain();
  void handle(const hks_msg& message);
  void connect(const hks_http& message);
  void begin(std::uint64_t id, std::unique_ptr<net::Stream> stream, net::WsRole role, std::string_view leftover);
  void request(const hks_http& message);
  void setTimer(const hks_timer& message);
  void connectionClosed(std::uint64_t id, std::uint32_t code, std::string_view reason);
  void sayClosed(std::uint64_t id, std::uint32_t code, const std::string& reason);
  void logLine(const hks_notice& message);

  base::Loop& loop_;
  net::IoPool& io_;
  Owner& owner_;
  const SessionSource source_;
  const std::string call_id_, component_;
  const ConnectionLimits limits_;
  plugin::FloodGate& gate_;
  std::unique_ptr<plugin::Session> session_;
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;  // NULL: the handshake is under way
  std::map<std::uint64_t, base::Loop::TimerId> timers_;
  std::size_t requests_ = 0;
  std::uint64_t next_host_id_ = std::uint64_t(1) << 63;
  bool closing_ = false, slow_said_ = false, stepping_audio_ = false;
  unsigned log_lines_ = 0, faults_said_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace hookswitch::media
