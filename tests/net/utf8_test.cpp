#include "host/net/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hookswitch::net {
namespace {

TEST(Utf8, AsciiOfAnyLengthIs) {
  for (std::size_t size = 0; size < 300; ++size) EXPECT_TRUE(isUtf8(std::string(size, '~'))) << size;
  EXPECT_TRUE(isUtf8({}));
  EXPECT_TRUE(isUtf8(std::string(3, '\0')));
}

TEST(Utf8, AByteThatIsWrongIsSeenAtEveryPlaceOfEveryLength) {
  for (std::size_t size = 1; size < 200; ++size)
    for (std::size_t at = 0; at < size; ++at)
      for (const char wrong : {'\x80', '\xC3', '\xFF'}) {
        std::string text(size, 'a');
        text[at] = wrong;
        ASSERT_FALSE(isUtf8(text)) << size << ", " << at;
      }
}

TEST(Utf8, LongerCharactersAreReadAndNotJustRefused) {
  for (std::size_t size = 0; size < 200; ++size)
    for (const char* character : {"\u00e9", "\u20ac", "\U0001F600"}) {
      const std::string text = std::string(size, 'a') + character + std::string(size % 40, 'b');
      EXPECT_TRUE(isUtf8(text)) << size;
      EXPECT_FALSE(isUtf8(std::string_view(text).substr(0, size + 1))) << "cut in its middle, " << size;
    }
  EXPECT_FALSE(isUtf8("\xED\xA0\x80")) << "half of a surrogate pair";
  EXPECT_FALSE(isUtf8("\xC0\xAF")) << "longer than it must be";
}

}  // namespace
}  // namespace hookswitch::net
