// What the caller has heard, by the marks that came back and by the clock.
#include <algorithm>
#include <charconv>

#include "host/media/playout.hpp"

namespace hookswitch::media {

bool Playout::markEchoed(std::string_view name, std::int64_t now_us) {
  std::uint32_t generation = 0;
  std::uint64_t seq = 0;
  const char* const end = name.data() + name.size();
  bool ours = !name.empty() && name.front() == 'g';
  if (ours) {
    const auto first = std::from_chars(name.data() + 1, end, generation);
    ours = first.ec == std::errc() && first.ptr != end && *first.ptr == ':';
    if (ours) {
      const auto second = std::from_chars(first.ptr + 1, end, seq);
      ours = second.ec == std::errc() && second.ptr == end;
    }
  }
  if (!ours || generation != generation_ || marks_.empty() || seq < marks_.front().seq || seq > marks_.back().seq) {
    ++counters_.foreign_marks;
    return false;
  }
  if (seq <= echoed_) {
    ++counters_.foreign_marks;
    return false;
  }
  // Audio is played in order: this echo also proves the marks before it. But nobody plays faster than real time.
  echoed_ = seq;
  while (!marks_.empty() && marks_.front().seq <= seq && marks_.front().plays_us <= now_us + early_echo_us)
    popMark(now_us);
  return true;
}

// What came back too early is played by now.
void Playout::settleEchoes(std::int64_t now_us) {
  while (!marks_.empty() && marks_.front().seq <= echoed_ && marks_.front().plays_us <= now_us)
    popMark(marks_.front().plays_us);
}

void Playout::carrierLeft(std::int64_t now_us) {
  while (!marks_.empty()) popMark(now_us);
  running_ = false;
  waiting_us_ = dry_us_ = wake_us_ = -1;
}

void Playout::popMark(std::int64_t at_us) {
  const Mark mark = marks_.front();
  marks_.erase(marks_.begin());
  Item& item = itemAt(mark.item);
  item.played = mark.position;
  if (mark.position > item.anchor) {  // else: of before a run that began since
    item.anchor = mark.position;
    item.anchor_us = at_us;
  }
  if (mark.last) finishFirst(at_us);
}

// Every item's end mark comes before the marks of the next, so the item that ends is the first.
void Playout::finishFirst(std::int64_t at_us) {
  items_.erase(items_.begin());
  ++first_item_;
  sending_ = std::max(sending_, first_item_);
  if (items_.empty()) return;
  Item& next = items_.front();
  if (next.sent != 0 && next.anchor_us < 0) next.anchor_us = at_us;  // it has waited for its turn at the carrier
}

void Playout::expireMarks(std::int64_t now_us) {
  const std::int64_t grace_us = std::int64_t{1000} * options_.mark_grace_ms;
  while (!marks_.empty() && marks_.front().plays_us + grace_us < now_us) {
    ++counters_.lost_marks;
    popMark(marks_.front().plays_us);
  }
}

// Without marks: the clock says what has been played.
void Playout::playBlind(std::int64_t now_us) {
  while (!items_.empty()) {
    Item& item = items_.front();
    item.played = std::max(item.played, heardBytes(item, now_us));
    if (!item.end_marked || item.played < item.total) return;
    finishFirst(item.anchor_us + bytesToUs(item.total - item.anchor));
  }
}

std::uint64_t Playout::heardBytes(const Item& item, std::int64_t now_us) const {
  if (item.anchor_us < 0) return item.played;
  const std::int64_t behind_us = options_.carrier_marks ? 0 : std::int64_t{1000} * options_.blind_latency_ms;
  const std::int64_t elapsed_us = std::max<std::int64_t>(0, now_us - behind_us - item.anchor_us);
  std::uint64_t limit = item.sent;
  // The oldest mark that is still to be echoed, but not one before the anchor: that was played, by our clock.
  for (const Mark& mark : marks_) {
    if (mark.item != first_item_) break;
    if (mark.position <= item.anchor) continue;
    limit = std::min(limit, mark.position);
    break;
  }
  return std::max(item.played, std::min(item.anchor + usToBytes(elapsed_us), limit));
}

Interruption Playout::interrupt(std::int64_t now_us) {
  settleEchoes(now_us);
  Interruption result;
  for (const Item& item : items_) {
    const std::uint64_t heard = &item == &items_.front() ? heardBytes(item, now_us) : 0;
    result.flush = result.flush || item.sent > item.played;
    const std::uint64_t received_ms = (item.before + item.received) / bytes_per_ms_;
    rememberIgnored(item.id);
    const auto told = std::find_if(result.items.begin(), result.items.end(),
                                   [&](const ItemCut& cut) { return !item.id.empty() && cut.item == item.id; });
    if (told != result.items.end()) {  // it was passed over, and this is the rest of it
      told->received_ms = received_ms;
      continue;
    }
    result.items.push_back({item.id, (item.before + std::min(heard, item.received)) / bytes_per_ms_,
                            (item.before + std::min(item.sent, item.received)) / bytes_per_ms_, received_ms});
  }
  first_item_ += items_.size();
  sending_ = first_item_;
  items_.clear();
  marks_.clear();
  queue_.clear();
  waiting_bytes_ = 0;
  passed_ = {};
  actions_.clear();
  running_ = false;
  waiting_us_ = dry_us_ = wake_us_ = -1;
  ++generation_;
  return result;
}

}  // namespace hookswitch::media
