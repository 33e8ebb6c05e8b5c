// HTTP/1.1 server with keep-alive and WebSocket upgrade. Answers are written as text, not by Beast: a fake must be able
// to send half of one, or byte by byte.
#include "tests/fakes/net_socket.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>

#include <optional>
#include <stdexcept>

namespace fakes {

namespace http = beast::http;
namespace ws = beast::websocket;

namespace {

constexpr std::uint64_t body_limit = 64u << 20;
constexpr std::uint32_t header_limit = 64u << 10;

std::string serialise(const Response& response, bool keep_alive) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + ' ' +
                    std::string(http::obsolete_reason(http::int_to_status(response.status))) + "\r\n";
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless) {
    if (!response.type.empty()) out += "Content-Type: " + response.type + "\r\n";
    out += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  }
  for (const auto& [name, value] : response.headers) out += name + ": " + value + "\r\n";
  if (!keep_alive) out += "Connection: close\r\n";
  out += "\r\n";
  if (!bodiless) out += response.body;
  return out;
}

}  // namespace

struct Connection : Abandonable {
  virtual void hangUp(bool only_idle) = 0;  ///< cut it, if `only_idle` then only between two requests

 protected:
  ~Connection() = default;
};

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(Loop& the_loop, Handlers the_handlers)
      : loop(the_loop), handlers(std::move(the_handlers)), acceptor(loop.impl().io) {}
  void open(bool listen);
  void accept();

  Loop& loop;
  Handlers handlers;
  tcp::acceptor acceptor;
  std::uint16_t port = 0;
  bool listening = false;
  std::unique_ptr<asio::ssl::context> tls;
  std::set<Connection*> connections;
};

namespace {

/// [loop] One accepted connection until it closes or becomes a WebSocket.
template <class Stream, class Owner>
class HttpConnection final : public Connection, public std::enable_shared_from_this<HttpConnection<Stream, Owner>> {
 public:
  HttpConnection(std::shared_ptr<Owner> owner, std::unique_ptr<Stream> stream)
      : owner_(std::move(owner)), loop_(owner_->loop), stream_(std::move(stream)) {
    owner_->connections.insert(this);
  }
  ~HttpConnection() { owner_->connections.erase(this); }
  void abandon() {}

  void begin() {
    if constexpr (std::is_same_v<Stream, Tls>) {
      stream_->async_handshake(asio::ssl::stream_base::server, [self = this->shared_from_this()](error_code error) {
        if (!error) self->read();
      });
    } else {
      read();
    }
  }

  void hangUp(bool only_idle) override {
    if (stream_ && (!only_idle || idle_)) resetTcp(beast::get_lowest_layer(*stream_));
  }

 private:
  void read() {
    idle_ = true;
    parser_.emplace();
    parser_->body_limit(body_limit);
    parser_->header_limit(header_limit);
    http::async_read(*stream_, buffer_, *parser_, [self = this->shared_from_this()](error_code error, std::size_t) {
      self->idle_ = false;
      if (error) return self->cut();
      self->dispatch();
    });
  }

  void dispatch() {
    auto& message = parser_->get();
    request_.method = std::string(message.method_string());
    request_.target = std::string(message.target());
    request_.headers = copyHeaders(message.base());
    keep_alive_ = message.keep_alive();
    auto& handlers = owner_->handlers;
    if (ws::is_upgrade(message)) {
      request_.body.clear();
      auto answer =
          handlers.onUpgrade ? handlers.onUpgrade(request_) : Response{404, R"({"error":"no WebSocket here"})"};
      if (answer.status == 101 && !answer.drop) return later(answer.delay_ms, [this, answer] { upgrade(answer); });
      return reply(std::move(answer));
    }
    request_.body = std::move(message.body());
    auto answered = std::make_shared<bool>(false);
    if (!handlers.onRequest) return reply(Response{404, R"({"error":"no HTTP here"})"});
    handlers.onRequest(request_, [self = this->shared_from_this(), answered](Response response) {
      if (std::exchange(*answered, true)) return;
      self->reply(std::move(response));
    });
  }

  void later(std::uint32_t ms, std::function<void()> task) {
    if (ms == 0) return task();
    loop_.after(ms, [self = this->shared_from_this(), task = std::move(task)] { task(); });
  }

  void reply(Response response) {
    const auto delay = response.delay_ms;
    later(delay, [this, response = std::move(response)] {
      if (response.drop) return cut();
      out_ = serialise(response, keep_alive_);
      cut_ = response.cut_after >= 0 && std::size_t(response.cut_after) < out_.size();
      if (cut_) out_.resize(std::size_t(response.cut_after));
      if (response.drip_ms > 0) return drip(0, response.drip_ms);
      asio::async_write(*stream_, asio::buffer(out_),
                        [self = this->shared_from_this()](error_code error, std::size_t) { self->sent(error); });
    });
  }

  void drip(std::size_t at, std::uint32_t ms) {
    if (at >= out_.size()) return sent({});
    asio::async_write(*stream_, asio::buffer(out_.data() + at, 1),
                      [self = this->shared_from_this(), at, ms](error_code error, std::size_t) {
                        if (error) return self->cut();
                        self->loop_.after(ms, [self, at, ms] { self->drip(at + 1, ms); });
                      });
  }

  void sent(error_code error) {
    if (error || cut_) return cut();
    if (keep_alive_) return read();
    error_code ignored;
    beast::get_lowest_layer(*stream_).shutdown(tcp::socket::shutdown_send, ignored);
  }

  void cut() {
    if (stream_) resetTcp(beast::get_lowest_layer(*stream_));
  }

  void upgrade(const Response& answer) {
    auto socket = std::make_unique<ws::stream<Stream>>(std::move(*stream_));
    stream_.reset();
    socket->set_option(ws::stream_base::decorator([headers = answer.headers](ws::response_type& response) {
      response.erase(http::field::server);
      for (const auto& [name, value] : headers) response.set(name, value);
    }));
    auto& target = *socket;
    target.async_accept(parser_->get(),
                        [self = this->shared_from_this(), socket = std::move(socket)](error_code error) mutable {
                          if (error || !self->owner_->handlers.onSocket) return;
                          self->owner_->handlers.onSocket(
                              self->request_, std::make_shared<WebSocket<Stream>>(self->loop_, std::move(socket)));
                        });
  }

  std::shared_ptr<Owner> owner_;
  Loop& loop_;
  std::unique_ptr<Stream> stream_;  ///< gone once it is a WebSocket
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  Request request_;
  std::string out_;
  bool keep_alive_ = true, idle_ = false, cut_ = false;
};

}  // namespace

void Server::Impl::open(bool listen) {
  error_code ignored;
  acceptor.close(ignored);
  const tcp::endpoint here(asio::ip::address_v4::loopback(), port);
  acceptor.open(here.protocol());
  acceptor.set_option(asio::socket_base::reuse_address(true));
  acceptor.bind(here);  // bound without listening: the port stays ours, connections are refused
  port = acceptor.local_endpoint().port();
  listening = listen;
  if (!listen) return;
  acceptor.listen(4096);
  accept();
}

void Server::Impl::accept() {
  acceptor.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
    if (!error) {
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      if (self->tls)
        std::make_shared<HttpConnection<Tls, Impl>>(self, std::make_unique<Tls>(std::move(socket), *self->tls))
            ->begin();
      else
        std::make_shared<HttpConnection<Plain, Impl>>(self, std::make_unique<Plain>(std::move(socket)))->begin();
    }
    self->accept();
  });
}

Server::Server(Loop& loop, std::uint16_t port, Handlers handlers, std::string certificate_pem_file,
               std::string key_pem_file)
    : impl_(std::make_shared<Impl>(loop, std::move(handlers))) {
  impl_->port = port;
  try {
    if (!certificate_pem_file.empty()) {
      impl_->tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
      impl_->tls->use_certificate_chain_file(certificate_pem_file);
      impl_->tls->use_private_key_file(key_pem_file, asio::ssl::context::pem);
    }
    impl_->open(true);
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error("127.0.0.1:" + std::to_string(port) + " cannot be served: " + error.code().message());
  }
}

Server::~Server() {
  error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->handlers = {};
  const auto connections = impl_->connections;
  for (Connection* connection : connections) connection->hangUp(false);
}

std::uint16_t Server::port() const { return impl_->port; }

void Server::cut() {
  const auto connections = impl_->connections;
  for (Connection* connection : connections) connection->hangUp(false);
}

void Server::refuse(bool refusing) {
  if (impl_->listening == !refusing) return;  // opening it again would lose who waits to be accepted
  impl_->open(!refusing);
  const auto connections = impl_->connections;
  if (refusing)
    for (Connection* connection : connections) connection->hangUp(true);
}

}  // namespace fakes
