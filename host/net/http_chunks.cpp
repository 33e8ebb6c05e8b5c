#include "host/net/http_chunks.hpp"

#include "host/net/http_grammar.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/chunk_encode.hpp>

#include <algorithm>

namespace hookswitch::net {

namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using Error = boost::beast::error_code;

constexpr std::size_t kMaxSizeLine = 128;  ///< size and extensions
constexpr std::size_t kMaxTrailerLine = 1024;
constexpr std::size_t kMaxOverhead = 16 * 1024;
constexpr std::size_t kMaxDigits = 15;  ///< of a size: more than any limit, and no overflow
constexpr const char* kHexDigits = "0123456789abcdefABCDEF";

}  // namespace

/// Beast knows chunks as the body of a message, so this one begins with a head.
class ChunkDecoder::Reader : public http::basic_parser<false> {
 public:
  explicit Reader(std::size_t max_body) {
    Error ignored;
    body_limit(max_body);
    const std::string_view head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    put(boost::asio::const_buffer(head.data(), head.size()), ignored);
  }
  std::size_t read(std::string_view text, std::string& body, Error& error) {
    body_ = &body;
    return put(boost::asio::const_buffer(text.data(), text.size()), error);
  }
  bool inData() const { return left_ > 0; }
  bool begun() const { return begun_; }  ///< a chunk has come; the line break behind its data has not been read

 private:
  void on_request_impl(http::verb, string_view, string_view, int, Error&) override {}
  void on_response_impl(int, string_view, int, Error&) override {}
  void on_field_impl(http::field, string_view, string_view, Error&) override {}  // of the trailer: dropped
  void on_header_impl(Error&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, Error&) override {}
  std::size_t on_body_impl(string_view text, Error&) override { return text.size(); }
  void on_chunk_header_impl(std::uint64_t size, string_view extension, Error& error) override {
    begun_ = true;
    left_ = size;
    if (!std::all_of(extension.begin(), extension.end(), isFieldChar)) error = http::error::bad_chunk_extension;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view text, Error&) override {
    body_->append(text.data(), text.size());
    left_ -= text.size();
    return text.size();
  }
  void on_finish_impl(Error&) override {}

  std::string* body_ = nullptr;
  std::uint64_t left_ = 0;
  bool begun_ = false;
};

ChunkDecoder::ChunkDecoder(std::size_t max_body_bytes)
    : max_body_(max_body_bytes), reader_(std::make_unique<Reader>(max_body_bytes)) {}
ChunkDecoder::~ChunkDecoder() = default;

/// The line of a size, and behind a size of 0 the trailer. Beast waits for their ends without a limit and looks at what
/// follows the 0 only then; reads an extension's quotation beyond the line; takes a folded line and a size beyond 64
/// bits for something else than they are; and, built with its assertions, aborts when "0" and the trailer come one
/// after the other. So it gets them when they are whole, and nothing of what follows.
ChunkDecoder::Status ChunkDecoder::findLines(std::string_view input, std::string_view& lines) const {
  std::string_view text = input;
  if (reader_->begun()) {
    const std::size_t some = std::min<std::size_t>(text.size(), 2);
    if (text.substr(0, some) != std::string_view("\r\n").substr(0, some)) return Status::malformed;
    text.remove_prefix(some);
  }
  const std::size_t end = text.find("\r\n");
  if (endsBeyond(end, text.size(), 2, kMaxSizeLine)) return Status::malformed;
  if (end == std::string_view::npos) return Status::needMore;
  const std::size_t before = input.size() - text.size();
  const std::size_t first = text.find_first_not_of('0');
  const std::size_t digits = text.find_first_not_of(kHexDigits);
  if (digits > first) {
    lines = input.substr(0, before + end + 2);
    return digits - first > kMaxDigits ? Status::tooLarge : Status::done;
  }
  const std::string_view extension = trimBlanks(text.substr(0, end).substr(digits));
  if (digits == 0 || (!extension.empty() && extension.front() != ';')) return Status::malformed;
  std::size_t size = 0;
  const Status trailer = findTrailer(text.substr(end + 2), size);
  lines = input.substr(0, before + end + 2 + size);
  return trailer;
}

ChunkDecoder::Status ChunkDecoder::findTrailer(std::string_view text, std::size_t& size) {
  while (size <= kMaxOverhead) {
    const std::string_view rest = text.substr(size);
    const std::size_t end = rest.find("\r\n");
    if (endsBeyond(end, rest.size(), 2, kMaxTrailerLine)) return Status::malformed;
    if (end == std::string_view::npos) return Status::needMore;
    size += end + 2;
    if (end == 0) return Status::done;
    const std::string_view line = rest.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !isToken(line.substr(0, colon)) ||
        !std::all_of(line.begin(), line.end(), isFieldChar))
      return Status::malformed;
  }
  return Status::tooLarge;
}

ChunkDecoder::Status ChunkDecoder::step(std::string_view text, std::size_t& consumed, std::string& body) {
  if (!reader_->inData()) {
    std::string_view lines;
    const Status found = findLines(text, lines);
    if (found != Status::done) return found;
    text = lines;
  }
  Error error;
  const std::size_t before = body.size();
  const std::size_t taken = reader_->read(text, body, error);
  consumed += taken;
  overhead_ += taken - (body.size() - before);
  // Chunks of one byte with long extensions would make a small body cost a hundred times its size.
  if (overhead_ > max_body_ + kMaxOverhead || error == http::error::body_limit) return Status::tooLarge;
  if (reader_->is_done()) return Status::done;
  return error ? Status::malformed : Status::needMore;
}

ChunkDecoder::Status ChunkDecoder::decode(std::string_view input, std::size_t& consumed, std::string& body) {
  consumed = 0;
  while (consumed < input.size()) {
    const std::size_t before = consumed;
    const Status status = step(input.substr(before), consumed, body);
    if (status != Status::needMore) return status;
    if (consumed == before) break;
  }
  return Status::needMore;
}

std::string encodeChunk(std::string_view bytes, bool last) {
  std::string out;
  const auto append = [&out](const auto& buffers) {
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers); ++at) {
      const boost::asio::const_buffer piece = *at;
      out.append(static_cast<const char*>(piece.data()), piece.size());
    }
  };
  if (!bytes.empty()) append(http::make_chunk(boost::asio::const_buffer(bytes.data(), bytes.size())));
  if (last) append(http::make_chunk_last());
  return out;
}

}  // namespace hookswitch::net
