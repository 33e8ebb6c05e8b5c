// From acknowledged to taken. The gateway keeps what a `wake` brings in memory: a restart forgets it, the twenty-first
// event pushes out the first, and a turn that fails has emptied it. So we look whether an event is still there, hear
// how turns end, and send again what was lost.
#pragma once

#include "plugins/gateway/hooks.hpp"
#include "plugins/gateway/link.hpp"
#include "plugins/gateway/queue_view.hpp"

#include <hookswitch/backoff.hpp>

#include <cstdint>
#include <string>

namespace hookswitch::gateway {

/// [control] The numbers are those of the outbox; an event with this number is there.
class Receipts {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /// Something may go out now.
    virtual void pump(hks::Out& out) = 0;
  };
  Receipts(Owner& owner, Hooks& hooks, Link& link, const Config& config, hks::Chance& chance)
      : owner_(owner), hooks_(hooks), link_(link), config_(config), chance_(chance), view_(link, config) {}

  /// Must this event wait although there is a connection? One that is in the gateway's queue already, of an earlier
  /// attempt, is not sent again.
  bool heldBack(std::uint64_t number, Item& item, hks::Out& out);
  /// It goes out now: its place among the wakes.
  std::int64_t sent() { return view_.countWake(); }
  /// `wake` was acknowledged, or the event was found in the gateway's queue.
  void queued(std::uint64_t number, hks::Out& out);
  /// As far as it goes: the gateway has it in its memory. A call's beginning is watched for a while longer.
  void accept(std::uint64_t number, hks::Out& out, const char* but = "");
  void taken(std::uint64_t number, hks::Out& out);

  /// The answer to a question of ours about the queue? Then it is dealt with.
  bool heard(const Incoming& in, hks::Out& out);
  /// The event `heartbeat`: a turn is over that a `wake` or the gateway's own clock has started.
  void turnEnded(const Incoming& in, hks::Out& out);
  /// Nothing was heard of a turn for long.
  void turnOverdue(std::uint64_t number, hks::Out& out);
  /// There is a connection, and events that an earlier one had brought to the gateway.
  void lookAgain(hks::Out& out) { view_.ask(0, out); }
  /// What happens while there is no connection, nobody tells.
  void lost(hks::Out& out);
  /// False: it is not one of its timers.
  bool timer(std::uint64_t id, hks::Out& out) { return view_.timer(id, out); }

 private:
  void forgotten(std::uint64_t number, const std::string& why, hks::Out& out);
  void shown(const Incoming& in, hks::Out& out);
  void look(std::uint64_t number, hks::Out& out);

  Owner& owner_;
  Hooks& hooks_;
  Link& link_;
  const Config& config_;
  hks::Chance& chance_;
  QueueView view_;
};

}  // namespace hookswitch::gateway
