#include "host/net/http_connection.hpp"

#include "host/net/http_chunks.hpp"
#include "host/net/http_reply.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <utility>

namespace hookswitch::net {

namespace {

constexpr std::uint32_t kLingerMs = 2000;
constexpr std::size_t kLingerBytes = 64 * 1024 * 1024, kLingerTurn = 256 * 1024;

bool isLoopback(const std::string& ip) { return ip == "::1" || ip.compare(0, 4, "127.") == 0; }

}  // namespace

HttpConnection::HttpConnection(std::unique_ptr<Stream> stream, const HttpServerOptions& options)
    : options_(options),
      stream_(std::move(stream)),
      parser_({options.max_target_bytes, options.max_head_bytes, options.max_headers, options.max_body_bytes}),
      deadline_(deadlineIn(options.request_timeout_ms)),
      request_deadline_(deadline_) {}

HttpConnection::Want HttpConnection::drive() {
  switch (phase_) {
    case Phase::handshake: {
      const IoStatus status = stream_->handshake().status;
      if (status == IoStatus::wantRead) return Want::read;
      if (status == IoStatus::wantWrite) return Want::write;
      if (status != IoStatus::done) return Want::close;
      phase_ = Phase::receiving;
      return receive();
    }
    case Phase::receiving: return receive();
    case Phase::answering: return Want::answer;
    case Phase::sending: return send();
    case Phase::lingering: return linger();
  }
  return Want::close;
}

HttpConnection::Want HttpConnection::receive() {
  for (;;) {
    const HttpRequestParser::Status status = parser_.parse();
    if (status == HttpRequestParser::Status::complete) {
      phase_ = Phase::answering;
      deadline_ = deadlineIn(options_.reply_timeout_ms);
      ++requests_;
      return Want::answer;
    }
    if (status == HttpRequestParser::Status::refused) return reply(parser_.refusal(), true);
    if (!request_timed_ && parser_.started()) {
      request_timed_ = true;
      deadline_ = request_deadline_ = deadlineIn(options_.request_timeout_ms);
    }
    if (parser_.takeExpectContinue()) {
      interim_ = true;
      return startSending("HTTP/1.1 100 Continue\r\n\r\n");
    }
    char bytes[16 * 1024];
    const IoResult got = stream_->read(bytes, sizeof bytes);
    if (got.status == IoStatus::wantRead) return Want::read;
    if (got.status == IoStatus::wantWrite) return Want::write;
    if (got.status != IoStatus::done) return Want::close;
    parser_.feed(std::string_view(bytes, got.bytes));
  }
}

std::shared_ptr<const HttpRequest> HttpConnection::takeRequest() {
  HttpRequest& request = parser_.request();
  request.peer_ip = stream_->peerIp();
  request.peer_loopback = isLoopback(stream_->peerIp());
  request.tls = stream_->tls();
  head_only_ = request.method == "HEAD";
  http_1_0_ = request.http_1_0;
  close_after_ = !parser_.keepAlive() || requests_ >= options_.max_requests_per_connection;
  return std::make_shared<const HttpRequest>(std::move(request));
}

HttpConnection::Want HttpConnection::reply(const HttpReply& reply, bool close) {
  framing_ = !reply.more ? HttpFraming::length : http_1_0_ ? HttpFraming::close : HttpFraming::chunks;
  close_after_ = close_after_ || close || framing_ == HttpFraming::close;
  if (!head_only_) more_ = reply.more;
  return startSending(serializeReply(reply, head_only_, close_after_, framing_));
}

HttpConnection::Want HttpConnection::part(std::string_view bytes, bool last) {
  if (last) more_ = nullptr;
  return startSending(framing_ == HttpFraming::chunks ? encodeChunk(bytes, last) : std::string(bytes));
}

HttpConnection::Want HttpConnection::acceptUpgrade(const std::string& accept_key, UpgradeCallback callback) {
  callback_ = std::move(callback);
  return startSending(serializeUpgrade(accept_key));
}

HttpConnection::Want HttpConnection::startSending(std::string bytes) {
  phase_ = Phase::sending;
  write_deadline_ = deadlineIn(options_.max_write_ms);
  out_ = std::move(bytes);
  out_at_ = 0;
  progressed();
  return send();
}

/// The client took something: it has the whole time again, within the bound.
void HttpConnection::progressed() {
  untaken_ = untaken();
  deadline_ = std::min(deadlineIn(options_.write_timeout_ms), write_deadline_);
}

int HttpConnection::untaken() const {
  int bytes = 0;
  return ::ioctl(stream_->fd(), SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

HttpConnection::Want HttpConnection::send() {
  const std::size_t before = out_at_;
  while (out_at_ < out_.size()) {
    const IoResult result = stream_->write(out_.data() + out_at_, out_.size() - out_at_);
    if (result.status != IoStatus::done && out_at_ > before) progressed();
    if (result.status == IoStatus::wantRead) return Want::read;
    if (result.status == IoStatus::wantWrite) return Want::write;
    if (result.status != IoStatus::done) return Want::close;
    out_at_ += result.bytes;
  }
  return sent();
}

HttpConnection::Want HttpConnection::sent() {
  out_ = std::string();
  if (callback_) return Want::handOver;
  if (more_) {
    phase_ = Phase::answering;
    deadline_ = deadlineIn(options_.reply_timeout_ms);
    return Want::more;
  }
  if (interim_) {
    interim_ = false;
    phase_ = Phase::receiving;
    deadline_ = request_deadline_;
    return receive();
  }
  if (close_after_) {
    // Closing with unread input makes the kernel send RST, which can destroy the reply before the client reads it.
    stream_->shutdown();
    phase_ = Phase::lingering;
    deadline_ = deadlineIn(kLingerMs);
    return linger();
  }
  parser_.next();
  phase_ = Phase::receiving;
  request_timed_ = head_only_ = false;
  deadline_ = deadlineIn(options_.keep_alive_ms);
  return receive();
}

HttpConnection::Want HttpConnection::linger() {
  char bytes[16 * 1024];
  // Turn by turn, for the others' sake; what TLS has already decrypted raises no event.
  for (const std::size_t turn = discarded_ + kLingerTurn; discarded_ < kLingerBytes;) {
    if (discarded_ >= turn && !stream_->pendingDecrypted()) return Want::read;
    const IoResult got = stream_->read(bytes, sizeof bytes);
    if (got.status == IoStatus::wantRead) return Want::read;
    if (got.status == IoStatus::wantWrite) return Want::write;
    if (got.status != IoStatus::done) return Want::close;
    discarded_ += got.bytes;
  }
  return Want::close;
}

HttpConnection::Want HttpConnection::expire() {
  if (phase_ == Phase::answering && !more_) return reply(errorReply(503, "The answer was not ready in time"), true);
  if (phase_ == Phase::receiving && parser_.started())
    return reply(errorReply(408, "The request did not arrive completely in time"), true);
  if (phase_ == Phase::receiving) stream_->shutdown();
  // The kernel reports room only when there is much of it, so it is asked how much has left meanwhile.
  if (phase_ == Phase::sending && untaken() < untaken_ && remainingMs(write_deadline_) > 0) {
    progressed();
    return send();
  }
  return Want::close;
}

bool HttpConnection::retire() {
  close_after_ = close_after_ || phase_ == Phase::answering || (phase_ == Phase::sending && !callback_);
  return phase_ != Phase::answering && phase_ != Phase::sending;
}

}  // namespace hookswitch::net
