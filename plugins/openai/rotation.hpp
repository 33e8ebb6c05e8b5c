// The planned change of connection: a session of the service ends hard after 60 minutes (openai-realtime.md §7).
#pragma once

#include "plugins/openai/channel.hpp"
#include "plugins/openai/conversation.hpp"
#include "plugins/speech/connection.hpp"

#include <cstdint>
#include <string_view>

namespace hookswitch::openai {

/// Before the time limit a second connection is prepared; the call moves over in a quiet moment, and when there is
/// none, shortly before the end. A connection that ended by its limit all the same is followed by a new one. [session]
class Rotation {
 public:
  Rotation(Channel& channel, Conversation& conversation);

  /// The wall clock when the session began; 0: nobody knows.
  void begin(std::uint64_t unix_ms) { start_unix_ms_ = unix_ms; }

  /// session.created says until when this connection may live.
  void created(Link& link, const hks::json::Value& root);
  /// session.updated: a connection is configured, as far as the model says so.
  void configured(Link& link, const hks::json::Value& root, hks::Out& out);
  /// The next connection is no use. The live one is not touched; it is tried again until it must end.
  void nextFailed(std::string_view why, hks::Out& out);
  /// The live connection ended. False: by nothing that was planned for.
  bool survives(const hks_closed& lost, bool was_ready, hks::Out& out);
  /// It reached its limit.
  void expired(hks::Out& out);
  /// Changes if the next connection is ready and nothing would be lost.
  void ifQuiet(hks::Out& out);
  /// The same with the next timer. While a frame is handled, what is sent is audio to the host, and may be dropped when
  /// the line is slow.
  void ifQuietSoon(hks::Out& out);
  /// kConfig, kNextConfig, kRotate, kForce, kReconnect, kMove. False: none of these.
  bool timer(std::uint64_t id, hks::Out& out);

 private:
  bool mayMove() const { return due_ && channel_.next.usable() && channel_.usable(); }
  void ready(hks::Out& out);
  void arm(hks::Out& out);
  void prepare(hks::Out& out);
  void moveOver(hks::Out& out);
  void tryAgain(hks::Out& out);

  Channel& channel_;
  Conversation& conversation_;
  std::uint64_t start_unix_ms_ = 0;
  speech::Attempts attempts_;
  bool due_ = false;      // it is time to change
  bool between_ = false;  // the call has no connection: a new one is being made
  bool waits_ = false;    // for the next attempt at that
  bool moving_ = false;   // kMove is on its way
};

}  // namespace hookswitch::openai
