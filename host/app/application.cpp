#include "host/app/application.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <future>
#include <iostream>
#include <memory>
#include <thread>
#include <utility>

#include "host/app/api_key.hpp"
#include "host/app/gateway.hpp"
#include "host/app/service_manager.hpp"
#include "host/app/version.hpp"
#include "host/base/barrier.hpp"
#include "host/base/log.hpp"
#include "host/base/private_file.hpp"
#include "host/control/claims.hpp"
#include "host/control/quarantine.hpp"
#include "host/control/thread.hpp"
#include "host/plugin/settings.hpp"
#include "host/plugin/step_watch.hpp"
#include "host/plugin/steps.hpp"

namespace hookswitch::app {
namespace {

constexpr const char* component = "gateway";
constexpr std::chrono::seconds end_bound{40}, store_bound{20}, stop_bound{20}, commit_bound{5}, flush_bound{1};
constexpr std::chrono::milliseconds slice_ms{20}, look{1000};

sigset_t ourSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (int s : {SIGTERM, SIGINT, SIGHUP, Gateway::drain_signal}) sigaddset(&set, s);
  return set;
}

/// The HTTP server, and two descriptors per call: the usual 1,024 of a shell are for programs that use select().
void raiseDescriptorLimit() {
  constexpr rlim_t enough = 65'536;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= enough) return;
  limit.rlim_cur = std::min(limit.rlim_max, enough);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Requests, plugins, the disk: whoever is under way may take a minute, and nobody waits for them. Threads end with the
/// process, wherever they are.
[[noreturn]] void endNow(Gateway& gateway) {
  auto committed = std::make_shared<std::promise<void>>();
  std::thread([&gateway, committed] {
    if (base::guarded(component, "the end of the gateway", [&] { gateway.abandon(); })) committed->set_value();
  }).detach();
  if (committed->get_future().wait_for(commit_bound) == std::future_status::ready)
    log::info(component, "stopped");
  else
    log::error(component, "the store did not commit in time; what waited in memory is lost");
  log::flush(flush_bound);
  ::_exit(Application::fine);
}

control::Quarantine::Options quarantineOptions(const Config& config) {
  control::Quarantine::Options o;
  const std::string path = config.get("store", "path"), wait = config.get("plugins", "quarantine_s");
  if (!path.empty()) o.path = base::besideStore(path, "steps");  // a store in memory keeps nothing, and neither do we
  if (!wait.empty() && wait.size() < 6 &&
      std::all_of(wait.begin(), wait.end(), [](unsigned char c) { return std::isdigit(c); }))
    o.first_s = std::uint32_t(std::stoul(wait));  // what is wrong with it the check says
  o.unix_ms = control::Thread::unixMs;
  return o;
}

/// Why this file is not loaded now; empty: it may be.
std::string heldFile(const control::Quarantine& quarantine, const std::string& file, bool at_start) {
  const std::string name = std::filesystem::path(file).filename().string();
  std::string why;
  if (quarantine.heldMs(name, "load", &why)) return "is not loaded: " + why;
  if (const auto suspect = quarantine.find(name, "load"); at_start && suspect)
    return "is loaded behind all others: the gateway " + suspect->text;
  return {};
}

void loaded(control::Quarantine& quarantine, const plugin::Registry& registry) {
  for (auto& found : registry.found())
    if (found.library) quarantine.succeeded(std::filesystem::path(found.file).filename().string(), "load", {});
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
  const sigset_t signals = ourSignals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);

  Config config = readConfig();
  std::string directory = config.get("plugins", "directory");
  if (directory.empty())
    directory = (std::filesystem::path(executable_).parent_path().parent_path() / "plugins").string();
  const bool serves = !line_.print_config && !line_.check;
  control::Quarantine quarantine(serves ? quarantineOptions(config) : control::Quarantine::Options{});
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
  return serve(config, registry, directory, quarantine);
}

int Application::check(Config& config, const plugin::Registry& registry) const {
  bool bad = !config.problems().empty();
  for (auto& found : registry.found()) {
    const std::string name = found.file.substr(found.file.rfind('/') + 1);
    if (!found.library) {
      std::cout << name << ": refused: it " << found.reason << "\n";
      bad = true;
      continue;
    }
    auto section = config.sections().find(found.library->id);
    const std::string idle =
        section == config.sections().end() ? std::string() : plugin::idleReason(found.library->keys, section->second);
    std::string roles;
    for (auto& role : found.library->roles) roles += (roles.empty() ? "" : ", ") + role;
    std::cout << name << ": " << found.library->name << " " << found.library->version << ", ABI " << found.library->abi
              << ", " << roles << ": " << (idle.empty() ? "active" : "idle: " + idle) << "\n";
  }
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

int Application::serve(Config& config, plugin::Registry registry, const std::string& directory,
                       control::Quarantine& quarantine) {
  const Options options = config.options();
  raiseDescriptorLimit();
  log::start(options.log_level, options.log_json ? log::Format::json : log::Format::text);
  log::info(component, std::string("hookswitch ") + version + " starts");
  for (auto& hint : config.hints()) log::notice(component, hint);
  for (auto& warning : config.warnings()) log::warn(component, warning);
  int result = fine;
  try {
    Gateway gateway(config, registry, &quarantine);
    loaded(quarantine, registry);
    const plugin::StepWatch watch(std::chrono::seconds(options.step_limit_s), look);
    try {
      gateway.start();
    } catch (const std::exception& e) {
      log::write(log::Level::fatal, component, {}, e.what());
      log::stop();
      return cannot_listen;
    }
    ServiceManager service;
    const std::string listening = "listening on port " + std::to_string(gateway.port());
    service.ready(listening);
    service.watch([&gateway](std::chrono::milliseconds patience) {
      if (gateway.answers(patience)) return true;
      for (auto* slot : plugin::stepSlots())  // also where plugins.step_limit_s is 0
        if (const std::string who = plugin::describe(*slot); !who.empty()) log::error(component, "running now: " + who);
      return false;
    });
    const sigset_t signals = ourSignals();
    using Clock = std::chrono::steady_clock;
    bool draining = false, ending = false, asked = false;
    auto again = [&](int got) { return (got == SIGTERM || got == SIGINT) && std::exchange(asked, true); };
    auto second = [&gateway] {
      log::warn(component, "a second signal: ending at once");
      endNow(gateway);
    };
    auto deadline = Clock::time_point::max();
    std::chrono::seconds drain_time(options.drain_s);
    for (;;) {
      const timespec slice{draining ? 0 : 3600, draining ? std::chrono::nanoseconds(slice_ms).count() : 0};
      const int got = ::sigtimedwait(&signals, nullptr, &slice);
      if (again(got)) second();
      if (got == SIGHUP && !draining) {
        service.reloading();
        Config fresh = readConfig();
        registry =
            registry.rescan(directory, [&](const std::string& file) { return heldFile(quarantine, file, false); });
        loaded(quarantine, registry);
        const bool good = fresh.check(registry);
        for (auto& hint : fresh.hints()) log::notice("config", hint);
        for (auto& warning : fresh.warnings()) log::warn("config", warning);
        if (good) {
          gateway.takePlugins(registry);
          gateway.reload(fresh);
          drain_time = std::chrono::seconds(fresh.options().drain_s);
          gateway.answers(std::chrono::seconds(5));  // has taken it over, unless it is stuck
        } else {
          for (auto& problem : fresh.problems()) log::error("config", problem);
          log::error("config", "the configuration was not reloaded; the old one stays in force");
        }
        service.ready(listening);
      } else if (draining && (got == SIGTERM || got == SIGINT)) {
        log::notice(component, "a signal: the drain that is under way goes on; another one ends at once");
      } else if (!draining && (got == SIGTERM || got == SIGINT || got == Gateway::drain_signal)) {
        draining = true;
        deadline = Clock::now() + drain_time;
        service.stopping("draining", drain_time + end_bound + store_bound + stop_bound);
        gateway.drain(drain_time);
      }
      if (!draining) continue;
      if (gateway.drained()) break;
      if (Clock::now() < deadline) continue;
      if (!ending) {
        // Ended properly: hang-ups, hooks and records have their own deadlines, and this is their sum.
        ending = true;
        deadline = Clock::now() + end_bound;
        gateway.endCalls();
        continue;
      }
      log::warn(component, std::to_string(gateway.unfinished()) +
                               " calls or their hooks were not finished; the next start takes them up");
      break;
    }
    // What is only in memory would be lost; a disk that is full or a lock that is held may be free in a moment.
    if (const std::size_t waiting = gateway.unwritten()) {
      log::warn(component, "waiting for the store, at most " + std::to_string(store_bound.count()) + " s: " +
                               std::to_string(waiting) + " writes are not on the disk; a second signal ends at once");
      for (const auto latest = Clock::now() + store_bound; gateway.unwritten() && Clock::now() < latest;) {
        const timespec slice{0, std::chrono::nanoseconds(slice_ms).count()};
        if (again(::sigtimedwait(&signals, nullptr, &slice))) second();
      }
    }
    log::info(component, "stopping");
    auto stopped = std::async(std::launch::async, [&gateway] { gateway.stop(); });
    for (const auto latest = Clock::now() + stop_bound; stopped.wait_for(slice_ms) != std::future_status::ready;) {
      const timespec none{};
      if (again(::sigtimedwait(&signals, nullptr, &none))) second();
      if (Clock::now() < latest) continue;
      log::warn(component, "requests that are under way still have no answer: ending without it");
      endNow(gateway);
    }
    stopped.get();
  } catch (const std::exception& e) {
    // The store says what is wrong with store.path; nothing has been started.
    log::write(log::Level::fatal, component, {}, e.what());
    log::stop();
    return configuration;
  }
  log::info(component, "stopped");
  log::stop();
  return result;
}

}  // namespace hookswitch::app
