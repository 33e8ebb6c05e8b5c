#include "host/control/quarantine.hpp"

#include <algorithm>
#include <sstream>

#include "host/base/log.hpp"
#include "host/base/private_file.hpp"
#include "host/control/component.hpp"
#include "host/plugin/message.hpp"

namespace hookswitch::control {
namespace {

constexpr std::size_t max_file = 256 * 1024, max_suspects = 500;
constexpr const char* title =
    "# What Hookswitch plugins have died of; the gateway reads and writes it. Remove it, and every plugin is tried "
    "again.\n";

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, '\t');) fields.push_back(field);
  return fields;
}

std::string oneField(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
  return text;
}

std::string seconds(std::uint64_t ms) { return std::to_string((ms + 999) / 1000) + " s"; }

std::string times(std::uint32_t deaths) { return std::to_string(deaths) + (deaths == 1 ? " time" : " times"); }

bool isLeg(const std::string& scope) {
  return scope == hookScope(call::Phase::hangup) || scope == hookScope(call::Phase::settle) ||
         scope == hookScope(call::Phase::confirm);
}

}  // namespace

std::string hookScope(call::Phase phase) { return std::string("hook ") + call::name(phase); }

std::string scopeOf(const plugin::Death& death) {
  if (death.role == "load" || death.role == "carrier" || death.role == "voice") return death.role;
  switch (death.type) {
    case HKS_CALL_PHASE: return hookScope(static_cast<call::Phase>(death.phase));
    case HKS_HTTP_REQUEST: return death.about.empty() ? "HTTP_REQUEST" : "HTTP_REQUEST " + death.about;
    // Each of these can be left out without the plugin missing an answer that it waits for.
    case HKS_CALL_PLACE:
    case HKS_CALL_SWEEP:
    case HKS_TOOL_CALL:
    case HKS_NOTICE:
    case HKS_TRANSCRIPT: return plugin::typeName(death.type);
    default: return "session";
  }
}

Quarantine::Quarantine(Options options) : options_(std::move(options)) {
  if (options_.path.empty()) return;
  const auto found = base::readPrivateFile(options_.path, max_file);
  if (!found) log::error(component::quarantine, found.error() + "; plugins are not held back for what they did before");
  if (found && *found) read(**found);
}

void Quarantine::read(const std::string& content) {
  std::istringstream in(content);
  std::string died;
  for (std::string line; std::getline(in, line);) {
    if (const auto death = plugin::parseDeath(line)) {
      if (line != died) count(*death);  // one line twice: the file was being replaced when it was written
      died = line;
      continue;
    }
    const auto f = split(line);
    try {
      if (f.size() == 8 && f[0] == "suspect" && suspects_.size() < max_suspects) {
        Suspect& s = suspects_[{f[1], f[2]}];
        s.deaths = std::uint32_t(std::stoul(f[3]));
        s.last_ms = std::stoull(f[4]);
        // A wall clock that was set back must not turn a minute into a year.
        s.until_ms = std::min<std::uint64_t>(std::stoull(f[5]), now() + waitMs(f[2], s.deaths));
        s.about = f[6] == "-" ? "" : f[6];
        s.text = f[7];
      } else if (f.size() == 4 && f[0] == "hook") {
        const unsigned long phase = std::stoul(f[2]);
        if (phase >= HKS_PHASE_HANGUP && phase <= HKS_PHASE_SETTLE)
          hooks_[f[1]].push_back({f[1], static_cast<call::Phase>(phase),
                                  std::uint32_t(std::clamp<unsigned long>(std::stoul(f[3]), 1, 15'000))});
      }
    } catch (const std::exception&) {
      // Half a line, of a disk that was full: what it said is lost, and the next death says it again.
    }
  }
}

void Quarantine::count(const plugin::Death& death) {
  const Key key{death.plugin, scopeOf(death)};
  if (!suspects_.count(key) && suspects_.size() >= max_suspects) return;
  Suspect& s = suspects_[key];
  ++s.deaths;
  s.last_ms = death.unix_ms;
  const std::uint64_t wait = waitMs(key.second, s.deaths);
  s.until_ms = wait ? std::min(death.unix_ms, now()) + wait : 0;
  s.about = death.about;
  s.text = plugin::describe(death);
}

std::uint64_t Quarantine::waitMs(const std::string& scope, std::uint32_t deaths) const {
  if (deaths < held_from) return 0;
  const std::uint64_t wait = std::uint64_t(options_.first_s) * 1000 << std::min(deaths - held_from, 20u);
  return std::min(wait, isLeg(scope) ? longest_leg_ms : longest_ms);
}

void Quarantine::watch() const {
  if (options_.path.empty()) return;
  // The store beside it has the same trouble and its own sentence for it; otherwise keep() says it.
  (void)plugin::recordDeaths(options_.path);
}

void Quarantine::keep() {
  if (options_.path.empty()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ours_ = true;
    for (auto& [key, s] : suspects_) {
      const auto& [plugin, scope] = key;
      const std::string what =
          "the gateway " + s.text + ", which is the plugin " + plugin + "'s; " + times(s.deaths) + " so far";
      if (s.held(now()))
        log::error(component::quarantine, "the plugin " + plugin + " is held back for " + seconds(s.until_ms - now()) +
                                              " (" + scope + "): " + what);
      else
        log::warn(component::quarantine, what + "; others go first");
    }
  }
  write();
}

void Quarantine::changed() {
  if (offload_)
    offload_([this] { write(); });
  else
    write();
}

void Quarantine::write() {
  const std::lock_guard<std::mutex> one(writing_);
  std::string text = title;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!ours_) return;
    for (auto& [key, s] : suspects_)
      text += "suspect\t" + key.first + "\t" + oneField(key.second) + "\t" + std::to_string(s.deaths) + "\t" +
              std::to_string(s.last_ms) + "\t" + std::to_string(s.until_ms) + "\t" +
              (s.about.empty() ? "-" : oneField(s.about)) + "\t" + oneField(s.text) + "\n";
    for (auto& [plugin, hooks] : hooks_)
      for (auto& hook : hooks)
        text += "hook\t" + plugin + "\t" + std::to_string(unsigned(hook.phase)) + "\t" +
                std::to_string(hook.deadline_ms) + "\n";
  }
  const std::string aside = options_.path + ".next";
  auto kept = base::writePrivateFile(aside, text);
  if (kept) kept = plugin::replaceDeaths(aside, options_.path);
  if (!kept) log::error(component::quarantine, kept.error() + "; a plugin that kills the process may go on doing so");
}

bool Quarantine::empty() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return suspects_.empty();
}

std::optional<Quarantine::Suspect> Quarantine::find(const std::string& plugin, const std::string& scope) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto it = suspects_.find({plugin, scope});
  return it == suspects_.end() ? std::nullopt : std::make_optional(it->second);
}

std::vector<std::pair<std::string, Quarantine::Suspect>> Quarantine::of(const std::string& plugin) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::pair<std::string, Suspect>> list;
  for (auto& [key, s] : suspects_)
    if (key.first == plugin) list.emplace_back(key.second, s);
  return list;
}

Held Quarantine::held(const std::string& plugin, const std::string& scope) const {
  const auto s = find(plugin, scope);
  const std::uint64_t at = now();
  if (!s || !s->held(at)) return {};
  return {s->until_ms - at, "the plugin " + plugin + " is quarantined for " + seconds(s->until_ms - at) +
                                ": the gateway " + s->text + ", " + times(s->deaths) + " so far"};
}

std::string Quarantine::reason(const std::string& plugin) const {
  std::string all;
  for (auto& [scope, s] : of(plugin))
    if (const Held why = held(plugin, scope)) all += (all.empty() ? "" : "; ") + scope + ": " + why.why;
  return all;
}

void Quarantine::succeeded(const std::string& plugin, const std::string& scope, const std::string& about) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto it = suspects_.find({plugin, scope});
    if (it == suspects_.end()) return;
    const Suspect& s = it->second;
    const std::uint64_t quiet = std::max(least_quiet_ms, 2 * waitMs(scope, s.deaths));
    if (!s.about.empty() && s.about != about && now() < s.last_ms + quiet) return;
    log::notice(component::quarantine, "the plugin " + plugin + " works again (" + scope + ") after " +
                                           times(s.deaths) + " that the gateway died there");
    suspects_.erase(it);
  }
  changed();
}

bool Quarantine::release(const std::string& plugin) {
  bool held = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto it = suspects_.begin(); it != suspects_.end();) {
      if (it->first.first != plugin) {
        ++it;
        continue;
      }
      held = held || it->second.held(now());
      it = suspects_.erase(it);
    }
  }
  changed();
  return held;
}

void Quarantine::rememberHooks(const std::string& plugin, const std::vector<call::HookSpec>& hooks) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto& known = hooks_[plugin];
    if (std::equal(known.begin(), known.end(), hooks.begin(), hooks.end(),
                   [](auto& a, auto& b) { return a.phase == b.phase && a.deadline_ms == b.deadline_ms; }))
      return;
    known = hooks;
  }
  changed();
}

std::vector<call::HookSpec> Quarantine::rememberedHooks(const std::string& plugin) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto it = hooks_.find(plugin);
  return it == hooks_.end() ? std::vector<call::HookSpec>{} : it->second;
}

}  // namespace hookswitch::control
