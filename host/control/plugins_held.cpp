// What is held back of plugins in which the process has died, and what the API says of plugins.
#include <algorithm>

#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/control/plugins.hpp"

namespace hookswitch::control {
namespace {

constexpr const char* component = "plugins";

std::string fileName(const std::string& file) { return file.substr(file.rfind('/') + 1); }

std::string stem(const std::string& file) {
  const std::string name = fileName(file);
  return name.substr(0, name.rfind('.'));
}

}  // namespace

/// True: its control or notifier session is not opened now.
bool Plugins::holdSession(Slot& slot) {
  const std::string id = slot.library->id;
  const auto suspect = quarantine_.find(id, "session");
  if (!suspect) return false;
  std::string why;
  std::uint64_t wait = quarantine_.heldMs(id, "session", &why);
  const std::uint64_t age = services_.control.nowMs() - started_ms_;
  if (!wait && suspect->deaths && age < suspect_session_ms) {
    wait = suspect_session_ms - age;
    why = "the gateway " + suspect->text + ", so it is opened behind all others";
  }
  if (!wait) {
    // If it lives through twice its wait, it is as good as any other.
    const std::uint64_t quiet =
        std::max(Quarantine::least_quiet_ms, 2 * (suspect->until_ms - std::min(suspect->last_ms, suspect->until_ms)));
    services_.control.after(quiet, [this, id, about = suspect->about] {
      if (session(id)) worked(id, "session", about);
    });
    return false;
  }
  slot.state = "quarantined";
  slot.reason = why;
  log::warn(component, slot.library->name + " is not opened: " + why);
  // What ends meanwhile waits for it, as far as anybody knows what it asks for.
  if (std::none_of(hooks_.begin(), hooks_.end(), [&](auto& h) { return h.plugin == id; }))
    for (auto& hook : quarantine_.rememberedHooks(id)) hooks_.push_back(hook);
  services_.control.after(wait, [this, id] {
    Slot& again = slots_[id];
    if (again.session || again.state != "quarantined") return;
    openAgain(again);
  });
  return true;
}

/// What was remembered of its hooks gives way to what it asks for now.
void Plugins::openAgain(Slot& slot) {
  unregister(slot.library->id, true);
  slot.state = "active";
  slot.reason.clear();
  openSession(slot);
}

std::uint64_t Plugins::hookWaitMs(const std::string& plugin, call::Phase phase, const std::string& call, bool once,
                                  const std::function<bool()>& others_busy, std::string& why, bool& apart) {
  if (quarantine_.empty()) return 0;
  const std::string scope = hookScope(phase);
  const auto suspect = quarantine_.find(plugin, scope);
  if (!suspect) return 0;
  if (const std::uint64_t held = quarantine_.heldMs(plugin, scope, &why)) return held;
  if (once) return 0;
  why = "the gateway " + suspect->text + "; since then this hook comes behind those of others, one at a time";
  const std::uint64_t now = services_.control.nowMs(), age = now - started_ms_;
  Probe& probe = probes_[{plugin, scope}];
  if (!probe.first_ms) probe.first_ms = now;
  if (age < others_first_ms || (age < others_longest_ms && others_busy())) return others_first_ms / 4;
  apart = suspect->about == call && now - probe.first_ms < suspect_session_ms;
  if (apart) return suspect_session_ms - (now - probe.first_ms);
  if (probe.good < convincing && probe.last_ms && now - probe.last_ms < apart_ms)
    return apart_ms - (now - probe.last_ms);
  probe.last_ms = now;
  return 0;
}

void Plugins::worked(const std::string& plugin, const std::string& scope, const std::string& about) {
  if (quarantine_.empty()) return;
  if (const auto it = probes_.find({plugin, scope}); it != probes_.end()) ++it->second.good;
  quarantine_.succeeded(plugin, scope, about);
}

/// The name under which a file is held back; empty: it is not.
std::string Plugins::heldFile(const plugin::Found& found, std::string* why) const {
  const std::string name = fileName(found.file);
  if (found.library || !quarantine_.find(name, "load")) return {};
  quarantine_.heldMs(name, "load", why);
  return name;
}

/// Files whose loading is put off are looked at again when their time has come.
void Plugins::heldFiles() {
  for (auto& found : registry_.found()) {
    const std::string name = heldFile(found);
    if (name.empty() || !services_.look_again) continue;
    const std::uint64_t wait = std::max(quarantine_.heldMs(name, "load"), suspect_session_ms);
    services_.control.after(wait, [this] { services_.look_again(); });
  }
}

Plugins::Release Plugins::release(const std::string& id) {
  const auto it = slots_.find(id);
  for (auto& found : registry_.found()) {
    if (it != slots_.end() || stem(found.file) != id) continue;
    const std::string name = heldFile(found);
    if (name.empty()) return Release::not_held;
    quarantine_.release(name);
    log::notice(component, name + " is released, by the API, and loaded now");
    if (services_.look_again) services_.look_again();
    return Release::done;
  }
  if (it == slots_.end()) return Release::unknown;
  Slot& slot = it->second;
  const bool closed = slot.state == "quarantined";
  if (!quarantine_.release(id) && !closed) return Release::not_held;
  log::notice(component, slot.library->name + " is released, by the API");
  if (closed && !slot.session) openAgain(slot);
  return Release::done;
}

std::vector<std::string> Plugins::quarantined() const {
  std::vector<std::string> list;
  for (auto& [id, slot] : slots_)
    if (slot.state != "idle" && (slot.state == "quarantined" || !quarantine_.reason(id).empty())) list.push_back(id);
  for (auto& found : registry_.found())
    if (!heldFile(found).empty()) list.push_back(stem(found.file));
  return list;
}

void Plugins::stateOf(const plugin::Found& found, std::string& state, std::string& reason) const {
  if (!found.library) {
    state = heldFile(found).empty() ? "refused" : "quarantined";
    reason = found.reason;
    return;
  }
  const std::string& id = found.library->id;
  const Slot& slot = slots_.at(id);
  state = slot.state;
  reason = slot.reason;
  if (const std::string held = quarantine_.reason(id); !held.empty() && state != "idle") {
    state = "quarantined";
    reason = held;
  }
  for (const std::string& more : {claims_.conflicts(id), found.note.empty() ? "" : "its file " + found.note})
    if (!more.empty()) reason += (reason.empty() ? "" : "; ") + more;
}

std::string Plugins::json() const {
  json::Array list;
  for (auto& found : registry_.found()) {
    const plugin::Library* library = found.library.get();
    json::Object o;
    json::Array roles;
    if (library)
      for (auto& role : library->roles) roles.add(role);
    std::string state, reason;
    stateOf(found, state, reason);
    o.add("id", library ? library->id : stem(found.file))
        .add("name", library ? library->name : "")
        .add("version", library ? library->version : "")
        .add("abi", library ? library->abi : "")
        .raw("roles", roles.str())
        .add("state", state)
        .add("reason", reason)
        .add("file", found.file);
    list.raw(o.str());
  }
  return json::Object().add("version", services_.version).raw("plugins", list.str()).str();
}

}  // namespace hookswitch::control
