// A control or notifier session: a plugin's one session on the control thread.
#pragma once

#include <hookswitch/abi.h>

#include <functional>
#include <memory>
#include <string>

#include "host/base/loop.hpp"
#include "host/control/keeper.hpp"
#include "host/plugin/library.hpp"
#include "host/plugin/session_host.hpp"
#include "host/plugin/session_source.hpp"

namespace hookswitch::control {

class Quarantine;

/// What every session of the control plane needs from the host. [control]
struct Services {
  base::Loop& control;
  base::IoPool& io;
  std::string public_url, version;
  Keeper* keeper = nullptr;            ///< NULL: nothing can be kept
  Quarantine* quarantine = nullptr;    ///< NULL: nothing is held back
  std::function<void()> look_again{};  ///< at the plugin directories and the configuration, as SIGHUP does
};

/// [control] Held by shared_ptr; work that other threads do for it holds weak ones. Adds to what every session may ask
/// for the secrets that a plugin keeps.
class Session final : public plugin::SessionHost, private plugin::SessionHost::Owner {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /// Everything that is not about connections, timers, requests, kept secrets and the log.
    virtual void onPluginMessage(Session& session, const hks_msg& message) = 0;
    /// Failed too often in a row.
    virtual void onPluginBroken(Session& session) = 0;
  };

  Session(Services& services, Owner& owner, std::shared_ptr<const plugin::Library> library, plugin::Settings settings,
          plugin::Trust trust = {});
  ~Session() override { close(); }

  bool open();  ///< false when the plugin refused
  /// Close connections and timers, close the plugin's session. Nothing is stepped afterwards.
  void close() { SessionHost::close(1000, "the gateway closes the session"); }

  const plugin::Library& library() const { return *library_; }
  const std::string& id() const { return library_->id; }

  static plugin::SessionLimits limits();

 private:
  void onSessionMessage(plugin::SessionHost& session, const hks_msg& message) override;
  void onSessionBroken(plugin::SessionHost& session) override;
  void onSessionFault(plugin::SessionHost& session, const std::string& what, const std::string& why) override;
  void keep(const hks_keep& message);

  Services& services_;
  Owner& listener_;
  const std::shared_ptr<const plugin::Library> library_;
};

}  // namespace hookswitch::control
