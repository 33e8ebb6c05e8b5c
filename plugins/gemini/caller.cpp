#include "plugins/gemini/caller.hpp"

#include <algorithm>

namespace hookswitch::gemini {
namespace {

constexpr std::size_t kChunkMs = 40;   // §3
constexpr std::size_t kHeldMs = 1000;  // §5 step 5: older audio smears the turn detection

}  // namespace

void Caller::audio(std::string_view bytes, hks::Out& out) {
  if (shield_bytes_) {  // a hole would stall the turn detection: silence instead (§3)
    chunk_.append(bytes.size(), '\0');
    shield_bytes_ -= std::min<std::uint64_t>(shield_bytes_, bytes.size());
  } else {
    chunk_ += bytes;
  }
  if (chunk_.size() < kChunkMs * channel_.options.bytesPerMs()) return;
  if (channel_.usable())
    channel_.sendAudio(chunk_, out);
  else
    held_.put(chunk_, kHeldMs * channel_.options.bytesPerMs());
  chunk_.clear();
}

void Caller::drain(hks::Out& out) {
  held_.drain([&](std::string_view chunk) { channel_.sendAudio(chunk, out); });
}

}  // namespace hookswitch::gemini
