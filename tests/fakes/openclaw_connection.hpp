// One connection to the OpenClaw gateway fake, either dialect: frames in, frames out, no socket of its own.
#pragma once

#include "tests/fakes/openclaw_devices.hpp"
#include "tests/fakes/settings.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fakes {

struct OpenClawSettings {
  std::string dialect = "openclaw";  ///< openclaw | jsonrpc
  std::string token = "openclaw-fake";
  std::uint32_t protocol = 4;
  std::uint32_t tick_ms = 30000, ping_ms = 25000, handshake_ms = 15000;
  bool ticks = true;            ///< false: the gateway falls silent although the socket lives
  std::uint32_t starting = 0;   ///< so many connects are told UNAVAILABLE and 1013
  std::string grant = "asked";  ///< asked | none: the scopes that hello-ok reports
  bool proxied = false;  ///< clients come through a proxy or from elsewhere: who is no approved device has no scope
  std::vector<std::string> agents = {"main"};
  bool model_configured = true;
  std::string agent_text = "Noted.", agent_status = "ok";  ///< agent_status: ok | error | timeout | never; a turn that
                                                           ///< a wake starts fails unless it is ok
  std::uint32_t agent_ms = 50;                             ///< between "accepted" and the outcome
  bool answer = true;                                      ///< false: requests after hello-ok are never answered

  template <class Visit>
  void visit(Visit&& v) {
    v("dialect", dialect), v("token", token), v("protocol", protocol), v("tick_ms", tick_ms), v("ping_ms", ping_ms);
    v("handshake_ms", handshake_ms), v("ticks", ticks), v("starting", starting), v("grant", grant),
        v("proxied", proxied), v("agents", agents);
    v("model_configured", model_configured), v("agent_text", agent_text), v("agent_status", agent_status);
    v("agent_ms", agent_ms), v("answer", answer);
  }
  void check() const;  ///< throws std::invalid_argument for a value outside its range
};

/// One misbehaviour, used up `times` times by requests of `method` (empty: any after the handshake).
struct OpenClawFault {
  std::string how, method, code = "UNAVAILABLE", message = "overloaded";
  std::uint32_t ms = 1000;
  std::int32_t times = 1;
};

struct OpenClawRun {
  std::string session_key, message, status = "accepted", text;
  bool over = false;
  std::vector<std::function<void(const OpenClawRun&)>> waiters;
};

struct OpenClawWire {
  std::function<void(std::string)> send;
  std::function<void(unsigned code, std::string reason)> close;
  std::function<void(std::uint32_t ms, std::function<void()>)> after;
  std::function<std::uint64_t()> now_ms;  ///< Unix time
  std::function<void()> ping, drop;
};

/// What all connections of one server share; it survives their end as the gateway's memory does.
struct OpenClawShared {
  OpenClawSettings settings;
  std::deque<OpenClawFault> faults;
  std::map<std::string, OpenClawRun> runs;
  std::map<std::string, std::uint64_t> keys;  ///< how often each idempotency key was seen
  std::vector<nlohmann::json> events, protocol_errors, warnings;
  std::deque<std::string> queued_system_events;
  std::vector<std::string> known;    ///< what turns of the agent were told: what it knows for good
  std::vector<std::string> orphans;  ///< keys of runs that a restart has cut off
  std::uint64_t boot = 1;
  OpenClawDevices devices;
  std::uint64_t requests = 0, answers = 0, heartbeats = 0, auth_failures = 0;
  std::int64_t last_rpc_id = 0;
  std::function<void(const std::string& kind, nlohmann::json what)> tell;  ///< may be empty
  std::function<void(const nlohmann::json& event)> broadcast;              ///< to every connection with operator.read
  std::function<void(std::uint32_t ms, std::function<void()>)> after;
};

/// A turn that no `agent` request asked for: it takes `taken`, fails or knows it for good, and says so to everybody.
void openClawTurn(OpenClawShared& shared, std::vector<std::string> taken);
/// The same of everything that is queued.
void openClawTurn(OpenClawShared& shared);

/// [loop] Must be owned by a shared_ptr: timers hold weak pointers to it.
class OpenClawConnection : public std::enable_shared_from_this<OpenClawConnection> {
 public:
  using Json = nlohmann::json;
  OpenClawConnection(std::string id, OpenClawShared& shared, OpenClawWire wire);
  void open();
  void onMessage(std::string_view payload, bool text);
  void onClose(unsigned code, std::string_view reason);
  Json describe() const;
  bool isOpen() const { return open_; }
  bool ready() const { return hello_; }
  bool canRead() const;
  const std::string& id() const { return id_; }
  void event(const std::string& name, const Json& payload);  ///< numbered for this connection

 private:
  bool has(const std::string& scope) const;
  void onConnect(const Json& frame);
  void authenticate(const Json& frame);
  void hello(const Json& frame, const std::string& device);
  void onRequest(const Json& frame);
  bool misbehave(const Json& frame, const std::string& method, bool& drop_after);
  void dispatch(const Json& frame);
  void onAgent(const Json& id, const Json& params);
  void onDelayed(const Json& frame);
  void onJsonRpc(const Json& frame);
  void record(const std::string& method, const Json& params, const Json& id);
  void wrong(const std::string& what, const Json& frame);
  void answer(const Json& id, const Json& payload);
  void refuse(const Json& id, const std::string& code, const std::string& message, const Json& more = Json::object());
  void refuseAndClose(const Json& id, const std::string& code, const std::string& message, const Json& more,
                      unsigned close);
  void later(std::uint32_t ms, std::function<void()> task);
  void repeat(std::uint32_t ms, std::function<void()> task);
  void send(const Json& frame);

  const std::string id_;
  OpenClawShared& shared_;
  OpenClawWire wire_;
  bool open_ = false, hello_ = false, delayed_ = false;
  std::uint64_t seq_ = 0, received_ = 0;
  std::string nonce_, method_ = "token";
  Json client_, scopes_ = Json::array(), asked_ = Json::array();
  unsigned close_code_ = 0;
  std::string close_reason_;
};

}  // namespace fakes
