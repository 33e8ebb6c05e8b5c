#include "host/net/url.hpp"

#include <Poco/Ascii.h>
#include <Poco/Exception.h>
#include <Poco/String.h>
#include <Poco/URI.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

namespace hookswitch::net {

namespace {

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

/// Host and port, by Poco::URI; what it passes over in silence is refused first.
base::Result<void> readAuthority(std::string_view authority, Url& out) {
  if (authority.find('@') != std::string_view::npos)
    return base::Failure("The URL must not carry a user name or password");
  const bool brackets = !authority.empty() && authority.front() == '[';
  const std::size_t close = brackets ? authority.find(']') : 0;
  if (close == std::string_view::npos) return base::Failure("The URL's IPv6 address has no closing bracket");
  const std::string_view after =
      authority.substr(brackets ? close + 1 : std::min(authority.find(':'), authority.size()));
  if (!after.empty() && after.front() != ':')
    return base::Failure("The URL has something between its host and its path that is not a port");
  if (!hostIsValid(brackets ? authority.substr(1, close - 1) : authority.substr(0, authority.size() - after.size()),
                   brackets))
    return base::Failure("The URL has no valid host name");
  try {
    const bool digits = std::all_of(after.begin() + !after.empty(), after.end(), Poco::Ascii::isDigit);
    if (after == ":" || !digits) throw Poco::URISyntaxException();
    const Poco::URI parsed(out.scheme + "://" + std::string(authority));
    out.host = parsed.getHost();
    out.port = parsed.getPort();
  } catch (const Poco::SyntaxException&) {
    return base::Failure("The URL's port must be a number from 1 to 65535");
  }
  return {};
}

std::string bracketed(const std::string& host) { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

}  // namespace

std::string Url::origin() const { return scheme + "://" + bracketed(host) + ":" + std::to_string(port); }

std::string Url::hostHeader() const {
  return port == defaultPort(scheme) ? bracketed(host) : bracketed(host) + ":" + std::to_string(port);
}

std::string Url::str() const { return scheme + "://" + hostHeader() + target; }

base::Result<Url> parseUrl(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= 0x20 || c >= 0x7F; }))
    return base::Failure("The URL has a space, control character or non-ASCII character: percent-encode it");
  const std::size_t colon = text.find("://");
  Url url;
  if (colon != std::string_view::npos) url.scheme = Poco::toLower(std::string(text.substr(0, colon)));
  url.port = defaultPort(url.scheme);
  if (url.port == 0) return base::Failure("The URL must begin with http://, https://, ws:// or wss://");
  const std::string_view rest = text.substr(colon + 3, text.find('#') - colon - 3);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  url.target = rest.substr(end);  // to the letter: Poco's is decoded and encoded again, and signatures are over this
  if (url.target.empty() || url.target.front() != '/') url.target.insert(0, "/");
  if (const auto read = readAuthority(rest.substr(0, end), url); !read) return base::Failure(read.error());
  return url;
}

bool isLoopbackName(std::string_view host) {
  std::string name = Poco::toLower(std::string(host));
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
  if (name == "localhost") return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, name.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, name.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

}  // namespace hookswitch::net
