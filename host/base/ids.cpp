#include "host/base/ids.hpp"

#include <Poco/UUID.h>

#include "host/base/secret.hpp"

namespace hookswitch::base {

// Poco's generator reads /dev/urandom through a stream, which needs a descriptor, and falls back to a weak generator
// when there is none. The bytes are OpenSSL's; the form is Poco's.
std::string newId() {
  unsigned char bytes[16];
  randomBytes(bytes, sizeof bytes);
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);  // version 4: random
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);  // the variant of RFC 4122
  Poco::UUID id;
  id.copyFrom(reinterpret_cast<const char*>(bytes));
  return id.toString();
}

bool isId(std::string_view id) {
  const std::string text(id);
  Poco::UUID parsed;
  return parsed.tryParse(text) && parsed.toString() == text;  // it also reads capitals and leaves dashes out
}

}  // namespace hookswitch::base
