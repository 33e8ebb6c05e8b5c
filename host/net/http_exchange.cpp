#include "host/net/http_exchange.hpp"

#include "host/net/http_chunks.hpp"
#include "host/net/http_grammar.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPResponse.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <utility>

namespace hookswitch::net {

namespace {

constexpr std::size_t kMaxHead = 64 * 1024;
constexpr int kMaxInterim = 8;

}  // namespace

bool headersAreSafe(const HttpHeaders& headers, std::string& error) {
  for (const auto& [name, value] : headers) {
    if (!isToken(name)) {
      error = "A request header's name is not a token";
      return false;
    }
    if (!std::all_of(value.begin(), value.end(), isFieldChar)) {
      error = "The request header '" + name + "' has a line break or control character in its value";
      return false;
    }
  }
  return true;
}

bool HttpExchange::fail(std::string sentence) {
  error_ = std::move(sentence);
  return false;
}

bool HttpExchange::tooLarge(std::size_t max_bytes) {
  return fail("the answer is larger than " + std::to_string(max_bytes) + " bytes");
}

bool HttpExchange::send(std::string_view bytes) {
  const IoResult result = stream_.writeAllBy(bytes, deadline_);
  sent_ += result.bytes;
  switch (result.status) {
    case IoStatus::done: return true;
    case IoStatus::timedOut: timed_out_ = true; return fail("the request could not be sent in time");
    case IoStatus::closed: return fail("the connection was closed while the request was sent");
    default: return fail(stream_.error());
  }
}

HttpExchange::More HttpExchange::receive() {
  char bytes[16 * 1024];
  const IoResult got = stream_.readBy(bytes, sizeof bytes, deadline_);
  switch (got.status) {
    case IoStatus::done:
      answered_ = true;
      input_.append(bytes, got.bytes);
      return More::yes;
    case IoStatus::closed: return More::eof;
    case IoStatus::timedOut:
      timed_out_ = true;
      fail("the answer did not arrive in time");
      return More::failed;
    default: fail(stream_.error()); return More::failed;
  }
}

bool HttpExchange::readHead() {
  error_.clear();
  for (int heads = 0; heads <= kMaxInterim;) {
    const std::size_t end = input_.find("\r\n\r\n");
    if (std::min(end, input_.size()) > kMaxHead) return fail("the answer's headers are larger than 64 KiB");
    if (end != std::string::npos) {
      if (!parseHead(end + 4)) return false;
      if (status_ >= 200 || status_ == 101) return true;
      ++heads;
      continue;
    }
    const More more = receive();
    if (more == More::eof)
      return fail(answered_ ? "the connection was closed inside the answer's headers"
                            : "the connection was closed without an answer");
    if (more == More::failed) return false;
  }
  return fail("the server sent nothing but interim answers");
}

bool HttpExchange::parseHead(std::size_t end) {
  std::istringstream head(input_.substr(0, end));
  input_.erase(0, end);
  Poco::Net::HTTPResponse response;
  try {
    response.read(head);
  } catch (const Poco::Exception&) {  // its text quotes what came; the sentence here does not
    return fail("the answer is not HTTP");
  }
  status_ = static_cast<int>(response.getStatus());
  if (status_ < 100 || status_ > 599) return fail("the answer has no valid status");
  http_1_0_ = response.getVersion() != Poco::Net::HTTPMessage::HTTP_1_1;
  headers_.clear();
  for (const auto& [name, value] : response) headers_.emplace_back(name, value);
  return true;
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
  reusable_ = framed && !close && input_.empty();
  return true;
}

bool HttpExchange::readLength(std::string_view text, std::size_t max_bytes) {
  std::size_t size = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), size);
  for (const auto& [name, value] : headers_)
    if (equalsIgnoreCase(name, "Content-Length") && value != text) return fail("the answer has two lengths");
  if (code == std::errc::result_out_of_range) return tooLarge(max_bytes);
  if (code != std::errc() || stop != text.data() + text.size()) return fail("the answer's Content-Length is no number");
  if (size > max_bytes) return tooLarge(max_bytes);
  while (input_.size() < size) {
    const More more = receive();
    if (more == More::eof) return fail("the connection was closed inside the answer's body");
    if (more == More::failed) return false;
  }
  body_ = input_.substr(0, size);
  input_.erase(0, size);
  return true;
}

bool HttpExchange::readChunks(std::size_t max_bytes) {
  ChunkDecoder decoder(max_bytes);
  for (;;) {
    std::size_t consumed = 0;
    const ChunkDecoder::Status status = decoder.decode(input_, consumed, body_);
    input_.erase(0, consumed);
    if (status == ChunkDecoder::Status::done) return true;
    if (status == ChunkDecoder::Status::tooLarge) return tooLarge(max_bytes);
    if (status == ChunkDecoder::Status::malformed) return fail("the answer's body is not in valid chunks");
    const More more = receive();
    if (more == More::eof) return fail("the connection was closed inside the answer's body");
    if (more == More::failed) return false;
  }
}

bool HttpExchange::readToEnd(std::size_t max_bytes) {
  for (;;) {
    if (input_.size() > max_bytes) return tooLarge(max_bytes);
    const More more = receive();
    if (more == More::failed) return false;
    if (more == More::eof) break;
  }
  body_ = std::exchange(input_, {});
  return true;
}

void HttpExchange::readSome(std::size_t max_bytes) {
  std::size_t wanted = max_bytes;
  const std::string_view length = findHeader(headers_, "Content-Length");
  std::size_t size = 0;
  if (std::from_chars(length.data(), length.data() + length.size(), size).ec == std::errc() && !length.empty())
    wanted = std::min(wanted, size);
  ChunkDecoder decoder(max_bytes);
  const bool chunked = headerHasToken(headers_, "Transfer-Encoding", "chunked");
  for (;;) {
    if (chunked) {
      std::size_t consumed = 0;
      const bool over = decoder.decode(input_, consumed, body_) != ChunkDecoder::Status::needMore;
      input_.erase(0, consumed);
      if (over) break;
    } else if (input_.size() >= wanted) {
      break;
    }
    if (receive() != More::yes) break;
  }
  if (!chunked) body_ = std::move(input_);
  body_.resize(std::min(body_.size(), wanted));
}

}  // namespace hookswitch::net
