#include <hookswitch/base64.hpp>

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <string>
#include <vector>

namespace {

using hks::base64_detail::Way;

/// Those that this processor has, and the table.
std::vector<Way> ways() {
  std::vector<Way> all;
  for (int way = 1; way <= int(hks::base64_detail::bestWay()); ++way) all.push_back(Way(way));
  return all;
}

std::string noise(std::size_t size, std::uint32_t state = 1) {
  std::string out;
  while (out.size() < size) out += char((state = state * 1664525 + 1013904223) >> 24);
  return out;
}

/// In heap blocks of exactly the promised size: a byte too far is seen by AddressSanitizer.
std::string encoded(Way way, std::string_view bytes) {
  std::vector<char> room(hks::base64Size(bytes.size()));
  const std::vector<char> copy(bytes.begin(), bytes.end());
  char* const end = hks::base64_detail::encode<hks::Base64::Plain>(room.data(), {copy.data(), copy.size()}, way);
  return std::string(room.data(), end);
}
struct Decoded {
  bool good = false;
  std::string bytes;
  bool operator==(const Decoded& other) const { return good == other.good && bytes == other.bytes; }
};
Decoded decoded(Way way, std::string_view text) {
  std::vector<char> room(hks::base64Room(text.size()));
  const std::vector<char> copy(text.begin(), text.end());
  std::size_t size = 0;
  const bool good = hks::base64_detail::decode<hks::Base64::Plain>(room.data(), {copy.data(), copy.size()}, size, way);
  return {good, good ? std::string(room.data(), size) : std::string()};
}

TEST(Base64, EveryWayWritesTheSameAtEveryLength) {
  const std::string all = noise(1000);
  for (std::size_t size = 0; size <= all.size(); ++size) {
    const std::string_view bytes = std::string_view(all).substr(all.size() - size);
    const std::string text = encoded(Way::Table, bytes);
    ASSERT_EQ(text.size(), hks::base64Size(size));
    for (const Way way : ways()) {
      ASSERT_EQ(encoded(way, bytes), text) << int(way) << " at " << size;
      ASSERT_EQ(decoded(way, text), (Decoded{true, std::string(bytes)})) << int(way) << " at " << size;
      const std::string bare = text.substr(0, text.find('='));
      ASSERT_EQ(decoded(way, bare), (Decoded{true, std::string(bytes)})) << int(way) << " without padding at " << size;
    }
  }
}

TEST(Base64, EveryWayReadsTheSameAtEveryLengthOfText) {
  const std::string letters = encoded(Way::Table, noise(750, 7));
  for (std::size_t size = 0; size <= letters.size(); ++size) {
    const std::string_view text = std::string_view(letters).substr(0, size);
    for (const Way way : ways()) ASSERT_EQ(decoded(way, text), decoded(Way::Table, text)) << int(way) << " at " << size;
  }
}

TEST(Base64, EveryWayRefusesEveryWrongByteAtEveryPlace) {
  for (const std::size_t size : {4, 24, 44, 61, 76, 160}) {
    const std::string good = encoded(Way::Table, noise(size, 3)).substr(0, size);
    for (std::size_t at = 0; at < size; ++at) {
      std::string text = good;
      for (int byte = 0; byte < 256; ++byte) {
        text[at] = char(byte);
        const Decoded expected = decoded(Way::Table, text);
        const bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                            (byte >= '0' && byte <= '9') || byte == '+' || byte == '/';
        if (at + 2 < size) {  // behind that it may be padding
          ASSERT_EQ(expected.good, letter && size % 4 != 1) << byte << " at " << at;
        }
        for (const Way way : ways())
          ASSERT_EQ(decoded(way, text), expected) << int(way) << ": " << byte << " at " << at;
      }
    }
  }
}

TEST(Base64, EveryWayReadsEveryLetterAtEveryPlace) {
  for (int letter = 0; letter < 64; ++letter)
    for (std::size_t at = 0; at < 64; ++at) {
      std::string text(64, 'A');
      text[at] = hks::base64_detail::kPlain[letter];
      for (const Way way : ways()) {
        const Decoded got = decoded(way, text);
        ASSERT_EQ(got, decoded(Way::Table, text)) << text[at] << " at " << at;
        ASSERT_EQ(encoded(way, got.bytes), text) << text[at] << " at " << at;
      }
    }
}

TEST(Base64, EveryWayTakesPaddingOnlyWhereItCompletesAGroup) {
  for (std::size_t size = 1; size <= 100; ++size)
    for (int padding = 0; padding <= 4; ++padding) {
      const std::string text = std::string(size, 'Q') + std::string(std::size_t(padding), '=');
      const bool fits = size % 4 != 1 && (padding == 0 || (padding <= 2 && text.size() % 4 == 0));
      for (const Way way : ways()) ASSERT_EQ(decoded(way, text).good, fits) << int(way) << ": " << text;
    }
}

TEST(Base64, AgreesWithOpenSslAtEveryLengthAndReadsItBack) {
  std::string bytes;
  for (int n = 0; n < 300; ++n) {
    std::string expected(400, '\0'), text, back;
    expected.resize(size_t(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(expected.data()),
                                           reinterpret_cast<const unsigned char*>(bytes.data()), int(bytes.size()))));
    hks::encodeBase64(text, bytes);
    ASSERT_EQ(text, expected);
    ASSERT_EQ(text.size() % 4, 0u);
    ASSERT_TRUE(hks::decodeBase64(back, text));
    ASSERT_EQ(back, bytes);
    back.clear();
    while (!text.empty() && text.back() == '=') text.pop_back();
    ASSERT_TRUE(hks::decodeBase64(back, text)) << "padding may be missing";
    ASSERT_EQ(back, bytes);
    bytes += char(n * 37 + 11);
  }
}

TEST(Base64, AgreesWithTheStandardsVectors) {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
  for (auto [plain, text] : vectors) EXPECT_EQ(hks::base64(plain), text);
}

TEST(Base64, AppendsToWhatIsThere) {
  std::string text = "data:", bytes = "<";
  hks::encodeBase64(text, "fo");
  EXPECT_EQ(text, "data:Zm8=");
  EXPECT_TRUE(hks::decodeBase64(bytes, "Zm8="));
  EXPECT_EQ(bytes, "<fo");
  EXPECT_TRUE(hks::decodeBase64(bytes, ""));
  EXPECT_EQ(bytes, "<fo");
}

TEST(Base64, RefusesWhatIsNotBase64AndLeavesTheBufferAsItWas) {
  for (const char* text : {"Zg$=", "Z", "Zm9\n", "Zm9vZ", "\xff\xff\xff\xff", "A", "AAAAA", "AA!A", "A=AA", "=",
                           "AAA=A", "AA-_", "AA\nA", "===="}) {
    std::string out = "kept";
    EXPECT_FALSE(hks::decodeBase64(out, text)) << text;
    EXPECT_EQ(out, "kept");
  }
  std::string out;
  EXPECT_TRUE(hks::decodeBase64(out, "Zm8"));
  EXPECT_EQ(out, "fo");
}

TEST(Base64, ForUrlsHasOtherLettersAndNoPadding) {
  std::string bytes;
  for (int n = 0; n < 256; ++n) {
    std::string plain = hks::base64(bytes), back;
    while (!plain.empty() && plain.back() == '=') plain.pop_back();
    for (char& c : plain) c = c == '+' ? '-' : c == '/' ? '_' : c;
    const std::string url = hks::base64Url(bytes);
    ASSERT_EQ(url, plain);
    ASSERT_TRUE(hks::decodeBase64<hks::Base64::UrlSafe>(back, url));
    ASSERT_EQ(back, bytes);
    bytes += char(255 - n);
  }
  std::string out;
  EXPECT_FALSE(hks::decodeBase64<hks::Base64::UrlSafe>(out, "AA+/"));
  EXPECT_TRUE(hks::decodeBase64<hks::Base64::UrlSafe>(out, "AA-_"));
}

}  // namespace
