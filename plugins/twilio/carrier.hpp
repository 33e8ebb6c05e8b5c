// The carrier session: one call's media stream.
#pragma once

#include "plugins/twilio/config.hpp"
#include "plugins/twilio/stream.hpp"

#include <hookswitch/plugin.hpp>
#include <hookswitch/room.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::twilio {

/// Twilio connects, says "start" once and then speaks mu-law, 8 kHz, mono. Everything before that message is ignored,
/// nothing is sent before it. Ends once: by `stop` (CALL_END), or by anything else that takes the media away (GONE).
/// [loop]
class Carrier final : public hks::Session {
 public:
  static constexpr std::uint64_t kStartTimer = 1, kIdleTimer = 2;
  static constexpr std::uint64_t kStartWait_ms = 5'000;
  static constexpr unsigned kMaxFaults = 10;         ///< unreadable messages of a running stream before it is closed
  static constexpr std::size_t kMaxPayload = 8'000;  ///< bytes of audio in one message to Twilio: 1 s

  void onStart(const hks_start& start, hks::Out& out) override;
  void onOpened(std::uint64_t conn, hks::Out& out) override;
  void onData(const hks_data& data, hks::Out& out) override;
  void onClosed(const hks_closed& end, hks::Out& out) override;
  void onTimer(std::uint64_t id, hks::Out& out) override;
  void onAudio(const hks_audio& audio, hks::Out& out) override;
  void onMark(hks::Text name, hks::Out& out) override;
  void onFlush(hks::Out& out) override;

 private:
  enum class State : std::uint8_t { waiting = 1, running = 2, over = 3 };

  void onStreamStart(const StreamMessage& message, hks::Out& out);
  /// False: its payload is not Base64.
  bool onMedia(const StreamMessage& message, hks::Out& out);
  void onFault(std::string_view what, hks::Out& out);
  /// Closes the socket with `code` and reports GONE.
  void abandon(std::uint32_t code, const std::string& why, hks::Out& out);
  void end(hks::Out& out);
  void note(std::string_view what, hks::Out& out);

  Config config_;
  std::string call_, remote_id_, stream_sid_;
  StreamWriter writer_;
  hks::Room room_;
  std::uint64_t conn_ = 0;
  State state_ = State::waiting;
  unsigned faults_ = 0, notes_ = 0;
  bool heard_of_ = false;  // anything arrived since the idle timer was set
};

}  // namespace hookswitch::twilio
