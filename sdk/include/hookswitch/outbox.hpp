// hookswitch/outbox.hpp - what a notifier has still to deliver, in order, and the memory of what arrived. The host's
// ledger owns the repetition of hooks: it asks again, with the same event id, until it is told OK. This owns what is on
// its way meanwhile, so that a second question about an event finds the first.
//   struct Item : hks::Waiting { ... };
//   hks::Outbox<Item> outbox{{1000, 1000, 64 << 20}};
//   const std::string key = hks::eventKey(phase);
//   if (auto* done = outbox.settled(key)) return void(out.hookDone(phase.msg.id, done->state, done->reason));
#ifndef HKS_OUTBOX_HPP
#define HKS_OUTBOX_HPP
#include <hookswitch/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

namespace hks {

/// The event a hook is about: the same for every attempt, another one for the beginning and for the end of a call. An
/// old host gives no event id; the call's own serves as well. At most 300 bytes. [any]
inline std::string eventKey(const hks_phase& phase) {
  const auto call = record<hks_call>(record<hks_record>(phase.record).call);
  std::string key(text(phase.event_id.size ? phase.event_id : call.call).substr(0, 256));
  switch (phase.phase) {
    case HKS_PHASE_NOTIFY: return key + "#ended";
    case HKS_PHASE_STARTED: return key + "#started";
    default: return key + "#" + std::to_string(phase.phase);
  }
}

/// Base of what an outbox holds.
struct Waiting {
  std::string key;   ///< eventKey(); empty: nobody asks for it
  size_t bytes = 0;  ///< of memory, roughly: counts against the outbox's limit
};

/// Items by number, from 1 upwards in the order in which they came. References stay valid until their item is erased.
/// `Item` derives from Waiting. [session]
template <class Item>
class Outbox {
 public:
  struct Limits {
    size_t items, settled, bytes = SIZE_MAX;
  };
  struct Settled {
    uint32_t state;  ///< HKS_HOOK_OK, HKS_HOOK_GIVE_UP
    std::string reason;
  };
  explicit Outbox(Limits limits) : limits_(limits) {}

  /// What an event came to; NULL: not settled, or so long ago that it is forgotten.
  const Settled* settled(const std::string& key) const {
    const auto it = settled_.find(key);
    return it == settled_.end() ? nullptr : &it->second;
  }
  /// By number; NULL when it is not here (any more).
  Item* find(uint64_t number) {
    const auto it = items_.find(number);
    return it == items_.end() ? nullptr : &it->second;
  }
  const Item* find(uint64_t number) const {
    const auto it = items_.find(number);
    return it == items_.end() ? nullptr : &it->second;
  }
  /// 0 when it is not here.
  uint64_t numberOf(const std::string& key) const {
    const auto it = numbers_.find(key);
    return it == numbers_.end() ? 0 : it->second;
  }
  /// By number of one that is here.
  Item& at(uint64_t number) { return items_.at(number); }
  const Item& at(uint64_t number) const { return items_.at(number); }
  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  /// Is there no room for one more of this size? add() does not ask.
  bool full(size_t bytes = 0) const {
    return items_.size() >= limits_.items || bytes > limits_.bytes || bytes_ > limits_.bytes - bytes;
  }
  /// Returns its number. Its key, unless empty, must not be here yet.
  uint64_t add(Item item) {
    const uint64_t number = ++last_;
    bytes_ += item.bytes;
    if (!item.key.empty()) numbers_[item.key] = number;
    items_.emplace(number, std::move(item));
    return number;
  }
  void erase(uint64_t number) {
    const auto it = items_.find(number);
    if (it == items_.end()) return;
    bytes_ -= it->second.bytes;
    if (!it->second.key.empty()) numbers_.erase(it->second.key);
    items_.erase(it);
  }
  /// Remembers what became of an event; the first word counts. Beyond the limit the oldest is forgotten.
  void remember(const std::string& key, uint32_t state, std::string reason = {}) {
    if (settled_.emplace(key, Settled{state, std::move(reason)}).second) settled_order_.push_back(key);
    if (settled_order_.size() <= limits_.settled) return;
    settled_.erase(settled_order_.front());
    settled_order_.pop_front();
  }
  /// Erases an item and remembers what became of it.
  void settle(uint64_t number, uint32_t state, std::string reason = {}) {
    const auto it = items_.find(number);
    if (it == items_.end()) return;
    remember(it->second.key, state, std::move(reason));
    erase(number);
  }
  /// In the order of arrival. Add and erase through the functions above only.
  std::map<uint64_t, Item>& items() { return items_; }
  const std::map<uint64_t, Item>& items() const { return items_; }

 private:
  Limits limits_;
  std::map<uint64_t, Item> items_;
  std::map<std::string, uint64_t> numbers_;  // of the items that have a key
  std::map<std::string, Settled> settled_;
  std::deque<std::string> settled_order_;  // the oldest first
  uint64_t last_ = 0;
  size_t bytes_ = 0;
};

}  // namespace hks
#endif
