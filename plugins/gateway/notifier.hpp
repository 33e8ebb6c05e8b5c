// The one session of the plugin: hooks in, one connection to the gateway that is kept for ever.
#pragma once

#include "plugins/gateway/frames.hpp"
#include "plugins/gateway/outbox.hpp"
#include "plugins/gateway/settings.hpp"

#include <hookswitch/plugin.hpp>

#include <map>
#include <string>

namespace hookswitch::gateway {

/// [control] Tells the gateway that calls started and ended.
///
/// A hook is answered OK when the gateway has acknowledged the request, and never before. Until then the event stays
/// in the outbox, also while there is no connection; the hook is answered RETRY shortly before its deadline, and the
/// host's next attempt finds the event by its id: still waiting, or acknowledged in the meantime. What was under way
/// when a connection broke is sent again on the next one, so the gateway may see an event twice, and never not at all.
class Notifier final : public hks::Session {
 public:
  void onStart(const hks_start& start, hks::Out& out) override;
  void onPhase(const hks_phase& phase, hks::Out& out) override;
  void onOpened(std::uint64_t conn, hks::Out& out) override;
  void onData(const hks_data& data, hks::Out& out) override;
  void onClosed(const hks_end& end, hks::Out& out) override;
  void onTimer(std::uint64_t id, hks::Out& out) override;

 private:
  enum class Link { Off = 1, Waiting = 2, Connecting = 3, Handshake = 4, Ready = 5 };

  // notifier.cpp: hooks and items
  bool makeRoom(const Event& event, hks::Out& out);
  void answer(Item& item, std::uint32_t state, std::string_view reason, std::uint64_t after_ms, hks::Out& out);
  void settle(std::uint64_t number, std::uint32_t state, const std::string& reason, hks::Out& out);
  void deadline(std::uint64_t number, hks::Out& out);
  void grow_older(hks::Out& out);
  void pump(hks::Out& out);
  void acknowledged(const Incoming& in, hks::Out& out);
  void refused(std::uint64_t number, const Incoming& in, hks::Out& out);

  // link.cpp: the connection
  void connect(hks::Out& out);
  void ready(hks::Out& out);
  void greeted(const Hello& hello, hks::Out& out);
  void drop(std::uint32_t code, const std::string& why, std::uint64_t after_ms, hks::Out& out);
  void lost(const std::string& why, std::uint64_t after_ms, hks::Out& out);
  void watch(hks::Out& out);
  void heartbeat(hks::Out& out);
  void warnOnce(const std::string& sentence, hks::Out& out);
  std::uint64_t backoff();
  std::uint64_t random(std::uint64_t below);

  Config config_;
  std::string version_, instance_;
  Outbox outbox_;
  std::map<std::uint64_t, std::uint64_t> in_flight_;   // request -> item
  std::map<std::uint64_t, std::string> agent_runs_;    // request -> call: the second answer is still to come
  Link link_ = Link::Off;
  Hello hello_;
  std::uint64_t conn_ = 0, last_conn_ = 0;
  std::uint64_t last_request_ = 0;                     // never reset: json-rpc wants it so, and late answers stay foreign
  std::uint64_t connect_request_ = 0;
  std::uint32_t failures_ = 0;                         // connections in a row that came to nothing
  std::string trouble_;                                // why there was no connection, last time
  std::string warned_;                                 // the last refusal in the log
  std::uint64_t random_ = 0;
};

}  // namespace hookswitch::gateway
