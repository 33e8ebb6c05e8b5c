// A Player with a clock that only moves when the test says so: timers fire in the order they are due.
#pragma once

#include <hookswitch/testing.hpp>

#include <cstdint>
#include <functional>
#include <map>

namespace hookswitch::test {

class TimedPlayer {
 public:
  using Outputs = hks::testing::Outputs;
  using Message = hks::testing::Message;

  TimedPlayer(const hks_entry& entry, const char* role) : player_(entry, role) {}

  /// Called for everything the plugin sends, within the step; may call later().
  std::function<void(const Message&)> on_output;

  Outputs step(const Message& in) {
    if (in.type == HKS_TIMER_FIRED) due_.erase(in.id);
    Outputs out = player_.step(in);
    for (const Message& m : out) {
      if (m.type == HKS_TIMER) {
        if (m.after_ms == HKS_NEVER)
          due_.erase(m.id);
        else
          due_[m.id] = now_ms_ + m.after_ms;
      }
      if (on_output) on_output(m);
    }
    return out;
  }

  /// The outside world sends `in` after so long.
  void later(std::uint64_t after_ms, Message in) { outside_.emplace(now_ms_ + after_ms, std::move(in)); }

  /// Let time pass; everything the plugin said meanwhile, in order. Timers set on the way fire, too.
  Outputs advance(std::uint64_t ms) {
    const std::uint64_t until = now_ms_ + ms;
    Outputs all;
    for (;;) {
      auto timer = due_.end();
      for (auto it = due_.begin(); it != due_.end(); ++it)
        if (timer == due_.end() || it->second < timer->second) timer = it;
      const bool world = !outside_.empty() && (timer == due_.end() || outside_.begin()->first <= timer->second);
      if (world ? outside_.begin()->first > until : (timer == due_.end() || timer->second > until)) break;
      Message in;
      if (world) {
        now_ms_ = outside_.begin()->first;
        in = outside_.begin()->second;
        outside_.erase(outside_.begin());
      } else {
        now_ms_ = timer->second;
        in = hks::testing::In::timer(timer->first);
      }
      Outputs out = step(in);
      all.insert(all.end(), out.begin(), out.end());
    }
    now_ms_ = until;
    return all;
  }

  std::uint64_t now() const { return now_ms_; }
  /// When the timer is due, counted from now; UINT64_MAX: not set.
  std::uint64_t dueIn(std::uint64_t id) const {
    const auto it = due_.find(id);
    return it == due_.end() ? UINT64_MAX : it->second - now_ms_;
  }
  std::size_t timers() const { return due_.size(); }
  hks::testing::Player& player() { return player_; }

 private:
  hks::testing::Player player_;
  std::map<std::uint64_t, std::uint64_t> due_;
  std::multimap<std::uint64_t, Message> outside_;
  std::uint64_t now_ms_ = 0;
};

}  // namespace hookswitch::test
