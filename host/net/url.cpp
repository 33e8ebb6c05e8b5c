#include "host/net/url.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>

namespace hookswitch::net {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  return out;
}

bool hostIsValid(std::string_view host, bool bracketed) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [&](unsigned char c) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return alnum || c == '.' || (bracketed ? c == ':' : c == '-' || c == '_');
  });
}

std::uint16_t defaultPort(std::string_view scheme) {
  if (scheme == "http" || scheme == "ws") return 80;
  if (scheme == "https" || scheme == "wss") return 443;
  return 0;
}

std::string bracketed(const std::string& host) { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

}  // namespace

std::string Url::origin() const { return scheme + "://" + bracketed(host) + ":" + std::to_string(port); }

std::string Url::hostHeader() const {
  return port == defaultPort(scheme) ? bracketed(host) : bracketed(host) + ":" + std::to_string(port);
}

std::string Url::str() const { return scheme + "://" + hostHeader() + target; }

bool parseUrl(std::string_view text, Url& url, std::string& error) {
  for (unsigned char c : text) {
    if (c <= 0x20 || c >= 0x7F) {
      error = "The URL has a space, control character or non-ASCII character: percent-encode it";
      return false;
    }
  }
  const std::size_t colon = text.find("://");
  Url out;
  if (colon != std::string_view::npos) out.scheme = lower(text.substr(0, colon));
  out.port = defaultPort(out.scheme);
  if (out.port == 0) {
    error = "The URL must begin with http://, https://, ws:// or wss://";
    return false;
  }
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, end);
  out.target = rest.substr(end);
  if (out.target.empty() || out.target.front() != '/') out.target.insert(0, "/");

  if (authority.find('@') != std::string_view::npos) {
    error = "The URL must not carry a user name or password";
    return false;
  }
  std::string_view port;
  bool has_port = false;
  const bool brackets = !authority.empty() && authority.front() == '[';
  std::string_view host = authority;
  if (brackets) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) {
      error = "The URL's IPv6 address has no closing bracket";
      return false;
    }
    host = authority.substr(1, close - 1);
    const std::string_view after = authority.substr(close + 1);
    has_port = !after.empty();
    if (has_port && after.front() != ':') {
      error = "The URL has something between its host and its path that is not a port";
      return false;
    }
    if (has_port) port = after.substr(1);
  } else if (const std::size_t at = authority.find(':'); at != std::string_view::npos) {
    has_port = true;
    host = authority.substr(0, at);
    port = authority.substr(at + 1);
  }
  if (!hostIsValid(host, brackets)) {
    error = "The URL has no valid host name";
    return false;
  }
  if (has_port) {
    unsigned number = 0;
    const auto [stop, code] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (code != std::errc() || stop != port.data() + port.size() || number == 0 || number > 65535) {
      error = "The URL's port must be a number from 1 to 65535";
      return false;
    }
    out.port = static_cast<std::uint16_t>(number);
  }
  out.host = lower(host);
  url = std::move(out);
  return true;
}

bool isLoopbackName(std::string_view host) {
  std::string name(host);
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : char(c); });
  if (name == "localhost") return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, name.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, name.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

std::string toWebSocketUrl(std::string_view url) {
  const std::string head = lower(url.substr(0, 8));
  if (head.compare(0, 7, "http://") == 0) return "ws://" + std::string(url.substr(7));
  if (head == "https://") return "wss://" + std::string(url.substr(8));
  return std::string(url);
}

}  // namespace hookswitch::net
