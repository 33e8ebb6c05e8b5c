// The notifications of one plugin, in the order in which they began: who is given next, and when. No clock, no thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "host/base/backoff.hpp"
#include "host/call/action.hpp"

namespace hookswitch::control {

struct LineLimits {
  std::size_t window = 32;                   ///< hooks in the plugin's hands at a time
  std::uint32_t first_retry_ms = 1'000;      ///< after the plugin said RETRY; doubling ...
  std::uint32_t longest_retry_ms = 300'000;  ///< ... up to here; a longer wait that it demands is obeyed
  std::uint32_t jitter_percent = 20;         ///< a wait of our own is made longer by up to this much, by chance
  std::uint32_t patience = 4;                ///< one that failed so often, while others got through, is not waited for
};

/// Any number of hooks wait here by name; few are in hand, that is given to the plugin and not answered. First in,
/// first out: one that is refused goes back to its place and holds the line, because what refused it would refuse the
/// next one, too. While nothing gets through, one hook at a time is tried. One whose wait concerns it alone (`apart`)
/// is passed by.
///
/// One that cannot be delivered must not hold the others for ever: when the first of the line has failed `patience`
/// times, another one is tried after it, and when that one gets through, the first one waits apart from then on.
///
/// Times are milliseconds of any monotonic clock. [control]
class HookLine {
 public:
  struct Key {
    std::string call;
    call::Phase phase = call::Phase::notify;
  };
  struct Next {
    Key key;
    bool expired = false;
  };  ///< expired: too old, to be given up instead of given

  HookLine(LineLimits limits, std::uint64_t seed)
      : limits_(limits), backoff_({limits.first_retry_ms, limits.longest_retry_ms, limits.jitter_percent}, seed) {}

  /// What Action::line_up says. Returns when it will be tried; 0: whenever its turn comes. One that is known and was
  /// not in hand keeps what it is waiting for when it is `restored` again.
  std::uint64_t put(const Key& key, const call::Action& action, std::uint64_t now_ms);
  /// The hook is concluded and leaves the line; nothing when it is not known.
  void conclude(const Key& key);
  /// The plugin has answered OK, SKIP or GIVE_UP to this one: whatever it talks to can be reached.
  void reached(const Key& key, std::uint64_t now_ms);
  /// The one whose turn has come; it is in hand then, unless it has expired.
  std::optional<Next> next(std::uint64_t now_ms);
  /// Is this one's turn now? Then it is in hand.
  bool take(const Key& key, std::uint64_t now_ms);
  /// The hook could not be given, because its call could not be read; its turn comes again after `ms`.
  void postpone(const Key& key, std::uint64_t ms, std::uint64_t now_ms);
  /// A person wants the hook given now, whoever is in front of it; it is in hand then.
  void force(const Key& key);
  /// Everything may be tried now, one first: somebody asked for it, or, `new_session`, the plugin has been opened anew.
  void renew(bool new_session);
  /// When next() may have something that it has not now; none: when something else happens.
  std::optional<std::uint64_t> nextDue(std::uint64_t now_ms) const;

  std::size_t size() const { return entries_.size(); }
  std::size_t inHand() const { return in_hand_; }
  /// Nothing holds the line: what is in it is on its way.
  bool flows(std::uint64_t now_ms) const {
    return !probing_ && (waiting_.empty() || !held(**waiting_.begin(), now_ms));
  }
  /// All there is are hooks in hand that were never given before.
  bool fresh() const;
  /// Something may be given within `soon_ms` that has not failed `hopeless` times.
  bool soon(std::uint64_t now_ms, std::uint64_t soon_ms, std::uint32_t hopeless) const;
  /// Hooks that wait for a person, and what the latest of them said is to be mended.
  std::size_t toMend() const { return to_mend_; }
  const std::string& mend() const { return mend_; }
  /// Calls whose turn comes soon, or late but at a time that is near.
  void nearCalls(std::uint64_t until_ms, std::unordered_set<std::string>& out) const;

 private:
  struct Entry {
    Key key;
    std::int64_t first_ms = 0;
    std::uint64_t number = 0;
    std::uint64_t due = 0;      ///< not before; 0: no bound
    std::uint64_t epoch = 0;    ///< a wait of our own counts until something gets through
    std::uint64_t session = 0;  ///< it was given to
    std::uint64_t expires = 0;
    std::uint32_t attempts = 0, failures = 0;
    bool demanded = false, in_hand = false, apart = false, mend = false, probe = false, witness = false;
    std::uint64_t others = 0;  ///< how many had got through when it failed last
  };
  struct Order {
    bool operator()(const Entry* a, const Entry* b) const {
      if (a->first_ms != b->first_ms) return a->first_ms < b->first_ms;
      if (a->key.phase != b->key.phase) return a->key.phase == call::Phase::started;
      return a->number < b->number;
    }
  };
  static std::string name(const Key& key) { return char('0' + int(key.phase)) + key.call; }
  Entry* find(const Key& key);
  bool held(const Entry& e, std::uint64_t now_ms) const { return e.due > now_ms && (e.demanded || e.epoch == epoch_); }
  void leave(Entry& e);
  void setMend(Entry& e, bool mend, const std::string& reason);
  void waitApart(Entry& e, std::uint64_t wait_ms, std::uint64_t now_ms);
  /// What an attempt that failed was: the one by which the line is tried, and of the first of the line.
  struct Attempt {
    bool probe = false, first = false;
  };
  /// After a failure: does the line wait for it, or (false) does it wait apart?
  bool waitsInLine(Entry& e, const call::Action& action, Attempt attempt, std::uint64_t now_ms);
  Entry* candidate(std::uint64_t now_ms);
  Entry* witness();
  void hand(Entry& e);
  /// While nothing gets through, one probe at a time, whatever else is in hand: that may wait for the one in front,
  /// too.
  bool room() const { return !old_in_hand_ && (probing_ ? !probes_ : in_hand_ < limits_.window); }
  void ripen(std::uint64_t now_ms);

  LineLimits limits_;
  base::Backoff backoff_;
  std::unordered_map<std::string, Entry> entries_;
  std::set<Entry*, Order> waiting_;                      ///< for their turn
  std::set<std::pair<std::uint64_t, Entry*>> apart_;     ///< by due
  std::set<std::pair<std::uint64_t, Entry*>> expiring_;  ///< of those two
  std::size_t in_hand_ = 0, old_in_hand_ = 0, probes_ = 0, to_mend_ = 0;
  std::uint64_t last_ = 0, epoch_ = 1, session_ = 1, through_ = 0;
  std::uint32_t failures_ = 0;  ///< probes in a row
  bool probing_ = false, want_witness_ = false;
  std::uint64_t mended_ms_ = 0;
  std::string mend_;
};

}  // namespace hookswitch::control
