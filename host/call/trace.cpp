#include "host/call/trace.hpp"

#include <algorithm>
#include <limits>

namespace hookswitch::call {
namespace {

struct Word {
  What what;
  const char *name, *value;
};

constexpr std::size_t grown_by = 16;  // events for which a trace takes memory at once: most calls have few

constexpr Word words[] = {
    {What::begun, "begun", ""},
    {What::restored, "restored", ""},
    {What::dialled, "dialled", ""},
    {What::offered, "offered", ""},
    {What::named, "named", ""},
    {What::ringing, "ringing", ""},
    {What::answered, "answered", ""},
    {What::leg_failed, "leg_failed", ""},
    {What::leg_over, "leg_over", ""},
    {What::leg_unknown, "leg_unknown", ""},
    {What::carrier_asked, "carrier_asked", ""},
    {What::media_up, "media_up", ""},
    {What::media_down, "media_down", ""},
    {What::stream_started, "stream_started", ""},
    {What::stream_stopped, "stream_stopped", ""},
    {What::voice, "voice", ""},
    {What::tool, "tool", ""},
    {What::hook_given, "hook_given", "attempt"},
    {What::hook, "hook", "took_ms"},
    {What::ending, "ending", ""},
    {What::sealed, "sealed", "talked_ms"},
    {What::left, "left", ""},
    {What::released, "released", ""},
    {What::refused, "refused", ""},
    {What::muted, "muted", ""},
    {What::unmuted, "unmuted", ""},
    {What::prompted, "prompted", ""},
    {What::keys_sent, "keys_sent", ""},
    {What::transfer, "transfer", ""},
    {What::carrier_up, "carrier_up", ""},
    {What::carrier_down, "carrier_down", "code"},
    {What::carrier_ready, "carrier_ready", ""},
    {What::voice_opened, "voice_opened", "number"},
    {What::voice_ready, "voice_ready", "took_ms"},
    {What::voice_gone, "voice_gone", ""},
    {What::model_up, "model_up", ""},
    {What::model_rotated, "model_rotated", "connection"},
    {What::model_down, "model_down", "code"},
    {What::playout_started, "playout_started", ""},
    {What::playout_over, "playout_over", ""},
    {What::playout_dry, "playout_dry", ""},
    {What::frame_late, "frame_late", "late_ms"},
    {What::mark_echoed, "mark_echoed", ""},
    {What::mark_unknown, "mark_unknown", ""},
    {What::mark_lost, "mark_lost", ""},
    {What::barge_in, "barge_in", "heard_ms"},
    {What::cleared, "cleared", ""},
    {What::late_audio, "late_audio", "bytes"},
    {What::queue_full, "queue_full", "bytes"},
    {What::dropped_to_carrier, "dropped_to_carrier", "bytes"},
    {What::dropped_to_model, "dropped_to_model", "bytes"},
    {What::early_dropped, "early_dropped", "bytes"},
    {What::caller_gap, "caller_gap", "gap_ms"},
    {What::caller_silent, "caller_silent", ""},
    {What::key, "key", ""},
    {What::said, "said", ""},
    {What::end_wished, "end_wished", ""},
    {What::fault, "fault", ""},
    {What::stopped, "stopped", ""},
    {What::gap_began, "gap_began", ""},
    {What::gap_over, "gap_over", "took_ms"},
};

const Word& wordOf(What what) {
  static constexpr Word unknown{What::begun, "unknown", ""};
  const auto* const found =
      std::find_if(std::begin(words), std::end(words), [what](const Word& word) { return word.what == what; });
  return found == std::end(words) ? unknown : *found;
}

std::uint32_t bounded(std::uint64_t value) {
  return std::uint32_t(std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

std::string_view cut(std::string_view text) {
  if (text.size() <= Trace::max_text) return text;
  std::size_t end = Trace::max_text;
  while (end && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
  return text.substr(0, end);
}

}  // namespace

const char* name(What what) { return wordOf(what).name; }
const char* valueName(What what) { return wordOf(what).value; }

std::string_view Trace::textOf(const Kept& kept) const {
  return kept.text ? std::string_view(*texts_[kept.text - 1u]) : std::string_view();
}

std::uint8_t Trace::keepText(std::string_view text) {
  if (text.empty()) return 0;
  auto place = std::find(texts_.begin(), texts_.end(), nullptr);
  if (place == texts_.end()) place = texts_.emplace(texts_.end());
  *place = std::make_shared<const std::string>(text);
  return std::uint8_t(place - texts_.begin() + 1);
}

bool Trace::again(std::uint64_t at_ms, What what, std::uint32_t value, std::string_view text) {
  if (ring_.empty()) return false;
  Kept& newest = ring_[(next_ + ring_.size() - 1) % ring_.size()];
  if (newest.what != what || textOf(newest) != text) return false;
  newest.count = bounded(std::uint64_t(newest.count) + 1);
  newest.value = std::max(newest.value, value);
  newest.lasted_ms = at_ms > newest.at() ? bounded(at_ms - newest.at()) : 0;
  return true;
}

void Trace::note(std::uint64_t at_ms, What what, std::uint64_t value, std::string_view text) {
  text = cut(text);
  if (again(at_ms, what, bounded(value), text)) return;
  const bool full = ring_.size() == most_;
  if (full && ring_[next_].text) texts_[ring_[next_].text - 1u] = nullptr;
  const Kept kept{std::uint32_t(at_ms), 0, bounded(value), 1, std::uint16_t(at_ms >> 32), what, keepText(text)};
  if (!full) {
    if (ring_.size() == ring_.capacity()) ring_.reserve(std::min(most_, ring_.size() + grown_by));
    return ring_.push_back(kept);
  }
  ring_[next_] = kept;
  next_ = (next_ + 1) % most_;
  ++forgotten_;
}

std::vector<TraceEvent> Trace::events() const {
  std::vector<TraceEvent> out;
  out.reserve(ring_.size());
  for (std::size_t i = 0; i < ring_.size(); ++i) {
    const Kept& kept = ring_[(next_ + i) % ring_.size()];
    out.push_back({kept.at(), kept.lasted_ms, kept.value, kept.count, kept.what,
                   kept.text ? texts_[kept.text - 1u] : std::shared_ptr<const std::string>()});
  }
  return out;
}

}  // namespace hookswitch::call
