#include "plugins/openai/lines.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::openai {

void Lines::expect(std::string_view item, std::uint32_t speaker) {
  if (entries_.size() >= kMax || expects(item)) return;
  entries_.push_back({{speaker, std::string(item), {}}, false});
}

void Lines::finish(std::string_view item, std::uint32_t speaker, std::string text) {
  const auto known =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.line.item == item; });
  if (known == entries_.end()) {
    if (!text.empty() && entries_.size() < 2 * kMax)
      entries_.push_back({{speaker, std::string(item), std::move(text)}, true});
    return;
  }
  if (known->finished) return;
  known->finished = true;
  known->line.text = std::move(text);
}

bool Lines::expects(std::string_view item) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.line.item == item; });
}

bool Lines::replace(std::string_view item, std::string text) {
  const auto known =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.line.item == item; });
  if (known == entries_.end()) return false;
  known->line.text = std::move(text);
  known->finished = true;
  return true;
}

std::vector<Lines::Line> Lines::due() {
  std::vector<Line> out;
  for (; !entries_.empty() && entries_.front().finished; entries_.pop_front())
    if (!entries_.front().line.text.empty()) out.push_back(std::move(entries_.front().line));
  return out;
}

bool Lines::blocked() const {
  return std::any_of(entries_.begin(), entries_.end(), [](const Entry& e) { return e.finished; });
}

void Lines::giveUp() {
  const auto last = std::find_if(entries_.rbegin(), entries_.rend(), [](const Entry& e) { return e.finished; }).base();
  for (auto entry = entries_.begin(); entry != last; ++entry) entry->finished = true;
}

}  // namespace hookswitch::openai
