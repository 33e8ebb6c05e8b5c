#include "host/base/secret.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace hookswitch::base {

void randomBytes(unsigned char* to, std::size_t size) {
  if (RAND_bytes(to, int(size)) != 1) throw std::runtime_error("the system gives no random numbers");
}

std::string newToken() {
  unsigned char b[32];
  randomBytes(b, sizeof b);
  static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string token;
  unsigned bits = 0, value = 0;
  for (unsigned char byte : b) {
    value = value << 8 | byte;
    for (bits += 8; bits >= 6; bits -= 6) token += alphabet[value >> (bits - 6) & 63];
  }
  if (bits) token += alphabet[value << (6 - bits) & 63];
  return token;
}

bool equalSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace hookswitch::base
