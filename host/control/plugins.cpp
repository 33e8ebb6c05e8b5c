#include "host/control/plugins.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "host/base/log.hpp"
#include "host/plugin/blame.hpp"
#include "host/plugin/settings.hpp"
#include "host/plugin/trust.hpp"

namespace hookswitch::control {

using plugin::view;

namespace {
constexpr const char* component = "plugins";
constexpr std::uint32_t leg_hook_ms = 10'000;
}  // namespace

Plugins::Plugins(Services& services, const plugin::Registry& registry, Listener& listener)
    : services_(services),
      listener_(listener),
      quarantine_(services.quarantine ? *services.quarantine : nothing_held_),
      started_ms_(services_.control.nowMs()) {
  adopt(registry);
}

void Plugins::adopt(const plugin::Registry& registry) {
  auto before = [this](const std::string& file) {
    const auto& all = registry_.found();
    const auto it = std::find_if(all.begin(), all.end(), [&](auto& f) { return f.file == file; });
    return it == all.end() ? plugin::Found{} : *it;
  };
  for (auto& found : registry.found()) {
    const plugin::Found old = before(found.file);
    if (found.library)
      slots_[found.library->id].library = found.library;
    else if (found.reason != old.reason)
      log::error(component, found.file + " " + found.reason);
    if (!found.note.empty() && found.note != old.note) log::warn(component, found.file + " " + found.note);
  }
  for (auto& problem : registry.problems()) log::error(component, problem);
  registry_ = registry;
  heldFiles();
}

void Plugins::configure(const Sections& sections) {
  configuring_ = true;
  std::vector<Slot*> opened;
  for (auto& [id, slot] : slots_) {
    auto it = sections.find(id);
    const media::Settings settings = it == sections.end() ? plugin::complete(slot.library->keys, {}) : it->second;
    std::shared_ptr<const net::TlsContext> tls;
    std::string distrust;  // why its connections cannot be made: the CA file has gone since it was checked
    try {
      tls = plugin::tlsOf(settings);
    } catch (const std::exception& e) {
      distrust = e.what();
    }
    const bool same = settings == slot.settings && slot.public_url == services_.public_url && distrust.empty() &&
                      plugin::sameTrust(tls, slot.tls);
    if (!slot.state.empty() && same && slot.state != "broken") continue;
    slot.settings = settings;
    slot.public_url = services_.public_url;
    slot.tls = std::move(tls);
    slot.broken = 0;
    if (slot.session) {
      auto old = std::move(slot.session);
      slot.session = nullptr;
      retiring_.push_back(old);
      services_.control.after(retire_ms, [this, weak = std::weak_ptr<Session>(old)] {
        auto s = weak.lock();
        if (!s) return;
        s->close();
        retiring_.erase(std::remove(retiring_.begin(), retiring_.end(), s), retiring_.end());
      });
    }
    unregister(id, true);
    std::string idle = plugin::idleReason(slot.library->keys, settings);
    if (idle.empty()) idle = distrust;
    if (!idle.empty()) {
      claims_.forget(id);
      slot.state = "idle";
      slot.reason = idle;
      log::info(component, slot.library->name + " " + slot.library->version + " is loaded but idle: " + idle);
      continue;
    }
    slot.state = "active";
    slot.reason.clear();
    log::info(component, slot.library->name + " " + slot.library->version + " is active (" + slot.library->file + ")");
    if (slot.library->control) opened.push_back(&slot);
  }
  for (auto* slot : opened) openSession(*slot);
  configuring_ = false;
  settleClaims();
}

void Plugins::settleClaims() {
  if (configuring_) return;
  claims_.settle([this](const std::string& id) { return session(id) != nullptr; },
                 [](const std::string& id, const std::string& sentence) { log::error("plugin." + id, sentence); });
}

void Plugins::openSession(Slot& slot) {
  if (holdSession(slot)) return;
  slot.session = std::make_shared<Session>(services_, *this, slot.library, slot.settings, slot.tls);
  auto session = slot.session;  // START may already break it
  // What it claims in START is one claim: between two of its paths nobody comes.
  const bool outer = std::exchange(configuring_, true);
  const bool opened = session->open();
  configuring_ = outer;
  if (opened) {
    std::vector<call::HookSpec> own;
    for (auto& hook : hooks_)
      if (hook.plugin == session->id()) own.push_back(hook);
    if (current(*session)) quarantine_.rememberHooks(session->id(), own);
    settleClaims();
    return listener_.onSessionOpened(session->id());
  }
  slot.session = nullptr;
  slot.state = "broken";
  slot.reason = "the plugin refused to open its control session";
  log::error(component, slot.library->name + ": " + slot.reason);
}

void Plugins::stop() {
  for (auto& [id, slot] : slots_)
    if (slot.session) slot.session->close();
  for (auto& session : retiring_) session->close();
}

/// What it serves now. Its hooks stay while it is opened anew: what ends meanwhile waits for it.
void Plugins::unregister(const std::string& plugin, bool hooks_too) {
  auto drop = [&](auto& list, auto owner) {
    list.erase(std::remove_if(list.begin(), list.end(), [&](auto& x) { return owner(x) == plugin; }), list.end());
  };
  if (hooks_too) drop(hooks_, [](auto& h) { return h.plugin; });
  claims_.withdraw(plugin);
  drop(tools_, [](auto& t) { return t.first; });
}

bool Plugins::current(const Session& session) const {
  auto it = slots_.find(session.id());
  return it != slots_.end() && it->second.session.get() == &session;
}

void Plugins::onPluginBroken(Session& session) {
  auto it = slots_.find(session.id());
  if (it == slots_.end() || it->second.session.get() != &session) return session.close();
  Slot& slot = it->second;
  session.close();
  slot.session = nullptr;
  unregister(session.id(), false);
  slot.state = "broken";
  slot.reason = "it " + plugin::blame::broken(plugin::Session::max_faults) + " and is opened anew";
  log::error(component, slot.library->name + ": " + slot.reason);
  const std::uint64_t wait = reopen_ms << std::min(slot.broken++, 6u);
  services_.control.after(wait, [this, id = session.id()] {
    Slot& again = slots_[id];
    if (again.session || again.state != "broken") return;
    again.state = "active";
    again.reason.clear();
    openSession(again);
  });
}

void Plugins::registerRoute(Session& session, const hks_route& message, bool endpoint) {
  const std::string path(view(message.path)), method(view(message.method));
  const std::string why =
      endpoint ? claims_.addEndpoint(session.id(), path, (message.flags & HKS_ROUTE_ASK) != 0)
               : claims_.add({session.id(), method.empty() ? "GET" : method, path,
                              std::string(view(message.call_query)), (message.flags & HKS_ROUTE_OPEN) != 0});
  if (!why.empty()) return session.say(log::Level::error, "cannot have the path '" + path + "': " + why);
  settleClaims();
}

void Plugins::onPluginMessage(Session& session, const hks_msg& message) {
  const bool now = current(session);
  switch (message.type) {
    case HKS_ROUTE:
    case HKS_ENDPOINT:
      if (now) registerRoute(session, reinterpret_cast<const hks_route&>(message), message.type == HKS_ENDPOINT);
      return;
    case HKS_HOOK: {
      auto& hook = reinterpret_cast<const hks_hook&>(message);
      if (!now) return;
      if (hook.phase < HKS_PHASE_HANGUP || hook.phase > HKS_PHASE_SETTLE)
        return session.say(log::Level::error, "asked for the unknown phase " + std::to_string(hook.phase));
      const auto phase = static_cast<call::Phase>(hook.phase);
      const std::uint32_t deadline = std::clamp<std::uint32_t>(hook.deadline_ms, 1, 15'000);
      for (auto& h : hooks_)
        if (h.plugin == session.id() && h.phase == phase) {
          h.deadline_ms = deadline;
          return;
        }
      hooks_.push_back({session.id(), phase, deadline});
      return;
    }
    case HKS_TOOL: {
      auto& tool = reinterpret_cast<const hks_tool&>(message);
      const std::string name(view(tool.name));
      if (!now) return;
      if (name.empty() || name.size() > 64 || name == "end_call" || !toolOwner(name).empty() ||
          tools_.size() >= max_registrations)
        return session.say(log::Level::error,
                           "cannot offer the tool '" + name +
                               "': a tool has a name of its own, at most 64 characters, and there are at most " +
                               std::to_string(max_registrations));
      tools_.push_back(
          {session.id(), {name, std::string(view(tool.description)), std::string(view(tool.parameters_json))}});
      return;
    }
    case HKS_HTTP_REPLY: return listener_.onHttpReply(session, reinterpret_cast<const hks_http&>(message));
    default: return listener_.onCallMessage(session, message);
  }
}

Session* Plugins::session(const std::string& plugin) {
  auto it = slots_.find(plugin);
  return it == slots_.end() ? nullptr : it->second.session.get();
}

bool Plugins::isActive(const std::string& plugin) const {
  auto it = slots_.find(plugin);
  return it != slots_.end() && it->second.state == "active";
}

bool Plugins::offers(const std::string& plugin, const char* role) const {
  auto it = slots_.find(plugin);
  return it != slots_.end() &&
         (std::strcmp(role, HKS_ROLE_CARRIER) == 0 ? it->second.library->carrier : it->second.library->voice);
}

bool Plugins::source(const std::string& plugin, const char* role, media::SessionSource& out,
                     std::string& reason) const {
  auto it = slots_.find(plugin);
  const bool carrier = std::strcmp(role, HKS_ROLE_CARRIER) == 0;
  const std::string what = carrier ? "carrier" : "voice";
  if (it == slots_.end()) {
    reason = "there is no plugin '" + plugin + "'";
    return false;
  }
  const Slot& slot = it->second;
  const hks_role* table = carrier ? slot.library->carrier : slot.library->voice;
  if (!table)
    reason = "the plugin '" + plugin + "' is not a " + what;
  else if (slot.state != "active")
    reason = "the plugin '" + plugin + "' is " + slot.state + ": " + slot.reason;
  else if (quarantine_.heldMs(plugin, what, &reason)) {
  } else {
    out.plugin = plugin;
    out.role = table;
    out.kind = carrier ? "carrier" : "voice";
    out.settings = std::make_shared<const media::Settings>(slot.settings);
    out.tls = slot.tls;
    return true;
  }
  return false;
}

std::vector<call::HookSpec> Plugins::hooks() const { return hooks_; }

std::vector<call::HookSpec> Plugins::hooks(const std::string& carrier) const {
  auto all = hooks_;
  const auto slot = slots_.find(carrier);
  if (slot != slots_.end() && slot->second.session) return all;
  for (const auto phase : {call::Phase::hangup, call::Phase::settle, call::Phase::confirm})
    if (std::none_of(all.begin(), all.end(), [&](auto& h) { return h.plugin == carrier && h.phase == phase; }))
      all.push_back({carrier, phase, leg_hook_ms});
  return all;
}

std::vector<std::string> Plugins::carriers() const {
  std::vector<std::string> out;
  for (auto& [id, slot] : slots_)
    if (slot.library->carrier) out.push_back(id);
  return out;
}

std::vector<media::Tool> Plugins::tools() const {
  std::vector<media::Tool> out;
  for (auto& [plugin, tool] : tools_) out.push_back(tool);
  return out;
}

std::string Plugins::toolOwner(const std::string& name) const {
  for (auto& [plugin, tool] : tools_)
    if (tool.name == name) return plugin;
  return {};
}

void Plugins::fanOut(const hks_msg& message, const std::string& from) {
  const std::string scope = plugin::typeName(message.type);
  const bool suspects = !quarantine_.empty();
  for (auto& [id, slot] : slots_) {
    if (!slot.session || !slot.library->notifier || id == from || (suspects && quarantine_.heldMs(id, scope))) continue;
    slot.session->step(message);
    if (suspects) worked(id, scope);
  }
}

}  // namespace hookswitch::control
