// What is to be played: items, each whole, in the order in which they began.
#include <algorithm>

#include "host/media/playout.hpp"

namespace hookswitch::media {

PushResult Playout::push(std::string_view id, std::string_view bytes) {
  if (bytes.empty()) return PushResult::queued;
  Item* item = open(id);
  const auto ended = [&] {
    return std::any_of(items_.begin(), items_.end(), [&](const Item& one) { return one.id == id && !one.passed_over; });
  };
  if (!item && (isIgnored(id) || ended())) {  // an item that is open was never to be ignored
    ++counters_.late_pushes;
    return PushResult::late;
  }
  const std::size_t queued = queue_.size() + waiting_bytes_;
  const std::size_t room = max_queue_bytes_ > queued ? max_queue_bytes_ - queued : 0;
  const std::size_t whole = room / bytesPerSample(options_.format) * bytesPerSample(options_.format);
  const bool overflow = bytes.size() > room;
  const std::size_t taken = overflow ? whole : bytes.size();
  if (!item && taken != 0) item = &begin(id);
  if (taken != 0) {
    if (item == writing()) {
      queue_.append(bytes.substr(0, taken));
    } else {
      item->waiting.append(bytes.substr(0, taken));
      waiting_bytes_ += taken;
    }
    item->received += taken;
    item->total += taken;
  }
  if (!overflow) return PushResult::queued;
  if (item) closeItem(*item);
  rememberIgnored(id);
  return PushResult::overflow;
}

Playout::Item* Playout::open(std::string_view id) {
  // The newest is the one that is asked for 50 times a second.
  const auto found =
      std::find_if(items_.rbegin(), items_.rend(), [&](const Item& one) { return one.id == id && !one.closed; });
  return found == items_.rend() ? nullptr : &*found;
}

Playout::Item* Playout::writing() {
  if (items_.empty() || items_.back().ended) return nullptr;
  if (items_.size() == 1 || items_[items_.size() - 2].ended) return &items_.back();
  return &*std::find_if(items_.begin(), items_.end(), [](const Item& one) { return !one.ended; });
}

Playout::Item& Playout::begin(std::string_view id) {
  std::size_t unclosed = 0;
  for (const Item& one : items_) unclosed += !one.closed;
  if (unclosed >= max_open) passOver(writing()->id);
  items_.emplace_back();
  Item& item = items_.back();
  item.id = id;
  for (const Passed& one : passed_)
    if (one.bytes && !id.empty() && one.id == id) item.before = std::max(item.before, one.bytes);
  return item;
}

bool Playout::endItem(std::string_view id) {
  Item* item = open(id);
  if (item) closeItem(*item);
  return item;
}

void Playout::passOver(std::string_view id) {
  Item* item = open(id);
  if (!item) return;
  item->passed_over = true;
  passed_[next_passed_] = {item->id, item->before + item->received};
  next_passed_ = (next_passed_ + 1) % passed_.size();
  closeItem(*item);
}

const std::string* Playout::stalled(std::int64_t now_us) const {
  if (!overtaken()) return nullptr;
  const Item& item = items_[static_cast<std::size_t>(sending_ - first_item_)];
  if (item.closed || item.total - item.sent >= frame_bytes_) return nullptr;
  return goesOnUs(item) <= now_us ? &item.id : nullptr;
}

// When the next item takes the place of one that has nothing left to send: with the last of the lead, if it can follow
// without a seam.
std::int64_t Playout::goesOnUs(const Item& item) const {
  const Item& next = items_[static_cast<std::size_t>(sending_ - first_item_) + 1];
  if (item.sent == 0) return item.fed_us + std::int64_t{1000} * options_.start_hold_ms;
  if (!running_) return 0;
  const bool ready = next.closed || next.received >= options_.start_ms * bytes_per_ms_;
  return ready ? playsUs() - std::int64_t{1000} * options_.start_ms : playsUs() + 1;
}

void Playout::closeItem(Item& closed) {
  closed.closed = true;
  if (const std::size_t over = static_cast<std::size_t>(closed.total % frame_bytes_); over != 0) {
    const std::size_t pad = frame_bytes_ - over;
    if (&closed == writing()) {
      queue_.appendSilence(pad);
    } else {
      closed.waiting.resize(closed.waiting.size() + pad);
      fillSilence(options_.format, closed.waiting.data() + closed.waiting.size() - pad, pad);
      waiting_bytes_ += pad;
    }
    closed.total += pad;
  }
  for (Item* item = writing(); item && item->closed; item = writing()) {
    item->ended = true;
    Item* next = writing();
    if (!next || next->waiting.empty()) continue;
    queue_.append(next->waiting);
    waiting_bytes_ -= next->waiting.size();
    next->waiting = std::string();
  }
}

void Playout::rememberIgnored(std::string_view id) {
  if (id.empty() || isIgnored(id)) return;  // an item without a name cannot be told from the next
  if (ignored_.size() < kMaxIgnored) return void(ignored_.emplace_back(id));
  ignored_[next_ignored_] = id;
  next_ignored_ = (next_ignored_ + 1) % kMaxIgnored;
}

bool Playout::isIgnored(std::string_view id) const {
  return !id.empty() && std::find(ignored_.begin(), ignored_.end(), id) != ignored_.end();
}

}  // namespace hookswitch::media
