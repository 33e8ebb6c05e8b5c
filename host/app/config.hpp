// The configuration: INI files and --set, checked against what the host and its plugins declare.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "host/app/ini.hpp"
#include "host/app/options.hpp"
#include "host/plugin/registry.hpp"
#include "host/plugin/settings.hpp"

namespace hookswitch::app {

struct Family;
struct HostKey;

struct Value {
  std::string text;
  Origin origin;
};

/// [main] Read first, load plugins, then check.
class Config {
 public:
  /// A file that cannot be read and a line that is not INI are problems, not exceptions. Later files win.
  void addFile(const std::string& file);
  /// "section.key=value"
  void addSetting(const std::string& setting);

  /// The value as written, or the default; ${system.env.NAME} replaced.
  std::string get(const std::string& section, const std::string& key) const;

  /// The host's own keys as far as they can be read before the plugins are: what does not suit its key, which check()
  /// says, counts as the default.
  Options early() const;
  /// Check everything against the host's keys and those of the plugins; fills options() and sections().
  /// True when nothing is wrong.
  bool check(const plugin::Registry& registry);
  /// For a reload, after check(): keys that cannot change while running get the values that `running` has; those that
  /// differed, "server.port".
  std::vector<std::string> hold(const Config& running);

  /// One sentence each, with file and line. Complete after check().
  const std::vector<std::string>& problems() const { return problems_; }
  /// Worth a word, not an error: a variable that is not set, a token that does not look like one, a certificate that
  /// ends soon, what belongs to a plugin that is there but not loaded.
  const std::vector<std::string>& hints() const { return hints_; }
  /// Dangerous, and yet not an error: a secret that others can read.
  const std::vector<std::string>& warnings() const { return warnings_; }
  const Options& options() const { return options_; }
  /// Complete sections of the loaded plugins.
  const std::map<std::string, std::map<std::string, std::string>>& sections() const { return sections_; }

 private:
  using Section = std::map<std::string, Value>;
  std::string expand(const Value& value, const std::string& name, bool quiet = true) const;
  bool suits(const plugin::Key& key, const Value& value, const std::string& text, const std::string& name, bool words);
  void problem(const Origin& origin, const std::string& sentence);
  void checkHost();
  void checkKeys(const std::string& section, const std::vector<HostKey>& keys);
  void checkSections(const plugin::Registry& registry);
  void checkNamed(const std::string& section, const Family& family, const Origin& origin,
                  std::set<std::string>& sections);
  void checkNeeded(const std::string& section, const Family& family, const Origin& origin);
  void checkPlugin(const plugin::Found& found);
  void checkPluginNamed(const std::string& section, const HostKey& key, const plugin::Registry& registry);
  void checkReferences(const plugin::Registry& registry);
  void checkFiles();
  Origin originOf(const std::string& section, const std::string& key) const;
  const Value* plainSecret(const std::string& section, const plugin::Key& key) const;
  void checkSecrets(const plugin::Registry& registry);
  void fillOptions();

  std::map<std::string, Section> values_;
  std::vector<std::pair<std::string, Origin>> section_origins_;
  std::vector<std::string> problems_;
  mutable std::vector<std::string> hints_;
  std::set<std::string> unfit_;  // section.key of what has been named; nothing more is said of it
  std::vector<std::string> warnings_;
  Options options_;
  std::map<std::string, std::map<std::string, std::string>> sections_;
};

/// A complete commented INI of the host's keys and those of the plugins, with the defaults.
std::string printConfig(const plugin::Registry& registry);

}  // namespace hookswitch::app
