#include <hookswitch/plain_json.hpp>

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <vector>

namespace {

using hks::json::Plain;

bool text(std::string_view json, std::string_view& to) {
  Plain in(json);
  return in.text(to) && in.end();
}
bool number(std::string_view json, std::uint64_t& to) {
  Plain in(json);
  return in.number(to) && in.end();
}

TEST(PlainJson, ReadsWhatIsPlain) {
  std::string_view name, list, key;
  std::uint64_t size = 0, sum = 0, one = 0;
  Plain in(
      " {\"name\" : \"a b~\",\n\t\"size\":120 , \"more\":{ \"x\":\"y\",\"n\":0},\"list\":[1, "
      "2,3],\"none\":{},\"no\":[]}\r\n");
  const bool whole = in.object([&](std::string_view member) {
    if (member == "name") return in.text(name);
    if (member == "size") return in.number(size);
    if (member == "list") return in.array([&] { return in.number(one) && (sum += one, true); });
    if (member == "no") return in.array([] { return false; });
    return in.object([&](std::string_view inner) { return key = inner, in.skip(); });
  });
  EXPECT_TRUE(whole && in.end());
  EXPECT_EQ(name, "a b~");
  EXPECT_EQ(size, 120u);
  EXPECT_EQ(sum, 6u);
  EXPECT_EQ(key, "n");
}

TEST(PlainJson, AStringOfAnyLengthEndsAtItsQuotationMark) {
  for (std::size_t size = 0; size < 70; ++size) {
    const std::string plain(size, 'x');
    std::string_view found;
    EXPECT_TRUE(text("\"" + plain + "\"", found)) << size;
    EXPECT_EQ(found.size(), size);
    EXPECT_FALSE(text("\"" + plain, found)) << "it has no end";
    EXPECT_FALSE(text("\"" + plain + "\"x", found)) << "something follows";
  }
}

TEST(PlainJson, EveryByteThatIsNotPrintableAsciiIsForTheParserAtEveryPlace) {
  for (int byte = 0; byte < 256; ++byte)
    for (std::size_t at = 0; at < 40; ++at) {
      std::string json = "\"" + std::string(40, 'a') + "\"";
      json[1 + at] = char(byte);
      std::string_view found;
      const bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
      ASSERT_EQ(text(json, found), plain) << byte << " at " << at;
    }
}

TEST(PlainJson, ANumberIsDigitsAndNothingElse) {
  std::uint64_t found = 0;
  EXPECT_TRUE(number("0", found));
  EXPECT_TRUE(number(" 123456789012345 ", found));
  EXPECT_EQ(found, 123456789012345u);
  for (const char* other : {"", "-1", "+1", "01", "1.0", "1e3", "0x1", "1234567890123456", "1 2", "null", "\"1\""})
    EXPECT_FALSE(number(other, found)) << other;
}

/// Anything at all: objects, arrays, strings, numbers.
bool any(Plain& in, int depth) {
  if (depth > 8) return false;
  Plain before = in;
  if (in.object([&](std::string_view) { return any(in, depth + 1); })) return true;
  in = before;
  if (in.array([&] { return any(in, depth + 1); })) return true;
  in = before;
  return in.skip();
}

TEST(PlainJson, AStringOfDigitsIsDigitsAndNothingElse) {
  const auto digits = [](std::string_view json, std::uint64_t& to) {
    Plain in(json);
    return in.digits(to) && in.end();
  };
  std::uint64_t value = 0;
  for (const char* json : {"\"0\"", " \"0042\" ", "\"999999999999999\""}) EXPECT_TRUE(digits(json, value)) << json;
  EXPECT_EQ(value, 999'999'999'999'999u);
  for (const char* json : {"", "\"", "\"\"", "\"1", "1", "\" 1\"", "\"1 \"", "\"-1\"", "\"1.0\"", "\"1e3\"",
                           "\"\\u0031\"", "\"1a\"", "\"1000000000000000\""})
    EXPECT_FALSE(digits(json, value)) << json;
  EXPECT_EQ(value, 999'999'999'999'999u) << "what is not recognised is not read";
}

TEST(PlainJson, WhatServicesWriteTheSameIsRecognisedToTheLetter) {
  EXPECT_TRUE(Plain("{\"a\":1}").literally("{\"a\":1}"));
  EXPECT_TRUE(Plain("{\"a\":1}").literally("{"));
  for (const char* other : {"", "{\"a\":", "{\"a\": 1}", "{\"b\":1}", " {\"a\":1}"})
    EXPECT_FALSE(Plain(other).literally("{\"a\":1}")) << other;
}

TEST(PlainJson, WhatItRecognisesIsJson) {
  const std::string good = R"({"a":"bc","d":[1,2,{"e":""}],"f":{"g":0,"h":"i"},"j":[]} )";
  Plain whole(good);
  ASSERT_TRUE(any(whole, 0) && whole.end());
  simdjson::dom::parser parser;
  const std::string letters = "{}[]\",:\\ 0a\n\x01\xff";
  int recognised = 0;
  const auto check = [&](const std::string& json) {
    Plain in(json);
    if (!any(in, 0) || !in.end()) return;
    ++recognised;
    ASSERT_EQ(parser.parse(json).error(), simdjson::SUCCESS) << json;
  };
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string json = good;
    json.erase(at, 1);
    check(json);
    check(good.substr(0, at));
    for (const char letter : letters) {
      json = good;
      json[at] = letter;
      check(json);
      json = good;
      json.insert(at, 1, letter);
      check(json);
    }
  }
  EXPECT_GT(recognised, 0);
}

}  // namespace
