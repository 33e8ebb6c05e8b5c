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
void applyWords(char* data, std::size_t size, const Word& mask, std::size_t& i) {
  for (; i + sizeof(Word) <= size; i += sizeof(Word)) {
    Word word;
    std::memcpy(&word, data + i, sizeof word);
    word ^= mask;
    std::memcpy(data + i, &word, sizeof word);
  }
}

}  // namespace

void wsApplyMask(char* data, std::size_t size, const unsigned char key[4]) {
  unsigned char twice[8];
  std::memcpy(twice, key, 4);
  std::memcpy(twice + 4, key, 4);
  std::uint64_t eight;
  std::memcpy(&eight, twice, 8);
  std::size_t i = 0;
#ifdef __GNUC__
  using Wide = std::uint64_t __attribute__((vector_size(32)));
  applyWords(data, size, Wide{eight, eight, eight, eight}, i);
#endif
  applyWords(data, size, eight, i);
  for (; i < size; ++i) data[i] = static_cast<char>(static_cast<unsigned char>(data[i]) ^ key[i & 3]);
}

}  // namespace hookswitch::net
