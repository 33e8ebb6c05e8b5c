// HTTP/1.1 requests and WebSocket connections towards the gateway under test.
#include "tests/fakes/net_socket.hpp"

#include <boost/asio/connect.hpp>
#include <boost/beast/http.hpp>

#include <openssl/ssl.h>

#include <optional>

namespace fakes {

namespace http = beast::http;
namespace ws = beast::websocket;

namespace {

struct Url {
  bool tls = false, websocket = false;
  std::string host, port, target, authority;  ///< authority: as in the URL, for the Host header
};

std::optional<Url> parseUrl(const std::string& text) {
  Url url;
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string::npos) return std::nullopt;
  const std::string scheme = text.substr(0, scheme_end);
  if (scheme != "http" && scheme != "https" && scheme != "ws" && scheme != "wss") return std::nullopt;
  url.websocket = scheme[0] == 'w';
  url.tls = scheme == "https" || scheme == "wss";
  std::string rest = text.substr(scheme_end + 3);
  rest.resize(std::min(rest.find('#'), rest.size()));
  const auto slash = rest.find_first_of("/?");
  url.authority = rest.substr(0, slash);
  url.target = slash == std::string::npos ? "/" : rest.substr(slash);
  if (url.target[0] == '?') url.target.insert(0, "/");
  if (const auto at = url.authority.rfind('@'); at != std::string::npos) url.authority.erase(0, at + 1);
  const auto colon = url.authority.rfind(':');
  const bool has_port = colon != std::string::npos && url.authority.find(']', colon) == std::string::npos;
  url.host = url.authority.substr(0, has_port ? colon : std::string::npos);
  url.port = has_port ? url.authority.substr(colon + 1) : url.tls ? "443" : "80";
  if (url.host.size() > 2 && url.host.front() == '[') url.host = url.host.substr(1, url.host.size() - 2);
  if (url.host.empty() || url.port.empty()) return std::nullopt;
  return url;
}

/// [loop] What request() and connect() have in common: resolve, connect, TLS, one deadline over everything.
template <class Stream, class Derived>
class Attempt : public std::enable_shared_from_this<Derived> {
 public:
  Attempt(Loop& loop, Url url) : loop_(loop), url_(std::move(url)), resolver_(loop.impl().io) {}

  void begin(std::uint32_t timeout_ms) {
    auto self = this->shared_from_this();
    deadline_ = loop_.after(timeout_ms, [self] {
      self->timed_out_ = true;
      self->resolver_.cancel();
      resetTcp(beast::get_lowest_layer(self->stream()));
      self->fail("timed out");
    });
    error_code literal;
    const auto address = asio::ip::make_address(url_.host, literal);
    if (!literal) {
      const tcp::endpoint peer(address, static_cast<std::uint16_t>(std::atoi(url_.port.c_str())));
      return socket().async_connect(peer, [self](error_code error) { self->tcpUp(error); });
    }
    resolver_.async_resolve(url_.host, url_.port, [self](error_code error, tcp::resolver::results_type found) {
      if (error) return self->fail("cannot resolve " + self->url_.host + ": " + error.message());
      asio::async_connect(self->socket(), found,
                          [self](error_code failed, const tcp::endpoint&) { self->tcpUp(failed); });
    });
  }

 protected:
  tcp::socket& socket() { return beast::get_lowest_layer(static_cast<Derived*>(this)->stream()); }
  bool over() const { return over_; }
  /// True for the first caller: whoever gets true reports the result.
  bool end() {
    loop_.cancel(deadline_);
    return !std::exchange(over_, true);
  }
  void fail(std::string why) {
    if (!end()) return;
    ClientResult result;
    result.error = std::move(why);
    result.connected = connected_;
    error_code ignored;
    socket().close(ignored);
    static_cast<Derived*>(this)->failed(std::move(result));
  }

  void tcpUp(error_code error) {
    if (over_) return;
    if (error) return fail(error.message());
    error_code ignored;
    socket().set_option(tcp::no_delay(true), ignored);
    auto* derived = static_cast<Derived*>(this);
    if constexpr (std::is_same_v<Stream, Tls>) {
      SSL_set_tlsext_host_name(derived->layer().native_handle(), url_.host.c_str());
      derived->layer().async_handshake(asio::ssl::stream_base::client,
                                       [self = this->shared_from_this()](error_code failed) {
                                         if (self->over_) return;
                                         if (failed) return self->fail("TLS: " + failed.message());
                                         self->connected_ = true;
                                         self->up();
                                       });
    } else {
      connected_ = true;
      derived->up();
    }
  }

  Loop& loop_;
  Url url_;
  tcp::resolver resolver_;
  Loop::TimerId deadline_ = 0;
  bool over_ = false, timed_out_ = false, connected_ = false;
};

template <class Stream>
std::unique_ptr<Stream> makeStream(Loop& loop) {
  if constexpr (std::is_same_v<Stream, Tls>)
    return std::make_unique<Tls>(loop.impl().io, loop.impl().client_tls);
  else
    return std::make_unique<Plain>(loop.impl().io);
}

template <class Stream>
class HttpRequest final : public Attempt<Stream, HttpRequest<Stream>> {
 public:
  using Base = Attempt<Stream, HttpRequest<Stream>>;
  HttpRequest(Loop& loop, const Url& url, const std::string& method, const Headers& headers, std::string body,
              std::function<void(ClientResult)> done)
      : Base(loop, url), stream_(makeStream<Stream>(loop)), done_(std::move(done)) {
    message_.version(11);
    message_.method_string(method);
    message_.target(url.target);
    message_.set(http::field::host, url.authority);
    message_.set(http::field::connection, "close");
    for (const auto& [name, value] : headers) message_.set(name, value);
    message_.body() = std::move(body);
    message_.prepare_payload();
    parser_.body_limit(64u << 20);
  }
  Stream& stream() { return *stream_; }
  Stream& layer() { return *stream_; }
  void failed(ClientResult result) { std::exchange(done_, nullptr)(std::move(result)); }
  void up() {
    http::async_write(*stream_, message_, [self = this->shared_from_this()](error_code error, std::size_t) {
      if (self->over()) return;
      if (error) return self->fail(error.message());
      http::async_read(*self->stream_, self->buffer_, self->parser_, [self](error_code bad, std::size_t) {
        if (self->over()) return;
        if (bad) return self->fail(bad.message());
        if (!self->end()) return;
        auto answer = self->parser_.release();
        ClientResult result;
        result.status = answer.result_int();
        result.connected = true;
        result.headers = copyHeaders(answer.base());
        result.body = std::move(answer.body());
        error_code ignored;
        self->socket().close(ignored);
        std::exchange(self->done_, nullptr)(std::move(result));
      });
    });
  }
  friend Base;

 private:
  std::unique_ptr<Stream> stream_;
  http::request<http::string_body> message_;
  http::response_parser<http::string_body> parser_;
  beast::flat_buffer buffer_;
  std::function<void(ClientResult)> done_;
};

template <class Stream>
class Upgrade final : public Attempt<Stream, Upgrade<Stream>> {
 public:
  using Base = Attempt<Stream, Upgrade<Stream>>;
  using Ws = ws::stream<Stream>;
  Upgrade(Loop& loop, const Url& url, Headers headers, std::function<void(SocketPtr, ClientResult)> done)
      : Base(loop, url), ws_(std::make_unique<Ws>(std::move(*makeStream<Stream>(loop)))), done_(std::move(done)) {
    ws_->set_option(ws::stream_base::decorator([headers = std::move(headers)](ws::request_type& request) {
      for (const auto& [name, value] : headers) request.set(name, value);
    }));
  }
  Ws& stream() { return *ws_; }
  Stream& layer() { return ws_->next_layer(); }
  void failed(ClientResult result) { std::exchange(done_, nullptr)(nullptr, std::move(result)); }
  void up() {
    ws_->async_handshake(answer_, this->url_.authority, this->url_.target,
                         [self = this->shared_from_this()](error_code error) {
                           if (self->over()) return;
                           if (error == ws::error::upgrade_declined && self->end()) {
                             ClientResult result = self->result();
                             result.error = "refused with " + std::to_string(result.status);
                             error_code ignored;
                             self->socket().close(ignored);
                             return std::exchange(self->done_, nullptr)(nullptr, std::move(result));
                           }
                           if (error) return self->fail(error.message());
                           if (!self->end()) return;
                           auto done = std::exchange(self->done_, nullptr);
                           done(std::make_shared<WebSocket<Stream>>(self->loop_, std::move(self->ws_)), self->result());
                         });
  }
  friend Base;

 private:
  ClientResult result() {
    ClientResult result;
    result.status = answer_.result_int();
    result.connected = true;
    result.headers = copyHeaders(answer_.base());
    result.body = answer_.body();
    return result;
  }
  std::unique_ptr<Ws> ws_;
  ws::response_type answer_;
  std::function<void(SocketPtr, ClientResult)> done_;
};

}  // namespace

void request(Loop& loop, const std::string& method, const std::string& url, Headers headers, std::string body,
             std::uint32_t timeout_ms, std::function<void(ClientResult)> done) {
  const auto parts = parseUrl(url);
  if (!parts || parts->websocket) {
    ClientResult result;
    result.error = "'" + url + "' is not an http or https URL";
    return loop.post([done = std::move(done), result] { done(result); });
  }
  if (parts->tls)
    std::make_shared<HttpRequest<Tls>>(loop, *parts, method, headers, std::move(body), std::move(done))
        ->begin(timeout_ms);
  else
    std::make_shared<HttpRequest<Plain>>(loop, *parts, method, headers, std::move(body), std::move(done))
        ->begin(timeout_ms);
}

void connect(Loop& loop, const std::string& url, Headers headers, std::uint32_t timeout_ms,
             std::function<void(SocketPtr, ClientResult)> done) {
  const auto parts = parseUrl(url);
  if (!parts || !parts->websocket) {
    ClientResult result;
    result.error = "'" + url + "' is not a ws or wss URL";
    return loop.post([done = std::move(done), result] { done(nullptr, result); });
  }
  if (parts->tls)
    std::make_shared<Upgrade<Tls>>(loop, *parts, std::move(headers), std::move(done))->begin(timeout_ms);
  else
    std::make_shared<Upgrade<Plain>>(loop, *parts, std::move(headers), std::move(done))->begin(timeout_ms);
}

}  // namespace fakes
