#include "host/media/talk.hpp"

namespace hookswitch::media {

bool Talk::add(const call::Line& line) {
  if (!call::correctLine(lines_, bytes_, line)) {
    if (line.text.empty()) return false;
    bytes_ += line.text.size();
    lines_.push_back(line);
  }
  while (lines_.size() > max_lines || (bytes_ > max_bytes && lines_.size() > 1)) {
    bytes_ -= lines_.front().text.size();
    lines_.erase(lines_.begin());
  }
  return true;
}

}  // namespace hookswitch::media
