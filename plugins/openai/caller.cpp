#include "plugins/openai/caller.hpp"

#include "plugins/openai/timers.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace hookswitch::openai {
namespace {

constexpr std::uint64_t kHeldMs = 5000;
constexpr std::uint64_t kStallMs = 5000;  // a connection that stalls delivers late what is no silence
constexpr std::uint32_t kMaxStalls = 5;
constexpr std::uint64_t kRunUpMs = 800;     // what the turn detection needs to notice speech, and the sound before it
constexpr std::uint64_t kTurnMs = 15000;    // of a turn that has to be said again
constexpr std::uint64_t kPieceMs = 1000;    // of it in one message
constexpr std::uint64_t kSilenceMs = 1000;  // what closes a turn that stalled

}  // namespace

void Caller::audio(std::string_view bytes, hks::Out& out) {
  ++frames_;
  now_us_ += bytes.size() * 1000 / channel_.options.bytesPerMs();
  if (channel_.usable()) {
    remember(bytes);
    channel_.sendAudio(bytes, out);
  } else
    held_.put(bytes, kHeldMs * channel_.options.bytesPerMs());
}

void Caller::remember(std::string_view bytes) {
  const std::size_t ms = channel_.options.bytesPerMs();
  turn_.keeps(kRunUpMs * ms, (kRunUpMs + kTurnMs) * ms);
  turn_.add(bytes);
}

void Caller::leave() {
  speaks_ = false;
  turn_.leave();
}

void Caller::drain(hks::Out& out) {
  turn_.repeat(kPieceMs * channel_.options.bytesPerMs(),
               [&](std::string_view piece) { channel_.sendAudio(piece, out); });
  held_.drain([&](std::string_view frame) {
    remember(frame);
    channel_.sendAudio(frame, out);
  });
}

void Caller::speechStarted(hks::Out& out) {
  speaks_ = true;
  stalls_ = 0;
  turn_.begin();
  frames_at_tick_ = frames_;
  out.timer(kStall, kStallMs);
}

void Caller::speechStopped(hks::Out& out) {
  speaks_ = false;
  out.cancelTimer(kStall);
}

/// §8: frames that stop while the server hears speech would leave the caller's turn open for ever.
void Caller::watch(hks::Out& out) {
  if (!speaks_) return;
  if (frames_ == std::exchange(frames_at_tick_, frames_) && ++stalls_ <= kMaxStalls && channel_.usable()) {
    const Options& options = channel_.options;
    channel_.sendAudio(std::string(options.bytesPerMs() * kSilenceMs, options.pcmu ? '\xFF' : '\0'), out);
  }
  out.timer(kStall, kStallMs);
}

}  // namespace hookswitch::openai
