// The one session of the plugin: hooks in, one connection to the gateway that is kept for ever.
#pragma once

#include "plugins/gateway/frames.hpp"
#include "plugins/gateway/outbox.hpp"
#include "plugins/gateway/settings.hpp"

#include <hookswitch/backoff.hpp>
#include <hookswitch/plugin.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hookswitch::gateway {

/// [control] Tells the gateway that calls started and ended.
///
/// A hook is answered OK when the event has reached what the settings ask for, and never before: a turn of the agent,
/// or the gateway's queue, and its reason says which. Until then the event stays in the outbox, also while there is no
/// connection; the hook is answered RETRY shortly before its deadline, and the host's next attempt finds the event by
/// its id: still waiting, or there in the meantime. What was under way when a connection broke, what the gateway has
/// forgotten and what a turn failed on is sent again, so the agent may hear of an event twice, and never not at all.
class Notifier final : public hks::Session {
 public:
  void onStart(const hks_start& start, hks::Out& out) override;
  void onPhase(const hks_phase& phase, hks::Out& out) override;
  void onOpened(std::uint64_t conn, hks::Out& out) override;
  void onData(const hks_data& data, hks::Out& out) override;
  void onClosed(const hks_closed& end, hks::Out& out) override;
  void onTimer(std::uint64_t id, hks::Out& out) override;
  void onKept(const hks_keep& kept, hks::Out& out) override;

 private:
  enum class Link {
    Off = 1,
    Waiting = 2,
    Connecting = 3,
    Handshake = 4,
    Ready = 5
  };  // Off: also until we know who we are

  // notifier.cpp: hooks and items
  bool makeRoom(const Event& event, hks::Out& out);
  void answer(Item& item, std::uint32_t state, std::string_view reason, std::uint64_t after_ms, hks::Out& out,
              std::uint32_t flags = 0);
  void settle(std::uint64_t number, std::uint32_t state, const std::string& reason, hks::Out& out);
  void deadline(std::uint64_t number, hks::Out& out);
  void grow_older(hks::Out& out);
  void pump(hks::Out& out);
  void acknowledged(const Incoming& in, hks::Out& out);
  void refused(std::uint64_t number, const Incoming& in, hks::Out& out);
  void comeAgain(std::uint64_t number, const std::string& why, std::uint64_t after_ms, hks::Out& out);

  // receipts.cpp: from acknowledged to taken
  bool heldBack(std::uint64_t number, Item& item, hks::Out& out);
  void queued(std::uint64_t number, hks::Out& out);
  void accept(std::uint64_t number, hks::Out& out, const char* but = "");
  void taken(std::uint64_t number, hks::Out& out);
  void forgotten(std::uint64_t number, const std::string& why, hks::Out& out);
  bool canAsk() const;
  void ask(std::uint64_t after_ms, hks::Out& out);
  void askNow(hks::Out& out);
  void shown(const Incoming& in, hks::Out& out);
  void look(std::uint64_t number, hks::Out& out);
  void turnEnded(const Incoming& in, hks::Out& out);
  void turnOverdue(std::uint64_t number, hks::Out& out);
  void lostReceipts(hks::Out& out);

  // identity.cpp: who we are
  void recallIdentity(hks::Out& out);
  void identify(const Incoming& challenge, hks::Out& out);
  void keepToken(const std::string& token, hks::Out& out);
  void turnedAway(const Incoming& in, hks::Out& out);
  std::string clean(std::string text) const;

  // link.cpp: the connection
  void connect(hks::Out& out);
  void shakeHands(const Incoming& in, hks::Out& out);
  void talk(const Incoming& in, hks::Out& out);
  void ready(hks::Out& out);
  void greeted(const Hello& hello, hks::Out& out);
  void drop(std::uint32_t code, const std::string& why, std::uint64_t after_ms, hks::Out& out, bool mend = false);
  void lost(const std::string& why, std::uint64_t after_ms, hks::Out& out, bool mend = false);
  void watch(hks::Out& out);
  void heartbeat(hks::Out& out);
  void warnOnce(const std::string& sentence, hks::Out& out);
  std::uint64_t backoff();

  Config config_;
  std::string version_, instance_;
  Outbox outbox_;
  std::map<std::uint64_t, std::uint64_t> in_flight_;  // request -> item
  Link link_ = Link::Off;
  Hello hello_;
  std::uint64_t conn_ = 0, last_conn_ = 0;
  std::uint64_t last_request_ = 0;  // never reset: json-rpc wants it so, and late answers stay foreign
  std::uint64_t connect_request_ = 0;
  std::uint32_t failures_ = 0;  // connections in a row that came to nothing
  std::string trouble_;         // why there was no connection, last time
  bool mend_ = false;           // of that: a person must change something
  std::string warned_;          // the last refusal in the log
  hks::Chance chance_;

  std::vector<std::string> queue_;  // what the gateway showed last on this connection
  bool queue_known_ = false, cannot_ask_ = false, ask_again_ = false, asks_soon_ = false;
  std::uint64_t ask_request_ = 0;                     // the question that is under way
  std::int64_t wakes_ = 0, wakes_before_asking_ = 0;  // sent so far, and when the gateway was asked last

  std::shared_ptr<const Device> device_;  // NULL: we have none
  std::string device_token_;              // what the gateway gave it; empty: nothing
  bool as_device_ = false;                // the shared token was refused: that one is shown instead
  std::uint32_t recalls_ = 0;             // answers that are still to come before the first connection
};

}  // namespace hookswitch::gateway
