// The connection to the gateway: opened at the start, opened again whenever it is gone, for ever.
#pragma once

#include "plugins/gateway/frames.hpp"
#include "plugins/gateway/identity.hpp"
#include "plugins/gateway/settings.hpp"

#include <hookswitch/backoff.hpp>
#include <hookswitch/plugin.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::gateway {

/// [control]
class Link {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /// Events may be sent.
    virtual void linkReady(hks::Out& out) = 0;
    /// An answer to a request, or the end of a turn.
    virtual void linkHeard(const Incoming& in, hks::Out& out) = 0;
    /// What was under way on it has no answer and gets none.
    virtual void linkLost(hks::Out& out) = 0;
  };
  /// Both are the owner's and are complete before begin().
  Link(Owner& owner, const Config& config, hks::Chance& chance) : owner_(owner), config_(config), chance_(chance) {}

  /// `version`: the host's; `instance`: of this session, for the gateway's list of who is there.
  void begin(std::string version, std::string instance, hks::Out& out);
  void kept(const hks_keep& kept, hks::Out& out);
  void opened(std::uint64_t conn, hks::Out& out);
  void data(const hks_data& data, hks::Out& out);
  void closed(const hks_closed& end, hks::Out& out);
  /// False: it is not one of its timers.
  bool timer(std::uint64_t id, hks::Out& out);

  bool ready() const { return state_ == State::Ready; }
  /// A request on the connection that is there; false: too much for one step.
  bool send(std::string_view frame, hks::Out& out) { return out.send(conn_, frame); }
  /// The id of the next request. Ids never begin anew: json-rpc wants it so, and late answers stay foreign.
  std::uint64_t newRequest() { return ++last_request_; }
  std::uint64_t lastRequest() const { return last_request_; }
  /// The gateway does not answer: a fresh connection is the only remedy from here.
  void giveUp(const std::string& why, hks::Out& out) { drop(4000, why, 0, out); }

  const Hello& hello() const { return hello_; }
  const std::string& trouble() const { return trouble_; }  ///< why there was no connection, last time
  bool mend() const { return mend_; }                      ///< of that: a person must change something
  /// A refusal is said once, until something is accepted.
  void warnOnce(const std::string& sentence, hks::Out& out);
  void accepted() { warned_.clear(); }
  /// `text` without the secrets that we show.
  std::string clean(std::string text) const;

 private:
  enum class State {
    Off = 1,  ///< also until we know who we are
    Waiting = 2,
    Connecting = 3,
    Handshake = 4,
    Ready = 5
  };
  void connect(hks::Out& out);
  void shakeHands(const Incoming& in, hks::Out& out);
  void talk(const Incoming& in, hks::Out& out);
  void identify(const Incoming& challenge, hks::Out& out);
  void turnedAway(const Incoming& in, hks::Out& out);
  void greeted(const Hello& hello, hks::Out& out);
  void becomeReady(hks::Out& out);
  void watch(hks::Out& out);
  void heartbeat(hks::Out& out);
  void drop(std::uint32_t code, const std::string& why, std::uint64_t after_ms, hks::Out& out, bool mend = false);
  void lost(const std::string& why, std::uint64_t after_ms, hks::Out& out, bool mend = false);
  std::uint64_t backoff();

  Owner& owner_;
  const Config& config_;
  hks::Chance& chance_;
  Identity identity_;
  std::string version_, instance_;
  State state_ = State::Off;
  Hello hello_;
  std::uint64_t conn_ = 0, last_conn_ = 0, last_request_ = 0, connect_request_ = 0;
  std::uint32_t failures_ = 0;  // connections in a row that came to nothing
  std::string trouble_;
  bool mend_ = false;
  std::string warned_;  // the last refusal in the log
};

}  // namespace hookswitch::gateway
