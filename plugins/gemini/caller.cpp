#include "plugins/gemini/caller.hpp"

#include "plugins/gemini/timers.hpp"
#include "plugins/speech/loudness.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::gemini {
namespace {

constexpr std::size_t kChunkMs = 40;   // §3
constexpr std::size_t kHeldMs = 1000;  // §5 step 5: older audio smears the turn detection

constexpr std::size_t kRunUpMs = 400;  // before a turn
constexpr std::size_t kTurnMs = 8000;  // of a turn that has to be said again
constexpr std::size_t kPieceMs = 100;  // of it in one message
constexpr std::uint32_t kLoud = 500;   // a caller's voice

}  // namespace

void Caller::audio(std::string_view bytes, hks::Out& out) {
  if (shielded_)  // a hole would stall the turn detection: silence instead (§3)
    chunk_.append(bytes.size(), '\0');
  else
    chunk_ += bytes;
  if (chunk_.size() < kChunkMs * channel_.options.bytesPerMs()) return;
  if (channel_.usable())
    send(chunk_, out);
  else
    held_.put(chunk_, kHeldMs * channel_.options.bytesPerMs());
  chunk_.clear();
}

void Caller::send(std::string_view chunk, hks::Out& out) {
  remember(chunk);
  channel_.sendAudio(chunk, out);
}

/// Nobody says when the caller begins to speak: a chunk that is loud is taken for it.
void Caller::remember(std::string_view chunk) {
  const std::size_t ms = channel_.options.bytesPerMs();
  turn_.keeps(kRunUpMs * ms, kTurnMs * ms);
  if (!turn_.open() && speech::loudness(chunk) >= kLoud) turn_.begin();
  turn_.add(chunk);
}

void Caller::drain(hks::Out& out) {
  turn_.repeat(kPieceMs * channel_.options.bytesPerMs(),
               [&](std::string_view piece) { channel_.sendAudio(piece, out); });
  held_.drain([&](std::string_view chunk) { send(chunk, out); });
}

void Caller::shield(std::uint64_t ms, hks::Out& out) { shielded_ = ms != 0 && out.timer(kShield, ms); }

}  // namespace hookswitch::gemini
