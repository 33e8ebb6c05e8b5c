#include "host/base/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace hookswitch::base {

std::string toBase64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a 0
  text.resize(std::size_t(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                          reinterpret_cast<const unsigned char*>(bytes.data()), int(bytes.size()))));
  return text;
}

std::optional<std::string> fromBase64(std::string_view text) {
  const std::size_t padding = text.size() - std::min(text.find('='), text.size());
  if (text.empty() || text.size() % 4 != 0 || padding > 2) return std::nullopt;
  std::string bytes(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), int(text.size()));
  if (size < 0) return std::nullopt;
  bytes.resize(std::size_t(size) - padding);
  return bytes;
}

}  // namespace hookswitch::base
