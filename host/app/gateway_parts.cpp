#include "host/app/gateway_parts.hpp"

#include <signal.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "host/app/api_key.hpp"
#include "host/app/clock.hpp"
#include "host/app/version.hpp"
#include "host/base/log.hpp"
#include "host/net/http_client.hpp"

namespace hookswitch::app {
namespace {

constexpr const char* component = "gateway";
constexpr std::uint64_t stale_ms = 5'000;

store::StoreOptions storeOptions(const Options& o) {
  store::StoreOptions s;
  s.path = o.store_path;
  s.keep_days = o.keep_days;
  s.max_mb = o.store_max_mb;
  s.unix_ms = [] { return clock().unixMs(); };
  return s;
}

api::AccessRule ruleOrThrow(const Options& o) {
  auto rule = accessRule(o);
  if (!rule) throw std::runtime_error(rule.error());
  return *std::move(rule);
}

}  // namespace

control::CallDefaults callDefaults(const Options& options) {
  control::CallDefaults defaults = options;
  defaults.version = version;
  return defaults;
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

Gateway::Parts::Parts(const Config& config, const plugin::Registry& registry, control::Quarantine* quarantine)
    : running(config),
      options(config.options()),
      sections(config.sections()),
      keeper(control, io, options.store_path),
      services{control, io, options.public_url, version, &keeper, quarantine, [] { ::kill(::getpid(), SIGHUP); }},
      plugins(services, registry, *this),
      store(storeOptions(options), [this](std::function<void()> task) { control.post(std::move(task)); }),
      left(store.loadUnfinished()),
      ledger(control, store),
      calls(control, plugins, table, ledger, callDefaults(options)),
      plane(options.loops, io, calls.mediaEvents()),
      access(ruleOrThrow(options)),
      routes(control, plugins, table, [this](const net::HttpRequest& r) { return access.admits(r); }),
      api(control, calls, plugins, routes, access, apiHost(), !options.public_url.empty()),
      public_door(control, routes, api),
      peers(std::make_shared<net::PeerLimit>(options.connections_per_address)) {
  calls.setPlane(plane);
  calls.setEndpoints([this](const control::EndpointQuestion& question, auto then) { endpoints.ask(question, then); });
}

api::Host Gateway::Parts::apiHost() {
  api::Host host;
  // The main thread waits for signals and for nothing else; the drain of the API arrives as one, but as one of its
  // own: who drains first and then sends the real SIGTERM, as orchestrators do, has not asked twice.
  host.drain = [] { ::kill(::getpid(), drain_signal); };
  host.metrics = {api::gauge("http_idle", "Connections to servers that wait for the next request.",
                             [](const api::Sample&) { return net::httpClient().idle(); }),
                  api::gauge("io_threads", "Threads for what blocks; they come with the work and leave when idle.",
                             [this](const api::Sample&) { return io.threads(); }),
                  api::counter("api_refused_total", "Requests to /api that were refused for want of a good key.",
                               [this](const api::Sample&) { return access.refused(); }),
                  api::counter("connections_refused_total", "Connections of addresses that had too many.",
                               [this](const api::Sample&) { return peers->refused().count; })};
  host.offload = [this](base::IoPool::Task task) { io.post("api", std::move(task)); };
  return host;
}

void Gateway::Parts::closeStale() {
  if (net::httpClient().idle()) io.post("", [] { net::httpClient().closeStale(); });
  if (const auto refused = peers->refused(); refused.count > std::exchange(refused_connections, refused.count))
    log::warn(component, "connections were refused, " + std::to_string(refused.count) +
                             " since the start, the last one of " + refused.last + ": an address may have " +
                             std::to_string(peers->most()) + " open at the same time (server.connections_per_address)");
  control.after(stale_ms, [this] { closeStale(); });
}

void Gateway::Parts::renewTls(const Options& now) {
  std::shared_ptr<const net::TlsContext> tls;
  if (!now.tls_certificate.empty()) {
    auto read = net::TlsContext::server(now.tls_certificate, now.tls_key);
    if (!read) return log::error(component, read.error() + "; the one that was read before stays in force");
    tls = *std::move(read);
  }
  for (auto* each : {&server, &public_server})
    if (*each) (*each)->useTls(tls);
  if (tls)
    log::info(component, "new connections get the certificate in " + now.tls_certificate);
  else if (!options.tls_certificate.empty())
    log::warn(component, "new connections are served without TLS: server.tls_certificate is empty now");
}

}  // namespace hookswitch::app
