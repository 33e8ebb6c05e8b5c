// The timers of a loop, of two kinds: by the time that the process has lived, and by all of the time. Pure: the time is
// given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>

namespace hookswitch::base {

class Timers {
 public:
  using Task = std::function<void()>;
  using Id = std::uint64_t;  ///< 0 is no timer's
  struct Now {
    std::int64_t lived_us, all_us;  // all_us counts only while usesAll()
  };

  Id add(std::int64_t lived_due_us, Task task) { return add(lived_, lived_due_us, std::move(task)); }
  Id addAll(std::int64_t all_due_us, Task task) { return add(all_, all_due_us, std::move(task)); }
  void cancel(Id id);  ///< 0 and unknown ids are ignored
  std::size_t size() const { return places_.size(); }
  bool usesAll() const { return !all_.empty(); }

  /// Microseconds until the next one is due, 0 when it is; none: there is no timer.
  std::optional<std::int64_t> untilNext(const Now& now) const;
  /// The id that the next timer will have.
  Id nextId() const { return next_; }
  /// Takes the one out that has been due for longest and was made before `made_before`. False: none is due.
  bool take(const Now& now, Id made_before, Task& task);

 private:
  struct Timer {
    Id id;
    Task task;
  };
  using Queue =
      std::multimap<std::int64_t, Timer>;  // by when they are due; the same time: in the order of their making
  struct Place {
    Queue* queue;
    Queue::iterator at;
  };
  Id add(Queue& queue, std::int64_t due_us, Task task);

  Queue lived_, all_;
  std::unordered_map<Id, Place> places_;
  Id next_ = 1;
};

}  // namespace hookswitch::base
