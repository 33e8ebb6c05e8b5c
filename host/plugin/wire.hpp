// Small conversions between the ABI's records and the host's network types, shared by both planes.
#pragma once

#include <hookswitch/abi.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/net/http_client.hpp"
#include "host/net/ws_connector.hpp"
#include "host/plugin/message.hpp"

namespace hookswitch::plugin {

inline hks_msg message(std::uint32_t type, std::uint64_t id) { return {sizeof(hks_msg), type, id}; }

/// What the plugin asked for, within 1..60000; 5000 when it said nothing.
inline std::uint32_t timeoutMs(const hks_http& m) {
  return m.timeout_ms ? std::min<std::uint32_t>(m.timeout_ms, 60'000) : 5'000;
}

/// `tls` NULL: the process-wide context.
inline net::HttpCall httpCall(const hks_http& m, std::shared_ptr<const net::TlsContext> tls) {
  net::HttpCall call;
  call.tls = std::move(tls);
  call.method = m.method.size ? std::string(view(m.method)) : "GET";
  call.url = std::string(view(m.url));
  call.body = std::string(view(m.body));
  call.timeout_ms = timeoutMs(m);
  for (std::uint64_t i = 0; i < m.header_count; ++i)
    call.headers.emplace_back(view(m.headers[i].name), view(m.headers[i].value));
  return call;
}

inline net::WsTarget wsTarget(const hks_http& m, std::shared_ptr<const net::TlsContext> tls) {
  net::WsTarget target;
  target.tls = std::move(tls);
  target.url = std::string(view(m.url));
  target.timeout_ms = timeoutMs(m);
  for (std::uint64_t i = 0; i < m.header_count; ++i)
    target.headers.emplace_back(view(m.headers[i].name), view(m.headers[i].value));
  return target;
}

inline std::vector<hks_pair> pairs(const net::HttpHeaders& headers) {
  std::vector<hks_pair> out;
  out.reserve(headers.size());
  for (auto& [name, value] : headers) out.push_back({str(name), str(value)});
  return out;
}

/// Build HKS_HTTP_RESPONSE and hand it to `step`. Without an answer the body is the reason.
template <class Step>
void stepResponse(std::uint64_t id, const net::HttpResult& result, Step&& step) {
  const auto headers = pairs(result.headers);
  hks_http m{};
  m.msg = {sizeof m, HKS_HTTP_RESPONSE, id};
  m.status = std::uint32_t(result.status);
  m.body = str(result.status ? std::string_view(result.body) : std::string_view(result.error));
  m.headers = headers.data();
  m.header_count = headers.size();
  m.flags = !result.status && !result.sent ? std::uint32_t(HKS_HTTP_UNSENT) : 0u;
  step(m.msg);
}

/// HKS_CONN_CLOSED. `code`: of the WebSocket, or below 1000 the HTTP status of a refused handshake. Borrows `reason`.
inline hks_closed closedRecord(std::uint64_t id, std::uint32_t code, std::string_view reason) {
  hks_closed m{};
  m.msg = {sizeof m, HKS_CONN_CLOSED, id};
  (code >= 1000 ? m.close_code : m.http_status) = code;
  m.reason = str(reason);
  return m;
}

/// The value of a Retry-After header that counts seconds, at most a day; 0 for none, and for a date.
inline std::uint64_t retryAfterMs(std::string_view value) {
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  const bool whole = error == std::errc() && end == value.data() + value.size();
  return whole ? std::min<std::uint64_t>(seconds, 86'400) * 1000 : 0;
}

/// A refused handshake in one sentence; what the server said may help whoever reads the log.
inline std::string refusal(const std::string& error, const std::string& body) {
  return body.empty() ? error : error + ": " + body.substr(0, 300);
}

}  // namespace hookswitch::plugin
