#include "host/app/gateway.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <future>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "host/api/public_door.hpp"
#include "host/api/rest_api.hpp"
#include "host/app/api_key.hpp"
#include "host/app/version.hpp"
#include "host/base/lived_clock.hpp"
#include "host/base/log.hpp"
#include "host/net/http_client.hpp"
#include "host/test_points.hpp"

namespace hookswitch::app {
namespace {

constexpr const char* component = "gateway";
constexpr std::uint64_t stale_ms = 5'000;
constexpr std::chrono::milliseconds question{200};  // the main thread has signals to take

control::CallDefaults callDefaults(const Options& o) {
  control::CallDefaults d;
  d.carrier = o.carrier;
  d.voice = o.voice;
  d.voice_fallback = o.voice_fallback;
  d.prompt = o.prompt;
  d.greeting = o.greeting;
  d.public_url = o.public_url;
  d.version = version;
  d.max_concurrent = o.max_concurrent;
  d.max_duration_s = o.max_duration_s;
  d.ring_timeout_s = o.ring_timeout_s;
  d.connect_timeout_s = o.connect_timeout_s;
  d.media_idle_s = o.media_idle_s;
  d.dial.allow_to.read(o.allow_to);  // checked with the rest of the configuration
  d.dial.per_minute = o.per_minute;
  d.dial.per_number_per_hour = o.per_number_per_hour;
  d.resampler = o.samplerate ? media::ResamplerKind::samplerate : media::ResamplerKind::polyphase;
  return d;
}

net::HttpServerOptions serverOptions(const Options& o, std::uint16_t port, std::shared_ptr<net::PeerLimit> peers) {
  net::HttpServerOptions s;
  s.host = o.host;
  s.port = port;
  s.tls_certificate = o.tls_certificate;
  s.tls_key = o.tls_key;
  s.peers = std::move(peers);
  return s;
}

store::StoreOptions storeOptions(const Options& o) {
  store::StoreOptions s;
  s.path = o.store_path;
  s.keep_days = o.keep_days;
  s.max_mb = o.store_max_mb;
  s.unix_ms = control::Thread::unixMs;
  return s;
}

}  // namespace

/// Plugin messages reach the calls or the routes; both exist after the plugins that send them.
struct Gateway::Parts final : control::Plugins::Listener {
  Parts(const Config& config, const plugin::Registry& registry, control::Quarantine* quarantine)
      : running(config),
        options(config.options()),
        sections(config.sections()),
        connections(control, io),
        keeper(control, io, options.store_path),
        services{control, io,      connections, options.public_url,
                 version, &keeper, quarantine,  [] { ::kill(::getpid(), SIGHUP); }},
        plugins(services, registry, *this),
        store(storeOptions(options), [this](std::function<void()> task) { control.post(std::move(task)); }),
        left(store.loadUnfinished()),
        ledger(control, store),
        calls(control, plugins, table, ledger, callDefaults(options)),
        plane(options.loops, io, calls.mediaEvents()),
        access(accessRule(options)),
        routes(control, plugins, table,
               [this](const net::HttpRequest& r, net::HttpReply& refusal) { return access.admits(r, refusal); }),
        api(control, calls, plugins, routes, access, restHost(), !options.public_url.empty()),
        public_door(control, routes, api),
        peers(std::make_shared<net::PeerLimit>(options.connections_per_address)) {
    calls.setPlane(plane);
  }
  api::Host restHost() {
    api::Host host;
    // The main thread waits for signals and for nothing else; the drain of the API arrives as one, but as one of its
    // own: who drains first and then sends the real SIGTERM, as orchestrators do, has not asked twice.
    host.drain = [] { ::kill(::getpid(), drain_signal); };
    host.metrics = {api::gauge("http_idle", "Connections to servers that wait for the next request.",
                               [](const api::Sample&) { return net::httpClient().idle(); }),
                    api::counter("api_refused_total", "Requests to /api that were refused for want of a good key.",
                                 [this](const api::Sample&) { return access.refused(); }),
                    api::counter("connections_refused_total", "Connections of addresses that had too many.",
                                 [this](const api::Sample&) { return peers->refused().count; })};
    host.offload = [this](net::IoPool::Task task) { io.post("api", std::move(task)); };
    return host;
  }
  /// A gateway at rest keeps no connection to anybody, least of all one that the other side has closed. [control]
  void closeStale() {
    if (net::httpClient().idle()) io.post("", [] { net::httpClient().closeStale(); });
    if (const auto refused = peers->refused(); refused.count > std::exchange(refused_connections, refused.count))
      log::warn(component, "connections were refused, " + std::to_string(refused.count) +
                               " since the start, the last one of " + refused.last + ": an address may have " +
                               std::to_string(peers->most()) +
                               " open at the same time (server.connections_per_address)");
    control.after(stale_ms, [this] { closeStale(); });
  }
  /// A certificate that is no good, or half replaced, changes nothing. [main]
  void renewTls(const Options& now) {
    std::shared_ptr<const net::TlsContext> tls;
    try {
      if (!now.tls_certificate.empty()) tls = net::TlsContext::server(now.tls_certificate, now.tls_key);
    } catch (const std::exception& e) {
      return log::error(component, std::string(e.what()) + "; the one that was read before stays in force");
    }
    for (auto* each : {&server, &public_server})
      if (*each) (*each)->useTls(tls);
    if (tls)
      log::info(component, "new connections get the certificate in " + now.tls_certificate);
    else if (!options.tls_certificate.empty())
      log::warn(component, "new connections are served without TLS: server.tls_certificate is empty now");
  }
  /// Both ways to the end lead through here; the second one waits for the first.
  void stopStore() {
    std::call_once(store_stopped, [this] { store.stop(); });
  }
  void onCallMessage(control::Session& session, const hks_msg& message) override {
    calls.onCallMessage(session, message);
  }
  void onHttpReply(control::Session& session, const hks_http& reply) override { routes.reply(session, reply); }
  void onSessionOpened(const std::string& plugin) override { calls.sessionOpened(plugin); }

  base::LivedClock::Heartbeat heartbeat;  // before whoever judges by that clock
  const Config running;                   // as it was at the start: what its fixed keys say stays so
  Options options;                        // in force [main]
  control::Plugins::Sections sections;
  /// A server that answers nothing holds its plugin's 16 threads; with three of them the next plugin still gets eight.
  net::IoPool io{64, 8192, "io", 16};
  control::Thread control;
  control::Connections connections;
  control::Keeper keeper;
  control::Services services;
  call::Table table;
  control::Plugins plugins;
  store::Store store;
  store::Unfinished left;  // by an earlier run
  control::Ledger ledger;
  control::Calls calls;
  media::Plane plane;
  api::Access access;
  api::PluginRoutes routes;
  api::RestApi api;
  api::PublicDoor public_door;
  const std::shared_ptr<net::PeerLimit> peers;
  std::uint64_t refused_connections = 0;  // when it was last said [control]
  std::unique_ptr<net::HttpServer> server, public_server;
  std::atomic<std::size_t> unfinished{0}, live{0};
  std::once_flag store_stopped;
  bool stopped = false;
};

Gateway::Gateway(const Config& config, const plugin::Registry& registry, control::Quarantine* quarantine)
    : parts_(std::make_unique<Parts>(config, registry, quarantine)) {
  if (!quarantine) return;
  quarantine->keep();  // the store is ours, and with it the file beside it
  quarantine->setOffload([p = parts_.get()](std::function<void()> task) { p->io.post("", std::move(task)); });
}

void Gateway::start() {
  Parts& p = *parts_;
  p.control.start();
  p.store.start();
  p.connections.start();
  p.plane.start();
  auto ready = std::make_shared<std::promise<std::string>>();  // shared: set_value() still holds it when get() returns
  p.control.post([&p, ready] {
    try {
      // Plugins register their routes before the first request can arrive.
      p.plugins.configure(p.sections);
      p.closeStale();
      if (p.options.public_port)
        p.public_server =
            std::make_unique<net::HttpServer>(serverOptions(p.options, p.options.public_port, p.peers), p.public_door);
      p.server = std::make_unique<net::HttpServer>(serverOptions(p.options, p.options.port, p.peers), p.api);
    } catch (const std::exception& e) {
      return ready->set_value(e.what());
    }
    ready->set_value({});
    HOOKSWITCH_CUT("start.listens", "");
    // Only a gateway that listens is the one that may end calls of the earlier run. And only here nobody comes between:
    // requests wait behind this task, so the first of them finds those calls and every Idempotency-Key.
    p.calls.recover(std::exchange(p.left, {}));
  });
  if (const std::string why = ready->get_future().get(); !why.empty()) throw std::runtime_error(why);
  const std::string scheme = p.options.tls_certificate.empty() ? "http" : "https";
  log::info(component, "listening on " + scheme + "://" + p.options.host + ":" + std::to_string(p.server->port()));
  if (p.public_server)
    log::info(component, "carriers' routes, media streams and /health, and nothing else, are served on " + scheme +
                             "://" + p.options.host + ":" + std::to_string(p.public_server->port()));
  if (p.options.public_url.empty())
    log::notice(
        component,
        "server.public_url is empty: incoming calls are refused, and every POST /api/call must bring its webhook_url");
}

std::uint16_t Gateway::port() const { return parts_->server ? parts_->server->port() : std::uint16_t(0); }

void Gateway::takePlugins(const plugin::Registry& registry) {
  parts_->control.post([p = parts_.get(), registry] { p->plugins.adopt(registry); });
}

void Gateway::reload(Config config) {
  Parts& p = *parts_;
  for (auto& key : config.hold(p.running))
    log::warn(component, key + " has changed; it takes effect at the next start");
  const Options now = config.options();
  // First the lock and then what makes us reachable. Without a key that can be had nobody gets in.
  try {
    p.access.set(accessRule(now));
  } catch (const std::exception& e) {
    log::error(component, std::string(e.what()) + "; until then /api answers nobody");
    p.access.set({});
  }
  p.renewTls(now);
  p.peers->setMost(now.connections_per_address);
  p.store.setKeepDays(now.keep_days);
  log::setLevel(now.log_level);
  log::setFormat(now.log_json ? log::Format::json : log::Format::text);
  p.options = now;
  p.control.post([&p, sections = config.sections(), defaults = callDefaults(now)]() mutable {
    p.services.public_url = defaults.public_url;
    p.api.setHasPublicUrl(!defaults.public_url.empty());
    p.calls.setDefaults(std::move(defaults));
    p.plugins.configure(sections);
    log::info(component, "configuration reloaded");
  });
}

void Gateway::drain(std::chrono::seconds at_most) {
  Parts& p = *parts_;
  p.control.post([&p, at_most] {
    p.calls.drain();
    HOOKSWITCH_CUT("drain.begin", "");
    log::notice(component, "draining: no new calls; " + std::to_string(p.calls.liveCount()) +
                               " live calls may finish within " + std::to_string(at_most.count()) + " s");
  });
}

void Gateway::endCalls() {
  Parts& p = *parts_;
  p.control.post([&p] {
    if (p.calls.liveCount())
      log::notice(component,
                  std::to_string(p.calls.liveCount()) + " calls have not finished by themselves and are ended");
    p.calls.endAll(call::EndedBy::shutdown, "the gateway shuts down", {});
  });
}

bool Gateway::drained() {
  Parts& p = *parts_;
  auto count = std::make_shared<std::promise<std::pair<std::size_t, std::size_t>>>();
  p.control.post([&p, count] { count->set_value({p.calls.liveCount(), p.calls.unfinished()}); });
  auto answer = count->get_future();
  if (answer.wait_for(question) != std::future_status::ready) return false;
  const auto [live, unfinished] = answer.get();
  p.live = live;
  p.unfinished = unfinished;
  return unfinished == 0;
}

bool Gateway::answers(std::chrono::milliseconds patience) {
  auto answered = std::make_shared<std::promise<void>>();
  parts_->control.post([answered] { answered->set_value(); });
  // Slice by slice: a process that stood still has both threads to wait for.
  const auto future = answered->get_future();
  for (const auto deadline = net::deadlineIn(std::uint32_t(patience.count()));;) {
    const int left = net::remainingMs(deadline);
    if (future.wait_for(std::chrono::milliseconds(std::min(left, 50))) == std::future_status::ready) return true;
    if (left == 0) return false;
  }
}

std::size_t Gateway::unwritten() const {
  const auto health = parts_->store.health();
  return health.ok ? 0 : health.backlog;
}

std::size_t Gateway::live() const { return parts_->live; }

std::size_t Gateway::unfinished() const { return parts_->unfinished; }

Gateway::~Gateway() {
  if (!parts_->stopped) stop();
}

void Gateway::stop() {
  Parts& p = *parts_;
  // Outside in: nobody asks any more, nobody speaks any more, then those who answered them.
  if (p.public_server) p.public_server->stop();
  if (p.server) p.server->stop();
  p.plane.stop();
  auto closed = std::make_shared<std::promise<void>>();
  p.control.post([&p, closed] {
    p.calls.sayLeft();
    p.plugins.stop();
    closed->set_value();
  });
  if (p.server) closed->get_future().wait();
  p.io.stop(net::IoPool::Stop::abandon);
  p.connections.stop();
  p.control.stop();
  p.stopStore();
  p.stopped = true;
}

void Gateway::abandon() {
  Parts& p = *parts_;
  // Held where it is: what it would do once the store is closed would be written nowhere. One that is stuck holds
  // itself.
  auto held = std::make_shared<std::promise<void>>();
  p.control.post([held] {
    held->set_value();
    for (;;) ::pause();
  });
  held->get_future().wait_for(question);
  p.stopStore();
}

}  // namespace hookswitch::app
