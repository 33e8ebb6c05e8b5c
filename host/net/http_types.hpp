// What an HTTP message is to the rest of the host. No library's types.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hookswitch::net {

/// In the order received; names as received (compare without case), repeated names kept.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// Value of the first header of that name, compared without case; empty when absent.
std::string_view findHeader(const HttpHeaders& headers, std::string_view name);
/// Is `token` an element of the comma-separated list(s) in the headers of that name? Without case.
bool headerHasToken(const HttpHeaders& headers, std::string_view name, std::string_view token);
bool equalsIgnoreCase(std::string_view a, std::string_view b);
/// The standard reason phrase, "Status" for an unknown number.
std::string_view httpReason(int status);

/// A complete request. Immutable while a handler has it.
struct HttpRequest {
  std::string method;  ///< as received, a token: "GET"
  std::string target;  ///< origin form exactly as received: path, and query after '?'. May hold secrets: do not log
  std::string body;    ///< decoded (no chunks), at most HttpServerOptions::max_body_bytes
  HttpHeaders headers;
  std::string peer_ip;         ///< of the TCP connection; forwarding headers are not believed
  bool peer_loopback = false;  ///< the TCP peer is 127.0.0.0/8 or ::1
  bool tls = false;            ///< arrived over TLS at this process
  bool http_1_0 = false;

  std::string_view path() const;   ///< target up to '?', not decoded
  std::string_view query() const;  ///< after '?', not decoded; empty when there is none
  std::string_view header(std::string_view name) const { return findHeader(headers, name); }
};

/// The next part of a body; `last`: nothing follows. Only the first call counts. [any]
using HttpPart = std::function<void(std::string part, bool last)>;

/// Content-Length, Date and Connection are the server's business: do not set them. Content-Type is application/json
/// unless set. Header values must not contain CR, LF or NUL, nor be longer than 32 KiB: such a header is dropped.
struct HttpReply {
  int status = 200;
  HttpHeaders headers;
  std::string body;
  /// Set: `body` is only the beginning (sent in chunks, so no Content-Length). Asked for the next part whenever the
  /// client has taken everything before it; so a slow client slows the source down, and a long answer never lies in
  /// memory. Must not block: keep `deliver` and answer from anywhere, once. Letting it go without an answer breaks the
  /// connection, so that the client sees that the body is cut. [reception]
  std::function<void(HttpPart deliver)> more;
};

/// `{"success":false,"error":"<sentence>"}` with proper escaping: the shape of every refusal (README.md, HTTP).
HttpReply errorReply(int status, std::string_view sentence);

}  // namespace hookswitch::net
