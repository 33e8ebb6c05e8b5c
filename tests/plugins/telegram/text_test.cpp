#include "plugins/telegram/text.hpp"

#include <hookswitch/utf8.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hookswitch::telegram {
namespace {

using hks::utf8::utf16Length;

std::vector<std::string> pieces(std::string_view text, std::size_t units) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t n = firstPiece(text, units);
    if (n == 0 || n > text.size()) return {"broken"};
    out.emplace_back(text.substr(0, n));
    text.remove_prefix(n);
  }
  return out;
}

TEST(TelegramText, EscapesWhatTheMarkupWouldRead) {
  EXPECT_EQ(escapeHtml("<b>&amp; \"x\" > y"), "&lt;b&gt;&amp;amp; \"x\" &gt; y");
}

TEST(TelegramText, LeavesATextThatFitsAlone) {
  EXPECT_EQ(firstPiece("short", 5), 5u);
  EXPECT_EQ(firstPiece("", 5), 0u);
}

TEST(TelegramText, CountsCharactersBeyondThePlaneAsTwo) {
  EXPECT_EQ(utf16Length("a\u00e9\u20ac\U0001F600"), 5u);
  std::string emoji;
  for (int i = 0; i < 3000; ++i) emoji += "\U0001F600";
  const auto parts = pieces(emoji, 4000);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(utf16Length(parts[0]), 4000u);
  EXPECT_EQ(utf16Length(parts[1]), 2000u);
}

TEST(TelegramText, NeverCutsACharacterOfTwoUnitsInTheMiddle) {
  std::string text(9, 'a');
  text += "\U0001F600";
  EXPECT_EQ(firstPiece(text, 10), 9u);
}

TEST(TelegramText, KeepsAFamilyEmojiTogether) {
  const std::string family = "\U0001F468\u200D\U0001F469\u200D\U0001F467";
  const std::string text = std::string(20, 'a') + family;
  for (std::size_t units = 21; units < 20 + utf16Length(family); ++units)
    EXPECT_EQ(firstPiece(text, units), 20u) << units;
}

TEST(TelegramText, KeepsAnAccentWithItsLetter) {
  const std::string text = std::string(10, 'a') + "e\u0301" + "b";
  EXPECT_EQ(firstPiece(text, 11), 10u);
}

TEST(TelegramText, CutsAnEndlessCharacterAllTheSame) {
  std::string text = "a";
  for (int i = 0; i < 100; ++i) text += "\u0301";
  EXPECT_GT(firstPiece(text, 10), 0u);
  EXPECT_LE(utf16Length(std::string_view(text).substr(0, firstPiece(text, 10))), 10u);
}

TEST(TelegramText, PrefersAParagraphThenALineThenASentenceThenAWord) {
  EXPECT_EQ(pieces("first one.\n\nsecond\nthird. four five", 30)[0], "first one.\n\nsecond\n");
  EXPECT_EQ(pieces("0123456789\n\n0123\n56. 89 0123456", 20)[0], "0123456789\n\n");
  EXPECT_EQ(pieces("0123456789\n123. 67 0123456", 18)[0], "0123456789\n");
  EXPECT_EQ(pieces("0123456789. 123 0123456", 18)[0], "0123456789. ");
  EXPECT_EQ(pieces("0123456789 1230123456", 18)[0], "0123456789 ");
}

TEST(TelegramText, DoesNotMakeTinyPiecesForTheSakeOfALineEnd) {
  EXPECT_EQ(firstPiece("ab\n" + std::string(100, 'x'), 50), 50u);
}

TEST(TelegramText, LosesNothing) {
  std::string text;
  for (int i = 0; i < 500; ++i)
    text += "Word \u00fc" + std::to_string(i) + (i % 7 ? " " : ".\n") + (i % 11 ? "" : "\U0001F600");
  std::string again;
  for (const auto& piece : pieces(text, 77)) {
    EXPECT_LE(utf16Length(piece), 77u);
    again += piece;
  }
  EXPECT_EQ(again, text);
}

TEST(TelegramText, IsCleanedOfControlsBadBytesAndTurningCharacters) {
  EXPECT_EQ(hks::utf8::clean("a\x01\x7f\u202e"
                             "b\n\tc\xff"),
            "ab\n\tc\uFFFD");
  EXPECT_EQ(hks::utf8::line(" a\r\n\tb\u2028c  "), "a b c");
  EXPECT_EQ(hks::utf8::clean("\xE2\x82"
                             "A\xF0\x9F\x98"),
            "\uFFFDA\uFFFD");
  EXPECT_EQ(hks::utf8::clean("\xC0\xAF\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(hks::utf8::clean("\u00e9\u00e9", 3), "\u00e9");
}

}  // namespace
}  // namespace hookswitch::telegram
