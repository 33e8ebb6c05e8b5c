#include "host/app/config.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/Util/SystemConfiguration.h>

#include <algorithm>

#include "host/app/file_check.hpp"
#include "host/app/slips.hpp"
#include "host/control/dial_guard.hpp"
#include "host/net/url.hpp"
#include "host/plugin/trust.hpp"

namespace hookswitch::app {
namespace {

std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string didYouMean(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string best = nearest(word, candidates);
  if (!best.empty()) return "did you mean '" + best + "'?";
  std::string list;
  for (auto& c : candidates) list += (list.empty() ? "" : ", ") + c;
  return "known are " + list + ".";
}

}  // namespace

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t fewest = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (auto& candidate : candidates) {
    const std::size_t d = distance(word, candidate);
    if (d < fewest) {
      fewest = d;
      best = candidate;
    }
  }
  return best;
}

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
  const std::size_t dot = setting.find('.');
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
  for (auto& [name, keys] : hostSections())
    if (name == section)
      for (auto& k : keys)
        if (k.key.name == key) return k.key.fallback;
  return {};
}

/// Whether the value may be used; what is wrong with it is said. [main]
bool Config::suits(const plugin::Key& key, const Value& value, const std::string& text, const std::string& name,
                   bool words) {
  const Slips slips = findSlips(key, value.text, text, words);
  for (auto& hint : slips.hints) hints_.push_back(value.origin.str() + ": " + name + ": " + hint);
  for (auto& slip : slips.problems) problem(value.origin, name + ": " + slip);
  const std::string wrong = slips.problems.empty() ? plugin::checkValue(key, text) : std::string();
  if (!wrong.empty()) problem(value.origin, name + ": " + wrong);
  const bool good = slips.problems.empty() && wrong.empty();
  if (!good) unfit_.insert(name);
  return good;
}

Origin Config::originOf(const std::string& section, const std::string& key) const {
  auto s = values_.find(section);
  if (s != values_.end())
    if (auto v = s->second.find(key); v != s->second.end()) return v->second.origin;
  return Origin{section + "." + key + " (default)", 0};
}

void Config::checkHost() {
  for (auto& [section, keys] : hostSections()) {
    auto it = values_.find(section);
    if (it == values_.end()) continue;
    std::vector<std::string> names;
    for (auto& k : keys) names.push_back(k.key.name);
    for (auto& [name, value] : it->second) {
      const std::string full = section + "." + name;
      auto known = std::find_if(keys.begin(), keys.end(), [&, &n = name](const HostKey& k) { return k.key.name == n; });
      if (known == keys.end()) {
        problem(value.origin, "unknown key " + full + "; " + didYouMean(name, names));
        continue;
      }
      const std::string text = expand(value, full, false);
      if (!suits(known->key, value, text, full, known->key.words)) continue;
      std::string wrong;
      if (known->key.kind == HKS_INTEGER) {
        const long long number = std::stoll(text);
        if (number < known->min || number > known->max)
          wrong = "expected a number between " + std::to_string(known->min) + " and " + std::to_string(known->max) +
                  ", found " + text;
      }
      if (wrong.empty() && known->key.kind == HKS_URL && !text.empty() && text.compare(0, 7, "http://") != 0 &&
          text.compare(0, 8, "https://") != 0)
        wrong = "expected an address that begins with http:// or https://, found '" + text + "'";
      if (wrong.empty() && full == "calls.allow_to") wrong = control::AllowList().read(text);
      if (!wrong.empty()) problem(value.origin, full + ": " + wrong);
    }
  }
}

void Config::checkPlugins(const plugin::Registry& registry) {
  std::vector<std::string> known, refused;
  for (auto& [section, keys] : hostSections()) known.push_back(section);
  for (auto& found : registry.found()) {
    if (found.library) known.push_back(found.library->id);
    const std::string name = found.file.substr(found.file.rfind('/') + 1);
    if (!found.library) refused.push_back(name.substr(0, name.rfind('.')));
  }
  for (auto& [section, origin] : section_origins_) {
    if (std::find(known.begin(), known.end(), section) != known.end()) continue;
    // The section of a plugin that is there and could not be loaded is not a mistake of whoever wrote it. Its id need
    // not be its file's name, so with any such file only what looks like a slip of the pen is called one.
    const bool theirs = std::find(refused.begin(), refused.end(), section) != refused.end();
    if (theirs || (!refused.empty() && nearest(section, known).empty())) {
      if (!theirs)
        hints_.push_back(origin.str() + ": no plugin reads the section [" + section +
                         "]; it may belong to one that was refused: " + refused.front());
    } else {
      problem(origin, "unknown section [" + section + "]; " + didYouMean(section, known) +
                          " If it belongs to a plugin, no such plugin is in plugins.directory");
    }
    known.push_back(section);
  }
  for (auto& found : registry.found()) {
    if (!found.library) continue;
    const auto& keys = found.library->keys;
    std::vector<std::string> names;
    for (auto& k : keys) names.push_back(k.name);
    std::map<std::string, std::string> given;
    for (auto& [name, value] : values_[found.library->id]) {
      const std::string full = found.library->id + "." + name;
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
      const bool words =
          key->words || (key->kind == HKS_TEXT && !key->secret && !key->required && key->pattern.empty());
      suits(*key, value, given[name], full, words);
    }
    sections_[found.library->id] = plugin::complete(keys, given);
    for (auto& trust : plugin::trustProblems(sections_[found.library->id]))
      problem(values_[found.library->id][trust.key].origin,
              found.library->id + "." + trust.key + ": " + trust.sentence);
  }
}

void Config::checkReferences(const plugin::Registry& registry) {
  auto plugin = [&](const char* key, bool carrier) {
    const std::string id = get("calls", key);
    if (id.empty()) {
      if (std::string(key) != "voice_fallback")
        problem(originOf("calls", key), std::string("calls.") + key + " is empty; name a plugin");
      return;
    }
    auto library = registry.find(id);
    std::vector<std::string> able;
    for (auto& f : registry.found())
      if (f.library && (carrier ? f.library->carrier : f.library->voice)) able.push_back(f.library->id);
    if (library && (carrier ? library->carrier : library->voice)) return;
    // Without any plugin the directory is the problem, and it has been named already.
    if (able.empty() && originOf("calls", key).line == 0) return;
    problem(originOf("calls", key), std::string("calls.") + key + ": " +
                                        (library ? "the plugin '" + id + "' is not a " + (carrier ? "carrier" : "voice")
                                                 : "there is no plugin '" + id + "'") +
                                        "; " + didYouMean(id, able));
  };
  plugin("carrier", true);
  plugin("voice", false);
  plugin("voice_fallback", false);
  if (get("server", "tls_certificate").empty() != get("server", "tls_key").empty())
    problem(originOf("server", get("server", "tls_key").empty() ? "tls_certificate" : "tls_key"),
            "server.tls_certificate and server.tls_key are set together or not at all");
  if (const std::string second = get("server", "public_port"); second != "0" && second == get("server", "port"))
    problem(originOf("server", "public_port"),
            "server.public_port is the same as server.port; it is a second listener and needs a port of its own");
  net::Url url;
  std::string error;
  const std::string public_url = get("server", "public_url");
  const bool http = public_url.compare(0, 7, "http://") == 0 ||
                    public_url.compare(0, 8, "https://") == 0;  // anything else has been named
  if (http && !unfit_.count("server.public_url") &&
      (!net::parseUrl(public_url, url, error) || public_url.find_first_of("?#") != std::string::npos))
    problem(originOf("server", "public_url"),
            "server.public_url: " + (error.empty() ? std::string("expected an address without query") : error));
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
  if (const std::string wrong = checkStorePath(get("store", "path")); !wrong.empty() && !unfit_.count("store.path"))
    problem(originOf("store", "path"), "store.path: " + wrong);
}

void Config::fillOptions() {
  auto number = [&](const char* section, const char* key) { return std::stoll(get(section, key)); };
  Options& o = options_;
  o.host = get("server", "host");
  o.port = std::uint16_t(number("server", "port"));
  o.public_url = get("server", "public_url");
  while (!o.public_url.empty() && o.public_url.back() == '/') o.public_url.pop_back();
  o.public_port = std::uint16_t(number("server", "public_port"));
  o.connections_per_address = std::uint32_t(number("server", "connections_per_address"));
  o.api_key = get("server", "api_key");
  o.api_key_secondary = get("server", "api_key_secondary");
  o.drain_s = std::uint32_t(number("server", "drain_s"));
  o.tls_certificate = get("server", "tls_certificate");
  o.tls_key = get("server", "tls_key");
  o.loops = unsigned(number("media", "loops"));
  o.samplerate = get("media", "resampler") == "samplerate";
  o.carrier = get("calls", "carrier");
  o.voice = get("calls", "voice");
  o.voice_fallback = get("calls", "voice_fallback");
  o.prompt = get("calls", "prompt");
  o.greeting = get("calls", "greeting");
  o.max_concurrent = std::uint32_t(number("calls", "max_concurrent"));
  o.max_duration_s = std::uint32_t(number("calls", "max_duration_s"));
  o.ring_timeout_s = std::uint32_t(number("calls", "ring_timeout_s"));
  o.connect_timeout_s = std::uint32_t(number("calls", "connect_timeout_s"));
  o.allow_to = get("calls", "allow_to");
  o.per_minute = std::uint32_t(number("calls", "per_minute"));
  o.per_number_per_hour = std::uint32_t(number("calls", "per_number_per_hour"));
  o.media_idle_s = std::uint32_t(number("calls", "media_idle_s"));
  o.keep_days = std::uint32_t(number("store", "keep_days"));
  o.store_max_mb = std::uint32_t(number("store", "max_mb"));
  o.plugin_directory = get("plugins", "directory");
  o.step_limit_s = std::uint32_t(number("plugins", "step_limit_s"));
  o.quarantine_s = std::uint32_t(number("plugins", "quarantine_s"));
  o.store_path = get("store", "path");
  o.log_level = get("log", "level");
  o.log_json = get("log", "format") == "json";
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

bool Config::check(const plugin::Registry& registry) {
  for (auto& p : registry.problems()) problems_.push_back(p);
  checkHost();
  checkPlugins(registry);
  checkReferences(registry);
  checkFiles();
  checkSecrets(registry);
  if (problems_.empty()) fillOptions();
  return problems_.empty();
}

}  // namespace hookswitch::app
