#include "host/control/session.hpp"

#include <openssl/rand.h>

#include <utility>

#include "host/base/barrier.hpp"
#include "host/plugin/start_record.hpp"
#include "host/plugin/wire.hpp"

namespace hookswitch::control {

using plugin::str;
using plugin::view;

namespace {

plugin::SessionSource sourceOf(const plugin::Library& library, plugin::Settings settings, plugin::Trust trust) {
  return {library.id, library.control, std::make_shared<const plugin::Settings>(std::move(settings)), std::move(trust),
          library.notifier ? "notifier" : "control"};
}

}  // namespace

plugin::SessionLimits Session::limits() {
  plugin::SessionLimits limits;
  limits.connections = 8;
  limits.timers = limits.requests = 4096;
  limits.longest_timer_ms = 7ull * 24 * 3600 * 1000;
  limits.slow_step_us = 100'000;
  limits.slow_means = "nothing else on the control thread moves";
  limits.log_lines = 0;
  limits.connection.max_message = 16 * 1024 * 1024;
  limits.connection.max_queue = 32 * 1024 * 1024;
  limits.connection.ping_ms = 30'000;
  limits.connection.idle_ms = 90'000;
  return limits;
}

Session::Session(Services& services, Owner& owner, std::shared_ptr<const plugin::Library> library,
                 plugin::Settings settings, plugin::Trust trust)
    : SessionHost(services.control, services.io, *this, sourceOf(*library, std::move(settings), std::move(trust)), {},
                  limits()),
      services_(services),
      listener_(owner),
      library_(std::move(library)) {}

bool Session::open() {
  const auto pairs = plugin::settingPairs(settings());
  hks_start start = plugin::controlStart(pairs, services_.public_url, services_.version);
  start.unix_ms = services_.control.unixMs();
  RAND_bytes(reinterpret_cast<unsigned char*>(&start.seed), sizeof start.seed);
  return SessionHost::open(start);
}

void Session::onSessionMessage(plugin::SessionHost&, const hks_msg& message) {
  if (message.type == HKS_KEEP || message.type == HKS_RECALL) return keep(reinterpret_cast<const hks_keep&>(message));
  listener_.onPluginMessage(*this, message);
}

void Session::onSessionBroken(plugin::SessionHost&) { listener_.onPluginBroken(*this); }

void Session::onSessionFault(plugin::SessionHost&, const std::string& what, const std::string& why) {
  base::logFault(component(), what, why, {});
}

void Session::keep(const hks_keep& message) {
  const std::uint64_t id = message.msg.id;
  const std::string name(view(message.name));
  auto answer = [self = weak_from_this(), id, name](const Keeper::Kept& kept) {
    const auto s = self.lock();
    if (!s) return;
    const std::string bytes = kept ? *kept : std::string(), reason = kept ? std::string() : kept.error();
    hks_keep m{};
    m.msg = {sizeof m, HKS_KEPT, id};
    m.name = str(name);
    m.bytes = str(bytes);
    m.reason = str(reason);
    s->step(m.msg);
  };
  if (!services_.keeper)
    return services_.control.post([answer] { answer(base::Failure("this gateway keeps nothing")); });
  if (message.msg.type == HKS_KEEP)
    services_.keeper->keep(library_->id, name, std::string(view(message.bytes)), std::move(answer));
  else
    services_.keeper->recall(library_->id, name, std::move(answer));
}

}  // namespace hookswitch::control
