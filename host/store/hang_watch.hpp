// Notices that a commit does not come back, which no error tells. Private to this folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "host/store/store.hpp"

namespace hookswitch::store {

/// What the thread does may take as long as the disk likes; who asks meanwhile sees for how long it has. Milliseconds.
/// Whoever owns it guards it.
class HangWatch {
 public:
  explicit HangWatch(const StoreOptions& options)
      : slow_ms_(options.slow_ms), remind_ms_(options.remind_ms), now_ms_(options.now_ms) {}

  void begin() { since_ = nowMs(); }
  /// For how long it has hung, if that was said.
  std::optional<std::uint64_t> end() {
    const std::uint64_t took = lasts();
    const bool said = said_at_.has_value();
    since_.reset();
    said_at_.reset();
    return said ? std::optional(took) : std::nullopt;
  }
  bool hangs() const { return since_ && lasts() > slow_ms_; }
  std::uint64_t lasts() const { return since_ ? nowMs() - *since_ : 0; }
  /// Shall it be said (again) that it hangs? True once in `remind_ms`.
  bool mustBeSaid() {
    const std::uint64_t now = nowMs();
    if (!hangs() || (said_at_ && now - *said_at_ < remind_ms_)) return false;
    said_at_ = now;
    return true;
  }

 private:
  std::uint64_t nowMs() const {
    if (now_ms_) return now_ms_();
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
  }
  const std::uint64_t slow_ms_, remind_ms_;
  const std::function<std::uint64_t()> now_ms_;
  std::optional<std::uint64_t> since_, said_at_;
};

}  // namespace hookswitch::store
