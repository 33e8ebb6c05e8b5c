#include "host/media/media_session.hpp"

#include "host/base/barrier.hpp"
#include "host/base/log.hpp"
#include "host/net/http_client.hpp"
#include "host/net/ws_connector.hpp"
#include "host/plugin/blame.hpp"
#include "host/plugin/wire.hpp"

namespace hookswitch::media {

using plugin::str;
using plugin::view;

MediaSession::MediaSession(base::Loop& loop, net::IoPool& io, Owner& owner, SessionSource source, std::string call_id,
                           const ConnectionLimits& limits)
    : loop_(loop),
      io_(io),
      owner_(owner),
      source_(std::move(source)),
      call_id_(std::move(call_id)),
      component_("plugin." + source_.plugin),
      limits_(limits),
      gate_(plugin::FloodGate::of(source_.plugin)) {}

MediaSession::~MediaSession() { close(1001, "the gateway let go of the session"); }

bool MediaSession::open(const hks_start& start) {
  session_ = plugin::Session::open(*source_.role, {source_.plugin, source_.kind, call_id_});
  if (!session_) return false;
  step(start.msg);
  return true;
}

template <class Event>
void MediaSession::guarded(Event&& event) {
  try {
    event();
  } catch (...) {
    owner_.onSessionFault(*this, base::caught());
  }
}

void MediaSession::step(const hks_msg& message) {
  if (isOpen()) guarded([&] { deliver(message); });
}

void MediaSession::deliver(const hks_msg& message) {
  // What a session writes when it is handed audio is audio: a slow peer may lose it, but nothing else.
  stepping_audio_ = message.type == HKS_AUDIO;
  const hks_status status = session_->step(message);
  if (status < 0 && session_->faultsInARow() && faults_said_++ < 10)
    say(log::Level::warning, plugin::blame::failed(session_->who(), message, status));
  if (session_->lastStepUs() > 20'000 && !slow_said_) {
    slow_said_ = true;
    log::warn(
        component_,
        plugin::blame::slow(session_->who(), message, session_->lastStepUs(), "every call on this media loop waits"),
        call_id_);
  }
  drain();
  if (isOpen() && session_->faultsInARow() >= plugin::Session::max_faults) owner_.onSessionBroken(*this);
}

void MediaSession::drain() {
  session_->drain(
      [this](const hks_msg& message) {
        if (!closing_) handle(message);
      },
      [this](const hks_msg&) { owner_.onSessionFault(*this, base::caught()); });
}

void MediaSession::handle(const hks_msg& message) {
  switch (message.type) {
    case HKS_DATA: {
      auto& data = reinterpret_cast<const hks_data&>(message);
      auto it = connections_.find(message.id);
      if (it != connections_.end() && it->second) it->second->send(view(data.bytes), data.is_text, stepping_audio_);
      return;
    }
    case HKS_CONNECT: return connect(reinterpret_cast<const hks_http&>(message));
    case HKS_CLOSE: {
      auto& end = reinterpret_cast<const hks_closed&>(message);
      auto it = connections_.find(message.id);
      if (it != connections_.end() && it->second)
        it->second->close(std::uint16_t(end.close_code ? end.close_code : 1000), view(end.reason));
      return;
    }
    case HKS_TIMER: return setTimer(reinterpret_cast<const hks_timer&>(message));
    case HKS_HTTP_CALL: return request(reinterpret_cast<const hks_http&>(message));
    case HKS_LOG: return logLine(reinterpret_cast<const hks_notice&>(message));
    default: return owner_.onSessionMessage(*this, message);
  }
}

void MediaSession::logLine(const hks_notice& message) {
  if (++log_lines_ > max_log_lines) return;
  say(log::fromPlugin(message.level), view(message.text));
  if (log_lines_ == max_log_lines)
    say(log::Level::warning,
        "has written " + std::to_string(max_log_lines) + " lines about this call; further ones are dropped");
}

void MediaSession::say(log::Level level, std::string_view text) { gate_.line(level, call_id_, text); }

void MediaSession::setTimer(const hks_timer& message) {
  const std::uint64_t id = message.msg.id;
  auto it = timers_.find(id);
  if (it != timers_.end()) {
    loop_.cancel(it->second);
    timers_.erase(it);
  }
  if (message.after_ms == HKS_NEVER) return;
  if (timers_.size() >= max_timers) {
    say(log::Level::warning, "asked for more than " + std::to_string(max_timers) + " timers; the newest is ignored");
    return;
  }
  const std::uint32_t ms = std::uint32_t(std::min<std::uint64_t>(message.after_ms, 24ull * 3600 * 1000));
  timers_[id] = loop_.after(ms, [this, id] {
    timers_.erase(id);
    step(plugin::message(HKS_TIMER_FIRED, id));
  });
}

void MediaSession::connect(const hks_http& message) {
  const std::uint64_t id = message.msg.id;
  std::weak_ptr<MediaSession> self = weak_from_this();
  // An id that is in use is refused without touching the connection that uses it.
  auto refuse = [this, self, id](const char* why) {
    loop_.post([self, id, why] {
      if (auto s = self.lock()) s->sayClosed(id, 0, why);
    });
  };
  if (connections_.size() >= max_connections || connections_.count(id))
    return refuse("too many connections, or the id is in use");
  net::WsTarget target = plugin::wsTarget(message, source_.tls);
  connections_[id] = nullptr;
  base::Loop& loop = loop_;
  const bool posted = io_.post(source_.plugin, [self, id, target = std::move(target), &loop] {
    auto result = std::make_shared<net::WsConnected>(net::connectWebSocket(target));
    loop.post([self, id, result] {
      auto s = self.lock();
      if (!s || !s->isOpen()) return;
      s->guarded([&] {
        if (!result->stream)
          return s->connectionClosed(id, std::uint32_t(result->http_status),
                                     plugin::refusal(result->error, result->body));
        s->begin(id, std::move(result->stream), net::WsRole::client, result->leftover);
      });
    });
  });
  if (!posted) {
    connections_.erase(id);
    refuse("the gateway has too many connections to open");
  }
}

void MediaSession::request(const hks_http& message) {
  const std::uint64_t id = message.msg.id;
  std::weak_ptr<MediaSession> self = weak_from_this();
  base::Loop& loop = loop_;
  auto answer = [self, id, &loop](net::HttpResult result) {
    auto shared = std::make_shared<net::HttpResult>(std::move(result));
    loop.post([self, id, shared] {
      auto s = self.lock();
      if (!s) return;
      --s->requests_;
      plugin::stepResponse(id, *shared, [&s](const hks_msg& m) { s->step(m); });
    });
  };
  ++requests_;
  net::HttpCall call = plugin::httpCall(message, source_.tls);
  net::HttpResult busy;
  busy.error = "the gateway has too many requests under way";
  if (requests_ > max_requests) return answer(busy);
  if (!io_.post(source_.plugin, [answer, call = std::move(call)] { answer(net::perform(call)); })) answer(busy);
}

void MediaSession::adopt(std::unique_ptr<net::Stream> stream, std::string_view leftover) {
  begin(next_host_id_++, std::move(stream), net::WsRole::server, leftover);
}

void MediaSession::begin(std::uint64_t id, std::unique_ptr<net::Stream> stream, net::WsRole role,
                         std::string_view leftover) {
  connections_[id] = std::make_unique<Connection>(loop_, std::move(stream), role, limits_, id, *this);
  step(plugin::message(HKS_CONN_OPENED, id));
  auto it = connections_.find(id);
  if (it != connections_.end() && it->second && !it->second->closed()) it->second->start(leftover);
}

void MediaSession::onMessage(Connection& connection, std::string_view payload, bool text) {
  hks_data m{};
  m.msg = {sizeof m, HKS_DATA, connection.id()};
  m.bytes = str(payload);
  m.is_text = text;
  step(m.msg);
}

void MediaSession::onClosed(Connection& connection, std::uint32_t code, std::string_view reason) {
  connectionClosed(connection.id(), code, reason);
}

bool MediaSession::onFailed(Connection&, const std::string& why) {
  owner_.onSessionFault(*this, why);
  return true;
}

void MediaSession::connectionClosed(std::uint64_t id, std::uint32_t code, std::string_view reason) {
  auto it = connections_.find(id);
  if (it != connections_.end()) {
    auto connection = std::move(it->second);
    connections_.erase(it);
    if (connection) {
      dropped_ += connection->dropped();
      loop_.dispose(std::move(connection));
    }
  }
  sayClosed(id, code, std::string(reason));
}

void MediaSession::sayClosed(std::uint64_t id, std::uint32_t code, const std::string& reason) {
  const hks_closed m = plugin::closedRecord(id, code, reason);
  step(m.msg);
}

void MediaSession::close(std::uint16_t code, std::string_view reason) {
  if (closing_) return;
  closing_ = true;
  for (auto& [id, timer] : timers_) loop_.cancel(timer);
  timers_.clear();
  for (auto& [id, connection] : connections_) {
    if (!connection) continue;
    dropped_ += connection->dropped();
    Connection::release(std::move(connection), code, reason);
  }
  connections_.clear();
  // The plugin's session may be on the stack right now; it is closed when the turn is over.
  if (session_) loop_.dispose(std::move(session_));
}

}  // namespace hookswitch::media
