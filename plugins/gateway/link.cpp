// The connection: opened at the start, opened again whenever it is gone, for ever.
#include "plugins/gateway/jsonrpc.hpp"
#include "plugins/gateway/notifier.hpp"
#include "plugins/gateway/openclaw.hpp"
#include "plugins/gateway/text.hpp"
#include "plugins/gateway/timers.hpp"

#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <chrono>

namespace hookswitch::gateway {
namespace {

constexpr std::uint32_t kConnect_ms = 10000;
constexpr std::uint64_t kHandshake_ms = 12000;  // the gateway itself closes after 15 s
constexpr std::uint64_t kHeartbeat_ms = 30000;
constexpr std::uint64_t kFirstBackoff_ms = 1000, kLastBackoff_ms = 30000, kLastBackoffJsonrpc_ms = 60000;

/// Only for the timestamp inside a heartbeat; nothing is decided by it.
std::uint64_t nowUnixMs() {
  using namespace std::chrono;
  return std::uint64_t(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace

void Notifier::connect(hks::Out& out) {
  conn_ = ++last_conn_;
  link_ = Link::Connecting;
  hks::Http handshake;
  handshake.method = "GET";
  handshake.url = config_.url;
  handshake.ms = kConnect_ms;
  if (!out.connect(conn_, handshake)) lost("the host could not take the request", 0, out);
}

void Notifier::onOpened(std::uint64_t conn, hks::Out& out) {
  if (conn != conn_ || link_ != Link::Connecting) return;
  if (config_.jsonrpc) return ready(out);
  link_ = Link::Handshake;  // the gateway speaks first
  connect_request_ = 0;
  out.timer(kHandshakeTimer, kHandshake_ms);
}

void Notifier::onData(const hks_data& data, hks::Out& out) {
  if (data.msg.id != conn_ || !data.is_text || (link_ != Link::Handshake && link_ != Link::Ready)) return;
  if (link_ == Link::Ready) watch(out);
  const Incoming in = config_.jsonrpc ? jsonrpc::read(hks::text(data.bytes)) : openclaw::read(hks::text(data.bytes));
  link_ == Link::Ready ? talk(in, out) : shakeHands(in, out);
}

void Notifier::shakeHands(const Incoming& in, hks::Out& out) {
  const bool ours = connect_request_ && in.id == connect_request_;
  if (in.kind == Incoming::Kind::Challenge && !connect_request_)  // a second `connect` would be refused
    identify(in, out);
  else if (in.kind == Incoming::Kind::Hello && ours)
    greeted(in.hello, out);
  else if (in.kind == Incoming::Kind::Answer && ours && !in.ok)
    turnedAway(in, out);
}

void Notifier::talk(const Incoming& in, hks::Out& out) {
  switch (in.kind) {
    case Incoming::Kind::Answer: failures_ = 0; return acknowledged(in, out);
    case Incoming::Kind::Turn: return turnEnded(in, out);
    case Incoming::Kind::Ignored: failures_ = 0; return;
    case Incoming::Kind::Shutdown:
      return drop(1000, "the gateway stops" + (in.sentence.empty() ? std::string() : ": " + in.sentence),
                  in.after_ms ? std::clamp<std::uint64_t>(in.after_ms, 500, kLastBackoff_ms) + chance_.below(500) : 0,
                  out);
    default: return;
  }
}

void Notifier::greeted(const Hello& hello, hks::Out& out) {
  if (hello.protocol < 3 || hello.protocol > 4)
    return drop(1000, "the gateway speaks protocol " + std::to_string(hello.protocol) + ": this plugin knows 3 and 4",
                kRefused_ms + chance_.below(15000), out);
  hello_ = hello;
  if (!hello.device_token.empty()) keepToken(hello.device_token, out);
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
  ready(out);
}

void Notifier::ready(hks::Out& out) {
  link_ = Link::Ready;
  out.cancelTimer(kHandshakeTimer);
  out.log(HKS_INFO, "gateway connected, " + std::to_string(outbox_.items().size()) + " events wait");
  if (config_.jsonrpc) out.timer(kHeartbeatTimer, kHeartbeat_ms);
  watch(out);
  // What was refused on the last connection may be mended by now.
  bool accepted = false;
  for (auto& [number, item] : outbox_.items()) {
    accepted = accepted || item.state == Item::State::Accepted;
    if (item.state != Item::State::Delayed) continue;
    item.state = Item::State::Queued;
    out.cancelTimer(itemTimer(number, kDelay));
  }
  if (accepted) ask(0, out);
  pump(out);
}

/// The openclaw gateway ticks; two missed ticks are a dead connection. The other dialect has nothing like it.
void Notifier::watch(hks::Out& out) {
  if (!config_.jsonrpc) out.timer(kWatchTimer, 2 * hello_.tick_ms);
}

void Notifier::heartbeat(hks::Out& out) {
  // Its answer is nobody's business: a refused or lost heartbeat costs nothing but the next one.
  out.send(conn_, jsonrpc::heartbeatFrame(++last_request_, nowUnixMs()));
  out.timer(kHeartbeatTimer, kHeartbeat_ms);
}

void Notifier::onClosed(const hks_closed& end, hks::Out& out) {
  if (end.msg.id != conn_ || link_ == Link::Waiting) return;
  std::string why = "connection closed (" + std::to_string(end.close_code + end.http_status) + ")";
  if (const std::string said = hks::utf8::line(hks::text(end.reason), 400); !said.empty()) why += ": " + clean(said);
  // 1008 bad frame or authentication, 1002 no common protocol: the next attempt will end the same way.
  const bool refused = !config_.jsonrpc && (end.close_code == 1008 || end.close_code == 1002);
  lost(why, refused ? kRefused_ms + chance_.below(15000) : 0, out, refused);
}

/// Give the connection up from our side, without waiting for the other's close frame.
void Notifier::drop(std::uint32_t code, const std::string& why, std::uint64_t after_ms, hks::Out& out, bool mend) {
  out.close(conn_, code, code == 4000 ? "timeout" : "");
  lost(why, after_ms, out, mend);
}

/// `after_ms` 0: by the usual backoff. `mend`: it will not get better by itself.
void Notifier::lost(const std::string& why, std::uint64_t after_ms, hks::Out& out, bool mend) {
  const bool was_ready = link_ == Link::Ready;
  link_ = Link::Waiting;
  conn_ = 0;
  for (const std::uint64_t timer : {kHandshakeTimer, kWatchTimer, kHeartbeatTimer, kPumpTimer}) out.cancelTimer(timer);
  for (const auto& [request, number] : in_flight_) {
    Item& item = *outbox_.find(number);
    item.state = Item::State::Queued;  // unanswered: it goes first on the next connection
    item.request = 0;
    item.running = false;
    for (const std::uint64_t kind : {kRequestTimeout, kTurn}) out.cancelTimer(itemTimer(number, kind));
  }
  in_flight_.clear();
  lostReceipts(out);
  const std::uint64_t wait = after_ms ? after_ms : backoff();
  if (trouble_ != why || was_ready)
    out.log(HKS_WARN, "gateway: " + why + "; connecting again in " + std::to_string((wait + 999) / 1000) +
                          " s and from then on until it works");
  trouble_ = why;
  mend_ = mend;
  out.timer(kReconnectTimer, wait);
}

std::uint64_t Notifier::backoff() {
  const hks::Backoff backoff{kFirstBackoff_ms, config_.jsonrpc ? kLastBackoffJsonrpc_ms : kLastBackoff_ms};
  return backoff.after(failures_++, chance_);
}

void Notifier::warnOnce(const std::string& sentence, hks::Out& out) {
  if (warned_ == sentence) return;
  warned_ = sentence;
  out.log(HKS_WARN, "gateway: " + sentence);
}

}  // namespace hookswitch::gateway
