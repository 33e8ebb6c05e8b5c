#include <hookswitch/base64.hpp>

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <string>

namespace {

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
