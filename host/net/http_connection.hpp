// One connection of the HTTP server: the steps from accept to hand-over or close. Private to host/net.
#pragma once

#include "host/net/http_parser.hpp"
#include "host/net/http_reply.hpp"
#include "host/net/http_server.hpp"
#include "host/net/stream.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace hookswitch::net {

/// The reception thread's view of one client. Moves bytes and decides what is next; knows neither epoll nor workers.
/// [reception]
class HttpConnection {
 public:
  /// What the reception must do now.
  enum class Want : std::uint8_t {
    read = 1,      ///< call drive() when readable
    write = 2,     ///< call drive() when writable
    answer = 3,    ///< takeRequest() is complete: have it answered, then reply()
    handOver = 4,  ///< the 101 has left: takeStream()
    close = 5,     ///< destroy it
    more = 6,      ///< what there was of the body has left: have more() answered, then part()
  };
  enum class Phase : std::uint8_t { handshake = 1, receiving = 2, answering = 3, sending = 4, lingering = 5 };

  HttpConnection(std::unique_ptr<Stream> stream, const HttpServerOptions& options);

  Want drive();
  /// The answer to the request taken. `close`: the connection ends after it.
  Want reply(const HttpReply& reply, bool close);
  /// Asks for the next part of the body: see HttpReply::more.
  void more(HttpPart deliver) const { more_(std::move(deliver)); }
  Want part(std::string_view bytes, bool last);
  /// Accept the upgrade: 101 goes out, then Want::handOver.
  Want acceptUpgrade(const std::string& accept_key, UpgradeCallback callback);
  /// The deadline passed. Answers with 408 or 503 where the client can still understand it.
  Want expire();
  /// The server stops: nothing new is read; true when the connection has nothing to finish.
  bool retire();

  std::shared_ptr<const HttpRequest> takeRequest();
  std::unique_ptr<Stream> takeStream() { return std::move(stream_); }
  std::string takeLeftover() { return parser_.takeLeftover(); }
  UpgradeCallback takeCallback() { return std::move(callback_); }

  Deadline deadline() const { return deadline_; }
  Phase phase() const { return phase_; }
  bool streaming() const { return bool(more_); }  ///< the head of a reply has left, its end has not
  int fd() const { return stream_ ? stream_->fd() : -1; }

 private:
  Want receive();
  Want send();
  Want linger();
  Want sent();
  Want startSending(std::string bytes);
  void progressed();
  int untaken() const;  ///< bytes that were written and the client's machine has not acknowledged

  const HttpServerOptions& options_;
  std::unique_ptr<Stream> stream_;
  HttpRequestParser parser_;
  Phase phase_ = Phase::handshake;
  Deadline deadline_;
  Deadline request_deadline_;   ///< for the last byte of the current request
  std::uint32_t requests_ = 0;  ///< so far
  bool request_timed_ = true;   ///< deadline_ is the request's; false: the idle connection's
  bool close_after_ = false, interim_ = false, head_only_ = false, http_1_0_ = false;
  HttpFraming framing_ = HttpFraming::length;
  std::function<void(HttpPart)> more_;
  std::size_t discarded_ = 0;
  std::size_t out_at_ = 0;
  int untaken_ = 0;          ///< when deadline_ was set
  Deadline write_deadline_;  ///< for the last byte of out_
  std::string out_;
  UpgradeCallback callback_;
};

}  // namespace hookswitch::net
