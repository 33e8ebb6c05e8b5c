#include "host/control/dial_guard.hpp"

#include <algorithm>

namespace hookswitch::control {

base::Result<AllowList> AllowList::parse(std::string_view text) {
  static constexpr std::string_view separators = " \t,";
  AllowList list;
  for (std::size_t begin = 0; (begin = text.find_first_not_of(separators, begin)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(separators, begin), text.size());
    const std::string word(text.substr(begin, end - begin));
    begin = end;
    const bool allowed = word[0] != '!';
    const std::string prefix = word.substr(allowed ? 0 : 1);
    const bool digits = prefix.size() <= 16 && prefix[0] == '+' &&
                        std::all_of(prefix.begin() + 1, prefix.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || prefix.compare(0, 2, "+0") == 0)
      return base::Failure(
          "expected prefixes of phone numbers in E.164 form, such as '+49 +1 !+1900' ('!' excludes), found '" +
          word.substr(0, 40) + "'");
    const auto [known, fresh] = list.prefixes_.emplace(prefix, allowed);
    if (!fresh && known->second != allowed) return base::Failure("'" + prefix + "' is allowed and excluded");
    if (allowed) list.otherwise_ = false;
  }
  return list;
}

bool AllowList::allows(std::string_view number) const {
  for (std::size_t length = std::min<std::size_t>(number.size(), 16); length > 0; --length)
    if (const auto it = prefixes_.find(number.substr(0, length)); it != prefixes_.end()) return it->second;
  return otherwise_;
}

void DialGuard::configure(DialLimits limits, std::uint64_t now_ms) {
  refill(now_ms);
  const bool fresh = !limits_.per_minute;
  limits_ = std::move(limits);
  const std::uint64_t full = limits_.per_minute * minute_ms;
  units_ = fresh ? full : std::min(units_, full);
  filled_ms_ = now_ms;
  if (limits_.per_number_per_hour) return;
  dials_.clear();
  by_number_.clear();
}

void DialGuard::refill(std::uint64_t now_ms) {
  const std::uint64_t elapsed = std::min(now_ms - std::min(now_ms, filled_ms_), minute_ms);  // a minute fills it
  units_ = std::min(units_ + elapsed * limits_.per_minute, limits_.per_minute * minute_ms);
  filled_ms_ = now_ms;
}

void DialGuard::forgetOldest() {
  const auto it = by_number_.find(dials_.front().second);
  it->second.pop_front();
  if (it->second.empty()) by_number_.erase(it);
  dials_.pop_front();
}

void DialGuard::forget(std::uint64_t now_ms) {
  while (!dials_.empty() && dials_.front().first + hour_ms <= now_ms) forgetOldest();
}

DialGuard::Verdict DialGuard::take(const std::string& number, std::uint64_t now_ms) {
  if (!limits_.allow_to.allows(number)) return {Rule::allow_to, 0};
  Verdict no;
  const auto refuse = [&](Rule rule, std::uint64_t wait_ms) {  // the longest wait is the true one
    if (wait_ms > no.wait_ms) no = {rule, wait_ms};
  };
  if (limits_.per_minute) {
    refill(now_ms);
    if (units_ < minute_ms)
      refuse(Rule::per_minute, (minute_ms - units_ + limits_.per_minute - 1) / limits_.per_minute);
  }
  if (const std::size_t most = limits_.per_number_per_hour) {
    forget(now_ms);
    const auto it = by_number_.find(number);
    if (it != by_number_.end() && it->second.size() >= most)
      refuse(Rule::per_number, it->second[it->second.size() - most] + hour_ms - now_ms);
  }
  if (no.rule != Rule::none) return no;
  if (limits_.per_minute) units_ -= minute_ms;
  if (limits_.per_number_per_hour) {
    if (dials_.size() >= max_dials) forgetOldest();
    dials_.emplace_back(now_ms, number);
    by_number_[number].push_back(now_ms);
  }
  return {};
}

}  // namespace hookswitch::control
