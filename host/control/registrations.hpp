// What plugins have registered in their sessions: hooks, paths, tools.
#pragma once

#include <hookswitch/abi.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "host/base/result.hpp"
#include "host/call/hook_row.hpp"
#include "host/control/claims.hpp"
#include "host/media/job.hpp"

namespace hookswitch::control {

/// Of every plugin that has a session; who may register at all its owner knows. [control]
class Registrations {
 public:
  static constexpr std::size_t max_tools = 64;  ///< of all plugins
  static constexpr std::uint32_t longest_deadline_ms = 15'000;

  /// Does the message register something: HKS_HOOK, HKS_ROUTE, HKS_ENDPOINT, HKS_TOOL?
  static bool isOne(std::uint32_t type);
  /// Such a message of this plugin. Fails with the line that the plugin's log gets.
  base::Result<void> take(const std::string& plugin, const hks_msg& message);
  /// The plugin's hooks of an earlier run, as long as it cannot say what it asks for; nothing when it has said so.
  void remember(const std::string& plugin, const std::vector<call::HookSpec>& hooks);

  /// Its session is gone: it serves no path and offers no tool. Its hooks stay for the session that follows.
  void withdraw(const std::string& plugin);
  /// Nothing is left of it but the paths that it had, which wait for it.
  void clear(const std::string& plugin);

  const std::vector<call::HookSpec>& hooks() const { return hooks_; }
  bool hooked(const std::string& plugin, call::Phase phase) const;
  std::vector<call::HookSpec> hooksOf(const std::string& plugin) const;
  std::vector<media::Tool> tools() const;
  /// The plugin that offers the tool; empty when nobody does.
  std::string toolOwner(const std::string& name) const;
  Claims& claims() { return claims_; }
  const Claims& claims() const { return claims_; }

 private:
  base::Result<void> takeHook(const std::string& plugin, const hks_hook& message);
  base::Result<void> takeTool(const std::string& plugin, const hks_tool& message);

  std::vector<call::HookSpec> hooks_;
  std::vector<std::pair<std::string, media::Tool>> tools_;  // by plugin
  Claims claims_;
};

}  // namespace hookswitch::control
