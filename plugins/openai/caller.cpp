#include "plugins/openai/caller.hpp"

#include "plugins/openai/timers.hpp"

#include <string>
#include <utility>

namespace hookswitch::openai {
namespace {

constexpr std::uint64_t kHeldMs = 5000;
constexpr std::uint64_t kStallMs = 5000;  // a connection that stalls delivers late what is no silence
constexpr std::uint32_t kMaxStalls = 5;
constexpr std::uint64_t kSilenceMs = 1000;  // what closes a turn that stalled

}  // namespace

void Caller::audio(std::string_view bytes, hks::Out& out) {
  ++frames_;
  now_us_ += bytes.size() * 1000 / channel_.options.bytesPerMs();
  if (channel_.usable())
    channel_.sendAudio(bytes, out);
  else
    held_.put(bytes, kHeldMs * channel_.options.bytesPerMs());
}

void Caller::drain(hks::Out& out) {
  held_.drain([&](std::string_view frame) { channel_.sendAudio(frame, out); });
}

void Caller::speechStarted(hks::Out& out) {
  speaks_ = true;
  stalls_ = 0;
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
