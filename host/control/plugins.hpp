// Every plugin's control or notifier session over its life, and what each of them can be asked for.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/base/result.hpp"
#include "host/call/hook_row.hpp"
#include "host/control/registrations.hpp"
#include "host/control/session.hpp"
#include "host/control/suspects.hpp"
#include "host/media/job.hpp"
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
  /// What is needed to open a carrier or voice session of it; else why it cannot be had, a sentence.
  base::Result<media::SessionSource> source(const std::string& plugin, const char* role) const;
  /// Does it do something with this message of draft.h?
  bool listens(const std::string& plugin, std::uint32_t draft) const;
  /// Is there such a plugin with such a role, whatever state it is in?
  bool offers(const std::string& plugin, const char* role) const;

  std::vector<call::HookSpec> hooks() const { return registered_.hooks(); }
  /// Those, and what `carrier` will be asked about a leg when it is back, in case it is idle, broken or refused now: a
  /// leg costs money whoever is away.
  std::vector<call::HookSpec> hooks(const std::string& carrier) const;
  /// Has the plugin hooked this phase?
  bool takesPart(const std::string& plugin, call::Phase phase) const { return registered_.hooked(plugin, phase); }
  /// Plugins that can carry calls, whatever state they are in.
  std::vector<std::string> carriers() const;
  const std::vector<Route>& routes() const { return registered_.claims().routes(); }
  const std::vector<Endpoint>& endpoints() const { return registered_.claims().endpoints(); }
  /// Why nobody serves this path though it is claimed; empty otherwise.
  std::string contested(const std::string& path) const { return registered_.claims().contested(path); }
  std::vector<media::Tool> tools() const { return registered_.tools(); }
  /// The plugin that registered the tool; empty when nobody did.
  std::string toolOwner(const std::string& name) const { return registered_.toolOwner(name); }
  /// To every notifier but `from`.
  void fanOut(const hks_msg& message, const std::string& from);

  /// A plugin's file that was found, loaded or not, as it stands.
  struct View {
    std::shared_ptr<const plugin::Library> library;  ///< NULL: it is not loaded
    std::string id, file, state, reason;             ///< state: a slot's, or "refused"
  };
  std::vector<View> views() const;

  /// What is held back because the process has died of it.
  Suspects& suspects() { return suspects_; }
  const Suspects& suspects() const { return suspects_; }
  enum class Release : std::uint8_t { done = 1, not_held = 2, unknown = 3 };
  /// POST /api/plugins/{id}/release: everything that is held back of the plugin is tried again now.
  Release release(const std::string& plugin);
  /// Ids of plugins of which something is held back.
  std::vector<std::string> quarantined() const;

  static constexpr std::uint64_t retire_ms = 20'000, reopen_ms = 1'000;

 private:
  struct Slot {
    std::shared_ptr<const plugin::Library> library;
    /// Complete; NULL before the first configure(). Its calls share it, also those that it outlives.
    std::shared_ptr<const media::Settings> settings;
    std::string public_url;  ///< as its session was told
    plugin::Trust trust;
    std::string state, reason;  ///< "active", "idle", "broken", "quarantined": its session is held back
    std::shared_ptr<Session> session;
    unsigned broken = 0;  ///< how often in a row it was reopened
  };
  void onPluginMessage(Session& session, const hks_msg& message) override;
  void onPluginBroken(Session& session) override;
  void openSession(Slot& slot);
  void retire(Slot& slot);
  void decideClaims();
  bool holdSession(Slot& slot);
  void openAgain(Slot& slot);
  void heldFiles();
  std::string heldFile(const plugin::Found& found) const;
  View view(const plugin::Found& found) const;
  bool current(const Session& session) const;

  Services& services_;
  plugin::Registry registry_;
  Listener& listener_;
  std::map<std::string, Slot> slots_;
  std::vector<std::shared_ptr<Session>> retiring_;
  Registrations registered_;
  bool configuring_ = false;  // claims that are made now are decided about together
  Suspects suspects_;
};

}  // namespace hookswitch::control
