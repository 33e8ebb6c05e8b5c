#include "host/control/connections.hpp"

namespace hookswitch::control {

/// The loop's side of one connection.
struct Connections::Remote final : media::Connection::Listener {
  Remote(Connections& o, Key k) : owner(o), key(k), waiting(std::make_shared<std::atomic<std::size_t>>(0)) {}

  void onMessage(media::Connection& c, std::string_view payload, bool text) override {
    if (waiting->fetch_add(payload.size() + 64) > max_waiting_bytes) {
      c.close(1008, "more was sent than could be handled");
      return;
    }
    owner.control_.post([o = &owner, k = key, w = waiting, data = std::string(payload), text] {
      w->fetch_sub(data.size() + 64);
      auto it = o->callbacks_.find(k);
      if (it == o->callbacks_.end()) return;
      auto handler = it->second.onMessage;  // the handler may forget the connection, and with it itself
      handler(data, text);
    });
  }
  void onClosed(media::Connection&, std::uint32_t code, std::string_view reason) override {
    owner.control_.post([o = &owner, k = key, code, r = std::string(reason)] { o->closed(k, code, r); });
    auto it = owner.remotes_.find(key);
    owner.loop_.dispose(std::move(connection));
    if (it != owner.remotes_.end()) {
      owner.loop_.dispose(std::move(it->second));
      owner.remotes_.erase(it);
    }
  }

  Connections& owner;
  const Key key;
  std::shared_ptr<std::atomic<std::size_t>> waiting;
  std::unique_ptr<media::Connection> connection;
};

Connections::Connections(Thread& control, net::IoPool& io) : control_(control), io_(io), loop_("net") {}
Connections::~Connections() { stop(); }
void Connections::start() { loop_.start(); }

void Connections::stop() {
  loop_.post([this] {
    for (auto& [key, remote] : remotes_)
      if (remote->connection) media::Connection::release(std::move(remote->connection), 1001, "the gateway stops");
    remotes_.clear();
  });
  loop_.stop();
}

Connections::Key Connections::open(const std::string& lane, net::WsTarget target, Callbacks callbacks) {
  const Key key = next_++;
  callbacks_[key] = std::move(callbacks);
  const bool posted = io_.post(lane, [this, key, target = std::move(target)] {
    auto result = std::make_shared<net::WsConnected>(net::connectWebSocket(target));
    control_.post([this, key, result] {
      if (!callbacks_.count(key)) return;
      if (!result->stream)
        return closed(key, std::uint32_t(result->http_status),
                      result->body.empty() ? result->error : result->error + ": " + result->body.substr(0, 300));
      opened(key, std::move(result->stream), std::move(result->leftover));
    });
  });
  if (!posted) control_.post([this, key] { closed(key, 0, "the gateway has too many connections to open"); });
  return key;
}

void Connections::opened(Key key, std::unique_ptr<net::Stream> stream, std::string leftover) {
  // The owner hears of it first: what it sends from there on finds the connection on the loop.
  auto parcel =
      std::make_shared<std::pair<std::unique_ptr<net::Stream>, std::string>>(std::move(stream), std::move(leftover));
  loop_.post([this, key, parcel] {
    media::ConnectionLimits limits;
    limits.max_message = 16 * 1024 * 1024;
    limits.max_queue = 32 * 1024 * 1024;
    limits.ping_ms = 30'000;
    limits.idle_ms = 90'000;
    auto remote = std::make_unique<Remote>(*this, key);
    Remote& ref = *remote;
    ref.connection =
        std::make_unique<media::Connection>(loop_, std::move(parcel->first), net::WsRole::client, limits, key, ref);
    remotes_[key] = std::move(remote);
    ref.connection->start(parcel->second);
  });
  auto handler = callbacks_[key].onOpened;
  handler();
}

void Connections::closed(Key key, std::uint32_t code, const std::string& reason) {
  auto it = callbacks_.find(key);
  if (it == callbacks_.end()) return;
  Callbacks callbacks = std::move(it->second);
  callbacks_.erase(it);
  callbacks.onClosed(code, reason);
}

void Connections::send(Key key, std::string payload, bool text) {
  loop_.post([this, key, data = std::move(payload), text] {
    auto it = remotes_.find(key);
    if (it != remotes_.end() && it->second->connection) it->second->connection->send(data, text);
  });
}

void Connections::close(Key key, std::uint16_t code, const std::string& reason) {
  loop_.post([this, key, code, reason] {
    auto it = remotes_.find(key);
    if (it != remotes_.end() && it->second->connection) it->second->connection->close(code, reason);
  });
}

void Connections::forget(Key key, std::uint16_t code, const std::string& reason) {
  callbacks_.erase(key);
  loop_.post([this, key, code, reason] {
    auto it = remotes_.find(key);
    if (it == remotes_.end()) return;
    if (it->second->connection) media::Connection::release(std::move(it->second->connection), code, reason);
    loop_.dispose(std::move(it->second));
    remotes_.erase(it);
  });
}

}  // namespace hookswitch::control
