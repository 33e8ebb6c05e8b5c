// The connection of a call, and what every part of the voice needs to talk over it.
#pragma once

#include "plugins/gemini/options.hpp"
#include "plugins/speech/connection.hpp"

#include <hookswitch/plugin.hpp>
#include <hookswitch/read_json.hpp>
#include <hookswitch/room.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::gemini {

/// By which the service resumes a conversation on another connection (§5).
class Handle {
 public:
  const std::string& value() const { return value_; }
  bool exists() const { return !value_.empty(); }
  /// Issued after the newest turn of either side: nothing would be lost.
  bool fresh() const { return fresh_; }
  void stale() { fresh_ = false; }
  /// sessionResumptionUpdate. `busy`: the model is in the middle of a turn.
  void update(const hks::json::Value& update, bool busy);
  void forget() {
    value_.clear();
    fresh_ = false;
  }

 private:
  std::string value_;
  bool fresh_ = false;
};

/// [session]
class Channel {
 public:
  Options options;
  speech::Connection live;
  bool opened = false;  ///< the live one is open; its set-up may wait for the end of the one before it
  Handle handle;
  hks::Room room;           ///< for audio, in both directions
  std::uint64_t epoch = 1;  ///< of the connection: another one may not know of what was asked on it

  bool usable() const { return live.usable(); }
  void send(std::string_view text, hks::Out& out) { out.send(live.id, text); }
  void sendAudio(std::string_view pcm, hks::Out& out);
  void warn(std::string_view text, hks::Out& out) { warnings_.warn(text, out); }

  /// A new connection in the place of the live one. False: the host refused.
  bool connect(hks::Out& out);
  void close(hks::Out& out);
  /// The model is lost for this call.
  void gone(std::string_view why, const hks_closed& lost, hks::Out& out);
  bool gone() const { return gone_; }
  /// The call ends by itself when its good-bye has been heard, and needs no connection until then.
  void finish(hks::Out& out);
  /// The host has cut the good-bye off, and with it the end of the call: then the model is missed after all.
  void goesOn(hks::Out& out);
  /// Why the live connection ended, and what somebody can do about it.
  std::string lossSentence(const hks_closed& lost) const;

 private:
  /// No connection is wanted any more.
  void leave(hks::Out& out);

  speech::Warnings warnings_;
  std::uint64_t last_connection_ = 0;
  bool gone_ = false;
  bool finished_ = false;  // gone, and nobody was told
};

}  // namespace hookswitch::gemini
