// HTTP/1.1 requests, parsed from bytes as they arrive. Strict: what could be read in two ways is refused.
#pragma once

#include "host/net/http_types.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace boost::system {
class error_code;
}

namespace hookswitch::net {

struct HeadRefusal;

/// Boost.Beast's parser, and around it the limits and refusals that Beast has not (README.md). Incremental; pure; holds
/// one connection's unread input. Lives wherever the connection lives. [any]
///
/// Refused, because two readers might disagree where a request ends or what it says (RFC 9112 §11.2): bare CR or LF,
/// folded headers, a space before the colon, Content-Length twice or beside Transfer-Encoding, codings other than
/// chunked, no Host or two in HTTP/1.1, an absolute target whose authority is not the Host.
class HttpRequestParser {
 public:
  struct Limits {
    std::size_t max_target_bytes = 8 * 1024;
    std::size_t max_head_bytes = 16 * 1024;
    std::size_t max_headers = 100;
    std::size_t max_body_bytes = 64 * 1024;
  };
  enum class Status : std::uint8_t {
    needMore = 1,
    complete = 2,  ///< request() is whole
    refused = 3,   ///< answer with refusal() and close: where the next request begins is unknown
  };

  explicit HttpRequestParser(Limits limits);
  ~HttpRequestParser();

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  Status parse();

  HttpRequest& request() { return request_; }
  const HttpReply& refusal() const { return refusal_; }
  /// Has any byte of the current request arrived?
  bool started() const { return step_ != Step::head || buffer_.size() > at_; }
  /// May another request follow on this connection? (HTTP/1.1 without "Connection: close")
  bool keepAlive() const;
  /// True once per request: the head is complete, it expects 100-continue, and the body has not arrived.
  bool takeExpectContinue();
  /// Forget the completed request; what followed it is the beginning of the next.
  void next();
  /// Bytes after the completed request.
  std::string takeLeftover();

 private:
  class Reader;
  enum class Step : std::uint8_t { head = 1, length = 2, chunks = 3, done = 4 };
  enum class Progress : std::uint8_t { again = 1, starved = 2, refused = 3 };

  Progress parseHead();
  Progress parseBody();
  HeadRefusal refusedEarly(std::size_t end) const;
  HeadRefusal whyNot(const boost::system::error_code& error) const;
  Progress refuse(const HeadRefusal& refusal);
  std::string_view unread() const { return std::string_view(buffer_).substr(at_); }

  Limits limits_;
  Step step_ = Step::head;
  bool refused_ = false, expect_continue_ = false;
  std::string buffer_;  ///< unread input begins at at_
  std::size_t at_ = 0;
  std::size_t scanned_ = 0;  ///< of unread(): no end of the head begins before this offset
  std::unique_ptr<Reader> reader_;
  HttpRequest request_;
  HttpReply refusal_;
};

}  // namespace hookswitch::net
