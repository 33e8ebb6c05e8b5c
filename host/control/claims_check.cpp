// Who would claim what, found out without a gateway.
#include "host/base/clock.hpp"
#include "host/control/claims.hpp"
#include "host/plugin/session.hpp"
#include "host/plugin/settings.hpp"
#include "host/plugin/start_record.hpp"

namespace hookswitch::control {

std::vector<std::string> conflictingClaims(const plugin::Registry& registry,
                                           const std::map<std::string, std::map<std::string, std::string>>& sections,
                                           const std::string& public_url, const std::string& version) {
  Claims claims;
  std::vector<std::string> sentences;
  for (auto& found : registry.found()) {
    if (!found.library || !found.library->control) continue;
    const auto section = sections.find(found.library->id);
    const auto settings = section == sections.end() ? plugin::complete(found.library->keys, {}) : section->second;
    if (!plugin::idleReason(found.library->keys, settings).empty()) continue;
    const auto session = plugin::Session::open(*found.library->control);
    if (!session) continue;
    const auto pairs = plugin::settingPairs(settings);
    hks_start start = plugin::controlStart(pairs, public_url, version);
    start.unix_ms = base::Clock::system().unixMs();
    start.seed = 1;
    session->step(start.msg);
    session->drain([&](const hks_msg& message) {
      if (message.type != HKS_ROUTE && message.type != HKS_ENDPOINT) return;
      auto& route = reinterpret_cast<const hks_route&>(message);
      const std::string& id = found.library->id;
      if (const auto taken = claims.take(id, route); !taken)
        sentences.push_back(id + " cannot have the path '" + std::string(plugin::view(route.path)) +
                            "': " + taken.error());
    });
  }
  claims.decide([](const std::string&) { return true; },
                [&](const std::string& id, const std::string& sentence) { sentences.push_back(id + " " + sentence); });
  return sentences;
}

}  // namespace hookswitch::control
