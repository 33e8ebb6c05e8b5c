// One request and its answer over a stream, for the client and the connector. Private to host/net.
#pragma once

#include "host/net/http_types.hpp"
#include "host/net/stream.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace hookswitch::net {

/// False: a name or value has a line break or another character that would let it become another header; `error` says
/// so, naming the header only.
bool headersAreSafe(const HttpHeaders& headers, std::string& error);

/// Blocking exchange with a deadline on everything. Used once per request, in the order send, readHead, readBody;
/// after a false, error() is a fragment for the caller's sentence. [io]
class HttpExchange {
 public:
  HttpExchange(Stream& stream, Deadline deadline) : stream_(stream), deadline_(deadline) {}

  /// sent(): how much was accepted by then. A false because the peer closed may still be followed by readHead(): it
  /// may have answered early.
  bool send(std::string_view bytes);
  /// Status line and headers, interim answers (1xx but 101) skipped. At most 64 KiB.
  bool readHead();
  /// The body as framed by the headers, at most max_bytes. `method` of the request: HEAD has none.
  bool readBody(std::string_view method, std::size_t max_bytes);
  /// Whatever of a body comes, up to max_bytes and without complaint: for refusals.
  void readSome(std::size_t max_bytes);

  std::size_t sent() const { return sent_; }
  bool answered() const { return answered_; }  ///< a byte of the answer has arrived
  bool timedOut() const { return timed_out_; }
  const std::string& error() const { return error_; }
  int status() const { return status_; }
  HttpHeaders& headers() { return headers_; }
  std::string& body() { return body_; }
  std::string takeLeftover() { return std::move(input_); }
  /// After readBody(): may the connection carry another request?
  bool reusable() const { return reusable_; }

 private:
  enum class More : unsigned char { yes = 1, eof = 2, failed = 3 };
  More receive();
  bool parseHead(std::size_t end);
  bool readChunks(std::size_t max_bytes);
  bool readLength(std::string_view text, std::size_t max_bytes);
  bool readToEnd(std::size_t max_bytes);
  bool fail(std::string sentence);
  bool tooLarge(std::size_t max_bytes);

  Stream& stream_;
  Deadline deadline_;
  std::size_t sent_ = 0;
  bool answered_ = false, timed_out_ = false, reusable_ = false, http_1_0_ = false;
  int status_ = 0;
  HttpHeaders headers_;
  std::string input_, body_, error_;
};

}  // namespace hookswitch::net
