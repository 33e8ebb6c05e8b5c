// Events on their way to the gateway, in order, and the memory of those that arrived. Bounded.
#pragma once

#include "plugins/gateway/event.hpp"
#include "plugins/gateway/openclaw.hpp"

#include <hookswitch/outbox.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace hookswitch::gateway {

struct Item : hks::Waiting {
  enum class State {
    Queued = 1,
    InFlight = 2,  ///< sent; of an agent's turn also while it runs
    Delayed = 3,   ///< refused, or it came to nothing: again later
    Accepted = 4,  ///< the gateway has it in its memory, no turn has taken it yet
  };
  State state = State::Queued;
  Event event;
  std::uint64_t hook = 0;                    ///< to be answered; 0: the host was told to come again
  std::uint32_t attempt = 1;                 ///< of the host
  std::uint64_t request = 0;                 ///< InFlight: the request's id
  openclaw::Way way = openclaw::Way::Queue;  ///< InFlight, Accepted: how it was sent
  bool running = false;                      ///< InFlight: the agent's run was accepted
  std::uint32_t round = 0;                   ///< the agent's runs that came to nothing
  bool sent = false;                         ///< at least once by this session
  std::uint64_t accepted_at = 0;             ///< Accepted: the last request before that
  std::int64_t place = 0;         ///< InFlight, Accepted: its number among the wakes; so many behind it may push it out
  bool seen = false;              ///< Accepted: it was there when this connection's gateway was asked
  bool gone = false;              ///< Accepted: it was not there any more; a turn that fails may still be said
  bool heard = false;             ///< Accepted: since then a turn has ended well
  bool told = false;              ///< the hook has its answer; sent again all the same should the gateway forget it
  std::uint32_t failures = 0;     ///< passing refusals in a row
  std::uint32_t age_min = 0;      ///< since it was queued
  std::uint32_t silence_min = 0;  ///< since the host last asked for it
  std::string why;                ///< the last refusal
  bool mend = false;              ///< of that: a person must change something
};

/// [control] The host's ledger owns the repetition of hooks; this owns the order on the wire and the rule that an
/// event is not sent again while it is queued, under way or acknowledged.
class Outbox : public hks::Outbox<Item> {
 public:
  static constexpr std::size_t kMaxItems = 1000, kMaxSettled = 1000, kMaxBytes = 64u << 20;
  Outbox() : hks::Outbox<Item>({kMaxItems, kMaxSettled, kMaxBytes}) {}

  /// The youngest call_started that waits: the first that may be dropped for a call_ended. 0: none.
  std::uint64_t dispensable() const;
  /// Returns its number, from 1 upwards.
  std::uint64_t add(std::string key, Event event);
};

}  // namespace hookswitch::gateway
