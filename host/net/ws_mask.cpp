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

void wsApplyMask(char* data, std::size_t size, const unsigned char key[4]) {
  unsigned char twice[8];
  std::memcpy(twice, key, 4);
  std::memcpy(twice + 4, key, 4);
  std::uint64_t wide;
  std::memcpy(&wide, twice, 8);
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, data + i, 8);
    word ^= wide;
    std::memcpy(data + i, &word, 8);
  }
  for (; i < size; ++i) data[i] = static_cast<char>(static_cast<unsigned char>(data[i]) ^ key[i & 3]);
}

}  // namespace hookswitch::net
