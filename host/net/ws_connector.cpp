#include "host/net/ws_connector.hpp"

#include "host/net/connect.hpp"
#include "host/net/http_exchange.hpp"
#include "host/net/tls.hpp"
#include "host/net/url.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/WebSocket.h>

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

Poco::Net::HTTPRequest requestFor(const WsTarget& target, const Url& url) {
  Poco::Net::HTTPRequest request("GET", url.target, Poco::Net::HTTPMessage::HTTP_1_1);
  request.set("Host", url.hostHeader());
  for (const auto& [name, value] : target.headers)
    if (!isOurs(name)) request.add(name, value);
  return request;
}

/// Why Poco would not take the answer for a handshake (RFC 6455 §4.1).
std::string refusalOf(HttpExchange& exchange) {
  const HttpHeaders& headers = exchange.headers();
  if (exchange.status() != 101) return "it answered " + std::to_string(exchange.status()) + " instead of 101";
  if (!headerHasToken(headers, "Upgrade", "websocket")) return "its 101 does not upgrade to websocket";
  if (!headerHasToken(headers, "Connection", "upgrade")) return "its 101 has no 'Connection: Upgrade'";
  if (!exchange.keyAccepted()) return "its Sec-WebSocket-Accept is wrong";
  return "its 101 is no handshake";
}

/// What Poco does not look at: nothing was offered.
base::Result<void> checkChoices(const HttpHeaders& headers) {
  if (!findHeader(headers, "Sec-WebSocket-Extensions").empty())
    return base::Failure("it chose an extension that was not offered");
  if (!findHeader(headers, "Sec-WebSocket-Protocol").empty())
    return base::Failure("it chose a subprotocol that was not offered");
  return {};
}

/// Poco's own WebSocket is let go at once: it owns nothing, and the frames are ours.
base::Result<void> shakeHands(HttpExchange& exchange, const WsTarget& target, const Url& url) {
  try {
    Poco::Net::HTTPRequest request = requestFor(target, url);
    Poco::Net::HTTPResponse response;
    Poco::Net::WebSocket(exchange, request, response);
    return checkChoices(exchange.headers());
  } catch (const Poco::Exception&) {  // its text may quote what came
    if (exchange.status() != 0) return base::Failure(refusalOf(exchange));
    return base::Failure(exchange.error().empty() ? "the answer is not HTTP" : exchange.error());
  }
}

WsConnected connect(const WsTarget& target) {
  WsConnected result;
  const auto parsed = parseUrl(target.url);
  if (!parsed) {
    result.error = parsed.error();
    return result;
  }
  const Url& url = *parsed;
  if (!url.webSocket()) {
    result.error = "The URL must begin with ws:// or wss://";
    return result;
  }
  if (const auto safe = headersAreSafe(target.headers); !safe) {
    result.error = safe.error();
    return result;
  }
  const Deadline deadline = deadlineIn(target.timeout_ms);
  auto opened = openStream(url, target.tls, deadline);
  if (!opened) {
    result.error = opened.error().error;
    result.timed_out = opened.error().timed_out;
    return result;
  }
  HttpExchange exchange(**opened, deadline);
  const auto shaken = shakeHands(exchange, target, url);
  result.http_status = exchange.status();
  if (result.http_status != 101) exchange.readSome(kMaxRefusalBody);
  result.body = std::move(exchange.body());
  result.headers = std::move(exchange.headers());
  result.timed_out = result.http_status == 0 && exchange.connection().timedOut();
  if (!shaken) {
    result.error = "No WebSocket to " + url.origin() + ": " + shaken.error();
    return result;
  }
  result.leftover = exchange.takeLeftover();
  result.stream = *std::move(opened);
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
