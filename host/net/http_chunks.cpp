#include "host/net/http_chunks.hpp"

#include "host/net/http_grammar.hpp"

#include <algorithm>

namespace hookswitch::net {

namespace {

constexpr std::size_t kMaxSizeLine = 128;  ///< size and extensions
constexpr std::size_t kMaxTrailerLine = 1024;
constexpr std::size_t kMaxOverhead = 16 * 1024;

}  // namespace

ChunkDecoder::Status ChunkDecoder::parseSize(std::string_view line, std::size_t body_size) {
  std::size_t size = 0, digits = 0;
  for (; digits < line.size() && hexDigit(line[digits]) >= 0; ++digits) {
    size = size * 16 + static_cast<std::size_t>(hexDigit(line[digits]));
    if (size > max_body_) return Status::tooLarge;
  }
  const std::string_view extension = trimBlanks(line.substr(digits));
  if (digits == 0 || !std::all_of(line.begin(), line.end(), isFieldChar) ||
      (!extension.empty() && extension.front() != ';'))
    return Status::malformed;
  if (size > max_body_ - body_size) return Status::tooLarge;
  remaining_ = size;
  step_ = size > 0 ? Step::data : Step::trailer;
  return Status::needMore;
}

ChunkDecoder::Status ChunkDecoder::decode(std::string_view input, std::size_t& consumed, std::string& body) {
  consumed = 0;
  for (;;) {
    const std::string_view text = input.substr(consumed);
    if (step_ == Step::data) {
      if (text.empty()) return Status::needMore;
      const std::size_t taken = std::min(text.size(), remaining_);
      body.append(text.substr(0, taken));
      consumed += taken;
      remaining_ -= taken;
      if (remaining_ == 0) step_ = Step::dataEnd;
      continue;
    }
    if (step_ == Step::dataEnd) {
      if (text.size() < 2) return Status::needMore;
      if (text.substr(0, 2) != "\r\n") return Status::malformed;
      consumed += 2;
      step_ = Step::size;
      continue;
    }
    const std::size_t end = text.find("\r\n");
    const std::size_t longest = step_ == Step::size ? kMaxSizeLine : kMaxTrailerLine;
    if (endsBeyond(end, text.size(), 2, longest)) return Status::malformed;
    if (end == std::string_view::npos) return Status::needMore;
    const std::string_view line = text.substr(0, end);
    consumed += end + 2;
    overhead_ += end + 4;
    // Chunks of one byte with long extensions would make a small body cost a hundred times its size.
    if (overhead_ > max_body_ + kMaxOverhead) return Status::tooLarge;
    if (step_ == Step::size) {
      const Status status = parseSize(line, body.size());
      if (status != Status::needMore) return status;
    } else if (line.empty()) {
      return Status::done;
    } else if (const std::size_t colon = line.find(':'); colon == std::string_view::npos ||
                                                         !isToken(line.substr(0, colon)) ||
                                                         !std::all_of(line.begin(), line.end(), isFieldChar)) {
      return Status::malformed;
    }
  }
}

}  // namespace hookswitch::net
