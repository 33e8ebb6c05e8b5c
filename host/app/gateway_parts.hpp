// What a running gateway is made of. Private to gateway.cpp and gateway_parts.cpp.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "host/api/access.hpp"
#include "host/api/plugin_routes.hpp"
#include "host/api/public_door.hpp"
#include "host/api/rest_api.hpp"
#include "host/app/clock.hpp"
#include "host/app/gateway.hpp"
#include "host/base/lived_clock.hpp"
#include "host/control/calls.hpp"
#include "host/control/keeper.hpp"
#include "host/control/ledger.hpp"
#include "host/control/plugins.hpp"
#include "host/media/plane.hpp"
#include "host/net/http_server.hpp"
#include "host/store/store.hpp"
#include "host/tools/endpoints.hpp"

namespace hookswitch::app {

/// What of the options each part gets.
control::CallDefaults callDefaults(const Options& options);
net::HttpServerOptions serverOptions(const Options& options, std::uint16_t port, std::shared_ptr<net::PeerLimit> peers);

/// Plugin messages reach the calls or the routes; both exist after the plugins that send them.
struct Gateway::Parts final : control::Plugins::Listener {
  Parts(const Config& config, const plugin::Registry& registry, control::Quarantine* quarantine);
  api::Host apiHost();
  /// A gateway at rest keeps no connection to anybody, least of all one that the other side has closed. [control]
  void closeStale();
  /// A certificate that is no good, or half replaced, changes nothing. [main]
  void renewTls(const Options& now);
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
  base::IoPool io{64, 8192, "io", 16};
  base::Loop control{"control", clock()};
  control::Keeper keeper;
  control::Services services;
  call::Table table;
  control::Plugins plugins;
  store::Store store;
  store::Unfinished left;  // by an earlier run
  control::Ledger ledger;
  control::Calls calls;
  media::Plane plane;
  tools::Endpoints endpoints{control, io};
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

}  // namespace hookswitch::app
