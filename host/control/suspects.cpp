#include "host/control/suspects.hpp"

#include <algorithm>

namespace hookswitch::control {

Suspects::Wait Suspects::hook(const std::string& plugin, call::Phase phase, const std::string& call, bool once,
                              std::uint64_t now_ms, const std::function<bool()>& others_busy) {
  if (none()) return {};
  const std::string scope = hookScope(phase);
  const auto suspect = quarantine_.find(plugin, scope);
  if (!suspect) return {};
  if (const Held held = quarantine_.held(plugin, scope)) return {held.ms, held.why};
  if (once) return {};
  Wait wait{0, "the gateway " + suspect->text + "; since then this hook comes behind those of others, one at a time"};
  const std::uint64_t age = now_ms - started_ms_;
  Probe& probe = probes_[{plugin, scope}];
  if (!probe.first_ms) probe.first_ms = now_ms;
  if (age < others_first_ms || (age < others_longest_ms && others_busy())) {
    wait.ms = others_first_ms / 4;
    return wait;
  }
  wait.apart = suspect->about == call && now_ms - probe.first_ms < session_ms;
  if (wait.apart)
    wait.ms = session_ms - (now_ms - probe.first_ms);
  else if (probe.good < convincing && probe.last_ms && now_ms - probe.last_ms < apart_ms)
    wait.ms = apart_ms - (now_ms - probe.last_ms);
  else
    probe.last_ms = now_ms;
  return wait;
}

Suspects::Wait Suspects::session(const std::string& plugin, std::uint64_t now_ms) const {
  const auto suspect = quarantine_.find(plugin, "session");
  if (!suspect) return {};
  if (const Held held = quarantine_.held(plugin, "session")) return {held.ms, held.why};
  const std::uint64_t age = now_ms - started_ms_;
  if (!suspect->deaths || age >= session_ms) return {};
  return {session_ms - age, "the gateway " + suspect->text + ", so it is opened behind all others"};
}

std::pair<std::uint64_t, std::string> Suspects::probation(const std::string& plugin) const {
  const auto suspect = quarantine_.find(plugin, "session");
  if (!suspect) return {0, {}};
  const std::uint64_t waited = suspect->until_ms - std::min(suspect->last_ms, suspect->until_ms);
  return {std::max(Quarantine::least_quiet_ms, 2 * waited), suspect->about};
}

void Suspects::worked(const std::string& plugin, const std::string& scope, const std::string& about) {
  if (none()) return;
  if (const auto it = probes_.find({plugin, scope}); it != probes_.end()) ++it->second.good;
  quarantine_.succeeded(plugin, scope, about);
}

}  // namespace hookswitch::control
