#include "plugins/speech/memory.hpp"

#include <hookswitch/plugin.hpp>
#include <hookswitch/utf8.hpp>

#include <algorithm>

namespace hookswitch::speech {

void Memory::take(const hks_start& start) {
  for (std::uint64_t i = 0; i < start.history_count; ++i) {
    const auto line = hks::element<hks_line>(start.history, start.line_size, i);
    if (line.speaker == HKS_USER || line.speaker == HKS_ASSISTANT) put(line.speaker, hks::text(line.text), {});
  }
}

void Memory::put(std::uint32_t speaker, std::string_view text, std::string_view item) {
  std::string clean = hks::utf8::line(text, kMaxLineBytes);
  if (!item.empty()) {
    const auto old = std::find_if(lines_.begin(), lines_.end(), [&](const Line& l) { return l.item == item; });
    if (old != lines_.end()) {
      bytes_ = bytes_ - old->text.size() + clean.size();
      if (clean.empty())
        lines_.erase(old);
      else
        old->text = std::move(clean);
      return bound();
    }
  }
  if (clean.empty()) return;
  bytes_ += clean.size();
  lines_.push_back({speaker, std::move(clean), std::string(item)});
  bound();
}

void Memory::bound() {
  while (lines_.size() > kMaxLines || bytes_ > kMaxBytes) {
    bytes_ -= lines_.front().text.size();
    lines_.erase(lines_.begin());
    dropped_ = true;
  }
}

std::string Memory::summary(std::size_t max_bytes) const {
  std::string out;
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    const std::string one = (line->speaker == HKS_USER ? "Caller: " : "You: ") + line->text + "\n";
    if (out.size() + one.size() > max_bytes) break;
    out.insert(0, one);
  }
  return out;
}

}  // namespace hookswitch::speech
