// Every plugin's control or notifier session, and what the plugins registered: hooks, routes, endpoints, tools.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/call/teardown.hpp"
#include "host/control/session.hpp"
#include "host/media/call_media.hpp"
#include "host/plugin/registry.hpp"

namespace hookswitch::control {

struct Route {
  std::string plugin, method, path, call_query;
  bool open = false;   ///< the plugin authenticates the request itself
};
struct Endpoint {
  std::string plugin, prefix;   ///< "/twilio/media-stream/"; the token follows
  bool ask = false;             ///< every upgrade is shown to the plugin first
};

/// [control]
class Plugins final : public Session::Owner {
 public:
  /// Messages of sessions about calls, requests and people.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void onCallMessage(Session& session, const hks_msg& message) = 0;
    virtual void onHttpReply(Session& session, const hks_http& reply) = 0;
  };
  using Sections = std::map<std::string, media::Settings>;   ///< plugin id to its complete section

  Plugins(Services& services, const plugin::Registry& registry, Listener& listener);

  /// Open, close or renew sessions so that they fit the sections; at start and at every reload. A plugin whose section
  /// changed gets a new session at once; the old one has `retire_ms` to finish what it has in hand.
  void configure(const Sections& sections);
  void stop();

  /// NULL while the plugin is idle, refused or has no control session.
  Session* session(const std::string& plugin);
  /// What is needed to open a carrier or voice session; when it cannot be had, `reason` says why in a sentence.
  bool source(const std::string& plugin, const char* role, media::SessionSource& out, std::string& reason) const;
  /// Is there such a plugin with such a role, whatever state it is in?
  bool offers(const std::string& plugin, const char* role) const;
  bool isActive(const std::string& plugin) const;

  std::vector<call::HookSpec> hooks() const;
  /// Those, and what `carrier` will be asked about a leg when it is back, in case it is idle, broken or refused now: a leg
  /// costs money whoever is away.
  std::vector<call::HookSpec> hooks(const std::string& carrier) const;
  /// Plugins that can carry calls, whatever state they are in.
  std::vector<std::string> carriers() const;
  const std::vector<Route>& routes() const { return routes_; }
  const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  std::vector<media::Tool> tools() const;
  /// The plugin that registered the tool; empty when nobody did.
  std::string toolOwner(const std::string& name) const;
  /// To every notifier but `from`.
  void fanOut(const hks_msg& message, const std::string& from);
  std::string json() const;                 ///< the body of GET /api/plugins

  static constexpr std::uint64_t retire_ms = 20'000, reopen_ms = 1'000;
  static constexpr std::size_t max_registrations = 64;   ///< hooks, routes, endpoints and tools of one plugin, each

 private:
  struct Slot {
    std::shared_ptr<const plugin::Library> library;
    media::Settings settings;
    std::shared_ptr<const net::TlsContext> tls;   ///< of its connections; NULL: the process-wide one
    std::string state, reason;              ///< "active", "idle", "broken"
    std::shared_ptr<Session> session;
    unsigned broken = 0;                    ///< how often in a row it was reopened
  };
  void onPluginMessage(Session& session, const hks_msg& message) override;
  void onPluginBroken(Session& session) override;
  void openSession(Slot& slot);
  void unregister(const std::string& plugin, bool hooks_too);
  void registerRoute(Session& session, const hks_route& message, bool endpoint);
  bool current(const Session& session) const;

  Services& services_;
  const plugin::Registry& registry_;
  Listener& listener_;
  std::map<std::string, Slot> slots_;
  std::vector<std::shared_ptr<Session>> retiring_;
  std::vector<call::HookSpec> hooks_;
  std::vector<Route> routes_;
  std::vector<Endpoint> endpoints_;
  std::vector<std::pair<std::string, media::Tool>> tools_;
};

}  // namespace hookswitch::control
