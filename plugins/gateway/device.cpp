#include "plugins/gateway/device.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <hookswitch/base64.hpp>

#include <memory>

namespace hookswitch::gateway {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Key keyOf(std::string_view seed) {
  return Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(seed), seed.size()), &EVP_PKEY_free);
}

}  // namespace

std::string Device::newSeed() {
  std::string seed(kSeed, '\0');
  if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(seed.data()), int(seed.size())) != 1) return {};
  return seed;
}

std::shared_ptr<const Device> Device::fromSeed(std::string_view seed) {
  if (seed.size() != kSeed) return nullptr;
  const Key key = keyOf(seed);
  std::string raw(32, '\0');
  std::size_t size = raw.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(raw.data()), &size) != 1 ||
      size != raw.size())
    return nullptr;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned digest_size = 0;
  if (EVP_Digest(raw.data(), raw.size(), digest, &digest_size, EVP_sha256(), nullptr) != 1) return nullptr;
  const std::shared_ptr<Device> device(new Device);
  device->seed_ = std::string(seed);
  device->public_key_ = hks::base64Url(raw);
  static constexpr char hex[] = "0123456789abcdef";
  for (unsigned i = 0; i < digest_size; ++i) device->id_ += hex[digest[i] >> 4], device->id_ += hex[digest[i] & 15];
  return device;
}

std::string Device::sign(std::string_view text) const {
  const Key key = keyOf(seed_);
  const Digest digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::string signature(64, '\0');
  std::size_t size = signature.size();
  if (!key || !digest || EVP_DigestSignInit(digest.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes(text),
                     text.size()) != 1 ||
      size != signature.size())
    return {};
  return hks::base64Url(signature);
}

}  // namespace hookswitch::gateway
