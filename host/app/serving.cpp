#include "host/app/serving.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "host/app/gateway.hpp"
#include "host/app/service_manager.hpp"
#include "host/app/version.hpp"
#include "host/base/barrier.hpp"
#include "host/base/log.hpp"
#include "host/control/quarantine.hpp"
#include "host/plugin/step_watch.hpp"
#include "host/plugin/steps.hpp"

namespace hookswitch::app {
namespace {

constexpr const char* component = "gateway";
constexpr std::chrono::seconds end_bound{40}, store_bound{20}, stop_bound{20}, commit_bound{5}, flush_bound{1};
constexpr std::chrono::milliseconds slice_ms{20}, look{1000};
using Clock = std::chrono::steady_clock;

sigset_t ourSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (int s : {SIGTERM, SIGINT, SIGHUP, Gateway::drain_signal}) sigaddset(&set, s);
  return set;
}

bool isEnd(int signal) { return signal == SIGTERM || signal == SIGINT; }

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
  ::_exit(fine);
}

void loaded(control::Quarantine& quarantine, const plugin::Registry& registry) {
  for (auto& found : registry.found())
    if (found.library) quarantine.succeeded(std::filesystem::path(found.file).filename().string(), "load", {});
}

void say(const Config& config, const char* from) {
  for (auto& hint : config.hints()) log::notice(from, hint);
  for (auto& warning : config.warnings()) log::warn(from, warning);
}

/// Does the control thread answer in time? If not, the log says which plugins' steps are running.
bool answers(Gateway& gateway, std::chrono::milliseconds patience) {
  if (gateway.answers(patience)) return true;
  for (auto* slot : plugin::stepSlots())  // also where plugins.step_limit_s is 0
    if (const std::string who = plugin::describe(*slot); !who.empty()) log::error(component, "running now: " + who);
  return false;
}

/// The signals of a gateway that has started, until it may stop. [main]
class Watch {
 public:
  Watch(Gateway& gateway, plugin::Registry registry, const Serving& serving, std::uint32_t drain_s)
      : gateway_(gateway),
        registry_(std::move(registry)),
        serving_(serving),
        signals_(ourSignals()),
        drain_time_(drain_s),
        listening_("listening on port " + std::to_string(gateway.port())) {
    service_.ready(listening_);
    service_.watch([&gateway](std::chrono::milliseconds patience) { return answers(gateway, patience); });
  }

  /// Until every call is over, or has had its time.
  void untilDrained() {
    for (;;) {
      take(next(draining_ ? std::chrono::nanoseconds(slice_ms) : std::chrono::hours(1)));
      if (draining_ && drained()) return;
    }
  }

  /// What is only in memory would be lost; a disk that is full or a lock that is held may be free in a moment.
  void untilWritten() {
    const std::size_t waiting = gateway_.unwritten();
    if (!waiting) return;
    log::warn(component, "waiting for the store, at most " + std::to_string(store_bound.count()) + " s: " +
                             std::to_string(waiting) + " writes are not on the disk; a second signal ends at once");
    for (const auto latest = Clock::now() + store_bound; gateway_.unwritten() && Clock::now() < latest;) next(slice_ms);
  }

  void untilStopped() {
    log::info(component, "stopping");
    auto stopped = std::async(std::launch::async, [this] { gateway_.stop(); });
    for (const auto latest = Clock::now() + stop_bound; stopped.wait_for(slice_ms) != std::future_status::ready;) {
      next(std::chrono::nanoseconds(0));
      if (Clock::now() < latest) continue;
      log::warn(component, "requests that are under way still have no answer: ending without it");
      endNow(gateway_);
    }
    stopped.get();
  }

 private:
  /// The next signal within this time; the second one that ends does so here.
  int next(std::chrono::nanoseconds within) {
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(within);
    const timespec slice{time_t(whole.count()), long((within - whole).count())};
    const int got = ::sigtimedwait(&signals_, nullptr, &slice);
    if (isEnd(got) && std::exchange(asked_, true)) {
      log::warn(component, "a second signal: ending at once");
      endNow(gateway_);
    }
    return got;
  }

  void take(int signal) {
    if (draining_) {
      if (isEnd(signal))
        log::notice(component, "a signal: the drain that is under way goes on; another one ends at once");
    } else if (signal == SIGHUP) {
      reload();
    } else if (isEnd(signal) || signal == Gateway::drain_signal) {
      draining_ = true;
      deadline_ = Clock::now() + drain_time_;
      service_.stopping("draining", drain_time_ + end_bound + store_bound + stop_bound);
      gateway_.drain(drain_time_);
    }
  }

  void reload() {
    service_.reloading();
    Config fresh = serving_.read_config();
    registry_ = registry_.rescan(
        serving_.directory, [this](const std::string& file) { return heldFile(serving_.quarantine, file, false); });
    loaded(serving_.quarantine, registry_);
    const bool good = fresh.check(registry_);
    say(fresh, "config");
    if (good) {
      gateway_.takePlugins(registry_);
      gateway_.reload(fresh);
      drain_time_ = std::chrono::seconds(fresh.options().drain_s);
      gateway_.answers(std::chrono::seconds(5));  // until the control thread has taken it over, unless it is stuck
    } else {
      for (auto& problem : fresh.problems()) log::error("config", problem);
      log::error("config", "the configuration was not reloaded; the old one stays in force");
    }
    service_.ready(listening_);
  }

  bool drained() {
    if (gateway_.drained()) return true;
    if (Clock::now() < deadline_) return false;
    if (!std::exchange(ending_, true)) {
      // Ended properly: hang-ups, hooks and records have their own deadlines, and this is their sum.
      deadline_ = Clock::now() + end_bound;
      gateway_.endCalls();
      return false;
    }
    log::warn(component, std::to_string(gateway_.unfinished()) +
                             " calls or their hooks were not finished; the next start takes them up");
    return true;
  }

  Gateway& gateway_;
  plugin::Registry registry_;
  const Serving& serving_;
  const sigset_t signals_;
  std::chrono::seconds drain_time_;
  const std::string listening_;
  ServiceManager service_;
  bool draining_ = false, ending_ = false;
  bool asked_ = false;  // a signal that ends has come
  Clock::time_point deadline_ = Clock::time_point::max();
};

Exit startAndWatch(const Config& config, plugin::Registry registry, const Serving& serving) {
  const Options& options = config.options();
  Gateway gateway(config, registry, &serving.quarantine);
  loaded(serving.quarantine, registry);
  const plugin::StepWatch step_watch(std::chrono::seconds(options.step_limit_s), look);
  try {
    gateway.start();
  } catch (const std::exception& e) {
    log::write(log::Level::fatal, component, {}, e.what());
    return cannot_listen;
  }
  Watch watch(gateway, std::move(registry), serving, options.drain_s);
  watch.untilDrained();
  watch.untilWritten();
  watch.untilStopped();
  return fine;
}

}  // namespace

void blockSignals() {
  const sigset_t signals = ourSignals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

Exit serve(const Config& config, plugin::Registry registry, const Serving& serving) {
  const Options& options = config.options();
  raiseDescriptorLimit();
  log::start(options.log_level, options.log_json ? log::Format::json : log::Format::text);
  log::info(component, std::string("hookswitch ") + version + " starts");
  say(config, component);
  Exit result = configuration;
  try {
    result = startAndWatch(config, std::move(registry), serving);
  } catch (const std::exception& e) {
    // The store says what is wrong with store.path; nothing has been started.
    log::write(log::Level::fatal, component, {}, e.what());
  }
  if (result == fine) log::info(component, "stopped");
  log::stop();
  return result;
}

std::string heldFile(const control::Quarantine& quarantine, const std::string& file, bool at_start) {
  const std::string name = std::filesystem::path(file).filename().string();
  if (const auto held = quarantine.held(name, "load")) return "is not loaded: " + held.why;
  if (const auto suspect = quarantine.find(name, "load"); at_start && suspect)
    return "is loaded behind all others: the gateway " + suspect->text;
  return {};
}

}  // namespace hookswitch::app
