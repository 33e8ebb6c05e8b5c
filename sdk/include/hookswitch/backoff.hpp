// hookswitch/backoff.hpp - how long to wait before another attempt: twice as long after every failure, up to a limit,
// and some chance on top, so that what failed together does not come back together.
//   hks::Chance chance(start.seed);
//   constexpr hks::Backoff backoff{1000, 60000};
//   out.timer(kAgain, backoff.after(failures, chance));  // 1 s, 2 s, 4 s ... 60 s, each with up to a quarter more
#ifndef HKS_BACKOFF_HPP
#define HKS_BACKOFF_HPP
#include <cstdint>

namespace hks {

/// Random numbers from a seed (splitmix64): for jitter and for ids, never for secrets. The same seed gives the same
/// numbers, so a test can know them. `seed` of START is another one for every session. [session]
class Chance {
 public:
  explicit Chance(uint64_t seed = 0) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// 0 .. bound - 1; 0 when `bound` is 0.
  uint64_t below(uint64_t bound) {
    const uint64_t n = next();
    return bound ? n % bound : 0;
  }

 private:
  uint64_t state_;
};

struct Backoff {
  uint64_t first_ms;             ///< after the first failure
  uint64_t last_ms;              ///< never more than this, chance not counted
  uint64_t chance_percent = 25;  ///< of the pause, at most so much is added

  /// Without chance. `failures`: how many there were before this one.
  constexpr uint64_t base(uint32_t failures) const {
    return failures >= 64 || first_ms > (last_ms >> failures) ? last_ms : first_ms << failures;
  }
  uint64_t after(uint32_t failures, Chance& chance) const {
    const uint64_t pause = base(failures);
    return pause + chance.below(pause * chance_percent / 100);
  }
};

}  // namespace hks
#endif
