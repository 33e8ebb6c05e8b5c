// Whose turn of pacing is due when. Pure: the time is given.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>

namespace hookswitch::base {

/// Something that wants a turn at times that it names itself, see Loop::paceAt().
class Paced {
 public:
  virtual ~Paced() = default;
  virtual void pace(std::int64_t now_us) = 0;  ///< by Clock::pacingUs() [loop]
  /// pace() has thrown and is not called again. True: the exception has been logged. [loop]
  virtual bool failed(const std::string& /*why*/) { return false; }

 private:
  friend class Pacer;
  bool paced_ = false;
  std::multimap<std::int64_t, Paced*>::iterator place_{};  // while paced_
};

/// [loop] Each client has one deadline or none, so a loop with nothing to pace has nothing to wake up for.
class Pacer {
 public:
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  void add(Paced& client);     ///< without a deadline; again: nothing happens
  void remove(Paced& client);  ///< unknown clients are ignored, here and below
  /// The client's next turn is at `due_us` instead of what was set before; `never`: it has none. While turns are being
  /// served the earliest is the next microsecond.
  void at(Paced& client, std::int64_t due_us) {
    due_us = std::max(due_us, soonest_us_);
    if (client.paced_ && due_us != client.place_->first) move(client, due_us);
  }
  /// When serve() has something to do; `never`: no client has a deadline.
  std::int64_t next() const { return queue_.empty() ? never : queue_.begin()->first; }
  /// `turn(Paced&)` is called for every client that is due, once; it may add, remove and set any.
  template <class Turn>
  void serve(std::int64_t now_us, Turn turn) {
    if (next() > now_us) return;
    soonest_us_ = now_us + 1;
    while (next() <= now_us) {
      Paced& client = *queue_.begin()->second;
      move(client, never);
      turn(client);
    }
    soonest_us_ = std::numeric_limits<std::int64_t>::min();
  }

 private:
  void move(Paced& client, std::int64_t due_us);

  std::multimap<std::int64_t, Paced*> queue_;
  std::int64_t soonest_us_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace hookswitch::base
