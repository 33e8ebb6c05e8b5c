#include "host/base/timers.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::base {

Timers::Id Timers::add(Queue& queue, std::int64_t due_us, Task task) {
  const Id id = next_++;
  places_[id] = {&queue, queue.emplace(due_us, Timer{id, std::move(task)})};
  return id;
}

void Timers::cancel(Id id) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  place->second.queue->erase(place->second.at);
  places_.erase(place);
}

std::optional<std::int64_t> Timers::untilNext(const Now& now) const {
  std::optional<std::int64_t> left;
  if (!lived_.empty()) left = lived_.begin()->first - now.lived_us;
  if (!all_.empty()) left = std::min(left.value_or(INT64_MAX), all_.begin()->first - now.all_us);
  if (left && *left < 0) left = 0;
  return left;
}

bool Timers::take(const Now& now, Id made_before, Task& task) {
  const auto first = [made_before](Queue& queue, std::int64_t until) {
    for (auto it = queue.begin(); it != queue.end() && it->first <= until; ++it)
      if (it->second.id < made_before) return it;
    return queue.end();
  };
  Queue* queue = &lived_;
  auto it = first(lived_, now.lived_us);
  const auto other = first(all_, now.all_us);
  const auto overdue = [](std::int64_t until, const Queue::value_type& timer) {
    return std::make_pair(timer.first - until, timer.second.id);
  };
  if (other != all_.end() && (it == lived_.end() || overdue(now.all_us, *other) < overdue(now.lived_us, *it))) {
    queue = &all_;
    it = other;
  }
  if (it == queue->end()) return false;
  task = std::move(it->second.task);
  places_.erase(it->second.id);
  queue->erase(it);
  return true;
}

}  // namespace hookswitch::base
