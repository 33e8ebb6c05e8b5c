#include "host/net/ws_mask.hpp"

#include "host/base/secret.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace hookswitch::net {

namespace {

/// Masking keys must not be predictable by whoever chooses the payload (RFC 6455 §10.3), so they come from OpenSSL's
/// generator, a few hundred at a time because a call for each would cost more than the masking.
class MaskSource {
 public:
  void next(unsigned char key[4]) {
    if (used_ + 4 > pool_.size()) {
      base::randomBytes(pool_.data(), pool_.size());
      used_ = 0;
    }
    std::memcpy(key, pool_.data() + used_, 4);
    used_ += 4;
  }

 private:
  std::array<unsigned char, 1024> pool_{};
  std::size_t used_ = 1024;
};

}  // namespace

void wsNewMask(unsigned char key[4]) {
  thread_local MaskSource source;
  source.next(key);
}

namespace {

/// As many words as fit, from `i` on.
template <class Word>
inline void applyWords(char* to, const char* from, std::size_t size, const Word& mask, std::size_t& i) {
  for (; i + sizeof(Word) <= size; i += sizeof(Word)) {
    Word word;
    std::memcpy(&word, from + i, sizeof word);
    word ^= mask;
    std::memcpy(to + i, &word, sizeof word);
  }
}

}  // namespace

void wsApplyMask(char* to, const char* from, std::size_t size, const unsigned char key[4]) {
  std::uint32_t four;
  std::memcpy(&four, key, 4);
  const std::uint64_t eight = std::uint64_t{four} << 32 | four;  // the same in either order of bytes
  std::size_t i = 0;
#ifdef __GNUC__
  using Wide = std::uint64_t __attribute__((vector_size(32)));
  applyWords(to, from, size, Wide{eight, eight, eight, eight}, i);
#endif
  applyWords(to, from, size, eight, i);
  applyWords(to, from, size, four, i);
  for (; i < size; ++i) to[i] = static_cast<char>(static_cast<unsigned char>(from[i]) ^ key[i & 3]);
}

}  // namespace hookswitch::net
