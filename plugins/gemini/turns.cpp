#include "plugins/gemini/turns.hpp"

#include "plugins/gemini/timers.hpp"
#include "plugins/speech/wording.hpp"

#include <hookswitch/base64.hpp>

#include <algorithm>
#include <utility>

namespace hookswitch::gemini {
namespace {

constexpr std::uint64_t kDeadMs = 500;   // §6: how long audio after an interruption belongs to the dead turn
constexpr std::uint64_t kFlushMs = 700;  // transcription may trail behind generationComplete
constexpr std::size_t kMaxTurns = 16;

std::uint32_t formatOf(std::string_view mime) {
  if (mime.substr(0, 9) != "audio/pcm") return 0;
  const std::size_t rate = mime.find("rate=");
  if (rate == std::string_view::npos) return HKS_S16_24K;
  const std::string_view number = mime.substr(rate + 5, 5);
  if (number == "24000") return HKS_S16_24K;
  if (number == "16000") return HKS_S16_16K;
  return number.substr(0, 4) == "8000" ? HKS_S16_8K : 0;
}

}  // namespace

Turn& Turns::current() {
  if (open_) return turns_.back();
  if (turns_.size() >= kMaxTurns) turns_.pop_front();
  turns_.emplace_back();
  turns_.back().id = "turn-" + std::to_string(++last_);
  open_ = true;
  return turns_.back();
}

bool Turns::part(const hks::json::Value& part, hks::Out& out) {
  hks::json::Value blob;
  if (hks::json::flagAt(part, "thought") || !hks::json::objectAt(part, "inlineData", blob)) return false;
  const Sound got = sound({hks::json::textAt(blob, "mimeType"), hks::json::textAt(blob, "data")}, out);
  if (got == Sound::NotBase64) channel_.warn("Gemini sent audio that is not base64; ignored", out);
  return got == Sound::Heard;
}

Turns::Sound Turns::sound(const AudioPart& sound, hks::Out& out) {
  if (dead_) return Sound::None;
  const std::uint32_t format = formatOf(sound.mime);
  if (!format) {
    channel_.warn("Gemini sent something that is not PCM of 8, 16 or 24 kHz; ignored", out);
    return Sound::None;
  }
  const std::size_t before = odd_.size();
  char* const audio = channel_.room.take(before + hks::base64Room(sound.data.size()), out);
  std::size_t size = 0;
  if (!hks::decodeBase64(audio + before, sound.data, size)) return Sound::NotBase64;
  odd_.copy(audio, before);
  odd_.clear();
  size += before;
  if (size % 2) odd_.assign(1, audio[--size]);
  if (size == 0) return Sound::None;
  // More after generationComplete: as a turn of its own, the host has closed the first.
  if (current().audio_ended) open_ = false;
  Turn& to = current();
  to.rx_bytes += size;
  to.bytes_per_ms = format == HKS_S16_24K ? 48 : format == HKS_S16_16K ? 32 : 16;
  out.audio(format, {audio, size}, to.id);
  return Sound::Heard;
}

void Turns::words(std::string_view text) {
  Turn& now = current();
  speech::appendSaid(now.text, text);
  now.told = false;
}

void Turns::endAudio(hks::Out& out) {
  if (!open_ || std::exchange(turns_.back().audio_ended, true)) return;
  odd_.clear();
  if (turns_.back().rx_bytes) out.audioEnd(turns_.back().id);
}

void Turns::generationComplete(hks::Out& out) {
  endAudio(out);
  turns_.back().complete = true;
  out.timer(kFlush, kFlushMs);
}

void Turns::close(hks::Out& out) {
  endAudio(out);
  open_ = false;
}

void Turns::interrupt(hks::Out& out) {
  if (std::exchange(open_, false)) turns_.back().audio_ended = true;
  odd_.clear();
  dead_ = true;
  out.timer(kDead, kDeadMs);
  out.timer(kFlush, kFlushMs);  // the line waits for what was heard
}

void Turns::leave(hks::Out& out) {
  close(out);
  dead_ = false;
  odd_.clear();
}

Turns::Heard Turns::heard(const hks_heard& heard) {
  const auto turn =
      std::find_if(turns_.begin(), turns_.end(), [&](const Turn& t) { return t.id == hks::text(heard.item); });
  if (turn == turns_.end() || turn->rx_bytes == 0 || std::exchange(turn->cut, true)) return {};
  const std::uint64_t received_ms = turn->rx_bytes / turn->bytes_per_ms;
  if (heard.heard_ms >= received_ms) return {&*turn, false};
  const bool told = std::exchange(turn->told, false) && !turn->text.empty();
  turn->text = speech::cutInProportion(turn->text, heard.heard_ms, received_ms);
  return {&*turn, told && turn->text.empty()};
}

}  // namespace hookswitch::gemini
