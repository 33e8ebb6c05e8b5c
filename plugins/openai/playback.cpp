#include "plugins/openai/playback.hpp"

#include "plugins/openai/messages.hpp"
#include "plugins/speech/wording.hpp"

#include <hookswitch/base64.hpp>
#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <utility>

namespace hookswitch::openai {
namespace {

constexpr std::size_t kMaxDiscarded = 16;

}  // namespace

bool Playback::delta(const AudioDelta& delta, std::uint64_t now_us, hks::Out& out) {
  if (delta.audio.empty()) return true;
  Item* item = &itemOf(delta, out);
  const std::size_t before = item->odd.size();
  char* const audio = channel_.room.take(before + hks::base64Room(delta.audio.size()), out);
  std::size_t size = 0;
  if (!hks::decodeBase64(audio + before, delta.audio, size)) return false;
  item->odd.copy(audio, before);
  item->odd.clear();
  size += before;
  item->content_index = delta.content_index;
  if (!delta.response.empty() && delta.response == muted_) return true;
  if (item->ended || isDiscarded(delta.response)) {
    item->dropped_bytes += size;
    return true;
  }
  if (!channel_.options.pcmu && size % 2) item->odd.assign(1, audio[--size]);
  if (size == 0) return true;
  item->rx_bytes += size;
  played_until_us_ = std::max(played_until_us_, now_us) + size * 1000 / channel_.options.bytesPerMs();
  out.audio(channel_.options.format(), {audio, size}, item->id);
  return true;
}

/// An item without a name is the newest of its response; what was heard of it is known, and taken back if that has a
/// name.
Item& Playback::itemOf(const AudioDelta& delta, hks::Out& out) {
  if (!delta.item.empty()) {
    Item* item = items_.find(delta.item);
    return item ? *item : items_.open(delta.item, delta.response);
  }
  Item* newest = items_.newest();
  if (newest && !newest->left && newest->response == delta.response) return *newest;
  channel_.warn("OpenAI sends audio that belongs to no item; it is played all the same", out);
  return items_.open("audio-of-" + std::string(delta.response), delta.response);
}

bool Playback::sounded(std::string_view response) {
  return std::any_of(items_.begin(), items_.end(), [&](const Item& item) {
    return !item.left && (item.response == response || item.response.empty()) && (item.rx_bytes || item.dropped_bytes);
  });
}

void Playback::mute(std::string_view response) { muted_ = response; }

void Playback::end(Item& item, bool tell, hks::Out& out) {
  if (!std::exchange(item.ended, true) && item.rx_bytes && tell) out.audioEnd(item.id);
}

void Playback::audioDone(std::string_view id, hks::Out& out) {
  Item* item = id.empty() ? items_.newest() : items_.find(id);
  if (!item || item->ended) return;
  item->odd.clear();
  end(*item, !isDiscarded(item->response), out);
}

bool Playback::interrupt(std::string_view response, std::uint64_t now_us) {
  played_until_us_ = now_us;
  return discard(response);
}

bool Playback::discard(std::string_view response) {
  if (response.empty() || isDiscarded(response)) return false;
  if (discarded_.size() >= kMaxDiscarded) discarded_.pop_front();
  discarded_.emplace_back(response);
  return true;
}

bool Playback::isDiscarded(std::string_view response) const {
  return std::find(discarded_.begin(), discarded_.end(), response) != discarded_.end();
}

/// Never more is taken back than was received.
std::optional<Playback::Correction> Playback::heard(const hks_heard& heard, hks::Out& out) {
  Item* item = items_.find(hks::text(heard.item));
  if (!item || item->cut || item->rx_bytes == 0) return {};
  const std::uint64_t bytes_per_ms = channel_.options.bytesPerMs();
  const std::uint64_t received_ms = item->rx_bytes / bytes_per_ms;
  item->heard_ms = std::min(heard.heard_ms, received_ms);
  const bool whole =
      item->heard_ms == received_ms && item->ended && item->dropped_bytes == 0 && !isDiscarded(item->response);
  item->ended = true;
  if (whole) return {};
  discard(item->response);  // whatever else comes of it, in this item or another
  item->cut = true;
  if (channel_.usable() && !item->left)
    channel_.send(truncate(item->id, item->content_index, item->heard_ms, channel_.nextEventId("tr-")), out);
  if (!item->told) return {};
  const std::uint64_t total_ms = (item->rx_bytes + item->dropped_bytes) / bytes_per_ms;
  return Correction{item->id, speech::cutInProportion(item->text, item->heard_ms, total_ms)};
}

std::optional<std::string> Playback::words(std::string_view id, std::string_view transcript) {
  std::string said = hks::utf8::line(transcript, speech::kMaxSaid);
  Item* item = items_.find(id);
  if (!item) return said;
  if (std::exchange(item->told, true)) return {};
  item->text = said;
  const std::uint64_t total_ms = (item->rx_bytes + item->dropped_bytes) / channel_.options.bytesPerMs();
  if (item->cut) return speech::cutInProportion(said, item->heard_ms, total_ms);
  if (item->rx_bytes == 0 && (item->dropped_bytes || isDiscarded(item->response))) said.clear();
  return said;
}

void Playback::saying(std::string_view id, std::string_view words) {
  Item* item = items_.find(id);
  if (item && !item->told) speech::appendSaid(item->text, words);
}

std::optional<Playback::BrokenOff> Playback::breakOff() {
  Item* item = items_.newest();
  if (!item || item->left || item->rx_bytes == 0 || item->cut || isDiscarded(item->response)) return {};
  item->text = hks::utf8::line(item->text, speech::kMaxSaid);
  return BrokenOff{item->id, item->text, !std::exchange(item->told, true)};
}

void Playback::leave(hks::Out& out) {
  for (Item& item : items_) {
    end(item, true, out);
    item.left = true;
  }
  discarded_.clear();
}

}  // namespace hookswitch::openai
