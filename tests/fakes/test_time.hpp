// A clock that only tests move, and what is to be done by it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace fakes {

class TestTime {
 public:
  std::uint64_t now() const { return now_; }  ///< ms
  void after(std::uint32_t ms, std::function<void()> task) { tasks_.emplace(now_ + ms, std::move(task)); }
  /// What is due meanwhile is done, in order, and may ask for more.
  void advance(std::uint64_t ms) {
    const std::uint64_t end = now_ + ms;
    while (!tasks_.empty() && tasks_.begin()->first <= end) {
      auto [at, task] = *tasks_.begin();
      tasks_.erase(tasks_.begin());
      now_ = at;
      task();
    }
    now_ = end;
  }

 private:
  std::uint64_t now_ = 0;
  std::multimap<std::uint64_t, std::function<void()>> tasks_;
};

}  // namespace fakes
