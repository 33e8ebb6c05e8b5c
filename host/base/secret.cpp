#include "host/base/secret.hpp"

#include "host/base/base64.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace hookswitch::base {

void randomBytes(unsigned char* to, std::size_t size) {
  if (RAND_bytes(to, int(size)) != 1) throw std::runtime_error("the system gives no random numbers");
}

std::string newToken() {
  unsigned char b[32];
  randomBytes(b, sizeof b);
  std::string token = toBase64({reinterpret_cast<const char*>(b), sizeof b});
  std::replace(token.begin(), token.end(), '+', '-');
  std::replace(token.begin(), token.end(), '/', '_');
  token.erase(token.find_last_not_of('=') + 1);
  return token;
}

bool equalSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace hookswitch::base
