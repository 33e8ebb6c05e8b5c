// The change of connection: planned, because a session of the service ends hard after 60 minutes, and when a connection
// is lost (openai-realtime.md §7).
#pragma once

#include "plugins/openai/channel.hpp"
#include "plugins/openai/conversation.hpp"
#include "plugins/speech/connection.hpp"
#include "plugins/speech/recovery.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::openai {

/// Before the time limit a second connection is prepared; the call moves over in a quiet moment, and when there is
/// none, shortly before the end. A connection that ended all the same, by its limit or by anything else, is followed by
/// a new one. [session]
class Rotation {
 public:
  Rotation(Channel& channel, Conversation& conversation);

  void begin(const hks_start& start) {
    start_unix_ms_ = start.unix_ms;
    recovery_.allow(start.retry_ms);
  }

  /// session.created says until when this connection may live.
  void created(Link& link, const hks::json::Value& root);
  /// session.updated: a connection is configured, as far as the model says so.
  void configured(Link& link, const hks::json::Value& root, hks::Out& out);
  /// The next connection is no use. The live one is not touched; it is tried again until it must end.
  void nextFailed(std::string_view why, hks::Out& out);
  /// The live connection, as it was, has ended or did not come up.
  void lost(const hks_closed& lost, const Link& was, hks::Out& out);
  /// The server cannot take the session now.
  void notNow(std::string_view why, hks::Out& out);
  /// The model has said something.
  void spoke() { recovery_.spoke(); }
  /// It reached its limit.
  void expired(hks::Out& out);
  /// Changes if the next connection is ready and nothing would be lost.
  void ifQuiet(hks::Out& out);
  /// The same with the next timer. While a frame is handled, what is sent is audio to the host, and may be dropped when
  /// the line is slow.
  void ifQuietSoon(hks::Out& out);
  /// kConfig, kNextConfig, kRotate, kForce, kReconnect, kMove, kRecovery. False: none of these.
  bool timer(std::uint64_t id, hks::Out& out);

 private:
  bool mayMove() const { return due_ && channel_.next.usable() && channel_.usable(); }
  void ready(hks::Out& out);
  void arm(hks::Out& out);
  void prepare(hks::Out& out);
  void moveOver(hks::Out& out);
  void leave(hks::Out& out);
  void tryAgain(std::string_view why, const hks_closed& lost, hks::Out& out);
  void give(std::string_view why, const hks_closed& lost, hks::Out& out);

  Channel& channel_;
  Conversation& conversation_;
  std::uint64_t start_unix_ms_ = 0;
  speech::Attempts attempts_;  // at a session after one of full age
  speech::Recovery recovery_;  // of a connection that was lost
  std::string last_why_;       // of the attempts: why the newest one failed
  bool due_ = false;           // it is time to change
  bool between_ = false;       // the call has no connection: a new one is being made
  bool limit_ = false;         // because the session has reached its limit
  bool told_ = false;          // of that there is a line in the log
  bool moving_ = false;        // kMove is on its way
};

}  // namespace hookswitch::openai
