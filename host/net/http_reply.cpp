#include "host/net/http_reply.hpp"

#include "host/base/time.hpp"
#include "host/net/http_chunks.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/serializer.hpp>

#include <algorithm>
#include <chrono>

namespace hookswitch::net {

namespace {

namespace http = boost::beast::http;
using Response = http::response<http::empty_body>;

/// Made once a second: it would be half the work of a reply.
const std::string& date() {
  thread_local std::uint64_t second = 0;
  thread_local std::string text;
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  if (const auto count = static_cast<std::uint64_t>(now.count()); count != second) {
    text = base::httpTime(count * 1000);
    second = count;
  }
  return text;
}

boost::beast::string_view view(std::string_view text) { return {text.data(), text.size()}; }

constexpr std::size_t kMaxField = 32 * 1024;

/// Beast writes what it is given, and throws at 64 KiB.
bool safeHeader(const std::string& name, const std::string& value) {
  if (name.size() > kMaxField || value.size() > kMaxField) return false;
  const auto breaks = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  return !name.empty() && std::none_of(value.begin(), value.end(), breaks) &&
         std::none_of(name.begin(), name.end(), [&](char c) { return breaks(c) || c == ':' || c == ' '; });
}

bool isOurs(const std::string& name) {
  return equalsIgnoreCase(name, "Content-Length") || equalsIgnoreCase(name, "Connection") ||
         equalsIgnoreCase(name, "Date") || equalsIgnoreCase(name, "Transfer-Encoding");
}

std::string serializeHead(Response& response) {
  std::string out;
  http::response_serializer<http::empty_body> serializer(response);
  serializer.split(true);
  boost::beast::error_code error;
  while (!serializer.is_header_done() && !error) {
    serializer.next(error, [&](boost::beast::error_code&, const auto& buffers) {
      const std::size_t before = out.size();
      for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers);
           ++at) {
        const boost::asio::const_buffer piece = *at;
        out.append(static_cast<const char*>(piece.data()), piece.size());
      }
      serializer.consume(out.size() - before);
    });
  }
  return out;
}

}  // namespace

std::string serializeReply(const HttpReply& reply, bool head_only, bool close, HttpFraming framing) {
  Response response(static_cast<http::status>(reply.status), 11);
  response.reason(view(httpReason(reply.status)));
  response.set(http::field::date, date());
  for (const auto& [name, value] : reply.headers)
    if (safeHeader(name, value) && !isOurs(name)) response.insert(name, value);
  // Who called whom, and with which key: nothing of it lies in a cache on the way, unless a plugin says that it may.
  if (response.count(http::field::cache_control) == 0) response.set(http::field::cache_control, "no-store");
  const bool bodiless = reply.status < 200 || reply.status == 204 || reply.status == 304;
  if (!bodiless) {
    if (!reply.body.empty() && response.count(http::field::content_type) == 0)
      response.set(http::field::content_type, "application/json");
    if (framing == HttpFraming::length) response.content_length(reply.body.size());
    if (framing == HttpFraming::chunks) response.chunked(true);
  }
  response.set(http::field::connection, close ? "close" : "keep-alive");
  std::string out = serializeHead(response);
  if (!bodiless && !head_only) out += framing == HttpFraming::chunks ? encodeChunk(reply.body, false) : reply.body;
  return out;
}

std::string serializeUpgrade(std::string_view accept_key) {
  Response response(http::status::switching_protocols, 11);
  response.set(http::field::upgrade, "websocket");
  response.set(http::field::connection, "Upgrade");
  response.set(http::field::sec_websocket_accept, view(accept_key));
  return serializeHead(response);
}

}  // namespace hookswitch::net
