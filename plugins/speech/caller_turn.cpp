#include "plugins/speech/caller_turn.hpp"

#include <algorithm>

namespace hookswitch::speech {

void CallerTurn::add(std::string_view bytes) {
  recent_.size += bytes.size();
  while (!bytes.empty()) {
    if (recent_.blocks.empty() || recent_.blocks.back().size() == block_bytes)
      recent_.blocks.emplace_back().reserve(block_bytes);
    std::string& last = recent_.blocks.back();
    const std::size_t some = std::min(bytes.size(), block_bytes - last.size());
    last.append(bytes.substr(0, some));
    bytes.remove_prefix(some);
  }
  recent_.keep(open_ ? turn_ : run_up_);
}

void CallerTurn::begin() {
  if (!open_) recent_.keep(run_up_);
  open_ = true;
}

void CallerTurn::leave() {
  if (open_) lost_ = std::move(recent_);
  recent_ = {};
  open_ = false;
}

void CallerTurn::Audio::keep(std::size_t most) {
  while (size > most) {
    const std::size_t first = blocks.front().size() - begin, over = size - most;
    if (first > over) {
      begin += over;
      size = most;
      return;
    }
    blocks.pop_front();
    begin = 0;
    size -= first;
  }
}

std::string CallerTurn::Audio::text() const {
  std::string all;
  all.reserve(size + begin);
  for (const std::string& block : blocks) all += block;
  all.erase(0, begin);
  return all;
}

}  // namespace hookswitch::speech
