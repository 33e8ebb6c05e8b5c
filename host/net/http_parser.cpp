#include "host/net/http_parser.hpp"

#include "host/net/http_grammar.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::net {

namespace {

constexpr std::size_t kMaxMethod = 32;

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

}  // namespace

bool HttpRequestParser::refuse(int status, std::string_view sentence) {
  refused_ = true;
  refusal_ = errorReply(status, sentence);
  return false;
}

std::string HttpRequestParser::tooLarge() const {
  return "The request's body is larger than " + std::to_string(limits_.max_body_bytes) + " bytes";
}

HttpRequestParser::Status HttpRequestParser::parse() {
  while (!refused_ && step_ != Step::done) {
    const Progress progress = step_ == Step::head ? parseHead() : parseBody();
    if (progress == Progress::starved) return Status::needMore;
  }
  return refused_ ? Status::refused : Status::complete;
}

bool HttpRequestParser::keepAlive() const {
  return !refused_ && !request_.http_1_0 && !headerHasToken(request_.headers, "Connection", "close");
}

bool HttpRequestParser::takeExpectContinue() {
  return step_ != Step::head && step_ != Step::done && buffer_.size() == at_ && std::exchange(expect_continue_, false);
}

void HttpRequestParser::next() {
  buffer_.erase(0, at_);
  if (buffer_.capacity() > limits_.max_head_bytes) buffer_.shrink_to_fit();
  at_ = scanned_ = remaining_ = 0;
  expect_continue_ = false;
  step_ = Step::head;
  authority_.clear();
  request_ = HttpRequest();
}

std::string HttpRequestParser::takeLeftover() {
  std::string rest = buffer_.substr(at_);
  buffer_.clear();
  at_ = scanned_ = 0;
  return rest;
}

// -------------------------------------------------------------------------------------------------------- head

HttpRequestParser::Progress HttpRequestParser::parseHead() {
  // Old clients send an empty line after a body (RFC 9112 §2.2); two are borne with, not a stream of them.
  while (at_ < 4 && unread().substr(0, 2) == "\r\n") at_ += 2;
  const std::string_view text = unread();
  if (text.empty() || text == "\r") return Progress::starved;
  if (!isTokenChar(static_cast<unsigned char>(text.front()))) {
    refuse(400, "This is not an HTTP request");
    return Progress::refused;
  }
  const std::size_t end = text.find("\r\n\r\n", scanned_ < 3 ? 0 : scanned_ - 3);
  for (std::size_t i = scanned_; i < std::min(end, text.size()); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) {  // would otherwise wait for an end that never comes
      refuse(400, "Lines must end in CR LF");
      return Progress::refused;
    }
  }
  const std::size_t line_end = text.find("\r\n");
  if (endsBeyond(line_end, text.size(), 2, limits_.max_target_bytes + kMaxMethod + 16)) {
    refuse(414, "The request target is longer than " + std::to_string(limits_.max_target_bytes) + " bytes");
    return Progress::refused;
  }
  if (endsBeyond(end, text.size(), 4, limits_.max_head_bytes)) {
    refuse(431, "The request's headers are longer than " + std::to_string(limits_.max_head_bytes) + " bytes");
    return Progress::refused;
  }
  if (end == std::string_view::npos) {
    scanned_ = text.size();
    return Progress::starved;
  }

  bool good = parseRequestLine(text.substr(0, line_end));
  std::size_t position = line_end + 2;
  while (good && position < end + 2) {
    const std::size_t stop = text.find("\r\n", position);
    good = parseHeader(text.substr(position, stop - position));
    position = stop + 2;
  }
  good = good && checkHost() && decideBody();
  if (!good) return Progress::refused;
  at_ += end + 4;
  return Progress::again;
}

bool HttpRequestParser::parseRequestLine(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return refuse(400, "The request line must be: method, target, HTTP/1.1");
  const std::string_view method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  if (!isToken(method) || method.size() > kMaxMethod) return refuse(400, "The request's method is not valid");
  if (version == "HTTP/1.0") {
    request_.http_1_0 = true;
  } else if (version != "HTTP/1.1") {
    const bool http = version.size() == 8 && version.substr(0, 5) == "HTTP/" && version[6] == '.';
    return http ? refuse(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here")
                : refuse(400, "The request line must be: method, target, HTTP/1.1");
  }
  request_.method = method;
  return parseTarget(line.substr(first + 1, last - first - 1));
}

bool HttpRequestParser::parseTarget(std::string_view target) {
  if (target.size() > limits_.max_target_bytes)
    return refuse(414, "The request target is longer than " + std::to_string(limits_.max_target_bytes) + " bytes");
  const bool printable =
      std::all_of(target.begin(), target.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F && c != '#'; });
  if (target.empty() || !printable)
    return refuse(400, "The request target has a character that must be percent-encoded");
  if (target.front() != '/' && target != "*") {
    // Absolute form, which every server must accept (RFC 9112 §3.2.2).
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos ||
        (!equalsIgnoreCase(target.substr(0, scheme), "http") && !equalsIgnoreCase(target.substr(0, scheme), "https")))
      return refuse(400, "The request target must begin with '/'");
    const std::string_view rest = target.substr(scheme + 3);
    const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
    authority_ = rest.substr(0, path);
    if (authority_.empty()) return refuse(400, "The request target names no host");
    request_.target = rest.substr(path);
    if (request_.target.empty() || request_.target.front() != '/') request_.target.insert(0, "/");
    return true;
  }
  request_.target = target;
  return true;
}

bool HttpRequestParser::parseHeader(std::string_view line) {
  if (request_.headers.size() >= limits_.max_headers)
    return refuse(431, "The request has more than " + std::to_string(limits_.max_headers) + " headers");
  if (line.empty() || line.front() == ' ' || line.front() == '\t')
    return refuse(400, "A header must not be folded over several lines");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !isToken(line.substr(0, colon)))
    return refuse(400, "A header must be: name, colon, value");
  const std::string_view value = line.substr(colon + 1);
  if (!std::all_of(value.begin(), value.end(), isFieldChar))
    return refuse(400, "A header's value has a control character");
  request_.headers.emplace_back(line.substr(0, colon), trimBlanks(value));
  return true;
}

bool HttpRequestParser::checkHost() {
  const std::size_t hosts = countHeaders(request_.headers, "Host");
  if (hosts > 1 || (hosts == 0 && !request_.http_1_0))
    return refuse(400, "The request must have exactly one Host header");
  const std::string_view host = findHeader(request_.headers, "Host");
  if (!isHostText(host)) return refuse(400, "The Host header is not a host name with an optional port");
  if (!authority_.empty() && !equalsIgnoreCase(authority_, host))
    return refuse(400, "The request target names another host than the Host header");
  return true;
}

bool HttpRequestParser::decideBody() {
  const std::size_t lengths = countHeaders(request_.headers, "Content-Length");
  const std::size_t codings = countHeaders(request_.headers, "Transfer-Encoding");
  if (codings > 0 && (lengths > 0 || codings > 1 || request_.http_1_0))
    return refuse(400, "Transfer-Encoding must come once, in HTTP/1.1, and without Content-Length");
  if (lengths > 1) return refuse(400, "The request has more than one Content-Length header");

  const std::string_view expect = findHeader(request_.headers, "Expect");
  if (!expect.empty() && !equalsIgnoreCase(expect, "100-continue"))
    return refuse(417, "The only expectation that is met here is 100-continue");
  expect_continue_ = !expect.empty() && !request_.http_1_0;

  if (codings == 1) {
    if (!equalsIgnoreCase(findHeader(request_.headers, "Transfer-Encoding"), "chunked"))
      return refuse(501, "The only transfer coding that is understood here is chunked");
    chunks_ = ChunkDecoder(limits_.max_body_bytes);
    step_ = Step::chunks;
    return true;
  }
  remaining_ = 0;
  if (lengths == 1) {
    const std::string_view text = findHeader(request_.headers, "Content-Length");
    if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
      return refuse(400, "Content-Length must be a number");
    for (const char c : text) {
      remaining_ = remaining_ * 10 + static_cast<std::size_t>(c - '0');
      if (remaining_ > limits_.max_body_bytes) return refuse(413, tooLarge());
    }
  }
  step_ = remaining_ > 0 ? Step::length : Step::done;
  request_.body.reserve(remaining_);
  return true;
}

// -------------------------------------------------------------------------------------------------------- body

HttpRequestParser::Progress HttpRequestParser::parseBody() {
  const std::string_view text = unread();
  std::size_t taken = 0;
  if (step_ == Step::length) {
    taken = std::min(text.size(), remaining_);
    request_.body.append(text.substr(0, taken));
    remaining_ -= taken;
    if (remaining_ == 0) step_ = Step::done;
  } else {
    switch (chunks_.decode(text, taken, request_.body)) {
      case ChunkDecoder::Status::needMore: break;
      case ChunkDecoder::Status::done: step_ = Step::done; break;
      case ChunkDecoder::Status::tooLarge: refuse(413, tooLarge()); break;
      case ChunkDecoder::Status::malformed: refuse(400, "The request's body is not in valid chunks"); break;
    }
  }
  at_ += taken;
  if (at_ > limits_.max_head_bytes) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  if (refused_) return Progress::refused;
  return step_ == Step::done ? Progress::again : Progress::starved;
}

}  // namespace hookswitch::net
