// How much of a core a loop takes for the calls that it carries. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hookswitch::media {

/// Over the newest second of looks, five of which are taken in it.
class Load {
 public:
  /// At `now_us` the loop's thread has taken `cpu_us` of a core since it began, and carries so many calls.
  void add(std::int64_t now_us, std::int64_t cpu_us, std::size_t calls) {
    looks_[taken_ % looks_.size()] = {now_us, cpu_us, calls};
    ++taken_;
  }
  void clear() { taken_ = 0; }
  /// Of a core, 0..1, and the calls meanwhile on average. 0 while there are not two looks.
  double share() const {
    if (taken_ < 2) return 0;
    const Look &first = looks_[oldest() % looks_.size()], &last = looks_[(taken_ - 1) % looks_.size()];
    return last.now_us > first.now_us ? double(last.cpu_us - first.cpu_us) / double(last.now_us - first.now_us) : 0;
  }
  double calls() const {
    if (taken_ < 2) return 0;
    std::size_t sum = 0;
    for (std::size_t i = oldest() + 1; i < taken_; ++i) sum += looks_[i % looks_.size()].calls;
    return double(sum) / double(taken_ - oldest() - 1);
  }

 private:
  struct Look {
    std::int64_t now_us, cpu_us;
    std::size_t calls;
  };
  std::size_t oldest() const { return taken_ < looks_.size() ? 0 : taken_ - looks_.size(); }
  std::array<Look, 6> looks_{};
  std::size_t taken_ = 0;
};

}  // namespace hookswitch::media
