// Signatures of the SDK against OpenSSL's, at every length around the block's end.
#include <hookswitch/hmac.hpp>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <random>

namespace sdk_test {
namespace {

std::string bytes(std::size_t size, unsigned seed) {
  std::minstd_rand random(seed);
  std::string out(size, 0);
  for (char& c : out) c = char(random() >> 8);
  return out;
}
const unsigned char* raw(const std::string& s) { return reinterpret_cast<const unsigned char*>(s.data()); }

TEST(Hmac, KnownValues) {
  EXPECT_EQ(hks::hex(hks::sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hks::hmacSha256Hex("key", "The quick brown fox jumps over the lazy dog"),
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
}

TEST(Hmac, DigestsAreThoseOfOpenSsl) {
  for (std::size_t size = 0; size <= 200; ++size) {
    const std::string text = bytes(size, unsigned(size));
    hks::Digest expected{};
    SHA256(raw(text), text.size(), expected.data());
    EXPECT_EQ(hks::sha256(text), expected) << size;
    hks::Sha256 pieces;
    for (std::size_t at = 0; at < size; at += 7) pieces.add(std::string_view(text).substr(at, 7));
    EXPECT_EQ(pieces.digest(), expected) << size << ", in pieces";
  }
}

TEST(Hmac, SignaturesAreThoseOfOpenSslWithKeysOfAnyLength) {
  const std::string text = bytes(1000, 1);
  for (std::size_t size = 1; size <= 150; ++size) {
    const std::string key = bytes(size, unsigned(size) + 7);
    hks::Digest expected{};
    unsigned length = 0;
    ASSERT_NE(HMAC(EVP_sha256(), key.data(), int(key.size()), raw(text), text.size(), expected.data(), &length),
              nullptr);
    EXPECT_EQ(hks::hmacSha256(key, text), expected) << size;
  }
}

TEST(Hmac, SecretsAreTheSameOrNot) {
  EXPECT_TRUE(hks::sameSecret("", ""));
  EXPECT_TRUE(hks::sameSecret("abc", "abc"));
  for (auto other : {"", "ab", "abd", "abcd", "Abc"}) EXPECT_FALSE(hks::sameSecret("abc", other)) << other;
}

}  // namespace
}  // namespace sdk_test
