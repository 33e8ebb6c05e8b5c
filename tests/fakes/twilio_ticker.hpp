// One timer for the frames of all calls: ten phases of 2 ms, so that a thousand calls do not speak in the same instant
// and the loop wakes 500 times a second at most.
#pragma once

#include "tests/fakes/net.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace fakes {

/// [loop] Members are ticked every 20 ms. They may leave, or join others, while being ticked.
class Ticker {
 public:
  struct Member {
    virtual void tick(std::uint64_t now_us) = 0;

   protected:
    ~Member() = default;
  };
  explicit Ticker(Loop& loop) : loop_(loop) {}
  ~Ticker() { stop(); }
  void join(Member* member) {
    auto least = std::min_element(phases_.begin(), phases_.end(),
                                  [](const auto& a, const auto& b) { return a.size() < b.size(); });
    least->push_back(member);
    if (count_++ == 0) timer_ = loop_.every(step_ms, [this] { tick(); });
  }
  void leave(Member* member) {
    for (auto& phase : phases_) {
      const auto found = std::find(phase.begin(), phase.end(), member);
      if (found == phase.end()) continue;
      phase.erase(found);
      if (--count_ == 0) stop();
      return;
    }
  }

 private:
  static constexpr std::uint32_t step_ms = 2;
  void stop() {
    if (timer_ != 0) loop_.cancel(timer_);
    timer_ = 0;
  }
  void tick() {
    auto& phase = phases_[next_];
    next_ = (next_ + 1) % phases_.size();
    const auto now = loop_.nowUs();
    const auto members = phase;
    for (Member* member : members)
      if (std::find(phase.begin(), phase.end(), member) != phase.end()) member->tick(now);
  }
  Loop& loop_;
  std::array<std::vector<Member*>, 10> phases_;
  std::size_t next_ = 0, count_ = 0;
  Loop::TimerId timer_ = 0;
};

}  // namespace fakes
