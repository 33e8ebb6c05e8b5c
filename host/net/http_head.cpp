#include "host/net/http_head.hpp"

#include "host/net/http_grammar.hpp"

#include <algorithm>

namespace hookswitch::net {

namespace {

constexpr const char* kOneCoding = "Transfer-Encoding must come once, in HTTP/1.1, and without Content-Length";
constexpr const char* kTwoLengths = "The request has more than one Content-Length header";

bool isDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool isHostText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~:[]").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

std::size_t countHeaders(const HttpHeaders& headers, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(
      headers.begin(), headers.end(), [&](const auto& header) { return equalsIgnoreCase(header.first, name); }));
}

HeadRefusal checkHost(const HttpRequest& request, std::string_view authority) {
  const std::size_t hosts = countHeaders(request.headers, "Host");
  if (hosts > 1 || (hosts == 0 && !request.http_1_0)) return {400, "The request must have exactly one Host header"};
  const std::string_view host = request.header("Host");
  if (!isHostText(host)) return {400, "The Host header is not a host name with an optional port"};
  if (!authority.empty() && !equalsIgnoreCase(authority, host))
    return {400, "The request target names another host than the Host header"};
  return {};
}

}  // namespace

HeadRefusal bodyTooLarge(std::size_t max_bytes) {
  return {413, "The request's body is larger than " + std::to_string(max_bytes) + " bytes"};
}

HeadRefusal readTarget(std::string_view text, std::size_t max_bytes, std::string& target, std::string& authority) {
  if (text.size() > max_bytes)
    return {414, "The request target is longer than " + std::to_string(max_bytes) + " bytes"};
  if (!std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F && c != '#'; }))
    return {400, "The request target has a character that must be percent-encoded"};
  target = text;
  if (text.front() == '/' || text == "*") return {};
  // Absolute form, which every server must accept (RFC 9112 §3.2.2).
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos ||
      (!equalsIgnoreCase(text.substr(0, scheme), "http") && !equalsIgnoreCase(text.substr(0, scheme), "https")))
    return {400, "The request target must begin with '/'"};
  const std::string_view rest = text.substr(scheme + 3);
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  authority = rest.substr(0, path);
  if (authority.empty()) return {400, "The request target names no host"};
  target = rest.substr(path);
  if (target.empty() || target.front() != '/') target.insert(0, "/");
  return {};
}

HeadRefusal checkHead(const HttpRequest& request, std::string_view authority) {
  if (HeadRefusal refusal = checkHost(request, authority)) return refusal;
  const std::size_t lengths = countHeaders(request.headers, "Content-Length");
  const std::size_t codings = countHeaders(request.headers, "Transfer-Encoding");
  if (codings > 0 && (lengths > 0 || codings > 1 || request.http_1_0)) return {400, kOneCoding};
  if (lengths > 1) return {400, kTwoLengths};
  if (lengths == 1 && !isDigits(request.header("Content-Length"))) return {400, "Content-Length must be a number"};
  const std::string_view expect = request.header("Expect");
  if (!expect.empty() && !equalsIgnoreCase(expect, "100-continue"))
    return {417, "The only expectation that is met here is 100-continue"};
  if (codings == 1 && !equalsIgnoreCase(request.header("Transfer-Encoding"), "chunked"))
    return {501, "The only transfer coding that is understood here is chunked"};
  return {};
}

HeadRefusal refusedField(std::string_view text, const HttpHeaders& headers, std::size_t max_body_bytes) {
  const std::string_view line = text.substr(0, text.find("\r\n"));
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !isToken(line.substr(0, colon)))
    return {400, "A header must be: name, colon, value"};
  const std::string_view name = line.substr(0, colon);
  if (!std::all_of(line.begin(), line.end(), isFieldChar)) return {400, "A header's value has a control character"};
  if (equalsIgnoreCase(name, "Transfer-Encoding")) return {400, kOneCoding};
  if (!equalsIgnoreCase(name, "Content-Length")) return {400, "A header's value is not what that header may say"};
  if (countHeaders(headers, "Transfer-Encoding") > 0) return {400, kOneCoding};
  if (countHeaders(headers, "Content-Length") > 0) return {400, kTwoLengths};
  // A number that Beast does not take is one beyond 64 bits.
  return isDigits(trimBlanks(line.substr(colon + 1))) ? bodyTooLarge(max_body_bytes)
                                                      : HeadRefusal{400, "Content-Length must be a number"};
}

HeadRefusal refusedVersion(std::string_view text) {
  const std::size_t first = text.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : text.find(' ', first + 1);
  const std::string_view rest = text.substr(std::min(second, text.size() - 1) + 1);
  const std::string_view word = rest.substr(0, rest.find('\r'));
  const bool http = word.size() == 8 && word.substr(0, 5) == "HTTP/" && word[6] == '.';
  if (http && word != "HTTP/1.1" && word != "HTTP/1.0") return {505, "Only HTTP/1.1 and HTTP/1.0 are spoken here"};
  return {400, "The request line must be: method, target, HTTP/1.1"};
}

}  // namespace hookswitch::net
