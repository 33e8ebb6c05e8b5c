#include "host/app/application.hpp"

#include <filesystem>
#include <iostream>

#include "host/app/api_key.hpp"
#include "host/app/clock.hpp"
#include "host/app/serving.hpp"
#include "host/app/version.hpp"
#include "host/base/private_file.hpp"
#include "host/control/claims.hpp"
#include "host/control/quarantine.hpp"
#include "host/plugin/settings.hpp"

namespace hookswitch::app {
namespace {

control::Quarantine::Options quarantineOptions(const Options& options) {
  control::Quarantine::Options o;
  // A store in memory keeps nothing, and neither does the quarantine.
  if (!options.store_path.empty()) o.path = base::besideStore(options.store_path, "steps");
  o.first_s = options.quarantine_s;
  o.unix_ms = [] { return clock().unixMs(); };
  return o;
}

/// A line for the plugin of one file; false: it is refused.
bool printPlugin(const plugin::Found& found, const Config& config) {
  const std::string name = found.file.substr(found.file.rfind('/') + 1);
  if (!found.library) {
    std::cout << name << ": refused: it " << found.reason << "\n";
    return false;
  }
  const plugin::Library& library = *found.library;
  auto section = config.sections().find(library.id);
  const std::string idle =
      section == config.sections().end() ? std::string() : plugin::idleReason(library.keys, section->second);
  std::string roles;
  for (auto& role : library.roles) roles += (roles.empty() ? "" : ", ") + role;
  std::cout << name << ": " << library.name << " " << library.version << ", ABI " << library.abi << ", " << roles
            << ": " << (idle.empty() ? "active" : "idle: " + idle) << "\n";
  return true;
}

}  // namespace

Config Application::readConfig() const {
  Config config;
  for (auto& file : line_.configs) config.addFile(file);
  for (auto& setting : line_.settings) config.addSetting(setting);
  return config;
}

int Application::main(const std::vector<std::string>&) {
  if (!line_.error.empty()) {
    std::cerr << "hookswitch: " << line_.error << "\n";
    return configuration;
  }
  if (line_.help) {
    std::cout << helpText();
    return fine;
  }
  if (line_.version) {
    std::cout << "hookswitch " << version << " (plugin ABI " << HKS_ABI_MAJOR << "." << HKS_ABI_MINOR << ")\n";
    return fine;
  }
  // Before any thread exists, so that every thread inherits the mask and signals reach only the wait below.
  blockSignals();

  Config config = readConfig();
  // Before the check, which needs the plugins: a file that is held back is not loaded for it.
  const Options early = config.early();
  std::string directory = early.plugin_directory;
  if (directory.empty())
    directory = (std::filesystem::path(executable_).parent_path().parent_path() / "plugins").string();
  const bool serves = !line_.print_config && !line_.check;
  control::Quarantine quarantine(serves ? quarantineOptions(early) : control::Quarantine::Options{});
  quarantine.watch();
  const plugin::Registry registry =
      plugin::Registry::scan(directory, [&](const std::string& file) { return heldFile(quarantine, file, true); });
  if (line_.print_config) {
    std::cout << printConfig(registry);
    return fine;
  }
  const bool good = config.check(registry);
  if (line_.check) return check(config, registry);
  if (!good) {
    for (auto& problem : config.problems()) std::cerr << problem << "\n";
    std::cerr << "hookswitch: " << config.problems().size()
              << " problem(s) in the configuration; nothing was started\n";
    return configuration;
  }
  return serve(config, registry, {[this] { return readConfig(); }, directory, quarantine});
}

int Application::check(Config& config, const plugin::Registry& registry) const {
  bool bad = !config.problems().empty();
  for (auto& found : registry.found())
    if (!printPlugin(found, config)) bad = true;
  if (config.problems().empty())
    for (auto& sentence :
         control::conflictingClaims(registry, config.sections(), config.options().public_url, version)) {
      std::cout << sentence << "\n";
      bad = true;
    }
  if (registry.found().empty()) std::cout << "no plugin was found\n";
  for (auto& hint : config.hints()) std::cout << "note: " << hint << "\n";
  for (auto& warning : config.warnings()) std::cout << "warning: " << warning << "\n";
  if (!bad && wantsOwnKey(config.options()))
    std::cout << "note: server.api_key is empty and " << exposure(config.options())
              << ": /api asks for the key in a file that the first start makes; " << exportLine(config.options())
              << "\n";
  for (auto& problem : config.problems()) std::cout << problem << "\n";
  std::cout << (bad ? "not fine" : "fine") << "\n";
  return bad ? configuration : fine;
}

}  // namespace hookswitch::app
