// hookswitch/hmac.hpp - SHA-256 and HMAC-SHA256 (FIPS 180-4, RFC 2104) for signed webhooks, both ways, without a
// library:
//   headers.emplace_back("X-Signature", "t=" + t + ",v1=" + hks::hmacSha256Hex(secret, t + "." + body));
//   if (!hks::sameSecret(sent, hks::hmacSha256Hex(secret, t + "." + body))) return refuse();
// `t` is the wall clock: unix_ms of START and of CALL_PHASE. Everything here is a pure function. [any]
#ifndef HKS_HMAC_HPP
#define HKS_HMAC_HPP
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hks {

using Digest = std::array<uint8_t, 32>;

/// SHA-256 of what is added, in pieces of any size.
class Sha256 {
 public:
  Sha256& add(std::string_view bytes) {
    size_ += bytes.size();
    for (char c : bytes) {
      block_[used_++] = static_cast<uint8_t>(c);
      if (used_ == block_.size()) mix(), used_ = 0;
    }
    return *this;
  }
  /// Once; afterwards the object is spent.
  Digest digest() {
    const uint64_t bits = size_ * 8;
    add(std::string_view("\x80", 1));
    while (used_ != 56) add(std::string_view("\0", 1));
    for (int shift = 56; shift >= 0; shift -= 8) block_[used_++] = uint8_t(bits >> shift);
    mix();
    Digest out{};
    for (size_t i = 0; i < 8; ++i)
      for (size_t k = 0; k < 4; ++k) out[4 * i + k] = uint8_t(state_[i] >> (24 - 8 * k));
    return out;
  }

 private:
  static uint32_t turned(uint32_t x, unsigned n) { return (x >> n) | (x << (32 - n)); }
  void mix() {
    static constexpr uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    uint32_t w[64];
    for (size_t i = 0; i < 16; ++i)
      w[i] = uint32_t(block_[4 * i]) << 24 | uint32_t(block_[4 * i + 1]) << 16 | uint32_t(block_[4 * i + 2]) << 8 |
             block_[4 * i + 3];
    for (size_t i = 16; i < 64; ++i) {
      const uint32_t a = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ (w[i - 15] >> 3);
      const uint32_t b = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ (w[i - 2] >> 10);
      w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    auto s = state_;
    for (size_t i = 0; i < 64; ++i) {
      const uint32_t one = s[7] + (turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25)) +
                           ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
      const uint32_t two =
          (turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
      s = {one + two, s[0], s[1], s[2], s[3] + one, s[4], s[5], s[6]};
    }
    for (size_t i = 0; i < 8; ++i) state_[i] += s[i];
  }

  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> block_{};
  size_t used_ = 0;
  uint64_t size_ = 0;
};

inline Digest sha256(std::string_view bytes) { return Sha256().add(bytes).digest(); }

inline Digest hmacSha256(std::string_view key, std::string_view bytes) {
  std::string pad(key.size() > 64 ? std::string_view() : key);
  if (key.size() > 64)
    for (uint8_t b : sha256(key)) pad += char(b);
  pad.resize(64);
  for (char& c : pad) c = char(c ^ 0x36);
  const Digest inner = Sha256().add(pad).add(bytes).digest();
  for (char& c : pad) c = char(c ^ (0x36 ^ 0x5c));
  return Sha256().add(pad).add({reinterpret_cast<const char*>(inner.data()), inner.size()}).digest();
}

/// Lower case.
inline std::string hex(const Digest& digest) {
  std::string out;
  for (uint8_t b : digest) out += "0123456789abcdef"[b >> 4], out += "0123456789abcdef"[b & 15];
  return out;
}
inline std::string hmacSha256Hex(std::string_view key, std::string_view bytes) { return hex(hmacSha256(key, bytes)); }

/// Whether two secrets or signatures are the same, in a time that depends on their lengths alone.
inline bool sameSecret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char different = 0;
  for (size_t i = 0; i < a.size(); ++i) different = static_cast<unsigned char>(different | (a[i] ^ b[i]));
  return different == 0;
}

}  // namespace hks
#endif
