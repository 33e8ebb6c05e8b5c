// The one session of the plugin: hooks in, events out, and what became of them.
#pragma once

#include "plugins/gateway/frames.hpp"
#include "plugins/gateway/hooks.hpp"
#include "plugins/gateway/link.hpp"
#include "plugins/gateway/receipts.hpp"
#include "plugins/gateway/settings.hpp"

#include <hookswitch/backoff.hpp>
#include <hookswitch/plugin.hpp>

#include <map>

namespace hookswitch::gateway {

/// [control] Tells the gateway that calls started and ended.
///
/// A hook is answered OK when the event has reached what the settings ask for, and never before: a turn of the agent,
/// or the gateway's queue, and its reason says which. Until then the event stays in the outbox, also while there is no
/// connection; the hook is answered RETRY shortly before its deadline, and the host's next attempt finds the event by
/// its id: still waiting, or there in the meantime. What was under way when a connection broke, what the gateway has
/// forgotten and what a turn failed on is sent again, so the agent may hear of an event twice, and never not at all.
class Notifier final : public hks::Session, private Link::Owner, private Receipts::Owner {
 public:
  void onStart(const hks_start& start, hks::Out& out) override;
  void onPhase(const hks_phase& phase, hks::Out& out) override;
  void onOpened(std::uint64_t conn, hks::Out& out) override { link_.opened(conn, out); }
  void onData(const hks_data& data, hks::Out& out) override { link_.data(data, out); }
  void onClosed(const hks_closed& end, hks::Out& out) override { link_.closed(end, out); }
  void onTimer(std::uint64_t id, hks::Out& out) override;
  void onKept(const hks_keep& kept, hks::Out& out) override { link_.kept(kept, out); }

 private:
  void linkReady(hks::Out& out) override;
  void linkHeard(const Incoming& in, hks::Out& out) override;
  void linkLost(hks::Out& out) override;

  void deadline(std::uint64_t number, hks::Out& out);
  void growOlder(hks::Out& out);
  void pump(hks::Out& out) override;
  void acknowledged(const Incoming& in, hks::Out& out);
  void refused(std::uint64_t number, const Incoming& in, hks::Out& out);

  Config config_;
  hks::Chance chance_;
  Link link_{*this, config_, chance_};
  Hooks hooks_{chance_};
  Receipts receipts_{*this, hooks_, link_, config_, chance_};
  std::map<std::uint64_t, std::uint64_t> in_flight_;  // request -> item
};

}  // namespace hookswitch::gateway
