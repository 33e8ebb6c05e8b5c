// The network side of the fakes: one thread, one Boost.Asio loop, HTTP/1.1 and WebSocket in both directions.
//
// Boost.Beast is used here on purpose and only here (net.cpp): a second, independent implementation of RFC 6455 and
// HTTP/1.1 finds the mistakes that the gateway's own codec would otherwise make on both ends.
// Every callback and every method runs on the loop's thread unless it says [any].
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fakes {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Case-insensitive look-up; empty when absent.
std::string_view header(const Headers& headers, std::string_view name);

struct Request {
  std::string method, target, body;  ///< target: path and query exactly as received
  Headers headers;
  std::string path() const;                        ///< target up to '?'
  std::string query(std::string_view name) const;  ///< decoded value of a query parameter, empty when absent
};

struct Response {
  unsigned status = 200;
  std::string body{}, type = "application/json";
  Headers headers{};
  std::uint32_t delay_ms = 0;   ///< wait this long before the first byte
  bool drop = false;            ///< cut the TCP connection instead of answering
  std::uint32_t drip_ms = 0;    ///< send one byte every n ms (0: all at once)
  std::int64_t cut_after = -1;  ///< cut the connection after this many bytes of the serialised answer (-1: send all)
};

/// One WebSocket, server or client side. Kept alive by shared_ptr while open; safe to hold after it closed.
class Socket {
 public:
  struct Handlers {
    std::function<void(std::string_view payload, bool text)> onMessage;
    std::function<void(unsigned code, std::string_view reason)> onClose;  ///< once; 1006 when the peer vanished
  };
  virtual ~Socket() = default;
  virtual void start(Handlers handlers) = 0;  ///< begin to read; must be called once
  virtual void send(std::string payload, bool text = true) = 0;
  virtual void sendRaw(std::string bytes) = 0;  ///< bytes straight onto the stream: garbage, half frames
  virtual void ping(std::string payload) = 0;
  virtual void close(unsigned code, std::string reason) = 0;
  virtual void reset() = 0;                    ///< TCP RST, no close frame
  virtual void pauseReading(bool paused) = 0;  ///< a client that stops reading
  virtual std::size_t queuedBytes() const = 0;
  virtual bool open() const = 0;
};
using SocketPtr = std::shared_ptr<Socket>;

class Loop {
 public:
  Loop();
  ~Loop();                                       ///< stops and joins
  void run();                                    ///< blocks until stop()
  void start();                                  ///< run() on a thread of its own; stop() or ~Loop ends it
  void stop();                                   ///< [any]
  void post(std::function<void()> task);         ///< [any]
  void call(const std::function<void()>& task);  ///< [any but the loop] post and wait until it is done
  using TimerId = std::uint64_t;
  TimerId after(std::uint32_t ms, std::function<void()> task);
  TimerId every(std::uint32_t ms, std::function<void()> task);  ///< absolute deadlines: does not drift
  void cancel(TimerId id);
  std::uint64_t nowUs() const;  ///< monotonic
  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// A server on 127.0.0.1. Port 0: chosen by the system, see port(). Construct and destroy it on the loop's thread, or
/// while the loop does not run. Throws std::runtime_error when the port is taken or the certificate is unreadable.
class Server {
 public:
  using Reply = std::function<void(Response)>;  ///< call once, now or later, on the loop
  struct Handlers {
    std::function<void(const Request&, Reply)> onRequest;
    /// Decide on an upgrade: status 101 accepts (then onSocket follows), anything else is sent as the refusal.
    std::function<Response(const Request&)> onUpgrade;
    std::function<void(const Request&, SocketPtr)> onSocket;
  };
  Server(Loop& loop, std::uint16_t port, Handlers handlers, std::string certificate_pem_file = {},
         std::string key_pem_file = {});
  ~Server();
  std::uint16_t port() const;
  void cut();  ///< reset every connection that is not a WebSocket, also in the middle of an answer
  void refuse(
      bool refusing);  ///< close the listening socket (connections are refused) / open it again on the same port

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

struct ClientResult {
  unsigned status = 0;  ///< 0: no answer (refused, reset, timed out); `error` says why
  std::string body, error;
  bool connected = false;  ///< TCP (and TLS) stood; false with status 0: nothing of the request was sent
  Headers headers;
};

/// One HTTP request to http:// or https:// (certificates of the peer are not checked). Keep-alive is not used.
void request(Loop& loop, const std::string& method, const std::string& url, Headers headers, std::string body,
             std::uint32_t timeout_ms, std::function<void(ClientResult)> done);

/// Open a client WebSocket to ws:// or wss://. `done` gets the socket (not yet started) or a null pointer and why.
void connect(Loop& loop, const std::string& url, Headers headers, std::uint32_t timeout_ms,
             std::function<void(SocketPtr, ClientResult)> done);

}  // namespace fakes
