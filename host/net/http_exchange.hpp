// One request and its answer over a stream: Poco's HTTP client session, with one deadline for everything. Private to
// host/net.
#pragma once

#include "host/base/result.hpp"
#include "host/net/http_types.hpp"
#include "host/net/stream.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/StreamSocketImpl.h>

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>

namespace hookswitch::net {

/// Fails when a name or value has a line break or another character that would let it become another header; the
/// sentence names the header only.
base::Result<void> headersAreSafe(const HttpHeaders& headers);

/// What Poco takes for its socket. Every call holds the deadline, which Poco's own time limits, for one read each, do
/// not: a server that sends a byte a second keeps them from ever passing. Counts what has left, gives Poco the heads of
/// answers one by one and at most 64 KiB long, and keeps what came after the head. Does not own the stream. [io]
class DeadlineSocket : public Poco::Net::StreamSocketImpl {
 public:
  DeadlineSocket(Stream& stream, Deadline deadline);

  int sendBytes(const void* data, int size, int flags) override;
  int receiveBytes(void* data, int size, int flags) override;
  bool poll(const Poco::Timespan&, int) override { return true; }
  void close() override { reset(); }
  void shutdown() override {}

  void headIsRead() { in_head_ = false; }
  /// After the head: some bytes, or false: the end, or error().
  bool more();
  std::string& input() { return input_; }

  std::size_t sent() const { return sent_; }
  bool wholeRequestSent() const { return unsent_.empty(); }
  bool answered() const { return answered_; }
  bool timedOut() const { return timed_out_; }
  /// A fragment for the caller's sentence; empty when nothing went wrong with the connection.
  const std::string& error() const { return unsent_.empty() || answered_ ? error_ : unsent_; }

 protected:
  ~DeadlineSocket() override { reset(); }

 private:
  bool findHead();
  bool fail(std::string sentence);

  Stream& stream_;
  const Deadline deadline_;
  std::size_t sent_ = 0, head_left_ = 0;
  int heads_ = 0;
  bool in_head_ = true, answered_ = false, timed_out_ = false;
  std::string input_, error_;
  std::string unsent_;  ///< why not all of the request could be sent; it may have been answered before
};

/// In the order send, readHead, readBody, each once; or given to Poco's WebSocket. After a false, error() is a fragment
/// for the caller's sentence. [io]
class HttpExchange : public Poco::Net::HTTPClientSession {
 public:
  HttpExchange(Stream& stream, Deadline deadline);

  /// True also when the server closed after a part of it: it may have answered early.
  bool send(Poco::Net::HTTPRequest& request, std::string_view body);
  /// Status line and headers, interim answers (1xx but 101) skipped.
  bool readHead();
  /// The body as framed by the headers, at most max_bytes. `method` of the request: HEAD has none.
  bool readBody(std::string_view method, std::size_t max_bytes);
  /// Whatever of a body comes, up to max_bytes and without complaint: for refusals.
  void readSome(std::size_t max_bytes);

  const DeadlineSocket& connection() const { return *socket_; }
  const std::string& error() const { return error_.empty() ? socket_->error() : error_; }
  int status() const { return status_; }  ///< 0: there is no valid answer
  HttpHeaders& headers() { return headers_; }
  std::string& body() { return body_; }
  std::string takeLeftover() { return std::move(socket_->input()); }
  /// After readBody(): may the connection carry another request?
  bool reusable() const { return reusable_; }

  // For Poco's WebSocket.
  std::ostream& sendRequest(Poco::Net::HTTPRequest& request) override;
  std::istream& receiveResponse(Poco::Net::HTTPResponse& response) override;
  bool keyAccepted() const { return key_accepted_; }

 protected:
  int write(const char* data, std::streamsize size) override;
  bool mustReconnect() const override { return false; }

 private:
  HttpExchange(Poco::AutoPtr<DeadlineSocket> socket);
  bool readChunks(std::size_t max_bytes);
  bool readLength(std::string_view text, std::size_t max_bytes);
  bool readToEnd(std::size_t max_bytes);
  void readStream(std::size_t max_bytes);
  bool fail(std::string sentence);
  bool tooLarge(std::size_t max_bytes);

  Poco::AutoPtr<DeadlineSocket> socket_;
  std::istream* stream_ = nullptr;  ///< Poco's, of the body
  std::string key_, their_key_;     ///< Sec-WebSocket-Key that was sent, and the one that Poco made
  bool key_accepted_ = false, reusable_ = false, http_1_0_ = false;
  int status_ = 0;
  HttpHeaders headers_;
  std::string body_, error_;
};

}  // namespace hookswitch::net
