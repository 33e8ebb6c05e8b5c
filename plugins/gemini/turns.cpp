#include "plugins/gemini/turns.hpp"

#include "plugins/gemini/timers.hpp"
#include "plugins/speech/wording.hpp"

#include <hookswitch/base64.hpp>

#include <algorithm>
#include <utility>

namespace hookswitch::gemini {
namespace {

// Without any event that tells: nothing came for so long, so nothing of the dead turn will; and so long is kept what
// may be of the next turn.
constexpr std::uint64_t kQuietMs = 2000, kKeepMs = 4000;
constexpr std::size_t kMaxKept = std::size_t{120} * 48000;  // 2 min: no rest of a turn is so long
constexpr std::uint64_t kFlushMs = 700;                     // transcription may trail behind generationComplete
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
  if (rest_ == Rest::Silenced) return Sound::None;
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
  if (rest_ == Rest::Cut) {
    keep(format, {audio, size}, out);
    if (kept_bytes_ <= kMaxKept) return Sound::None;
    newTurn(out);
    return Sound::Heard;
  }
  play(format, {audio, size}, out);
  return Sound::Heard;
}

void Turns::play(std::uint32_t format, std::string_view audio, hks::Out& out) {
  // More after generationComplete: as a turn of its own, the host has closed the first.
  if (current().audio_ended) open_ = false;
  Turn& to = current();
  to.rx_bytes += audio.size();
  to.bytes_per_ms = format == HKS_S16_24K ? 48 : format == HKS_S16_16K ? 32 : 16;
  out.audio(format, audio, to.id);
}

void Turns::keep(std::uint32_t format, std::string_view audio, hks::Out& out) {
  if (kept_.empty()) out.timer(kDead, kKeepMs);
  if (kept_.empty() || kept_.back().format != format) kept_.push_back({format, {}});
  kept_.back().audio += audio;
  kept_bytes_ += audio.size();
}

void Turns::bury(hks::Out& out) {
  if (std::exchange(rest_, Rest::None) == Rest::None) return;
  out.cancelTimer(kDead);
  if (kept_bytes_)
    out.log(HKS_DEBUG,
            "Gemini: " + std::to_string(kept_bytes_ / 48) + " ms of a turn that was cut off were not played");
  kept_.clear();
  kept_words_.clear();
  kept_bytes_ = 0;
  odd_.clear();
}

bool Turns::newTurn(hks::Out& out) {
  if (std::exchange(rest_, Rest::None) == Rest::None) return false;
  out.cancelTimer(kDead);
  played_ = std::exchange(kept_, {});
  kept_bytes_ = 0;
  for (const Piece& piece : played_) play(piece.format, piece.audio, out);
  if (const std::string said = std::exchange(kept_words_, {}); !said.empty() && !played_.empty()) words(said);
  return !played_.empty();
}

void Turns::callerUnderstood(hks::Out& out) {
  if (rest_ == Rest::Cut && kept_.empty()) bury(out);
}

bool Turns::words(std::string_view text) {
  if (rest_ == Rest::Silenced) return false;
  if (rest_ == Rest::Cut) return speech::appendSaid(kept_words_, text), false;
  Turn& now = current();
  speech::appendSaid(now.text, text);
  if (now.rx_bytes == 0) now.silent_text = now.text.size();
  now.told = false;
  return true;
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

void Turns::turnComplete(hks::Out& out) {
  bury(out);
  close(out);
}

void Turns::interrupt(hks::Out& out) {
  const bool more = busy() || rest_ == Rest::Cut;  // of a turn that is generated nothing more can come
  bury(out);
  if (std::exchange(open_, false)) turns_.back().audio_ended = true;
  odd_.clear();
  if (more) {
    rest_ = Rest::Cut;
    out.timer(kDead, kQuietMs);
  }
  out.timer(kFlush, kFlushMs);  // the line waits for what was heard
}

void Turns::silence(hks::Out& out) {
  if (open_) turns_.back().silenced = true;
  if (rest_ != Rest::None || !open_ || turns_.back().complete) return;
  turns_.back().audio_ended = true;
  odd_.clear();
  rest_ = Rest::Silenced;
  out.timer(kFlush, kFlushMs);
}

void Turns::leave(hks::Out& out) {
  bury(out);
  close(out);
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
