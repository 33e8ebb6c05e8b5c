// The bookkeeping of a model's tool calls: numbers, limits of time, answers that find their call.
#pragma once

#include <hookswitch/out.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hookswitch::speech {

struct ToolCall {
  std::uint64_t id = 0;         ///< ours; 0: the plugin answers it itself
  std::string remote_id, name;  ///< the model's
  std::uint64_t epoch = 0;      ///< of the connection it was made on: another one does not know it
};

/// `Call` derives from ToolCall. References stay valid until the next ask(), keep() or remove(). [session]
template <class Call>
class ToolCalls {
 public:
  static constexpr std::size_t kMax = 32;
  /// Above every limit of the host's own, which knows the tool: only a result that the host has lost takes so long.
  static constexpr std::uint64_t kLimit_ms = 660'000;
  /// The timers of calls are those from `first_timer` on.
  explicit ToolCalls(std::uint64_t first_timer) : first_timer_(first_timer) {}

  bool full() const { return calls_.size() >= kMax; }
  bool empty() const { return calls_.empty(); }
  std::size_t size() const { return calls_.size(); }
  auto begin() { return calls_.begin(); }
  auto end() { return calls_.end(); }
  auto begin() const { return calls_.begin(); }
  auto end() const { return calls_.end(); }

  /// Gives the call to the plugin that has the tool. Its result, or the end of its time, follows.
  Call& ask(Call call, std::string_view arguments_json, hks::Out& out) {
    call.id = ++last_;
    out.toolCall(call.id, call.name, arguments_json);
    out.timer(first_timer_ + call.id, kLimit_ms);
    return keep(std::move(call));
  }
  /// A call that nobody is asked for.
  Call& keep(Call call) {
    calls_.push_back(std::move(call));
    return calls_.back();
  }
  Call* byId(std::uint64_t id) {
    return find([id](const Call& c) { return c.id != 0 && c.id == id; });
  }
  Call* byTimer(std::uint64_t timer) { return timer > first_timer_ ? byId(timer - first_timer_) : nullptr; }
  Call* byRemoteId(std::string_view id) {
    return find([id](const Call& c) { return c.remote_id == id; });
  }
  /// Its time no longer counts.
  void stopClock(const Call& call, hks::Out& out) {
    if (call.id) out.cancelTimer(first_timer_ + call.id);
  }
  template <class Which>
  void remove(Which&& which) {
    calls_.erase(std::remove_if(calls_.begin(), calls_.end(), which), calls_.end());
  }

 private:
  template <class Which>
  Call* find(Which&& which) {
    const auto found = std::find_if(calls_.begin(), calls_.end(), which);
    return found == calls_.end() ? nullptr : &*found;
  }
  std::uint64_t first_timer_, last_ = 0;
  std::vector<Call> calls_;
};

}  // namespace hookswitch::speech
