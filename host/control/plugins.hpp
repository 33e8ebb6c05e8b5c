// Every plugin's control or notifier session, and what the plugins registered: hooks, routes, endpoints, tools.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/call/hook_row.hpp"
#include "host/control/claims.hpp"
#include "host/control/quarantine.hpp"
#include "host/control/session.hpp"
#include "host/media/call_media.hpp"
#include "host/plugin/registry.hpp"

namespace hookswitch::control {

/// [control]
class Plugins final : public Session::Owner {
 public:
  /// Messages of sessions about calls, requests and people.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void onCallMessage(Session& session, const hks_msg& message) = 0;
    virtual void onHttpReply(Session& session, const hks_http& reply) = 0;
    /// The plugin has a session again, or one of another configuration.
    virtual void onSessionOpened(const std::string& plugin) = 0;
  };
  using Sections = std::map<std::string, media::Settings>;  ///< plugin id to its complete section

  Plugins(Services& services, const plugin::Registry& registry, Listener& listener);

  /// A later look at the directories: plugins that are new are there from now on and opened by the next configure();
  /// what else is new is said in the log.
  void adopt(const plugin::Registry& registry);

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
  /// Those, and what `carrier` will be asked about a leg when it is back, in case it is idle, broken or refused now: a
  /// leg costs money whoever is away.
  std::vector<call::HookSpec> hooks(const std::string& carrier) const;
  /// Plugins that can carry calls, whatever state they are in.
  std::vector<std::string> carriers() const;
  const std::vector<Route>& routes() const { return claims_.routes(); }
  const std::vector<Endpoint>& endpoints() const { return claims_.endpoints(); }
  /// Why nobody serves this path though it is claimed; empty otherwise.
  std::string contested(const std::string& path) const { return claims_.contested(path); }
  std::vector<media::Tool> tools() const;
  /// The plugin that registered the tool; empty when nobody did.
  std::string toolOwner(const std::string& name) const;
  /// To every notifier but `from`.
  void fanOut(const hks_msg& message, const std::string& from);
  std::string json() const;  ///< the body of GET /api/plugins

  // What is held back because the process has died of it; see Quarantine.
  /// How long from now, milliseconds; 0: it is not. `why`: a sentence.
  std::uint64_t heldMs(const std::string& plugin, const std::string& scope, std::string* why = nullptr) const {
    return quarantine_.heldMs(plugin, scope, why);
  }
  /// The same of a hook that is due for a call. After a death a suspect's hooks wait as well: until those of others are
  /// under way (`others_busy`), the call that died behind all others, and one at a time until some have worked. A hook
  /// that happens `once` could not wait, and does not.
  std::uint64_t hookWaitMs(const std::string& plugin, call::Phase phase, const std::string& call, bool once,
                           const std::function<bool()>& others_busy, std::string& why, bool& apart);
  /// It was given that message and has come back.
  void worked(const std::string& plugin, const std::string& scope, const std::string& about = {});
  enum class Release : std::uint8_t { done = 1, not_held = 2, unknown = 3 };
  /// POST /api/plugins/{id}/release: everything that is held back of the plugin is tried again now.
  Release release(const std::string& plugin);
  /// Ids of plugins of which something is held back.
  std::vector<std::string> quarantined() const;

  static constexpr std::uint64_t retire_ms = 20'000, reopen_ms = 1'000;
  static constexpr std::size_t max_registrations = 64;  ///< hooks, routes, endpoints and tools of one plugin, each
  /// After a start: how long suspects wait for others, at least and at most; how far apart they come; after how many
  /// that went well they may all come.
  static constexpr std::uint64_t others_first_ms = 1'000, others_longest_ms = 5'000, apart_ms = 1'000,
                                 suspect_session_ms = 3'000;
  static constexpr unsigned convincing = 3;

 private:
  struct Slot {
    std::shared_ptr<const plugin::Library> library;
    media::Settings settings;
    std::string public_url;                      ///< as its session was told
    std::shared_ptr<const net::TlsContext> tls;  ///< of its connections; NULL: the process-wide one
    std::string state, reason;  ///< "active", "idle", "broken", "quarantined": its session is held back
    std::shared_ptr<Session> session;
    unsigned broken = 0;  ///< how often in a row it was reopened
  };
  void onPluginMessage(Session& session, const hks_msg& message) override;
  void onPluginBroken(Session& session) override;
  void openSession(Slot& slot);
  void unregister(const std::string& plugin, bool hooks_too);
  void registerRoute(Session& session, const hks_route& message, bool endpoint);
  void settleClaims();
  bool holdSession(Slot& slot);
  void openAgain(Slot& slot);
  void heldFiles();
  std::string heldFile(const plugin::Found& found, std::string* why = nullptr) const;
  /// State and reason, as GET /api/plugins shows them.
  void stateOf(const plugin::Found& found, std::string& state, std::string& reason) const;
  bool current(const Session& session) const;

  Services& services_;
  plugin::Registry registry_;
  Listener& listener_;
  std::map<std::string, Slot> slots_;
  std::vector<std::shared_ptr<Session>> retiring_;
  std::vector<call::HookSpec> hooks_;
  Claims claims_;
  bool configuring_ = false;  // claims that are made now are decided about together
  Quarantine nothing_held_;
  Quarantine& quarantine_;
  const std::uint64_t started_ms_;
  struct Probe {
    std::uint64_t first_ms = 0, last_ms = 0;
    unsigned good = 0;
  };
  std::map<std::pair<std::string, std::string>, Probe> probes_;  // plugin and scope
  std::vector<std::pair<std::string, media::Tool>> tools_;
};

}  // namespace hookswitch::control
