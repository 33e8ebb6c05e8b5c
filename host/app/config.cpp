#include "host/app/config.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/Util/SystemConfiguration.h>

#include "host/app/config_families.hpp"
#include "host/app/config_keys.hpp"

namespace hookswitch::app {

void Config::problem(const Origin& origin, const std::string& sentence) {
  problems_.push_back(origin.str() + ": " + sentence);
}

void Config::addFile(const std::string& file) {
  Ini ini = readIni(file);
  for (auto& [origin, sentence] : ini.problems) problem(origin, sentence);
  for (auto& [section, origin] : ini.sections) {
    section_origins_.emplace_back(section, origin);
    values_[section];
  }
  for (auto& entry : ini.entries) values_[entry.section][entry.key] = {std::move(entry.text), std::move(entry.origin)};
}

void Config::addSetting(const std::string& setting) {
  const std::size_t equals = setting.find('=');
  const std::size_t dot = setting.rfind('.', equals);  // a key has none; the name of a section may have
  const Origin origin{"--set", 0};
  if (equals == std::string::npos || dot == std::string::npos || dot > equals || dot == 0 || dot + 1 == equals)
    return problem(origin, "expected section.key=value, for example server.port=8081");
  const std::string section = setting.substr(0, dot);
  section_origins_.emplace_back(section, Origin{"--set " + setting.substr(0, equals), 0});
  values_[section][setting.substr(dot + 1, equals - dot - 1)] = {trim(setting.substr(equals + 1)),
                                                                 {"--set " + setting.substr(0, equals), 0}};
}

std::string Config::expand(const Value& value, const std::string& name, bool quiet) const {
  if (value.text.find("${") == std::string::npos) return value.text;
  const Poco::AutoPtr<Poco::Util::SystemConfiguration> system(new Poco::Util::SystemConfiguration);
  std::string text;
  std::size_t at = 0;
  for (std::size_t begin; (begin = value.text.find("${", at)) != std::string::npos;) {
    const std::size_t end = value.text.find('}', begin);
    if (end == std::string::npos) break;
    text.append(value.text, at, begin - at);
    const std::string reference = value.text.substr(begin + 2, end - begin - 2);
    // What a variable holds is taken as it is, also where it looks like another reference. One that is not set counts
    // as empty: a key of an account that reads "${...}" helps nobody.
    if (system->hasProperty(reference))
      text += system->getRawString(reference);
    else if (!quiet && reference.compare(0, 7, "system.") == 0)  // any other has been named as a mistake
      hints_.push_back(value.origin.str() + ": " + name + " refers to ${" + reference +
                       "}, which is not set; it counts as empty");
    at = end + 1;
  }
  return trim(text.append(value.text, at));
}

std::string Config::get(const std::string& section, const std::string& key) const {
  auto s = values_.find(section);
  if (s != values_.end()) {
    auto v = s->second.find(key);
    if (v != s->second.end()) return expand(v->second, section + "." + key);
  }
  const HostKey* known = hostKey(section, key);
  return known ? known->key.fallback : std::string();
}

Origin Config::originOf(const std::string& section, const std::string& key) const {
  auto s = values_.find(section);
  if (s != values_.end())
    if (auto v = s->second.find(key); v != s->second.end()) return v->second.origin;
  return Origin{section + "." + key + " (default)", 0};
}

void Config::fillOptions() {
  for (auto& [section, keys] : hostSections())
    for (auto& k : keys) k.fill(options_, get(section, k.key.name));
  for (auto& family : families()) family.clear(options_);
  for (auto& [section, values] : values_) {
    const Family* family = familyOf(section);
    if (!family) continue;
    family->begin(options_, nameIn(section));
    for (auto& k : family->keys)
      if (values.count(k.key.name)) k.fill_named(options_, nameIn(section), get(section, k.key.name));
  }
}

Options Config::early() const {
  Options options;
  for (auto& [section, keys] : hostSections())
    for (auto& k : keys) {
      const std::string text = get(section, k.key.name);
      const bool suits = plugin::checkValue(k.key, text) && checkHostValue(k, text);
      k.fill(options, suits ? text : k.key.fallback);
    }
  return options;
}

std::vector<std::string> Config::hold(const Config& running) {
  std::vector<std::string> changed;
  for (auto& [section, keys] : hostSections()) {
    for (auto& k : keys) {
      const std::string& name = k.key.name;
      const std::string was = running.get(section, name);
      if (!k.restart || get(section, name) == was) continue;
      changed.push_back(section + "." + name);
      values_[section][name] = {was, {"the running gateway", 0}};
    }
  }
  if (!changed.empty()) fillOptions();
  return changed;
}

}  // namespace hookswitch::app
