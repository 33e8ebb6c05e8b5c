#include "plugins/gemini/caller.hpp"

#include "plugins/gemini/timers.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace hookswitch::gemini {
namespace {

constexpr std::size_t kChunkMs = 40;   // §3
constexpr std::size_t kHeldMs = 1000;  // §5 step 5: older audio smears the turn detection

constexpr std::size_t kRunUpMs = 400;  // before a turn
constexpr std::size_t kTurnMs = 8000;  // of a turn that has to be said again
constexpr std::size_t kPieceMs = 100;  // of it in one message
constexpr int kLoud = 500;             // mean of a chunk's samples; silence on a phone line stays below 100

/// By every fifth sample: this is asked of each chunk of a caller who listens.
bool isLoud(std::string_view pcm) {
  std::uint64_t sum = 0, count = 0;
  for (std::size_t at = 0; at + 1 < pcm.size(); at += 10, ++count) {
    const auto low = static_cast<unsigned char>(pcm[at]), high = static_cast<unsigned char>(pcm[at + 1]);
    sum += std::uint64_t(std::abs(int(std::int16_t(low | high << 8))));
  }
  return count != 0 && sum / count >= kLoud;
}

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
  recent_ += chunk;
  turn_open_ = turn_open_ || isLoud(chunk);
  const std::size_t keep = (turn_open_ ? kTurnMs : kRunUpMs) * channel_.options.bytesPerMs();
  if (recent_.size() > keep + keep / 4) recent_.erase(0, recent_.size() - keep);
}

void Caller::leave() {
  const std::size_t most = kTurnMs * channel_.options.bytesPerMs();
  if (turn_open_) lost_turn_ = recent_.size() > most ? recent_.substr(recent_.size() - most) : recent_;
  turn_open_ = false;
  recent_.clear();
}

void Caller::drain(hks::Out& out) {
  const std::size_t piece = kPieceMs * channel_.options.bytesPerMs();
  turn_open_ = repeatsTurn();
  recent_ = std::exchange(lost_turn_, {});  // the next connection may be lost as well
  for (std::string_view left = recent_; !left.empty(); left.remove_prefix(std::min(piece, left.size())))
    channel_.sendAudio(left.substr(0, piece), out);
  held_.drain([&](std::string_view chunk) { send(chunk, out); });
}

void Caller::shield(std::uint64_t ms, hks::Out& out) { shielded_ = ms != 0 && out.timer(kShield, ms); }

}  // namespace hookswitch::gemini
