#include "host/net/http_connection.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <utility>

namespace hookswitch::net {

namespace {

constexpr std::uint32_t kLingerMs = 2000;
constexpr std::size_t kLingerBytes = 64 * 1024 * 1024, kLingerTurn = 256 * 1024;

std::string httpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%d %%s %Y %H:%M:%S GMT", &utc);
  std::string date(text, size);  // names by hand: strftime's follow the locale
  date.replace(date.find("%s"), 2, months[utc.tm_mon]);
  return std::string(days[utc.tm_wday]) + ", " + date;
}

bool isLoopback(const std::string& ip) { return ip == "::1" || ip.compare(0, 4, "127.") == 0; }

bool safeHeader(const std::string& name, const std::string& value) {
  const auto breaks = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  return !name.empty() && std::none_of(value.begin(), value.end(), breaks) &&
         std::none_of(name.begin(), name.end(), [&](char c) { return breaks(c) || c == ':' || c == ' '; });
}

bool isOurs(const std::string& name) {
  return equalsIgnoreCase(name, "Content-Length") || equalsIgnoreCase(name, "Connection") ||
         equalsIgnoreCase(name, "Date") || equalsIgnoreCase(name, "Transfer-Encoding");
}

/// One chunk of RFC 9112 §7.1; `last` adds the empty one that ends the body.
std::string chunk(std::string_view bytes, bool last) {
  std::string out;
  if (!bytes.empty()) {
    char size[20];
    const int digits = std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    out.reserve(bytes.size() + 32);
    out.append(size, std::size_t(digits)).append(bytes).append("\r\n");
  }
  if (last) out += "0\r\n\r\n";
  return out;
}

}  // namespace

std::string serializeReply(const HttpReply& reply, bool head_only, bool close, HttpFraming framing) {
  std::string out = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  out += httpReason(reply.status);
  out += "\r\nDate: " + httpDate() + "\r\n";
  for (const auto& [name, value] : reply.headers)
    if (safeHeader(name, value) && !isOurs(name)) out += name + ": " + value + "\r\n";
  // Who called whom, and with which key: nothing of it lies in a cache on the way, unless a plugin says that it may.
  if (findHeader(reply.headers, "Cache-Control").empty()) out += "Cache-Control: no-store\r\n";
  const bool bodiless = reply.status < 200 || reply.status == 204 || reply.status == 304;
  if (!bodiless) {
    if (!reply.body.empty() && findHeader(reply.headers, "Content-Type").empty())
      out += "Content-Type: application/json\r\n";
    if (framing == HttpFraming::length) out += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
    if (framing == HttpFraming::chunks) out += "Transfer-Encoding: chunked\r\n";
  }
  out += close ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
  if (!bodiless && !head_only) out += framing == HttpFraming::chunks ? chunk(reply.body, false) : reply.body;
  return out;
}

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
  request.peer_port = stream_->peerPort();
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
  return startSending(framing_ == HttpFraming::chunks ? chunk(bytes, last) : std::string(bytes));
}

HttpConnection::Want HttpConnection::acceptUpgrade(std::string accept_key, UpgradeCallback callback) {
  callback_ = std::move(callback);
  std::string head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  head += "Sec-WebSocket-Accept: " + accept_key + "\r\n";
  return startSending(head + "\r\n");
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
