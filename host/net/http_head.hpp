// What a request's head must be beyond its grammar. Private to host/net.
#pragma once

#include "host/net/http_types.hpp"

#include <string>
#include <string_view>

namespace hookswitch::net {

/// Status 0: fine. Otherwise the refusal.
struct HeadRefusal {
  int status = 0;
  std::string sentence;
  explicit operator bool() const { return status != 0; }
};

/// Takes the target apart: `target` is its path and query, `authority` that of an absolute one. [any]
HeadRefusal readTarget(std::string_view text, std::size_t max_bytes, std::string& target, std::string& authority);
/// Host, Content-Length, Transfer-Encoding and Expect: each in the one way that cannot be read in two. [any]
HeadRefusal checkHead(const HttpRequest& request, std::string_view authority);
/// For a line of the head that is no header for Beast: why. `text` begins with it; `headers` came before. [any]
HeadRefusal refusedField(std::string_view text, const HttpHeaders& headers, std::size_t max_body_bytes);
/// The same for the request's first line when Beast does not take its version. [any]
HeadRefusal refusedVersion(std::string_view text);

HeadRefusal bodyTooLarge(std::size_t max_bytes);

}  // namespace hookswitch::net
