#include "plugins/gateway/link.hpp"

#include "plugins/gateway/jsonrpc.hpp"
#include "plugins/gateway/openclaw.hpp"
#include "plugins/gateway/text.hpp"
#include "plugins/gateway/timers.hpp"

#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace hookswitch::gateway {
namespace {

constexpr std::uint32_t kConnect_ms = 10000;
constexpr std::uint64_t kHandshake_ms = 12000;  // the gateway itself closes after 15 s
constexpr std::uint64_t kHeartbeat_ms = 30000;
constexpr std::uint64_t kRefused_ms = 60000;  // between connections, where only a person can repair it
constexpr std::uint64_t kPairing_ms = 20000;  // an approval is noticed this soon
constexpr std::uint64_t kFirstBackoff_ms = 1000, kLastBackoff_ms = 30000, kLastBackoffJsonrpc_ms = 60000;

/// Only for the timestamp inside a heartbeat; nothing is decided by it.
std::uint64_t nowUnixMs() {
  using namespace std::chrono;
  return std::uint64_t(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace

void Link::begin(std::string version, std::string instance, hks::Out& out) {
  version_ = std::move(version);
  instance_ = std::move(instance);
  if (config_.jsonrpc || !identity_.recall(out)) connect(out);
}

void Link::kept(const hks_keep& kept, hks::Out& out) {
  const std::string reason = clean(hks::utf8::line(hks::text(kept.reason), 300));
  if (identity_.kept(kept, reason, out) && state_ == State::Off) connect(out);
}

bool Link::timer(std::uint64_t id, hks::Out& out) {
  switch (id) {
    case kReconnectTimer:
      if (state_ == State::Waiting) connect(out);
      return true;
    case kHandshakeTimer:
      if (state_ == State::Handshake) giveUp("the gateway did not finish the handshake in time", out);
      return true;
    case kWatchTimer:
      if (ready()) giveUp("nothing was heard from the gateway for too long", out);
      return true;
    case kHeartbeatTimer:
      if (ready()) heartbeat(out);
      return true;
    default: return false;
  }
}

void Link::connect(hks::Out& out) {
  conn_ = ++last_conn_;
  state_ = State::Connecting;
  hks::Http handshake;
  handshake.method = "GET";
  handshake.url = config_.url;
  handshake.ms = kConnect_ms;
  if (!out.connect(conn_, handshake)) lost("the host could not take the request", 0, out);
}

void Link::opened(std::uint64_t conn, hks::Out& out) {
  if (conn != conn_ || state_ != State::Connecting) return;
  if (config_.jsonrpc) return becomeReady(out);
  state_ = State::Handshake;  // the gateway speaks first
  connect_request_ = 0;
  out.timer(kHandshakeTimer, kHandshake_ms);
}

void Link::data(const hks_data& data, hks::Out& out) {
  if (data.msg.id != conn_ || !data.is_text || (state_ != State::Handshake && state_ != State::Ready)) return;
  if (state_ == State::Ready) watch(out);
  const Incoming in = config_.jsonrpc ? jsonrpc::read(hks::text(data.bytes)) : openclaw::read(hks::text(data.bytes));
  state_ == State::Ready ? talk(in, out) : shakeHands(in, out);
}

void Link::shakeHands(const Incoming& in, hks::Out& out) {
  const bool ours = connect_request_ && in.id == connect_request_;
  if (in.kind == Incoming::Kind::Challenge && !connect_request_)  // a second `connect` would be refused
    identify(in, out);
  else if (in.kind == Incoming::Kind::Hello && ours)
    greeted(in.hello, out);
  else if (in.kind == Incoming::Kind::Answer && ours && !in.ok)
    turnedAway(in, out);
}

/// The answer to the challenge.
void Link::identify(const Incoming& challenge, hks::Out& out) {
  connect_request_ = newRequest();
  openclaw::Proof proof = identity_.proof(config_.token);
  proof.nonce = challenge.nonce;
  proof.challenge_ms = challenge.challenge_ms;
  if (!out.send(conn_, openclaw::connectFrame(proof, connect_request_, version_, instance_)))
    giveUp("the host could not take the handshake", out);
}

/// Starting up is no failure; everything else needs a person, and is asked for again slowly.
void Link::turnedAway(const Incoming& in, hks::Out& out) {
  const std::string why = "the gateway refused us: " + clean(in.sentence);
  if (in.passing) return drop(1000, why, std::clamp<std::uint64_t>(in.after_ms ? in.after_ms : 500, 100, 2000), out);
  const std::uint64_t wait = in.unpaired ? kPairing_ms + chance_.below(5000) : kRefused_ms + chance_.below(15000);
  if (identity_.refused(in.code, out)) return drop(1000, why, 1000 + chance_.below(1000), out);
  drop(1000, why, wait, out, true);
}

void Link::talk(const Incoming& in, hks::Out& out) {
  switch (in.kind) {
    case Incoming::Kind::Answer: failures_ = 0; return owner_.linkHeard(in, out);
    case Incoming::Kind::Turn: return owner_.linkHeard(in, out);
    case Incoming::Kind::Ignored: failures_ = 0; return;
    case Incoming::Kind::Shutdown:
      return drop(1000, "the gateway stops" + (in.sentence.empty() ? std::string() : ": " + in.sentence),
                  in.after_ms ? std::clamp<std::uint64_t>(in.after_ms, 500, kLastBackoff_ms) + chance_.below(500) : 0,
                  out);
    default: return;
  }
}

void Link::greeted(const Hello& hello, hks::Out& out) {
  if (hello.protocol < 3 || hello.protocol > 4)
    return drop(1000, "the gateway speaks protocol " + std::to_string(hello.protocol) + ": this plugin knows 3 and 4",
                kRefused_ms + chance_.below(15000), out);
  hello_ = hello;
  if (!hello.device_token.empty()) identity_.keepToken(hello.device_token, out);
  hello_.device_token.clear();
  // Scopes belong to a connection: whoever mends it is noticed by the next one.
  if (!hello.can_write)
    return drop(1000,
                "the gateway granted " +
                    (hello.scopes.empty() ? std::string("no scope at all") : "only: " + clean(hello.scopes)) +
                    "; without operator.write it refuses every event: approve this gateway's device there (openclaw "
                    "devices list), or "
                    "check gateway.token and the gateway's configuration",
                kRefused_ms + chance_.below(15000), out, true);
  if (!hello.has_wake) warnOnce("the gateway does not list the method wake: it may refuse every event", out);
  becomeReady(out);
}

void Link::becomeReady(hks::Out& out) {
  state_ = State::Ready;
  out.cancelTimer(kHandshakeTimer);
  if (config_.jsonrpc) out.timer(kHeartbeatTimer, kHeartbeat_ms);
  watch(out);
  owner_.linkReady(out);
}

/// The openclaw gateway ticks; two missed ticks are a dead connection. The other dialect has nothing like it.
void Link::watch(hks::Out& out) {
  if (!config_.jsonrpc) out.timer(kWatchTimer, 2 * hello_.tick_ms);
}

void Link::heartbeat(hks::Out& out) {
  // Its answer is nobody's business: a refused or lost heartbeat costs nothing but the next one.
  out.send(conn_, jsonrpc::heartbeatFrame(newRequest(), nowUnixMs()));
  out.timer(kHeartbeatTimer, kHeartbeat_ms);
}

void Link::closed(const hks_closed& end, hks::Out& out) {
  if (end.msg.id != conn_ || state_ == State::Waiting) return;
  std::string why = "connection closed (" + std::to_string(end.close_code + end.http_status) + ")";
  if (const std::string said = hks::utf8::line(hks::text(end.reason), 400); !said.empty()) why += ": " + clean(said);
  // 1008 bad frame or authentication, 1002 no common protocol: the next attempt will end the same way.
  const bool refused = !config_.jsonrpc && (end.close_code == 1008 || end.close_code == 1002);
  lost(why, refused ? kRefused_ms + chance_.below(15000) : 0, out, refused);
}

/// Give the connection up from our side, without waiting for the other's close frame.
void Link::drop(std::uint32_t code, const std::string& why, std::uint64_t after_ms, hks::Out& out, bool mend) {
  out.close(conn_, code, code == 4000 ? "timeout" : "");
  lost(why, after_ms, out, mend);
}

/// `after_ms` 0: by the usual backoff. `mend`: it will not get better by itself.
void Link::lost(const std::string& why, std::uint64_t after_ms, hks::Out& out, bool mend) {
  const bool was_ready = ready();
  state_ = State::Waiting;
  conn_ = 0;
  for (const std::uint64_t timer : {kHandshakeTimer, kWatchTimer, kHeartbeatTimer}) out.cancelTimer(timer);
  owner_.linkLost(out);
  const std::uint64_t wait = after_ms ? after_ms : backoff();
  if (trouble_ != why || was_ready)
    out.log(HKS_WARN, "gateway: " + why + "; connecting again in " + std::to_string((wait + 999) / 1000) +
                          " s and from then on until it works");
  trouble_ = why;
  mend_ = mend;
  out.timer(kReconnectTimer, wait);
}

std::uint64_t Link::backoff() {
  const hks::Backoff backoff{kFirstBackoff_ms, config_.jsonrpc ? kLastBackoffJsonrpc_ms : kLastBackoff_ms};
  return backoff.after(failures_++, chance_);
}

void Link::warnOnce(const std::string& sentence, hks::Out& out) {
  if (warned_ == sentence) return;
  warned_ = sentence;
  out.log(HKS_WARN, "gateway: " + sentence);
}

std::string Link::clean(std::string text) const { return identity_.clean(without(std::move(text), config_.token)); }

}  // namespace hookswitch::gateway
