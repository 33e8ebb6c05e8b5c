// The connections of a call, and what every part of the voice needs to talk over the live one.
#pragma once

#include "plugins/openai/options.hpp"
#include "plugins/speech/connection.hpp"

#include <hookswitch/plugin.hpp>
#include <hookswitch/read_json.hpp>
#include <hookswitch/room.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::openai {

struct Link : speech::Connection {
  std::uint64_t expires_us = 0;  ///< by the caller's audio; 0: session.created has not come
};

/// [session]
class Channel {
 public:
  Options options;
  Link live, next;          ///< next: prepared for the planned change of connection
  hks::Room room;           ///< for audio, in both directions
  std::uint64_t epoch = 1;  ///< of the conversation on the live connection: another one knows nothing of it

  /// May the live connection be talked on?
  bool usable() const { return live.usable(); }
  void send(std::string_view text, hks::Out& out) { out.send(live.id, text); }
  void sendAudio(std::string_view audio, hks::Out& out);
  std::string nextEventId(const char* prefix) { return prefix + std::to_string(++last_event_); }
  void warn(std::string_view text, hks::Out& out) { warnings_.warn(text, out); }

  /// Opens a connection in the place of `link`.
  void connect(Link& link, hks::Out& out);
  /// A connection is open: the whole configuration goes first, formats included (§2).
  void configure(Link& link, hks::Out& out);
  /// The model follows `prompt` from now on, on every connection of the call.
  void instruct(std::string_view prompt, hks::Out& out);
  /// The audio format of a side in a session or response; empty: what was asked for, or not said (all of it is
  /// optional).
  std::string otherFormat(const hks::json::Value& in, const char* side) const;
  /// session.updated: is the audio what was asked for (§0 rule 3)? Empty, or what is wrong.
  std::string refusal(const hks::json::Value& session_updated) const;

  /// The model is lost for this call.
  void gone(std::string_view why, const hks_closed& lost, hks::Out& out);
  bool gone() const { return gone_; }
  /// The call ends by itself when its good-bye has been heard, and needs no connection until then.
  void finish(hks::Out& out);
  /// The host has cut the good-bye off, and with it the end of the call: then the model is missed after all.
  void goesOn(hks::Out& out);

 private:
  /// No connection is wanted any more.
  void leave(hks::Out& out);

  speech::Warnings warnings_;
  std::uint64_t last_connection_ = 0, last_event_ = 0;
  bool gone_ = false;
  bool finished_ = false;  // gone, and nobody was told
};

/// Why a connection ended, and what somebody can do about it.
std::string closedSentence(const hks_closed& lost, bool opened);

}  // namespace hookswitch::openai
