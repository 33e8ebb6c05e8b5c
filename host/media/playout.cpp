#include "host/media/playout.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "host/base/lent.hpp"

namespace hookswitch::media {
namespace {

PlayoutOptions checked(PlayoutOptions options) {
  options.frame_ms = std::clamp<std::uint32_t>(options.frame_ms, 10, 100);
  options.lead_ms = std::clamp<std::uint32_t>(options.lead_ms, 2 * options.frame_ms, 10000);
  options.piece_ms = std::clamp<std::uint32_t>(options.piece_ms, options.frame_ms, options.lead_ms / 2);
  options.early_ms = std::min(options.early_ms, options.lead_ms);
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
      piece_bytes_(bytes_per_ms_ * options_.piece_ms),
      mark_bytes_(bytes_per_ms_ * options_.mark_every_ms),
      max_queue_bytes_(bytes_per_ms_ * options_.max_queue_ms),
      lead_us_(std::int64_t{1000} * options_.lead_ms),
      queue_(options_.format, frame_bytes_) {}

const std::vector<PlayoutAction>& Playout::due(std::int64_t now_us) {
  base::lend(actions_);
  actions_.clear();
  if (options_.carrier_marks) {
    settleEchoes(now_us);
    expireMarks(now_us);
  } else {
    playBlind(now_us);
  }
  wake_us_ = -1;
  if (running_ && playsUs() < now_us) runDry(now_us);
  lookAtFirst(now_us);
  while (sending_ - first_item_ < items_.size()) {
    Item& item = itemAt(sending_);
    if (item.ended && item.sent == item.total) {
      if (!item.end_marked) sendMark(item, true, now_us);
      ++sending_;
      continue;
    }
    const std::size_t size = nextPiece(item, now_us);
    if (size == 0) {
      if (!item.closed && overtaken() && item.total - item.sent < frame_bytes_) wake_us_ = goesOnUs(item);
      break;
    }
    sendPiece(item, size, now_us);
  }
  return actions_;
}

// Before anything is taken out of the queue: what is taken is there until more is put in.
void Playout::lookAtFirst(std::int64_t now_us) {
  if (sending_ - first_item_ == items_.size()) return;
  Item& item = itemAt(sending_);
  if (pace_item_ != sending_) {
    pace_item_ = sending_;
    pace_ = {};
    stutters_ = 0;
  }
  if (item.fed != item.received) {
    if (item.fed != 0) pace_.came(now_us - item.fed_us, bytesToUs(item.received - item.fed));
    item.fed = item.received;
    item.fed_us = now_us;
  }
  if (stalled(now_us)) passOver(item.id);
}

void Playout::rest() {
  queue_.rest();
  base::reclaim(actions_);
}

// What would go out at once if the carrier had room; 0: there is less than a frame, and more may come.
std::size_t Playout::pieceOf(const Item& item) const {
  const std::uint64_t left = item.total - item.sent;
  if (left < frame_bytes_ && !item.ended) return 0;
  const std::uint64_t size = std::min<std::uint64_t>(left, piece_bytes_);
  const std::uint64_t marked = item.sent - item.marked, to_mark = mark_bytes_ > marked ? mark_bytes_ - marked : 0;
  const bool cut = to_mark >= frame_bytes_ && size >= to_mark + frame_bytes_;
  return static_cast<std::size_t>(cut ? to_mark : size);
}

// 0: nothing goes out now.
std::size_t Playout::nextPiece(Item& item, std::int64_t now_us) {
  const std::size_t size = pieceOf(item);
  if (size == 0) return 0;
  if (!running_) {
    if (!readyToStart(item, now_us)) {
      wake_us_ = waiting_us_ + hold_us_;
      return 0;
    }
    startRun(item, now_us);
  }
  const std::int64_t fits_us = playsUs() + bytesToUs(size) - lead_us_;
  if (fits_us <= now_us) return size;
  // A delta that comes a moment early leaves whole: its end goes behind what has just gone.
  const bool end = item.sent + size == item.total;
  if (end && !actions_.empty() && fits_us <= now_us + std::int64_t{1000} * options_.early_ms) return size;
  wake_us_ = fits_us;
  return 0;
}

std::int64_t Playout::nextUs() const {
  std::int64_t next = wake_us_ < 0 ? std::numeric_limits<std::int64_t>::max() : wake_us_;
  if (!marks_.empty() && marks_.back().seq > echoed_) {
    const std::uint64_t oldest = marks_.front().seq;
    const Mark& mark = marks_[echoed_ >= oldest ? std::size_t(echoed_ + 1 - oldest) : 0];
    next = std::min(next, mark.plays_us + std::int64_t{1000} * options_.mark_grace_ms + 1);
  } else if (!marks_.empty() && sending_ - first_item_ == items_.size()) {
    next = std::min(next, marks_.back().plays_us);  // they came back too early, and the last is still to be played
  }
  if (!options_.carrier_marks && !items_.empty() && items_.front().end_marked) {
    const Item& item = items_.front();
    next = std::min(next, item.anchor_us + std::int64_t{1000} * options_.blind_latency_ms +
                              bytesToUs(item.total - item.anchor) + 1);
  }
  return next;
}

bool Playout::readyToStart(const Item& item, std::int64_t now_us) {
  if (waiting_us_ < 0) waiting_us_ = now_us;
  const std::uint32_t start_ms = startMs();
  hold_us_ = std::int64_t{1000} * (options_.start_hold_ms + (start_ms > options_.start_ms ? 2 * start_ms : 0));
  return item.ended || queue_.size() >= start_ms * bytes_per_ms_ || now_us - waiting_us_ >= hold_us_;
}

// The item has run dry, but not because its model paused.
bool Playout::stuttered() const {
  return dry_us_ >= 0 && dry_item_ == sending_ && waiting_us_ >= 0 && waiting_us_ - dry_us_ < pause_us;
}

// A model that runs dry once has hesitated. One that does it again may be slower than real time: so much is gathered
// that what it falls behind in `ahead_us` is there.
std::uint32_t Playout::startMs() const {
  if (!stuttered() || stutters_ == 0) return options_.start_ms;
  const std::int64_t lacks_ms = pace_.lacksUs(ahead_us) / 1000;
  if (lacks_ms == 0) return options_.start_ms;
  return std::uint32_t(std::clamp<std::int64_t>(lacks_ms, std::int64_t{4} * options_.start_ms,
                                                std::max(options_.rebuffer_ms, 4 * options_.start_ms)));
}

void Playout::startRun(Item& item, std::int64_t now_us) {
  running_ = true;
  stutters_ = stuttered() ? stutters_ + 1 : 0;
  // The rest of an item that broke off is late by the gap that was heard; the next item is not.
  late_us_ = dry_us_ >= 0 && dry_item_ == sending_ ? now_us - dry_us_ : 0;
  dry_us_ = -1;
  run_us_ = now_us;
  run_bytes_ = 0;
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
  dry_us_ = playsUs();
  dry_item_ = sending_;
  if (item.sent > item.marked) sendMark(item, false, now_us);
}

void Playout::sendPiece(Item& item, std::size_t size, std::int64_t now_us) {
  if (item.anchor_us < 0 && &item == &items_.front()) item.anchor_us = now_us;
  PlayoutAction& action = actions_.emplace_back();
  action.kind = PlayoutAction::Kind::frame;
  action.item = item.id;
  action.audio = queue_.take(size);
  action.late_us = std::exchange(late_us_, 0);
  item.sent += size;
  run_bytes_ += size;
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
  marks_.push_back({next_seq_, sending_, item.sent, std::max(playsUs(), now_us), last});
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

std::int64_t Playout::bytesToUs(std::uint64_t bytes) const {
  return static_cast<std::int64_t>(bytes * 1000 / bytes_per_ms_);
}

std::uint64_t Playout::usToBytes(std::int64_t us) const {
  return static_cast<std::uint64_t>(us) * bytes_per_ms_ / 1000;
}

}  // namespace hookswitch::media
