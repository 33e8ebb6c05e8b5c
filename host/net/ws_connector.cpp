#include "host/net/ws_connector.hpp"

#include "host/net/connect.hpp"
#include "host/net/http_exchange.hpp"
#include "host/net/http_grammar.hpp"
#include "host/net/tls.hpp"
#include "host/net/url.hpp"
#include "host/net/ws_codec.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace hookswitch::net {

namespace {

constexpr std::size_t kMaxRefusalBody = 4096;

bool isOurs(const std::string& name) {
  static constexpr std::string_view names[] = {"Host",   "Upgrade",        "Connection",
                                               "Origin", "Content-Length", "Transfer-Encoding"};
  constexpr std::string_view prefix = "Sec-WebSocket-";
  return equalsIgnoreCase(std::string_view(name).substr(0, prefix.size()), prefix) ||
         std::any_of(std::begin(names), std::end(names), [&](std::string_view n) { return equalsIgnoreCase(n, name); });
}

std::string requestBytes(const WsTarget& target, const Url& url, const std::string& key) {
  std::string out = "GET " + url.target + " HTTP/1.1\r\nHost: " + url.hostHeader() +
                    "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: " +
                    key + "\r\n";
  for (std::size_t i = 0; i < target.protocols.size(); ++i)
    out += (i == 0 ? "Sec-WebSocket-Protocol: " : ", ") + target.protocols[i];
  if (!target.protocols.empty()) out += "\r\n";
  for (const auto& [name, value] : target.headers)
    if (!isOurs(name)) out += name + ": " + value + "\r\n";
  return out + "\r\n";
}

/// Empty: the answer completes the handshake (RFC 6455 §4.1). Otherwise what is wrong with it.
std::string checkAnswer(HttpExchange& exchange, const WsTarget& target, const std::string& key) {
  const HttpHeaders& headers = exchange.headers();
  if (exchange.status() != 101) return "it answered " + std::to_string(exchange.status()) + " instead of 101";
  if (!headerHasToken(headers, "Upgrade", "websocket")) return "its 101 does not upgrade to websocket";
  if (!headerHasToken(headers, "Connection", "upgrade")) return "its 101 has no 'Connection: Upgrade'";
  if (findHeader(headers, "Sec-WebSocket-Accept") != wsAcceptFor(key)) return "its Sec-WebSocket-Accept is wrong";
  if (!findHeader(headers, "Sec-WebSocket-Extensions").empty()) return "it chose an extension that was not offered";
  const std::string_view protocol = findHeader(headers, "Sec-WebSocket-Protocol");
  if (!protocol.empty() &&
      std::find(target.protocols.begin(), target.protocols.end(), protocol) == target.protocols.end())
    return "it chose a subprotocol that was not offered";
  return {};
}

WsConnected connect(const WsTarget& target) {
  WsConnected result;
  Url url;
  if (!parseUrl(target.url, url, result.error)) return result;
  if (!url.webSocket()) {
    result.error = "The URL must begin with ws:// or wss://";
    return result;
  }
  if (!headersAreSafe(target.headers, result.error)) return result;
  if (!std::all_of(target.protocols.begin(), target.protocols.end(), [](const auto& p) { return isToken(p); })) {
    result.error = "A WebSocket subprotocol is not a token";
    return result;
  }
  const Deadline deadline = deadlineIn(target.timeout_ms);
  Opened opened = openStream(url, target.tls, deadline);
  if (!opened.stream) {
    result.error = std::move(opened.error);
    result.timed_out = opened.timed_out;
    return result;
  }
  HttpExchange exchange(*opened.stream, deadline);
  const std::string key = wsNewKey();
  std::string reason;
  if (!exchange.send(requestBytes(target, url, key)) || !exchange.readHead()) {
    reason = exchange.error();
  } else {
    result.http_status = exchange.status();
    reason = checkAnswer(exchange, target, key);
    if (result.http_status != 101) exchange.readSome(kMaxRefusalBody);
    result.body = std::move(exchange.body());
    result.headers = std::move(exchange.headers());
  }
  result.timed_out = result.http_status == 0 && exchange.timedOut();
  if (!reason.empty()) {
    result.error = "No WebSocket to " + url.origin() + ": " + reason;
    return result;
  }
  result.protocol = findHeader(result.headers, "Sec-WebSocket-Protocol");
  result.leftover = exchange.takeLeftover();
  result.stream = std::move(opened.stream);
  return result;
}

}  // namespace

WsConnected connectWebSocket(const WsTarget& target) {
  try {
    return connect(target);
  } catch (const std::exception& e) {  // out of memory, threads or randomness
    WsConnected result;
    result.error = std::string("The WebSocket could not be opened: ") + e.what();
    return result;
  }
}

}  // namespace hookswitch::net
