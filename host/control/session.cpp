#include "host/control/session.hpp"

#include <openssl/rand.h>

#include <algorithm>

#include "host/base/log.hpp"
#include "host/net/http_client.hpp"
#include "host/plugin/blame.hpp"
#include "host/plugin/start_record.hpp"
#include "host/plugin/wire.hpp"

namespace hookswitch::control {

using plugin::str;
using plugin::view;

namespace {
/// timeout_ms is the time of the whole exchange: what waiting for a thread has taken is gone.
net::HttpResult performInTime(const Thread& control, net::HttpCall call, std::uint64_t since_ms) {
  const std::uint64_t waited = control.nowMs() - since_ms;
  if (waited < call.timeout_ms) {
    call.timeout_ms -= std::uint32_t(waited);
    return net::perform(call);
  }
  net::HttpResult late;
  late.error = "The request was not sent: it waited " + std::to_string(waited) + " ms for a thread";
  late.timed_out = true;
  return late;
}

/// What ends a leg must not wait behind what begins others.
Session::Lane laneOf(const hks_msg& message) {
  if (message.type != HKS_CALL_PHASE) return Session::Lane::common;
  const auto phase = reinterpret_cast<const hks_phase&>(message).phase;
  return phase == HKS_PHASE_HANGUP || phase == HKS_PHASE_CONFIRM || phase == HKS_PHASE_SETTLE ? Session::Lane::leg
                                                                                              : Session::Lane::common;
}
}  // namespace

Session::Session(Services& services, Owner& owner, std::shared_ptr<const plugin::Library> library,
                 media::Settings settings, std::shared_ptr<const net::TlsContext> tls)
    : services_(services),
      owner_(owner),
      library_(std::move(library)),
      settings_(std::move(settings)),
      tls_(std::move(tls)),
      component_("plugin." + library_->id),
      gate_(plugin::FloodGate::of(library_->id)) {}

Session::~Session() { close(); }

void Session::say(log::Level level, std::string_view text, std::string_view call) { gate_.line(level, call, text); }

bool Session::open() {
  session_ = plugin::Session::open(*library_->control, {library_->id, library_->notifier ? "notifier" : "control", {}});
  if (!session_) return false;
  const auto settings = plugin::settingPairs(settings_);
  hks_start start = plugin::controlStart(settings, services_.public_url, services_.version);
  start.unix_ms = services_.control.unixMs();
  RAND_bytes(reinterpret_cast<unsigned char*>(&start.seed), sizeof start.seed);
  step(start.msg);
  return true;
}

hks_status Session::step(const hks_msg& message) { return step(message, laneOf(message)); }

hks_status Session::step(const hks_msg& message, Lane lane) {
  if (!isOpen()) return HKS_FAULT;
  auto self = shared_from_this();
  if (!session_->draining()) lanes_.clear();  // of a step whose handling ended in an exception
  const hks_status status = session_->step(message);
  if (status < 0 && session_->faultsInARow())
    say(log::Level::warning, plugin::blame::failed(session_->who(), message, status));
  if (session_->lastStepUs() > 100'000)
    say(log::Level::warning, plugin::blame::slow(session_->who(), message, session_->lastStepUs(),
                                                 "nothing else on the control thread moves"));
  // What is handled may step again, and the messages of that are handled here too: each goes with its own step's lane.
  lanes_.emplace_back(session_->queue().size(), lane);
  session_->drain([this, number = std::size_t(0)](const hks_msg& m) mutable {
    while (number >= lanes_.front().first) lanes_.pop_front();
    lane_ = lanes_.front().second;
    ++number;
    if (!closing_) handle(m);
  });
  if (isOpen() && session_->faultsInARow() >= plugin::Session::max_faults) owner_.onPluginBroken(*this);
  return status;
}

void Session::handle(const hks_msg& message) {
  switch (message.type) {
    case HKS_DATA: {
      auto& data = reinterpret_cast<const hks_data&>(message);
      auto it = connections_.find(message.id);
      if (it != connections_.end()) services_.connections.send(it->second, std::string(view(data.bytes)), data.is_text);
      return;
    }
    case HKS_CONNECT: return connect(reinterpret_cast<const hks_http&>(message));
    case HKS_CLOSE: {
      auto& end = reinterpret_cast<const hks_closed&>(message);
      auto it = connections_.find(message.id);
      if (it != connections_.end())
        services_.connections.close(it->second, std::uint16_t(end.close_code ? end.close_code : 1000),
                                    std::string(view(end.reason)));
      return;
    }
    case HKS_TIMER: return setTimer(reinterpret_cast<const hks_timer&>(message));
    case HKS_KEEP:
    case HKS_RECALL: return keep(reinterpret_cast<const hks_keep&>(message));
    case HKS_HTTP_CALL: return request(reinterpret_cast<const hks_http&>(message));
    case HKS_LOG: {
      auto& notice = reinterpret_cast<const hks_notice&>(message);
      say(log::fromPlugin(notice.level), view(notice.text), view(notice.call));
      return;
    }
    default: return owner_.onPluginMessage(*this, message);
  }
}

void Session::setTimer(const hks_timer& message) {
  const std::uint64_t id = message.msg.id;
  auto it = timers_.find(id);
  if (it != timers_.end()) {
    services_.control.cancel(it->second);
    timers_.erase(it);
  }
  if (message.after_ms == HKS_NEVER) return;
  if (timers_.size() >= max_timers)
    return say(log::Level::warning,
               "asked for more than " + std::to_string(max_timers) + " timers; the newest is ignored");
  timers_[id] = services_.control.after(std::min<std::uint64_t>(message.after_ms, 7ull * 24 * 3600 * 1000),
                                        [this, id, lane = lane_] {
                                          timers_.erase(id);
                                          step(plugin::message(HKS_TIMER_FIRED, id), lane);
                                        });
}

void Session::keep(const hks_keep& message) {
  const std::uint64_t id = message.msg.id;
  const std::string name(view(message.name));
  auto answer = [self = weak_from_this(), id, name](const std::string& bytes, const std::string& reason) {
    auto s = self.lock();
    if (!s) return;
    hks_keep m{};
    m.msg = {sizeof m, HKS_KEPT, id};
    m.name = str(name);
    m.bytes = str(bytes);
    m.reason = str(reason);
    s->step(m.msg);
  };
  if (!services_.keeper) return services_.control.post([answer] { answer({}, "this gateway keeps nothing"); });
  if (message.msg.type == HKS_KEEP)
    services_.keeper->keep(library_->id, name, std::string(view(message.bytes)), std::move(answer));
  else
    services_.keeper->recall(library_->id, name, std::move(answer));
}

void Session::connect(const hks_http& message) {
  const std::uint64_t id = message.msg.id;
  std::weak_ptr<Session> self = weak_from_this();
  if (connections_.size() >= max_connections || connections_.count(id)) {
    // An id that is in use is refused without touching the connection that uses it.
    services_.control.post([self, id] {
      if (auto s = self.lock()) s->sayClosed(id, 0, "too many connections, or the id is in use");
    });
    return;
  }
  net::WsTarget target = plugin::wsTarget(message, tls_);
  Connections::Callbacks callbacks;
  callbacks.onOpened = [self, id] {
    if (auto s = self.lock()) s->step(plugin::message(HKS_CONN_OPENED, id));
  };
  callbacks.onMessage = [self, id](const std::string& payload, bool text) {
    auto s = self.lock();
    if (!s) return;
    hks_data m{};
    m.msg = {sizeof m, HKS_DATA, id};
    m.bytes = str(payload);
    m.is_text = text;
    s->step(m.msg);
  };
  callbacks.onClosed = [self, id](std::uint32_t code, const std::string& reason) {
    if (auto s = self.lock()) s->connectionClosed(id, code, reason);
  };
  connections_[id] = services_.connections.open(library_->id, std::move(target), std::move(callbacks));
}

void Session::connectionClosed(std::uint64_t id, std::uint32_t code, const std::string& reason) {
  connections_.erase(id);
  sayClosed(id, code, reason);
}

void Session::sayClosed(std::uint64_t id, std::uint32_t code, const std::string& reason) {
  const hks_closed m = plugin::closedRecord(id, code, reason);
  step(m.msg);
}

void Session::request(const hks_http& message) {
  const std::uint64_t id = message.msg.id;
  const Lane lane = lane_;
  std::weak_ptr<Session> self = weak_from_this();
  Thread& control = services_.control;
  auto answer = [self, id, lane, &control](net::HttpResult result) {
    auto shared = std::make_shared<net::HttpResult>(std::move(result));
    control.post([self, id, lane, shared] {
      auto s = self.lock();
      if (!s) return;
      --s->requests_[lane];
      // What follows from an answer is of the same lane.
      plugin::stepResponse(id, *shared, [&s, lane](const hks_msg& m) { s->step(m, lane); });
    });
  };
  net::HttpCall call = plugin::httpCall(message, tls_);
  net::HttpResult busy;
  busy.error = "the gateway has too many requests under way";
  if (++requests_[lane] > max_requests) return answer(busy);
  auto task = [answer, call = std::move(call), since = control.nowMs(), &control] {
    answer(performInTime(control, call, since));
  };
  if (!services_.io.post(lane == Lane::leg ? library_->id + "/leg" : library_->id, std::move(task))) answer(busy);
}

void Session::close() {
  if (closing_) return;
  closing_ = true;
  for (auto& [id, timer] : timers_) services_.control.cancel(timer);
  timers_.clear();
  for (auto& [id, key] : connections_) services_.connections.forget(key, 1000, "the gateway closes the session");
  connections_.clear();
  if (!session_) return;
  // The plugin's session may be on the stack right now.
  auto shared = std::make_shared<std::unique_ptr<plugin::Session>>(std::move(session_));
  services_.control.post([shared] { shared->reset(); });
}

}  // namespace hookswitch::control
