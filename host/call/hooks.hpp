// The hooks of one call: their rows in order, their numbers, and who is asked how.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "host/call/hook.hpp"

namespace hookswitch::call {

/// The rows of a call's hooks, read in place: valid while the call's hooks are.
class HookRows {
 public:
  class iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = HookRow;
    using difference_type = std::ptrdiff_t;
    using pointer = const HookRow*;
    using reference = const HookRow&;
    iterator() = default;
    explicit iterator(std::deque<Hook>::const_iterator at) : at_(at) {}
    reference operator*() const { return at_->row(); }
    pointer operator->() const { return &at_->row(); }
    iterator& operator++() { return ++at_, *this; }
    iterator operator++(int) { return iterator(at_++); }
    bool operator==(const iterator& o) const { return at_ == o.at_; }
    bool operator!=(const iterator& o) const { return at_ != o.at_; }

   private:
    std::deque<Hook>::const_iterator at_;
  };
  explicit HookRows(const std::deque<Hook>& hooks) : hooks_(&hooks) {}
  iterator begin() const { return iterator(hooks_->begin()); }
  iterator end() const { return iterator(hooks_->end()); }
  std::size_t size() const { return hooks_->size(); }
  const HookRow& operator[](std::size_t i) const { return (*hooks_)[i].row(); }

 private:
  const std::deque<Hook>* hooks_;
};

/// Hooks are added and never removed; references to them stay valid. What is asked of a hook's plugin goes through
/// here, because attempts are numbered per call.
class Hooks {
 public:
  /// `first_id`: of the first attempt; the chance in waits depends on it, too.
  Hooks(const TeardownLimits& limits, std::uint64_t first_id);

  void restore(std::vector<StoredRow> rows);
  /// The plugin of the call's carrier, once it is known.
  void setCarrier(const std::string& carrier);
  const std::string& carrier() const { return carrier_; }

  Hook& add(const HookSpec& spec, std::uint64_t now_ms);
  Hook& findOrAdd(const HookSpec& spec, std::uint64_t now_ms);
  Hook* find(Phase phase, const std::string& plugin);
  Hook* findAttempt(std::uint64_t id);  ///< NULL for 0, and for a number that is stale or was never given
  std::size_t size() const { return hooks_.size(); }
  Hook& operator[](std::size_t i) { return hooks_[i]; }
  const Hook& operator[](std::size_t i) const { return hooks_[i]; }
  auto begin() { return hooks_.begin(); }  ///< adding a hook ends every walk
  auto end() { return hooks_.end(); }
  auto begin() const { return hooks_.begin(); }
  auto end() const { return hooks_.end(); }

  /// An attempt, now.
  void send(Hook& hook, Step& step);
  /// An attempt, now or when its turn in its plugin's line comes.
  void start(Hook& hook, Action::Came came, Step& step, std::uint64_t after_ms = 0);

  bool awaited() const;  ///< the phase goes on
  bool working() const;  ///< something runs, or will
  std::optional<std::uint64_t> nextDue() const;
  std::vector<std::size_t> takeChanged();
  HookRows rows() const { return HookRows(hooks_); }
  Repetition& repetition() { return repetition_; }

 private:
  Repetition repetition_;
  std::uint64_t next_id_;
  std::string carrier_;
  std::deque<Hook> hooks_;
};

}  // namespace hookswitch::call
