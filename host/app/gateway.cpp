#include "host/app/gateway.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <future>
#include <stdexcept>
#include <utility>

#include "host/app/api_key.hpp"
#include "host/app/gateway_parts.hpp"
#include "host/base/counted.hpp"
#include "host/base/log.hpp"
#include "host/test_points.hpp"

namespace hookswitch::app {
namespace {

constexpr const char* component = "gateway";
constexpr std::chrono::milliseconds question{200};  // the main thread has signals to take

}  // namespace

Gateway::Gateway(const Config& config, const plugin::Registry& registry, control::Quarantine* quarantine)
    : parts_(std::make_unique<Parts>(config, registry, quarantine)) {
  if (!quarantine) return;
  quarantine->keep();  // the store is ours, and with it the file beside it
  quarantine->setOffload([p = parts_.get()](std::function<void()> task) { p->io.post("", std::move(task)); });
}

void Gateway::start() {
  Parts& p = *parts_;
  p.control.start();
  p.store.start();
  p.plane.start();
  auto ready = std::make_shared<std::promise<std::string>>();  // shared: set_value() still holds it when get() returns
  p.control.post([&p, ready] {
    try {
      // Plugins register their routes before the first request can arrive.
      p.plugins.configure(p.sections);
      p.closeStale();
      if (p.options.public_port)
        p.public_server =
            std::make_unique<net::HttpServer>(serverOptions(p.options, p.options.public_port, p.peers), p.public_door);
      p.server = std::make_unique<net::HttpServer>(serverOptions(p.options, p.options.port, p.peers), p.api);
    } catch (const std::exception& e) {
      return ready->set_value(e.what());
    }
    ready->set_value({});
    HOOKSWITCH_CUT("start.listens", "");
    // Only a gateway that could listen may end calls of the earlier run. It does so within this task: requests wait
    // behind it, so the first of them finds those calls and every Idempotency-Key.
    p.calls.recover(std::exchange(p.left, {}));
  });
  if (const std::string why = ready->get_future().get(); !why.empty()) throw std::runtime_error(why);
  const std::string scheme = p.options.tls_certificate.empty() ? "http" : "https";
  log::info(component, "listening on " + scheme + "://" + p.options.host + ":" + std::to_string(p.server->port()));
  if (p.public_server)
    log::info(component, "carriers' routes, media streams and /health, and nothing else, are served on " + scheme +
                             "://" + p.options.host + ":" + std::to_string(p.public_server->port()));
  if (p.options.public_url.empty())
    log::notice(
        component,
        "server.public_url is empty: incoming calls are refused, and every POST /api/call must bring its webhook_url");
}

std::uint16_t Gateway::port() const { return parts_->server ? parts_->server->port() : std::uint16_t(0); }

void Gateway::takePlugins(const plugin::Registry& registry) {
  parts_->control.post([p = parts_.get(), registry] { p->plugins.adopt(registry); });
}

void Gateway::reload(Config config) {
  Parts& p = *parts_;
  for (auto& key : config.hold(p.running))
    log::warn(component, key + " has changed; it takes effect at the next start");
  const Options now = config.options();
  // First the lock and then what makes us reachable. Without a key that can be had nobody gets in.
  auto rule = accessRule(now);
  if (!rule) log::error(component, rule.error() + "; until then /api answers nobody");
  p.access.set(rule ? *std::move(rule) : api::AccessRule());
  p.renewTls(now);
  p.peers->setMost(now.connections_per_address);
  p.store.setKeepDays(now.keep_days);
  log::setLevel(now.log_level);
  log::setFormat(now.log_json ? log::Format::json : log::Format::text);
  p.options = now;
  p.control.post([&p, sections = config.sections(), defaults = callDefaults(now)]() mutable {
    p.services.public_url = defaults.public_url;
    p.api.setHasPublicUrl(!defaults.public_url.empty());
    p.calls.setDefaults(std::move(defaults));
    p.plugins.configure(sections);
    log::info(component, "configuration reloaded");
  });
}

void Gateway::drain(std::chrono::seconds at_most) {
  Parts& p = *parts_;
  p.control.post([&p, at_most] {
    p.calls.drain();
    HOOKSWITCH_CUT("drain.begin", "");
    log::notice(component, "draining: no new calls; " + base::counted(p.calls.liveCount(), "live call", "live calls") +
                               " may finish within " + std::to_string(at_most.count()) + " s");
  });
}

void Gateway::endCalls() {
  Parts& p = *parts_;
  p.control.post([&p] {
    if (const std::size_t live = p.calls.liveCount())
      log::notice(component, base::counted(live, "call has", "calls have") + " not finished in time: ended now");
    p.calls.endAll(call::EndedBy::shutdown, "the gateway shuts down", {});
  });
}

bool Gateway::drained() {
  Parts& p = *parts_;
  auto count = std::make_shared<std::promise<std::pair<std::size_t, std::size_t>>>();
  p.control.post([&p, count] { count->set_value({p.calls.liveCount(), p.calls.unfinished()}); });
  auto answer = count->get_future();
  if (answer.wait_for(question) != std::future_status::ready) return false;
  const auto [live, unfinished] = answer.get();
  p.live = live;
  p.unfinished = unfinished;
  return unfinished == 0;
}

bool Gateway::answers(std::chrono::milliseconds patience) {
  auto answered = std::make_shared<std::promise<void>>();
  parts_->control.post([answered] { answered->set_value(); });
  // Slice by slice: a process that stood still has both threads to wait for.
  const auto future = answered->get_future();
  for (const auto deadline = net::deadlineIn(std::uint32_t(patience.count()));;) {
    const int left = net::remainingMs(deadline);
    if (future.wait_for(std::chrono::milliseconds(std::min(left, 50))) == std::future_status::ready) return true;
    if (left == 0) return false;
  }
}

std::size_t Gateway::unwritten() const {
  const auto health = parts_->store.health();
  return health.ok ? 0 : health.backlog;
}

std::size_t Gateway::live() const { return parts_->live; }

std::size_t Gateway::unfinished() const { return parts_->unfinished; }

Gateway::~Gateway() {
  if (!parts_->stopped) stop();
}

void Gateway::stop() {
  Parts& p = *parts_;
  // From the outside in: the listeners, the media, the plugins, and then what all of them work with.
  if (p.public_server) p.public_server->stop();
  if (p.server) p.server->stop();
  p.plane.stop();
  auto closed = std::make_shared<std::promise<void>>();
  p.control.post([&p, closed] {
    p.calls.sayLeft();
    p.plugins.stop();
    closed->set_value();
  });
  if (p.server) closed->get_future().wait();
  p.io.stop(base::IoPool::Stop::abandon);
  p.control.stop();
  p.stopStore();
  p.stopped = true;
}

void Gateway::abandon() {
  Parts& p = *parts_;
  // The control thread is held where it is: what it would do once the store is closed would be written nowhere. A
  // thread that is stuck does not come to this task, and does nothing either.
  auto held = std::make_shared<std::promise<void>>();
  p.control.post([held] {
    held->set_value();
    for (;;) ::pause();
  });
  held->get_future().wait_for(question);
  p.stopStore();
}

}  // namespace hookswitch::app
