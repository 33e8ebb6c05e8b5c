#include "host/media/playout.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace hookswitch::media {
namespace {

PlayoutOptions checked(PlayoutOptions options) {
  options.frame_ms = std::clamp<std::uint32_t>(options.frame_ms, 10, 100);
  options.lead_ms = std::clamp<std::uint32_t>(options.lead_ms, 2 * options.frame_ms, 10000);
  options.start_ms = std::min(options.start_ms, options.lead_ms);
  options.mark_every_ms = std::max(options.mark_every_ms, options.frame_ms);
  options.max_queue_ms = std::clamp<std::uint32_t>(options.max_queue_ms, 1000, 3600000);
  return options;
}

}  // namespace

Playout::Playout(const PlayoutOptions& options)
    : options_(checked(options)),
      bytes_per_ms_(bytesPerMs(options_.format)),
      frame_bytes_(bytes_per_ms_ * options_.frame_ms),
      mark_bytes_(bytes_per_ms_ * options_.mark_every_ms),
      max_queue_bytes_(bytes_per_ms_ * options_.max_queue_ms),
      frame_us_(std::int64_t{1000} * options_.frame_ms),
      lead_us_(std::int64_t{1000} * options_.lead_ms),
      queue_(options_.format, frame_bytes_) {}

// ---------------------------------------------------------------------------------------------------- the queue

PushResult Playout::push(std::string_view item, std::string_view bytes) {
  if (bytes.empty()) return PushResult::queued;
  const auto known = std::find_if(items_.begin(), items_.end(), [&](const Item& one) { return one.id == item; });
  const bool open = known != items_.end() && !known->ended;
  if (isIgnored(item) || (known != items_.end() && !open)) {
    ++counters_.late_pushes;
    return PushResult::late;
  }
  const std::size_t room = max_queue_bytes_ > queue_.size() ? max_queue_bytes_ - queue_.size() : 0;
  const std::size_t whole = room / bytesPerSample(options_.format) * bytesPerSample(options_.format);
  const bool overflow = bytes.size() > room;
  const std::size_t taken = overflow ? whole : bytes.size();
  if (!open && taken != 0) {
    if (!items_.empty() && !items_.back().ended) closeItem(items_.back());
    items_.emplace_back();
    items_.back().id = item;
  }
  if (taken != 0) {
    queue_.append(bytes.substr(0, taken));
    items_.back().received += taken;
    items_.back().total += taken;
  }
  if (!overflow) return PushResult::queued;
  if (open || taken != 0) closeItem(items_.back());
  rememberIgnored(item);
  return PushResult::overflow;
}

bool Playout::endItem(std::string_view item) {
  if (items_.empty() || items_.back().ended || items_.back().id != item) return false;  // only the newest can be open
  closeItem(items_.back());
  return true;
}

void Playout::closeItem(Item& item) {
  const std::size_t over = static_cast<std::size_t>(item.total % frame_bytes_);
  if (over != 0) {
    queue_.appendSilence(frame_bytes_ - over);
    item.total += frame_bytes_ - over;
  }
  item.ended = true;
}

void Playout::rememberIgnored(std::string_view id) {
  if (id.empty() || isIgnored(id)) return;  // an item without a name cannot be told from the next
  ignored_[next_ignored_] = id;
  next_ignored_ = (next_ignored_ + 1) % ignored_.size();
}

bool Playout::isIgnored(std::string_view id) const {
  return !id.empty() && std::find(ignored_.begin(), ignored_.end(), id) != ignored_.end();
}

// ------------------------------------------------------------------------------------------------------ pacing

const std::vector<PlayoutAction>& Playout::due(std::int64_t now_us) {
  actions_.clear();
  if (options_.carrier_marks)
    expireMarks(now_us);
  else
    playBlind(now_us);
  if (running_ && plays_us_ < now_us) runDry(now_us);
  while (sending_ - first_item_ < items_.size()) {
    Item& item = itemAt(sending_);
    if (item.total - item.sent < frame_bytes_) {
      if (!item.ended) break;
      if (!item.end_marked) sendMark(item, true, now_us);
      ++sending_;
      continue;
    }
    if (!running_) {
      if (!readyToStart(item, now_us)) break;
      startRun(item, now_us);
    }
    if (plays_us_ + frame_us_ - lead_us_ > now_us) break;
    sendFrame(item, now_us);
  }
  return actions_;
}

bool Playout::readyToStart(const Item& item, std::int64_t now_us) {
  if (item.ended || queue_.size() >= options_.start_ms * bytes_per_ms_) return true;
  if (waiting_us_ < 0) waiting_us_ = now_us;
  return now_us - waiting_us_ >= std::int64_t{1000} * options_.start_hold_ms;
}

void Playout::startRun(Item& item, std::int64_t now_us) {
  running_ = true;
  // The rest of an item that broke off is late by the gap that was heard; the next item is not.
  late_us_ = dry_us_ >= 0 && dry_item_ == sending_ ? now_us - dry_us_ : 0;
  dry_us_ = -1;
  plays_us_ = now_us;
  waiting_us_ = -1;
  // The line is silent, so whatever was sent of the item has been played, echoed or not, and it goes on from there now.
  item.anchor = item.sent;
  item.anchor_us = now_us;
}

void Playout::runDry(std::int64_t now_us) {
  running_ = false;
  waiting_us_ = -1;
  if (sending_ - first_item_ >= items_.size()) return;
  Item& item = itemAt(sending_);
  if (item.sent == 0 || (item.ended && item.sent == item.total)) return;
  ++counters_.underruns;
  dry_us_ = plays_us_;
  dry_item_ = sending_;
  if (item.sent > item.marked) sendMark(item, false, now_us);
}

void Playout::sendFrame(Item& item, std::int64_t now_us) {
  if (item.anchor_us < 0 && &item == &items_.front()) item.anchor_us = now_us;
  PlayoutAction& action = actions_.emplace_back();
  action.kind = PlayoutAction::Kind::frame;
  action.item = item.id;
  action.audio = queue_.takeFrame();
  action.late_us = std::exchange(late_us_, 0);
  item.sent += frame_bytes_;
  plays_us_ += frame_us_;
  ++counters_.frames;
  action.last = item.ended && item.sent == item.total;
  if (action.last)
    sendMark(item, true, now_us);
  else if (item.sent - item.marked >= mark_bytes_)
    sendMark(item, false, now_us);
}

void Playout::sendMark(Item& item, bool last, std::int64_t now_us) {
  item.marked = item.sent;
  item.end_marked = last;
  if (!options_.carrier_marks) return;
  marks_.push_back({next_seq_, sending_, item.sent, std::max(plays_us_, now_us), last});
  PlayoutAction& action = actions_.emplace_back();
  action.kind = PlayoutAction::Kind::mark;
  action.item = item.id;
  action.last = last;
  char* to = action.name.data();
  char* const end = to + action.name.size();
  *to++ = 'g';
  to = std::to_chars(to, end, generation_).ptr;
  *to++ = ':';
  to = std::to_chars(to, end, next_seq_++).ptr;
  action.name_size = static_cast<std::size_t>(to - action.name.data());
}

// ------------------------------------------------------------------------------------------------------ ledger

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
  // Audio is played in order: this echo also proves the marks before it.
  while (!marks_.empty() && marks_.front().seq <= seq) popMark(now_us);
  return true;
}

void Playout::popMark(std::int64_t at_us) {
  const Mark mark = marks_.front();
  marks_.pop_front();
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
  items_.pop_front();
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
  Interruption result;
  for (const Item& item : items_) {
    const std::uint64_t heard = &item == &items_.front() ? heardBytes(item, now_us) : 0;
    result.flush = result.flush || item.sent > item.played;
    result.items.push_back({item.id, std::min(heard, item.received) / bytes_per_ms_,
                            std::min(item.sent, item.received) / bytes_per_ms_, item.received / bytes_per_ms_});
    rememberIgnored(item.id);
  }
  first_item_ += items_.size();
  sending_ = first_item_;
  items_.clear();
  marks_.clear();
  queue_.clear();
  actions_.clear();
  running_ = false;
  waiting_us_ = dry_us_ = -1;
  ++generation_;
  return result;
}

std::int64_t Playout::bytesToUs(std::uint64_t bytes) const {
  return static_cast<std::int64_t>(bytes * 1000 / bytes_per_ms_);
}

std::uint64_t Playout::usToBytes(std::int64_t us) const {
  return static_cast<std::uint64_t>(us) * bytes_per_ms_ / 1000;
}

}  // namespace hookswitch::media
