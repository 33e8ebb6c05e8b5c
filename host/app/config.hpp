// The configuration: INI files and --set, checked against what the host and its plugins declare.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "host/app/ini.hpp"
#include "host/plugin/registry.hpp"
#include "host/plugin/settings.hpp"

namespace hookswitch::app {

struct Value {
  std::string text;
  Origin origin;
};

/// A key of one of the host's own sections.
struct HostKey {
  plugin::Key key;
  std::int64_t min = 0, max = 0;  ///< HKS_INTEGER
  bool restart = false;           ///< a change takes effect at the next start; it is printed and said at a reload
};
/// section name to its keys, in the order of the documentation.
const std::vector<std::pair<std::string, std::vector<HostKey>>>& hostSections();

/// Everything the host reads, with its types.
struct Options {
  std::string host, public_url, api_key, api_key_secondary, tls_certificate, tls_key;
  std::uint16_t port = 8080, public_port = 0;
  std::uint32_t connections_per_address = 1000;
  std::uint32_t drain_s = 30;
  unsigned loops = 0;
  bool samplerate = false;
  std::string carrier, voice, voice_fallback, prompt, greeting;
  std::uint32_t max_concurrent = 1000, max_duration_s = 3600, ring_timeout_s = 30, connect_timeout_s = 15,
                media_idle_s = 30;
  std::string allow_to;
  std::uint32_t per_minute = 0, per_number_per_hour = 0;
  std::uint32_t keep_days = 30, store_max_mb = 0;
  std::string plugin_directory, store_path, log_level;
  std::uint32_t step_limit_s = 15, quarantine_s = 30;
  bool log_json = false;
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
  void checkPlugins(const plugin::Registry& registry);
  void checkReferences(const plugin::Registry& registry);
  void checkFiles();
  Origin originOf(const std::string& section, const std::string& key) const;
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

/// The candidate that is fewest edits away; empty when all are far.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

/// A complete commented INI of the host's keys and those of the plugins, with the defaults.
std::string printConfig(const plugin::Registry& registry);

}  // namespace hookswitch::app
