// Guards against fraud and runaway scripts: whom POST /api/call may dial, and how often. Pure: the clock is an
// argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "host/base/result.hpp"

namespace hookswitch::control {

/// calls.allow_to: prefixes of E.164 numbers; the longest that fits decides. [any]
class AllowList {
 public:
  /// Prefixes such as "+49 +1 !+1900", separated by spaces or commas; "!" excludes, "+" alone is every number.
  static base::Result<AllowList> parse(std::string_view text);
  /// Without any prefix: everything. With exclusions alone: everything else.
  bool allows(std::string_view number) const;

 private:
  std::map<std::string, bool, std::less<>> prefixes_;  // "+49" to whether it is allowed
  bool otherwise_ = true;                              // what no prefix fits
};

struct DialLimits {
  AllowList allow_to;
  std::uint32_t per_minute = 0, per_number_per_hour = 0;  ///< 0: no bound
};

/// [control]
class DialGuard {
 public:
  /// The numbers dialled within the hour are remembered up to this many; what is beyond is forgotten, the oldest first.
  static constexpr std::size_t max_dials = 100'000;
  enum class Rule : std::uint8_t { none = 0, allow_to = 1, per_minute = 2, per_number = 3 };
  struct Verdict {
    Rule rule = Rule::none;     ///< the one that refuses
    std::uint64_t wait_ms = 0;  ///< until the same dial would be allowed; 0 with a rule: never
  };

  /// Takes effect at once. A rate that is new begins with what it allows; what was dialled before it counts for
  /// nothing.
  void configure(DialLimits limits, std::uint64_t now_ms);
  /// May this number be dialled now? If so, that dial counts. `now_ms`: of any monotonic clock, milliseconds.
  Verdict take(const std::string& number, std::uint64_t now_ms);

 private:
  static constexpr std::uint64_t minute_ms = 60'000, hour_ms = 3'600'000;
  void refill(std::uint64_t now_ms);
  void forget(std::uint64_t now_ms);
  void forgetOldest();

  DialLimits limits_;
  // A token is minute_ms units and the bucket gains per_minute units each ms, so that nothing is ever rounded.
  std::uint64_t units_ = 0, filled_ms_ = 0;
  std::deque<std::pair<std::uint64_t, std::string>> dials_;               // when and whom, oldest first
  std::unordered_map<std::string, std::deque<std::uint64_t>> by_number_;  // the same
};

}  // namespace hookswitch::control
