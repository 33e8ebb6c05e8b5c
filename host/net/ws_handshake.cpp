#include "host/net/ws_handshake.hpp"

#include "host/base/base64.hpp"
#include "host/base/secret.hpp"

#include <openssl/sha.h>

#include <algorithm>

namespace hookswitch::net {

namespace {

constexpr std::size_t kBase64Key = 24;  ///< 16 bytes in base64

}  // namespace

std::string wsAcceptFor(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // fixed by RFC 6455 §1.3
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return base::toBase64({reinterpret_cast<const char*>(digest), sizeof digest});
}

std::string wsNewKey() {
  unsigned char random[16];
  base::randomBytes(random, sizeof random);
  return base::toBase64({reinterpret_cast<const char*>(random), sizeof random});
}

bool wsKeyIsValid(std::string_view key) {
  if (key.size() != kBase64Key || key.substr(22) != "==") return false;
  return std::all_of(key.begin(), key.begin() + 22, [](unsigned char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  });
}

}  // namespace hookswitch::net
