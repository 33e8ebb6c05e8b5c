// The chunked transfer coding: decoded as it arrives, and encoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace hookswitch::net {

/// Boost.Beast's decoder, and before it the limits and refusals that Beast has not (README.md). Strict and bounded
/// (RFC 9112 §7.1); extensions and trailers are checked and dropped. Pure. [any]
class ChunkDecoder {
 public:
  enum class Status : std::uint8_t { needMore = 1, done = 2, tooLarge = 3, malformed = 4 };

  explicit ChunkDecoder(std::size_t max_body_bytes);
  ~ChunkDecoder();

  /// Reads from the front of `input`, says in `consumed` how much, and appends to `body`. What is not consumed must
  /// be given again with more behind it. tooLarge: the body exceeds the limit, or its framing is out of proportion.
  Status decode(std::string_view input, std::size_t& consumed, std::string& body);

 private:
  class Reader;
  Status step(std::string_view text, std::size_t& consumed, std::string& body);
  /// done: `lines` are for Beast.
  Status findLines(std::string_view input, std::string_view& lines) const;
  static Status findTrailer(std::string_view text, std::size_t& size);

  std::size_t max_body_;
  std::size_t overhead_ = 0;  ///< bytes of sizes, extensions and trailers so far
  std::unique_ptr<Reader> reader_;
};

/// One chunk; `last` adds the empty one that ends the body. [any]
std::string encodeChunk(std::string_view bytes, bool last);

}  // namespace hookswitch::net
