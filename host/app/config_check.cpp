// The check of a configuration: against the host's keys, those of the plugins, and what the values name.
#include <algorithm>

#include "host/app/config.hpp"
#include "host/app/config_families.hpp"
#include "host/app/config_keys.hpp"
#include "host/app/file_check.hpp"
#include "host/app/nearest.hpp"
#include "host/app/slips.hpp"
#include "host/net/url.hpp"
#include "host/plugin/trust.hpp"

namespace hookswitch::app {
namespace {

std::string fileName(const plugin::Found& found) { return found.file.substr(found.file.rfind('/') + 1); }

bool suitable(const plugin::Library& library, HostKey::Names names) {
  return names == HostKey::Names::carrier ? library.carrier != nullptr : library.voice != nullptr;
}

}  // namespace

/// Whether the value may be used; what is wrong with it is said. [main]
bool Config::suits(const plugin::Key& key, const Value& value, const std::string& text, const std::string& name,
                   bool words) {
  const Slips slips = findSlips(key, value.text, text, words);
  for (auto& hint : slips.hints) hints_.push_back(value.origin.str() + ": " + name + ": " + hint);
  for (auto& slip : slips.problems) problem(value.origin, name + ": " + slip);
  bool good = slips.problems.empty();
  if (good)
    if (const auto suited = plugin::checkValue(key, text); !suited) {
      problem(value.origin, name + ": " + suited.error());
      good = false;
    }
  if (!good) unfit_.insert(name);
  return good;
}

void Config::checkKeys(const std::string& section, const std::vector<HostKey>& keys) {
  auto it = values_.find(section);
  if (it == values_.end()) return;
  std::vector<std::string> names;
  for (auto& k : keys) names.push_back(k.key.name);
  for (auto& [name, value] : it->second) {
    const std::string full = section + "." + name;
    const HostKey* known = hostKey(section, name);
    if (!known) {
      problem(value.origin, "unknown key " + full + "; " + didYouMean(name, names));
      continue;
    }
    const std::string text = expand(value, full, false);
    if (!suits(known->key, value, text, full, known->key.words)) continue;
    if (const auto good = checkHostValue(*known, text); !good) problem(value.origin, full + ": " + good.error());
  }
}

void Config::checkHost() {
  for (auto& [section, keys] : hostSections()) checkKeys(section, keys);
  for (auto& [section, values] : values_)
    if (const Family* family = familyOf(section)) checkKeys(section, family->keys);
}

/// What a named section cannot do without.
void Config::checkNeeded(const std::string& section, const Family& family, const Origin& origin) {
  for (auto& key : family.keys)
    if (key.key.required && get(section, key.key.name).empty())
      problem(origin, "the section [" + section + "] has no " + key.key.name + ": " + key.key.text);
}

/// `sections`: those of the family that have been looked at.
void Config::checkNamed(const std::string& section, const Family& family, const Origin& origin,
                        std::set<std::string>& sections) {
  if (const auto good = family.names(nameIn(section)); !good)
    return problem(origin, "the section [" + section + "] " + (good.error().empty() ? family.naming : good.error()));
  if (!sections.insert(section).second) return;
  if (sections.size() == family.most + 1)
    problem(origin, "there are more than " + std::to_string(family.most) + " sections [" + family.word + ".*]; [" +
                        section + "] is one too many");
  checkNeeded(section, family, origin);
}

void Config::checkSections(const plugin::Registry& registry) {
  std::vector<std::string> known, refused;
  for (auto& [section, keys] : hostSections()) known.push_back(section);
  for (auto& found : registry.found()) {
    const std::string name = fileName(found);
    if (found.library)
      known.push_back(found.library->id);
    else
      refused.push_back(name.substr(0, name.rfind('.')));
  }
  std::map<const Family*, std::set<std::string>> named;
  for (auto& [section, origin] : section_origins_) {
    if (const Family* family = familyBefore(section)) {
      checkNamed(section, *family, origin, named[family]);
      continue;
    }
    if (std::find(known.begin(), known.end(), section) != known.end()) continue;
    // The section of a plugin that is there and could not be loaded is not a mistake of whoever wrote it. Its id need
    // not be its file's name, so with any such file only what looks like a slip of the pen is called one.
    const bool theirs = std::find(refused.begin(), refused.end(), section) != refused.end();
    if (!theirs && !refused.empty() && nearest(section, known).empty())
      hints_.push_back(origin.str() + ": no plugin reads the section [" + section +
                       "]; it may belong to one that was refused: " + refused.front());
    else if (!theirs)
      problem(origin, "unknown section [" + section + "]; " + didYouMean(section, known) +
                          " If it belongs to a plugin, no such plugin is in plugins.directory");
    known.push_back(section);
  }
}

void Config::checkPlugin(const plugin::Found& found) {
  const plugin::Library& library = *found.library;
  auto& keys = library.keys;
  std::vector<std::string> names;
  for (auto& k : keys) names.push_back(k.name);
  std::map<std::string, std::string> given;
  for (auto& [name, value] : values_[library.id]) {
    const std::string full = library.id + "." + name;
    auto key = std::find_if(keys.begin(), keys.end(), [&, &n = name](const plugin::Key& k) { return k.name == n; });
    if (key == keys.end()) {
      const std::string sentence = "unknown key " + full + "; " + didYouMean(name, names);
      // The key may be one of the new file, which only a restart can load.
      if (found.note.empty())
        problem(value.origin, sentence);
      else
        hints_.push_back(value.origin.str() + ": " + sentence + ". The plugin's file " + found.note);
      continue;
    }
    given[name] = expand(value, full, false);
    // Of another's text nobody here knows what it is for, unless it is a secret, needed, or has a shape.
    const bool words = key->words || (key->kind == HKS_TEXT && !key->secret && !key->required && key->pattern.empty());
    suits(*key, value, given[name], full, words);
  }
  auto& section = sections_[library.id] = plugin::complete(keys, given);
  for (auto& trust : plugin::trustProblems(section))
    problem(values_[library.id][trust.key].origin, library.id + "." + trust.key + ": " + trust.sentence);
}

/// A value that names a plugin names one that is there and has the role.
void Config::checkPluginNamed(const std::string& section, const HostKey& key, const plugin::Registry& registry) {
  const std::string name = section + "." + key.key.name, id = get(section, key.key.name);
  const Origin origin = originOf(section, key.key.name);
  if (id.empty()) {
    if (key.names != HostKey::Names::voice_or_none) problem(origin, name + " is empty; name a plugin");
    return;
  }
  const auto library = registry.find(id);
  if (library && suitable(*library, key.names)) return;
  std::vector<std::string> able;
  for (auto& f : registry.found())
    if (f.library && suitable(*f.library, key.names)) able.push_back(f.library->id);
  // Without any plugin the directory is the problem, and it has been named already.
  if (able.empty() && origin.line == 0) return;
  const std::string role = key.names == HostKey::Names::carrier ? "carrier" : "voice";
  problem(origin, name + ": " +
                      (library ? "the plugin '" + id + "' is not a " + role : "there is no plugin '" + id + "'") +
                      "; " + didYouMean(id, able));
}

/// What values mean to each other.
void Config::checkReferences(const plugin::Registry& registry) {
  for (auto& [section, keys] : hostSections())
    for (auto& key : keys)
      if (key.names != HostKey::Names::nothing) checkPluginNamed(section, key, registry);
  for (auto& [section, values] : values_)
    if (const Family* family = familyOf(section))
      for (auto& key : family->keys)
        if (key.names != HostKey::Names::nothing && values.count(key.key.name))
          checkPluginNamed(section, key, registry);
  const auto tools = control::toolList(get("calls", "tools"));
  if (std::find(tools.begin(), tools.end(), control::transfer_call) != tools.end() && get("calls", "allow_to").empty())
    hints_.push_back(
        originOf("calls", "tools").str() +
        ": calls.tools has transfer_call and calls.allow_to is empty: whoever talks to the agent may talk it "
        "into calling any number, at your expense");
  if (get("server", "tls_certificate").empty() != get("server", "tls_key").empty())
    problem(originOf("server", get("server", "tls_key").empty() ? "tls_certificate" : "tls_key"),
            "server.tls_certificate and server.tls_key are set together or not at all");
  if (const std::string second = get("server", "public_port"); second != "0" && second == get("server", "port"))
    problem(originOf("server", "public_port"),
            "server.public_port is the same as server.port; it is a second listener and needs a port of its own");
}

/// What the values name outside of the configuration.
void Config::checkFiles() {
  const std::string certificate = get("server", "tls_certificate"), key = get("server", "tls_key");
  if (!certificate.empty() && !key.empty() && !unfit_.count("server.tls_certificate") &&
      !unfit_.count("server.tls_key"))
    for (auto& finding : checkCertificate(certificate, key)) {
      const std::string name = finding.about_key ? "tls_key" : "tls_certificate";
      const std::string sentence = "server." + name + ": " + finding.sentence;
      if (finding.fatal)
        problem(originOf("server", name), sentence);
      else
        hints_.push_back(originOf("server", name).str() + ": " + sentence);
    }
  if (const auto usable = checkStorePath(get("store", "path")); !usable && !unfit_.count("store.path"))
    problem(originOf("store", "path"), "store.path: " + usable.error());
}

bool Config::check(const plugin::Registry& registry) {
  for (auto& p : registry.problems()) problems_.push_back(p);
  checkHost();
  checkSections(registry);
  for (auto& found : registry.found())
    if (found.library) checkPlugin(found);
  checkReferences(registry);
  checkFiles();
  checkSecrets(registry);
  if (problems_.empty()) fillOptions();
  return problems_.empty();
}

}  // namespace hookswitch::app
