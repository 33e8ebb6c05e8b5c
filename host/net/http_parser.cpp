#include "host/net/http_parser.hpp"

#include "host/net/http_chunks.hpp"
#include "host/net/http_grammar.hpp"
#include "host/net/http_head.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace hookswitch::net {

namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using Error = boost::beast::error_code;

constexpr std::size_t kMaxMethod = 32;

std::string_view view(string_view text) { return {text.data(), text.size()}; }

}  // namespace

/// One request's. Puts what Beast finds straight into the request.
class HttpRequestParser::Reader : public http::basic_parser<true> {
 public:
  Reader(HttpRequest& request, const Limits& limits) : request_(request), limits_(limits) {
    header_limit(static_cast<std::uint32_t>(limits.max_head_bytes + 4));
    body_limit(limits.max_body_bytes);
  }

  std::string authority;               ///< of an absolute target
  HeadRefusal refusal;                 ///< of a callback below
  std::optional<ChunkDecoder> chunks;  ///< the body comes in them

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int version, Error& error) override {
    if (method.size() > kMaxMethod)
      refusal = {400, "The request's method is not valid"};
    else
      refusal = readTarget(view(target), limits_.max_target_bytes, request_.target, authority);
    if (refusal) error = http::error::bad_target;
    request_.method = view(method);
    request_.http_1_0 = version == 10;
  }
  void on_response_impl(int, string_view, int, Error&) override {}
  void on_field_impl(http::field, string_view name, string_view value, Error& error) override {
    if (request_.headers.size() >= limits_.max_headers) {
      refusal = {431, "The request has more than " + std::to_string(limits_.max_headers) + " headers"};
      error = http::error::header_limit;
      return;
    }
    request_.headers.emplace_back(view(name), trimBlanks(view(value)));
  }
  void on_header_impl(Error&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const& length, Error&) override {
    request_.body.reserve(static_cast<std::size_t>(length.value_or(0)));
  }
  std::size_t on_body_impl(string_view text, Error&) override {
    request_.body.append(text.data(), text.size());
    return text.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view text, Error&) override { return text.size(); }
  void on_finish_impl(Error&) override {}

  HttpRequest& request_;
  const Limits& limits_;
};

HttpRequestParser::HttpRequestParser(Limits limits) : limits_(limits) { next(); }
HttpRequestParser::~HttpRequestParser() = default;

HttpRequestParser::Progress HttpRequestParser::refuse(const HeadRefusal& refusal) {
  refused_ = true;
  refusal_ = errorReply(refusal.status, refusal.sentence);
  return Progress::refused;
}

HttpRequestParser::Status HttpRequestParser::parse() {
  while (!refused_ && step_ != Step::done) {
    const Progress progress = step_ == Step::head ? parseHead() : parseBody();
    if (progress == Progress::starved) return Status::needMore;
  }
  return refused_ ? Status::refused : Status::complete;
}

bool HttpRequestParser::keepAlive() const { return !refused_ && !request_.http_1_0 && reader_->keep_alive(); }

bool HttpRequestParser::takeExpectContinue() {
  return step_ != Step::head && step_ != Step::done && buffer_.size() == at_ && std::exchange(expect_continue_, false);
}

void HttpRequestParser::next() {
  buffer_.erase(0, at_);
  if (buffer_.capacity() > limits_.max_head_bytes) buffer_.shrink_to_fit();
  at_ = scanned_ = 0;
  expect_continue_ = false;
  step_ = Step::head;
  request_ = HttpRequest();
  reader_ = std::make_unique<Reader>(request_, limits_);
}

std::string HttpRequestParser::takeLeftover() {
  std::string rest = buffer_.substr(at_);
  buffer_.clear();
  at_ = scanned_ = 0;
  return rest;
}

// -------------------------------------------------------------------------------------------------------- head

/// What shows before the head is whole; Beast alone would wait for an end that never comes.
HeadRefusal HttpRequestParser::refusedEarly(std::size_t end) const {
  const std::string_view text = unread();
  if (!isTokenChar(static_cast<unsigned char>(text.front()))) return {400, "This is not an HTTP request"};
  for (std::size_t i = scanned_; i < std::min(end, text.size()); ++i)
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return {400, "Lines must end in CR LF"};
  if (endsBeyond(text.find("\r\n"), text.size(), 2, limits_.max_target_bytes + kMaxMethod + 16))
    return {414, "The request target is longer than " + std::to_string(limits_.max_target_bytes) + " bytes"};
  if (endsBeyond(end, text.size(), 4, limits_.max_head_bytes))
    return {431, "The request's headers are longer than " + std::to_string(limits_.max_head_bytes) + " bytes"};
  return {};
}

HeadRefusal HttpRequestParser::whyNot(const boost::system::error_code& error) const {
  if (reader_->refusal) return reader_->refusal;
  if (error == http::error::body_limit) return bodyTooLarge(limits_.max_body_bytes);
  if (!request_.method.empty()) return refusedField(unread(), request_.headers, limits_.max_body_bytes);
  if (error == http::error::bad_method) return {400, "The request's method is not valid"};
  if (error == http::error::bad_version) return refusedVersion(unread());
  return {400, "The request line must be: method, target, HTTP/1.1"};
}

HttpRequestParser::Progress HttpRequestParser::parseHead() {
  // Old clients send an empty line after a body (RFC 9112 §2.2); two are borne with, not a stream of them.
  while (at_ < 4 && unread().substr(0, 2) == "\r\n") at_ += 2;
  const std::string_view text = unread();
  if (text.empty() || text == "\r") return Progress::starved;
  const std::size_t end = text.find("\r\n\r\n", scanned_ < 3 ? 0 : scanned_ - 3);
  if (const HeadRefusal refusal = refusedEarly(end)) return refuse(refusal);
  scanned_ = text.size();
  if (end == std::string_view::npos) return Progress::starved;
  const std::string_view head = text.substr(0, end + 4);
  // Beast unfolds what nobody should send any more, and which not everybody reads alike.
  if (head.find("\r\n ") != std::string_view::npos || head.find("\r\n\t") != std::string_view::npos)
    return refuse({400, "A header must not be folded over several lines"});
  Error error;
  at_ += reader_->put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error) return refuse(whyNot(error));
  if (const HeadRefusal refusal = checkHead(request_, reader_->authority)) return refuse(refusal);
  expect_continue_ = !request_.header("Expect").empty() && !request_.http_1_0;
  if (reader_->chunked()) reader_->chunks.emplace(limits_.max_body_bytes);
  step_ = reader_->chunked() ? Step::chunks : reader_->is_done() ? Step::done : Step::length;
  return Progress::again;
}

// -------------------------------------------------------------------------------------------------------- body

HttpRequestParser::Progress HttpRequestParser::parseBody() {
  const std::string_view text = unread();
  if (text.empty()) return Progress::starved;
  std::size_t taken = 0;
  HeadRefusal refusal;
  if (step_ == Step::length) {
    Error error;
    taken = reader_->put(boost::asio::const_buffer(text.data(), text.size()), error);
    if (reader_->is_done()) step_ = Step::done;
  } else {
    switch (reader_->chunks->decode(text, taken, request_.body)) {
      case ChunkDecoder::Status::needMore: break;
      case ChunkDecoder::Status::done: step_ = Step::done; break;
      case ChunkDecoder::Status::tooLarge: refusal = bodyTooLarge(limits_.max_body_bytes); break;
      case ChunkDecoder::Status::malformed: refusal = {400, "The request's body is not in valid chunks"}; break;
    }
  }
  at_ += taken;
  if (at_ > limits_.max_head_bytes) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  if (refusal) return refuse(refusal);
  return step_ == Step::done ? Progress::again : Progress::starved;
}

}  // namespace hookswitch::net
