#include "host/control/plugins.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/plugin/blame.hpp"
#include "host/plugin/settings.hpp"
#include "host/plugin/trust.hpp"

namespace hookswitch::control {

namespace {
constexpr std::uint32_t leg_hook_ms = 10'000;
}  // namespace

Plugins::Plugins(Services& services, const plugin::Registry& registry, Listener& listener)
    : services_(services), listener_(listener), suspects_(services.quarantine, services.control.nowMs()) {
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
      log::error(component::plugins, found.file + " " + found.reason);
    if (!found.note.empty() && found.note != old.note) log::warn(component::plugins, found.file + " " + found.note);
  }
  for (auto& problem : registry.problems()) log::error(component::plugins, problem);
  registry_ = registry;
  heldFiles();
}

void Plugins::configure(const Sections& sections) {
  configuring_ = true;
  std::vector<Slot*> opened;
  for (auto& [id, slot] : slots_) {
    auto it = sections.find(id);
    const media::Settings settings = it == sections.end() ? plugin::complete(slot.library->keys, {}) : it->second;
    auto trust = plugin::tlsOf(settings);  // else the CA file has gone since it was checked
    const bool same = slot.settings && settings == *slot.settings && slot.public_url == services_.public_url && trust &&
                      plugin::sameTrust(*trust, slot.trust);
    if (!slot.state.empty() && same && slot.state != "broken") continue;
    slot.settings = std::make_shared<const media::Settings>(settings);
    slot.public_url = services_.public_url;
    slot.trust = trust ? *trust : plugin::Trust();
    slot.broken = 0;
    if (slot.session) retire(slot);
    registered_.clear(id);
    std::string idle = plugin::idleReason(slot.library->keys, settings);
    if (idle.empty()) idle = trust ? std::string() : trust.error();
    if (!idle.empty()) {
      registered_.claims().forget(id);
      slot.state = "idle";
      slot.reason = idle;
      log::info(component::plugins, slot.library->name + " " + slot.library->version + " is loaded but idle: " + idle);
      continue;
    }
    slot.state = "active";
    slot.reason.clear();
    log::info(component::plugins,
              slot.library->name + " " + slot.library->version + " is active (" + slot.library->file + ")");
    if (slot.library->control) opened.push_back(&slot);
  }
  for (auto* slot : opened) openSession(*slot);
  configuring_ = false;
  decideClaims();
}

void Plugins::retire(Slot& slot) {
  const auto old = std::exchange(slot.session, nullptr);
  retiring_.push_back(old);
  services_.control.after(retire_ms, [this, weak = std::weak_ptr<Session>(old)] {
    auto s = weak.lock();
    if (!s) return;
    s->close();
    retiring_.erase(std::remove(retiring_.begin(), retiring_.end(), s), retiring_.end());
  });
}

void Plugins::decideClaims() {
  if (configuring_) return;
  registered_.claims().decide(
      [this](const std::string& id) { return session(id) != nullptr; },
      [](const std::string& id, const std::string& sentence) { log::error("plugin." + id, sentence); });
}

void Plugins::openSession(Slot& slot) {
  if (holdSession(slot)) return;
  slot.session = std::make_shared<Session>(services_, *this, slot.library, *slot.settings, slot.trust);
  auto session = slot.session;  // START may already break it
  // What it claims in START is one claim: between two of its paths nobody comes.
  const bool outer = std::exchange(configuring_, true);
  const bool opened = session->open();
  configuring_ = outer;
  if (opened) {
    if (current(*session)) suspects_.quarantine().rememberHooks(session->id(), registered_.hooksOf(session->id()));
    decideClaims();
    return listener_.onSessionOpened(session->id());
  }
  slot.session = nullptr;
  slot.state = "broken";
  slot.reason = "the plugin refused to open its control session";
  log::error(component::plugins, slot.library->name + ": " + slot.reason);
}

void Plugins::stop() {
  for (auto& [id, slot] : slots_)
    if (slot.session) slot.session->close();
  for (auto& session : retiring_) session->close();
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
  registered_.withdraw(session.id());  // what ends meanwhile waits for the session that follows
  slot.state = "broken";
  slot.reason = "it " + plugin::blame::broken(plugin::Session::max_faults) + " and is opened anew";
  log::error(component::plugins, slot.library->name + ": " + slot.reason);
  const std::uint64_t wait = reopen_ms << std::min(slot.broken++, 6u);
  services_.control.after(wait, [this, id = session.id()] {
    Slot& again = slots_[id];
    if (again.session || again.state != "broken") return;
    again.state = "active";
    again.reason.clear();
    openSession(again);
  });
}

void Plugins::onPluginMessage(Session& session, const hks_msg& message) {
  if (message.type == HKS_HTTP_REPLY) return listener_.onHttpReply(session, reinterpret_cast<const hks_http&>(message));
  if (!Registrations::isOne(message.type)) return listener_.onCallMessage(session, message);
  if (!current(session)) return;  // a session that was replaced registers nothing
  if (const auto taken = registered_.take(session.id(), message); !taken)
    session.say(log::Level::error, taken.error());
  else
    decideClaims();
}

Session* Plugins::session(const std::string& plugin) {
  auto it = slots_.find(plugin);
  return it == slots_.end() ? nullptr : it->second.session.get();
}

bool Plugins::offers(const std::string& plugin, const char* role) const {
  auto it = slots_.find(plugin);
  return it != slots_.end() &&
         (std::strcmp(role, HKS_ROLE_CARRIER) == 0 ? it->second.library->carrier : it->second.library->voice);
}

bool Plugins::listens(const std::string& plugin, std::uint32_t draft) const {
  const auto it = slots_.find(plugin);
  return it != slots_.end() && it->second.library->listensTo(draft);
}

base::Result<media::SessionSource> Plugins::source(const std::string& plugin, const char* role) const {
  const auto it = slots_.find(plugin);
  if (it == slots_.end()) return base::Failure("there is no plugin '" + plugin + "'");
  const Slot& slot = it->second;
  const bool carrier = std::strcmp(role, HKS_ROLE_CARRIER) == 0;
  const std::string kind = carrier ? "carrier" : "voice";
  const hks_role* table = carrier ? slot.library->carrier : slot.library->voice;
  if (!table) return base::Failure("the plugin '" + plugin + "' is not a " + kind);
  if (slot.state != "active") return base::Failure("the plugin '" + plugin + "' is " + slot.state + ": " + slot.reason);
  if (const Held held = suspects_.held(plugin, kind)) return base::Failure(held.why);
  media::SessionSource source;
  source.plugin = plugin;
  source.role = table;
  source.kind = carrier ? "carrier" : "voice";
  source.settings = slot.settings;
  source.trust = slot.trust;
  source.drafts = slot.library->drafts;
  return source;
}

std::vector<call::HookSpec> Plugins::hooks(const std::string& carrier) const {
  auto all = registered_.hooks();
  const auto slot = slots_.find(carrier);
  if (slot != slots_.end() && slot->second.session) return all;
  for (const auto phase : {call::Phase::hangup, call::Phase::settle, call::Phase::confirm})
    if (!registered_.hooked(carrier, phase)) all.push_back({carrier, phase, leg_hook_ms});
  return all;
}

std::vector<std::string> Plugins::carriers() const {
  std::vector<std::string> out;
  for (auto& [id, slot] : slots_)
    if (slot.library->carrier) out.push_back(id);
  return out;
}

void Plugins::fanOut(const hks_msg& message, const std::string& from) {
  const std::string scope = plugin::typeName(message.type);
  const bool suspects = !suspects_.none();
  for (auto& [id, slot] : slots_) {
    if (!slot.session || !slot.library->notifier || id == from || (suspects && suspects_.held(id, scope))) continue;
    slot.session->step(message);
    if (suspects) suspects_.worked(id, scope);
  }
}

}  // namespace hookswitch::control
