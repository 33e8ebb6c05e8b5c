// Items of the voice whose audio alternates: each has a transcoder of its own.
#include <algorithm>
#include <utility>

#include "host/media/bridge.hpp"

namespace hookswitch::media {

/// The item's own transcoder: audio of several may alternate.
void Bridge::switchTo(std::string_view item, AudioFormat format) {
  if (item != down_item_) {
    if (!down_item_.empty()) others_.push_back({std::move(down_item_), std::move(down_)});
    down_item_ = std::string(item);
    const auto known = std::find_if(others_.begin(), others_.end(), [&](const Down& d) { return d.item == item; });
    if (known != others_.end()) {
      down_ = std::move(known->coder);
      others_.erase(known);
    } else if (down_) {
      down_->reset();
    }
    if (others_.size() > max_others) {
      endDown(others_.front());
      others_.erase(others_.begin());
    }
  }
  if (!down_ || down_->from() != format) down_ = std::make_unique<Transcoder>(format, carrier_takes_, resampler_);
}

void Bridge::endDown(Down& down) {
  const std::string_view tail = down.coder ? down.coder->finish() : std::string_view();
  if (!tail.empty()) playout_->push(down.item, tail);
  playout_->endItem(down.item);
}

/// What is left in the transcoder of an item that held up another goes with it.
void Bridge::passOver(std::int64_t now_us) {
  const std::string* const stalled = playout_->stalled(now_us);
  const auto down =
      std::find_if(others_.begin(), others_.end(), [&](const Down& d) { return stalled && d.item == *stalled; });
  if (down == others_.end()) return;
  const std::string_view tail = down->coder ? down->coder->finish() : std::string_view();
  if (!tail.empty()) playout_->push(down->item, tail);
  playout_->passOver(down->item);
  others_.erase(down);
}

}  // namespace hookswitch::media
