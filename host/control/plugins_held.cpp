// What is held back of plugins in which the process has died, and how each plugin stands.
#include <algorithm>

#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/control/plugins.hpp"

namespace hookswitch::control {
namespace {

std::string fileName(const std::string& file) { return file.substr(file.rfind('/') + 1); }

std::string stem(const std::string& file) {
  const std::string name = fileName(file);
  return name.substr(0, name.rfind('.'));
}

}  // namespace

/// True: its control or notifier session is not opened now.
bool Plugins::holdSession(Slot& slot) {
  const std::string id = slot.library->id;
  const auto wait = suspects_.session(id, services_.control.nowMs());
  if (!wait) {
    if (const auto [quiet, about] = suspects_.probation(id); quiet)
      services_.control.after(quiet, [this, id, died_with = about] {
        if (session(id)) suspects_.worked(id, "session", died_with);
      });
    return false;
  }
  slot.state = "quarantined";
  slot.reason = wait.why;
  log::warn(component::plugins, slot.library->name + " is not opened: " + wait.why);
  // What ends meanwhile waits for it, as far as anybody knows what it asks for.
  registered_.remember(id, suspects_.quarantine().rememberedHooks(id));
  services_.control.after(wait.ms, [this, id] {
    Slot& again = slots_[id];
    if (again.session || again.state != "quarantined") return;
    openAgain(again);
  });
  return true;
}

/// What was remembered of its hooks gives way to what it asks for now.
void Plugins::openAgain(Slot& slot) {
  registered_.clear(slot.library->id);
  slot.state = "active";
  slot.reason.clear();
  openSession(slot);
}

/// The name under which a file is held back; empty: it is not.
std::string Plugins::heldFile(const plugin::Found& found) const {
  const std::string name = fileName(found.file);
  if (found.library || !suspects_.quarantine().find(name, "load")) return {};
  return name;
}

/// Files whose loading is put off are looked at again when their time has come.
void Plugins::heldFiles() {
  for (auto& found : registry_.found()) {
    const std::string name = heldFile(found);
    if (name.empty() || !services_.look_again) continue;
    const std::uint64_t wait = std::max(suspects_.held(name, "load").ms, Suspects::session_ms);
    services_.control.after(wait, [this] { services_.look_again(); });
  }
}

Plugins::Release Plugins::release(const std::string& id) {
  const auto it = slots_.find(id);
  for (auto& found : registry_.found()) {
    if (it != slots_.end() || stem(found.file) != id) continue;
    const std::string name = heldFile(found);
    if (name.empty()) return Release::not_held;
    suspects_.quarantine().release(name);
    log::notice(component::plugins, name + " is released, by the API, and loaded now");
    if (services_.look_again) services_.look_again();
    return Release::done;
  }
  if (it == slots_.end()) return Release::unknown;
  Slot& slot = it->second;
  const bool closed = slot.state == "quarantined";
  if (!suspects_.quarantine().release(id) && !closed) return Release::not_held;
  log::notice(component::plugins, slot.library->name + " is released, by the API");
  if (closed && !slot.session) openAgain(slot);
  return Release::done;
}

std::vector<std::string> Plugins::quarantined() const {
  std::vector<std::string> list;
  for (auto& [id, slot] : slots_)
    if (slot.state != "idle" && (slot.state == "quarantined" || !suspects_.quarantine().reason(id).empty()))
      list.push_back(id);
  for (auto& found : registry_.found())
    if (!heldFile(found).empty()) list.push_back(stem(found.file));
  return list;
}

Plugins::View Plugins::view(const plugin::Found& found) const {
  if (!found.library)
    return {nullptr, stem(found.file), found.file, heldFile(found).empty() ? "refused" : "quarantined", found.reason};
  const std::string& id = found.library->id;
  const Slot& slot = slots_.at(id);
  View view{found.library, id, found.file, slot.state, slot.reason};
  if (const std::string held = suspects_.quarantine().reason(id); !held.empty() && slot.state != "idle") {
    view.state = "quarantined";
    view.reason = held;
  }
  for (const std::string& more :
       {registered_.claims().conflicts(id), found.note.empty() ? "" : "its file " + found.note})
    if (!more.empty()) view.reason += (view.reason.empty() ? "" : "; ") + more;
  return view;
}

std::vector<Plugins::View> Plugins::views() const {
  std::vector<View> all;
  for (auto& found : registry_.found()) all.push_back(view(found));
  return all;
}

}  // namespace hookswitch::control
