#include "host/net/http_exchange.hpp"

#include "host/net/http_chunks.hpp"
#include "host/net/http_grammar.hpp"
#include "host/net/ws_handshake.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/StreamSocket.h>

#include <algorithm>
#include <charconv>
#include <istream>
#include <ostream>
#include <utility>

namespace hookswitch::net {

namespace {

constexpr std::size_t kMaxHead = 64 * 1024;
constexpr int kMaxInterim = 8;

}  // namespace

base::Result<void> headersAreSafe(const HttpHeaders& headers) {
  for (const auto& [name, value] : headers) {
    if (!isToken(name)) return base::Failure("A request header's name is not a token");
    if (!std::all_of(value.begin(), value.end(), isFieldChar))
      return base::Failure("The request header '" + name + "' has a line break or control character in its value");
  }
  return {};
}

// ---------------------------------------------------------------------------------------------- DeadlineSocket

DeadlineSocket::DeadlineSocket(Stream& stream, Deadline deadline)
    : StreamSocketImpl(stream.fd()), stream_(stream), deadline_(deadline) {}

bool DeadlineSocket::fail(std::string sentence) {
  error_ = std::move(sentence);
  return false;
}

int DeadlineSocket::sendBytes(const void* data, int size, int) {
  if (!unsent_.empty()) return size;
  const std::string_view bytes(static_cast<const char*>(data), static_cast<std::size_t>(size));
  const IoResult result = stream_.writeAllBy(bytes, deadline_);
  sent_ += result.bytes;
  if (result.status == IoStatus::done) return size;
  timed_out_ = result.status == IoStatus::timedOut;
  unsent_ = timed_out_                          ? "the request could not be sent in time"
            : result.status == IoStatus::closed ? "the connection was closed while the request was sent"
                                                : stream_.error();
  if (timed_out_ || sent_ == 0) throw Poco::Net::NetException();
  return size;  // it may have answered before it closed, so Poco goes on to read
}

bool DeadlineSocket::more() {
  char bytes[16 * 1024];
  const IoResult got = stream_.readBy(bytes, sizeof bytes, deadline_);
  if (got.status == IoStatus::done) {
    answered_ = true;
    input_.append(bytes, got.bytes);
    return true;
  }
  if (got.status == IoStatus::closed) return false;
  timed_out_ = got.status == IoStatus::timedOut;
  return fail(timed_out_ ? "the answer did not arrive in time" : stream_.error());
}

/// Poco gets a head once it is whole, and not a byte of what follows it.
bool DeadlineSocket::findHead() {
  if (++heads_ > kMaxInterim + 1) return fail("the server sent nothing but interim answers");
  for (;;) {
    const std::size_t end = input_.find("\r\n\r\n");
    if (std::min(end, input_.size()) > kMaxHead) return fail("the answer's headers are larger than 64 KiB");
    if (end != std::string::npos) {
      head_left_ = end + 4;
      return true;
    }
    if (more()) continue;
    if (!error_.empty()) return false;
    return fail(answered_ ? "the connection was closed inside the answer's headers"
                          : "the connection was closed without an answer");
  }
}

int DeadlineSocket::receiveBytes(void* data, int size, int) {
  std::size_t some = static_cast<std::size_t>(size);
  if (in_head_) {
    if (head_left_ == 0 && !findHead()) throw Poco::Net::NetException();
    some = std::min(some, head_left_);
    head_left_ -= some;
  } else if (input_.empty() && !more()) {
    if (error_.empty()) return 0;
    throw Poco::Net::NetException();
  }
  some = std::min(some, input_.size());
  input_.copy(static_cast<char*>(data), some);
  input_.erase(0, some);
  return static_cast<int>(some);
}

// ------------------------------------------------------------------------------------------------ HttpExchange

HttpExchange::HttpExchange(Stream& stream, Deadline deadline) : HttpExchange(new DeadlineSocket(stream, deadline)) {}

HttpExchange::HttpExchange(Poco::AutoPtr<DeadlineSocket> socket)
    : HTTPClientSession(Poco::Net::StreamSocket(socket.duplicate())), socket_(socket) {
  setKeepAlive(true);
}

bool HttpExchange::fail(std::string sentence) {
  error_ = std::move(sentence);
  return false;
}

bool HttpExchange::tooLarge(std::size_t max_bytes) {
  return fail("the answer is larger than " + std::to_string(max_bytes) + " bytes");
}

/// Poco's would connect anew, to whom it does not know, and send the rest of a request there.
int HttpExchange::write(const char* data, std::streamsize size) { return HTTPSession::write(data, size); }

std::ostream& HttpExchange::sendRequest(Poco::Net::HTTPRequest& request) {
  // Poco 1.11 makes the key from the time in seconds; RFC 6455 §4.1 wants it random.
  their_key_ = request.get("Sec-WebSocket-Key", "");
  if (!their_key_.empty()) request.set("Sec-WebSocket-Key", key_ = wsNewKey());
  return HTTPClientSession::sendRequest(request);
}

std::istream& HttpExchange::receiveResponse(Poco::Net::HTTPResponse& response) {
  do {
    stream_ = &HTTPClientSession::receiveResponse(response);
  } while (response.getStatus() < 200 && response.getStatus() != 101);
  socket_->headIsRead();
  status_ = static_cast<int>(response.getStatus());
  http_1_0_ = response.getVersion() != Poco::Net::HTTPMessage::HTTP_1_1;
  for (const auto& [name, value] : response) headers_.emplace_back(name, value);
  if (their_key_.empty()) return *stream_;
  // Poco compares with its own key, and takes Connection for one word where HTTP has a list.
  key_accepted_ = response.get("Sec-WebSocket-Accept", "") == wsAcceptFor(key_);
  if (key_accepted_) response.set("Sec-WebSocket-Accept", wsAcceptFor(their_key_));
  if (headerHasToken(headers_, "Connection", "upgrade")) response.set("Connection", "Upgrade");
  return *stream_;
}

bool HttpExchange::send(Poco::Net::HTTPRequest& request, std::string_view body) {
  try {
    sendRequest(request).write(body.data(), static_cast<std::streamsize>(body.size()));
    flushRequest();
  } catch (const Poco::Exception&) {  // the socket knows more than the exception says
  }
  return socket_->wholeRequestSent() || (socket_->sent() > 0 && !socket_->timedOut());
}

bool HttpExchange::readHead() {
  Poco::Net::HTTPResponse response;
  try {
    receiveResponse(response);
  } catch (const Poco::Exception&) {  // its text quotes what came; the sentence here does not
    return socket_->error().empty() ? fail("the answer is not HTTP") : false;
  }
  if (status_ >= 100 && status_ <= 599) return true;
  status_ = 0;
  return fail("the answer has no valid status");
}

bool HttpExchange::readBody(std::string_view method, std::size_t max_bytes) {
  const bool close = http_1_0_ || headerHasToken(headers_, "Connection", "close");
  const std::string_view coding = findHeader(headers_, "Transfer-Encoding");
  const std::string_view length = findHeader(headers_, "Content-Length");
  bool framed = true;
  if (method == "HEAD" || status_ == 204 || status_ == 304) {
    // no body, whatever the headers say
  } else if (!coding.empty()) {
    if (!equalsIgnoreCase(coding, "chunked")) return fail("the answer has a transfer coding other than chunked");
    if (!readChunks(max_bytes)) return false;
    framed = length.empty();
  } else if (!length.empty()) {
    if (!readLength(length, max_bytes)) return false;
  } else {
    if (!readToEnd(max_bytes)) return false;
    framed = false;
  }
  reusable_ = framed && !close && socket_->input().empty() && socket_->wholeRequestSent() && buffered() == 0;
  return true;
}

/// By Poco's stream, which swallows what goes wrong: the socket remembers.
void HttpExchange::readStream(std::size_t max_bytes) {
  char bytes[4096];
  while (body_.size() < max_bytes && *stream_) {
    stream_->read(bytes, static_cast<std::streamsize>(std::min(sizeof bytes, max_bytes - body_.size())));
    body_.append(bytes, static_cast<std::size_t>(stream_->gcount()));
  }
}

bool HttpExchange::readLength(std::string_view text, std::size_t max_bytes) {
  std::size_t size = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), size);
  for (const auto& [name, value] : headers_)
    if (equalsIgnoreCase(name, "Content-Length") && value != text) return fail("the answer has two lengths");
  if (code == std::errc::result_out_of_range) return tooLarge(max_bytes);
  if (code != std::errc() || stop != text.data() + text.size()) return fail("the answer's Content-Length is no number");
  if (size > max_bytes) return tooLarge(max_bytes);
  readStream(size);
  if (body_.size() == size) return true;
  return socket_->error().empty() ? fail("the connection was closed inside the answer's body") : false;
}

/// Not by Poco's stream: for it a chunk that is broken or cut is the end of the body, and half an answer an answer.
bool HttpExchange::readChunks(std::size_t max_bytes) {
  ChunkDecoder decoder(max_bytes);
  for (;;) {
    std::size_t consumed = 0;
    const ChunkDecoder::Status status = decoder.decode(socket_->input(), consumed, body_);
    socket_->input().erase(0, consumed);
    if (status == ChunkDecoder::Status::done) return true;
    if (status == ChunkDecoder::Status::tooLarge) return tooLarge(max_bytes);
    if (status == ChunkDecoder::Status::malformed) return fail("the answer's body is not in valid chunks");
    if (!socket_->more())
      return socket_->error().empty() ? fail("the connection was closed inside the answer's body") : false;
  }
}

bool HttpExchange::readToEnd(std::size_t max_bytes) {
  readStream(max_bytes + 1);
  if (!socket_->error().empty()) return false;
  return body_.size() > max_bytes ? tooLarge(max_bytes) : true;
}

void HttpExchange::readSome(std::size_t max_bytes) {
  if (stream_ != nullptr) readStream(max_bytes);
}

}  // namespace hookswitch::net
