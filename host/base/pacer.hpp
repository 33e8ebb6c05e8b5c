// Calls its clients every 20 ms, spread over the milliseconds between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hookswitch::base {

/// Something that wants to be called every 20 ms.
class Paced {
 public:
  virtual ~Paced() = default;
  virtual void pace(std::int64_t now_us) = 0;  ///< by Clock::pacingUs() [loop]
  /// pace() has thrown and is not called again. True: the exception has been logged. [loop]
  virtual bool failed(const std::string& /*why*/) { return false; }

 private:
  friend class Pacer;
  int slot_ = -1;
};

/// [loop] A timerfd that fires every millisecond while there is a client, and a wheel of 20 slots: of the ways
/// to pace frames that were measured, the cheapest.
class Pacer {
 public:
  Pacer();  ///< throws std::runtime_error when the system has no timer for it
  ~Pacer();
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  int fd() const { return ticker_; }  ///< readable: tick() is due
  void add(Paced& client);            ///< in the least busy slot
  void remove(Paced& client);
  /// `serve(Paced&)` is called for the clients of every slot that is due; it may add and remove any client.
  template <class Serve>
  void tick(Serve serve) {
    // After a stall every slot is served once: a client catches up by itself, it knows its own deadlines.
    for (std::uint64_t due = elapsed(); due > 0; --due) {
      auto& slot = wheel_[now_++ % slots];
      for (std::size_t i = 0; i < slot.size(); ++i)
        if (slot[i]) serve(*slot[i]);
      sweep(slot);
    }
  }

  static constexpr int slots = 20;

 private:
  std::uint64_t elapsed();  ///< milliseconds since the last tick, `slots` at most
  static void sweep(std::vector<Paced*>& slot);

  int ticker_;
  std::vector<Paced*> wheel_[slots];
  std::size_t count_ = 0;
  std::uint64_t now_ = 0;
};

}  // namespace hookswitch::base
