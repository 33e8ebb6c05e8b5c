// The chunked transfer coding, decoded as it arrives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::net {

/// Strict and bounded (RFC 9112 §7.1). Extensions and trailers are checked and dropped. Pure. [any]
class ChunkDecoder {
 public:
  enum class Status : std::uint8_t { needMore = 1, done = 2, tooLarge = 3, malformed = 4 };

  explicit ChunkDecoder(std::size_t max_body_bytes) : max_body_(max_body_bytes) {}

  /// Reads from the front of `input`, says in `consumed` how much, and appends to `body`. What is not consumed must
  /// be given again with more behind it. tooLarge: the body exceeds the limit, or its framing is out of proportion.
  Status decode(std::string_view input, std::size_t& consumed, std::string& body);

 private:
  enum class Step : std::uint8_t { size = 1, data = 2, dataEnd = 3, trailer = 4 };
  Status parseSize(std::string_view line, std::size_t body_size);

  std::size_t max_body_;
  Step step_ = Step::size;
  std::size_t remaining_ = 0;  ///< of the current chunk
  std::size_t overhead_ = 0;   ///< bytes of sizes, extensions and trailers so far
};

}  // namespace hookswitch::net
