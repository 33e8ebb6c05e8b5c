#include "host/plugin/session_host.hpp"

#include <algorithm>
#include <utility>

#include "host/base/barrier.hpp"
#include "host/base/log.hpp"
#include "host/net/http_client.hpp"
#include "host/net/ws_connector.hpp"
#include "host/plugin/blame.hpp"
#include "host/plugin/wire.hpp"

namespace hookswitch::plugin {
namespace {

/// timeout_ms is the time of the whole exchange: what waiting for a thread has taken is gone. [io]
net::HttpResult performInTime(net::HttpCall call, std::uint64_t waited_ms) {
  net::HttpResult result;
  if (waited_ms >= call.timeout_ms) {
    result.error = "The request was not sent: it waited " + std::to_string(waited_ms) + " ms for a thread";
    result.timed_out = true;
    return result;
  }
  call.timeout_ms -= std::uint32_t(waited_ms);
  if (base::guarded("io", "a request", [&] { result = net::perform(call); })) return result;
  result = {};
  result.error = "an internal error of the gateway";
  result.sent = true;  // for all that is known
  return result;
}

/// [io]
net::WsConnected connectGuarded(const net::WsTarget& target) {
  net::WsConnected result;
  if (!base::guarded("io", "a connection", [&] { result = net::connectWebSocket(target); })) {
    result = {};
    result.error = "an internal error of the gateway";
  }
  return result;
}

}  // namespace

SessionHost::SessionHost(base::Loop& loop, base::IoPool& io, Owner& owner, SessionSource source, std::string call,
                         const SessionLimits& limits)
    : loop_(loop),
      io_(io),
      owner_(owner),
      source_(std::move(source)),
      call_(std::move(call)),
      component_("plugin." + source_.plugin),
      limits_(limits),
      gate_(FloodGate::of(source_.plugin)) {}

SessionHost::~SessionHost() { close(1001, "the gateway let go of the session"); }

bool SessionHost::open(const hks_start& start) {
  session_ = Session::open(*source_.role, {source_.plugin, source_.kind, call_});
  if (!session_) return false;
  step(start.msg);
  return true;
}

template <class Event>
void SessionHost::guarded(const char* what, Event&& event) {
  try {
    event();
  } catch (...) {
    owner_.onSessionFault(*this, what, base::caught());
  }
}

hks_status SessionHost::step(const hks_msg& message, Lane lane) {
  if (!isOpen()) return HKS_FAULT;
  const auto self = shared_from_this();  // its owner may let go of it while it handles what the plugin says
  hks_status status = HKS_FAULT;
  guarded("a step", [&] { status = deliver(message, lane); });
  return status;
}

hks_status SessionHost::deliver(const hks_msg& message, Lane lane) {
  // What a session writes when it is handed audio is audio: a slow peer may lose it, but nothing else.
  stepping_audio_ = message.type == HKS_AUDIO;
  const std::size_t before = session_->queue().size();
  const hks_status status = session_->step(message);
  lanes_.stepped(lane, before, session_->queue().size());
  sayHow(message, status);
  drain();
  if (isOpen() && session_->faultsInARow() >= Session::max_faults) owner_.onSessionBroken(*this);
  return status;
}

void SessionHost::sayHow(const hks_msg& message, hks_status status) {
  if (status < 0 && session_->faultsInARow()) say(log::Level::warning, blame::failed(session_->who(), message, status));
  if (session_->lastStepUs() <= limits_.slow_step_us) return;
  if (limits_.log_lines && std::exchange(slow_said_, true)) return;
  say(log::Level::warning, blame::slow(session_->who(), message, session_->lastStepUs(), limits_.slow_means));
}

void SessionHost::drain() {
  if (session_->draining()) return;
  std::size_t number = 0;
  session_->drain(
      [&](const hks_msg& message) {
        lane_ = lanes_.of(number++);
        if (!closing_) handle(message);
      },
      [this](const hks_msg& message) {
        owner_.onSessionFault(*this, std::string("the message ") + typeName(message.type), base::caught());
      });
  lanes_.clear();
}

void SessionHost::handle(const hks_msg& message) {
  switch (message.type) {
    case HKS_DATA: {
      auto& data = reinterpret_cast<const hks_data&>(message);
      auto* to = connection(message.id);
      if (to && !to->send(view(data.bytes), data.is_text, stepping_audio_) && stepping_audio_ && to->open())
        owner_.onSessionDropped(*this, data.bytes.size);
      return;
    }
    case HKS_CONNECT: return connect(reinterpret_cast<const hks_http&>(message));
    case HKS_CLOSE: {
      auto& end = reinterpret_cast<const hks_closed&>(message);
      if (auto* which = connection(message.id))
        which->close(std::uint16_t(end.close_code ? end.close_code : 1000), view(end.reason));
      return;
    }
    case HKS_TIMER: return setTimer(reinterpret_cast<const hks_timer&>(message));
    case HKS_HTTP_CALL: return request(reinterpret_cast<const hks_http&>(message));
    case HKS_LOG: {
      auto& notice = reinterpret_cast<const hks_notice&>(message);
      return say(log::fromPlugin(notice.level), view(notice.text), view(notice.call));
    }
    default: return owner_.onSessionMessage(*this, message);
  }
}

void SessionHost::say(log::Level level, std::string_view text, std::string_view call) {
  const std::string_view about = call_.empty() ? call : std::string_view(call_);
  if (limits_.log_lines && ++log_lines_ > limits_.log_lines) return;
  gate_.line(level, about, text);
  if (limits_.log_lines && log_lines_ == limits_.log_lines)
    gate_.line(log::Level::warning, about,
               "has written " + std::to_string(limits_.log_lines) + " lines about this call; further ones are dropped");
}

void SessionHost::setTimer(const hks_timer& message) {
  const std::uint64_t id = message.msg.id;
  if (const auto it = timers_.find(id); it != timers_.end()) {
    loop_.cancel(it->second);
    timers_.erase(it);
  }
  if (message.after_ms == HKS_NEVER) return;
  if (timers_.size() >= limits_.timers)
    return say(log::Level::warning,
               "asked for more than " + std::to_string(limits_.timers) + " timers; the newest is ignored");
  timers_[id] = loop_.after(std::min(message.after_ms, limits_.longest_timer_ms), [this, id, lane = lane_] {
    timers_.erase(id);
    step(plugin::message(HKS_TIMER_FIRED, id), lane);
  });
}

net::WsConnection* SessionHost::connection(std::uint64_t id) {
  const auto it = connections_.find(id);
  return it == connections_.end() ? nullptr : it->second.get();
}

void SessionHost::connect(const hks_http& message) {
  const std::uint64_t id = message.msg.id;
  const std::weak_ptr<SessionHost> self = weak_from_this();
  // An id that is in use is refused without touching the connection that uses it.
  const auto refuse = [this, self, id](const char* why) {
    loop_.post([self, id, why] {
      if (auto s = self.lock()) s->sayClosed(id, 0, why);
    });
  };
  if (connections_.size() >= limits_.connections || connections_.count(id))
    return refuse("too many connections, or the id is in use");
  connections_[id] = nullptr;
  auto task = [self, id, target = wsTarget(message, source_.trust.context), &loop = loop_] {
    loop.post([self, id, result = std::make_shared<net::WsConnected>(connectGuarded(target))] {
      const auto s = self.lock();
      if (s && s->isOpen()) s->guarded("a connection", [&] { s->connected(id, *result); });
    });
  };
  if (io_.post(source_.plugin, std::move(task))) return;
  connections_.erase(id);
  refuse("the gateway has too many connections to open");
}

void SessionHost::connected(std::uint64_t id, net::WsConnected& result) {
  if (!result.stream)
    return connectionClosed(id, std::uint32_t(result.http_status), refusal(result.error, result.body),
                            retryAfterMs(net::findHeader(result.headers, "Retry-After")));
  begin(id, std::move(result.stream), net::WsRole::client, result.leftover);
}

void SessionHost::adopt(std::unique_ptr<net::Stream> stream, std::string_view leftover) {
  begin(next_host_id_++, std::move(stream), net::WsRole::server, leftover);
}

void SessionHost::begin(std::uint64_t id, std::unique_ptr<net::Stream> stream, net::WsRole role,
                        std::string_view leftover) {
  connections_[id] = std::make_unique<net::WsConnection>(loop_, std::move(stream), role, limits_.connection, id, *this);
  owner_.onSessionConnected(*this, ++opened_);
  step(plugin::message(HKS_CONN_OPENED, id));
  auto* opened = connection(id);
  if (opened && !opened->closed()) opened->start(leftover);
}

void SessionHost::request(const hks_http& message) {
  const std::uint64_t id = message.msg.id;
  const Lane lane = lane_;
  auto answer = [self = weak_from_this(), id, lane, &loop = loop_](net::HttpResult result) {
    loop.post([self, id, lane, shared = std::make_shared<net::HttpResult>(std::move(result))] {
      const auto s = self.lock();
      if (!s) return;
      --s->requests_[lane];
      // What follows from an answer is of the same lane.
      stepResponse(id, *shared, [&](const hks_msg& m) { s->step(m, lane); });
    });
  };
  net::HttpResult busy;
  busy.error = "the gateway has too many requests under way";
  if (++requests_[lane] > limits_.requests) return answer(busy);
  auto task = [answer, call = httpCall(message, source_.trust.context), since = loop_.nowMs(), &loop = loop_] {
    answer(performInTime(call, loop.nowMs() - since));
  };
  if (!io_.post(lane == Lane::leg ? source_.plugin + "/leg" : source_.plugin, std::move(task))) answer(busy);
}

void SessionHost::onMessage(net::WsConnection& from, std::string_view payload, bool text) {
  hks_data m{};
  m.msg = {sizeof m, HKS_DATA, from.id()};
  m.bytes = str(payload);
  m.is_text = text;
  step(m.msg);
}

void SessionHost::onClosed(net::WsConnection& which, std::uint32_t code, std::string_view reason) {
  connectionClosed(which.id(), code, reason);
}

bool SessionHost::onFailed(net::WsConnection&, const std::string& why) {
  owner_.onSessionFault(*this, "what came on a connection", why);
  return true;
}

void SessionHost::connectionClosed(std::uint64_t id, std::uint32_t code, std::string_view reason,
                                   std::uint64_t retry_after_ms) {
  const auto it = connections_.find(id);
  if (it != connections_.end()) {
    if (it->second) loop_.dispose(std::move(it->second));
    connections_.erase(it);
    owner_.onSessionDisconnected(*this, code);
  }
  sayClosed(id, code, reason, retry_after_ms);
}

void SessionHost::sayClosed(std::uint64_t id, std::uint32_t code, std::string_view reason,
                            std::uint64_t retry_after_ms) {
  hks_closed m = closedRecord(id, code, reason);
  m.retry_after_ms = retry_after_ms;
  step(m.msg);
}

void SessionHost::close(std::uint16_t code, std::string_view reason) {
  if (std::exchange(closing_, true)) return;
  for (auto& [id, timer] : timers_) loop_.cancel(timer);
  timers_.clear();
  for (auto& [id, connection] : connections_)
    if (connection) net::WsConnection::release(std::move(connection), code, reason);
  connections_.clear();
  // The plugin's session may be on the stack right now; it is closed when the turn is over.
  if (session_) loop_.dispose(std::move(session_));
}

}  // namespace hookswitch::plugin
