#include "plugins/speech/recovery.hpp"

#include <algorithm>

namespace hookswitch::speech {

bool isFinal(const hks_closed& lost) {
  const std::uint32_t status = lost.http_status;
  return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
}

std::optional<std::uint64_t> Recovery::lost(hks::Out& out, std::uint64_t demanded_ms) {
  up_ = false;
  if (!running_ || spoke_) {
    if (span_ms_ == 0) return {};
    running_ = out.timer(timer_, span_ms_);
    spoke_ = spent_ = false;
    made_ = 0;
    waited_ms_ = 0;
  }
  if (spent_ || made_ >= most) return {};
  const std::uint64_t pause = std::max(made_ == 0 ? 0 : pauses.base(made_ - 1), demanded_ms);
  if (pause != 0 && waited_ms_ + pause >= span_ms_) return {};  // the caller need not wait for nothing
  ++made_;
  waited_ms_ += pause;
  return pause;
}

bool Recovery::over(hks::Out& out) {
  if (!up_) return true;
  const bool proven = spoke_ || spent_ || made_ <= 1;  // spent_: a second span has passed without a loss
  spent_ = !proven;
  running_ = spent_ && out.timer(timer_, span_ms_);
  return false;
}

}  // namespace hookswitch::speech
