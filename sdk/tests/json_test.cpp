#include <hookswitch/json.hpp>
#include <hookswitch/utf8.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace {

TEST(JsonWriter, EveryAsciiCharacterSurvivesAForeignParser) {
  std::string all;
  for (int c = 0; c < 128; ++c) all += char(c);
  EXPECT_EQ(nlohmann::json::parse(hks::json::quote(all)).get<std::string>(), all);
}

TEST(JsonWriter, PlacesCommasAndNestsRawValues) {
  const std::string text = hks::json::Object()
                               .add("text", "a\"b")
                               .add("yes", true)
                               .add("small", -1)
                               .add("large", UINT64_MAX)
                               .raw("list", hks::json::Array().add("x").raw("{}").str())
                               .raw("empty", hks::json::Array().str())
                               .str();
  EXPECT_EQ(text, R"({"text":"a\"b","yes":true,"small":-1,"large":18446744073709551615,"list":["x",{}],"empty":[]})");
  EXPECT_EQ(hks::json::Object().str(), "{}");
}

TEST(JsonWriter, ATextLiteralIsATextNotABoolean) {
  const char* text = "x";
  EXPECT_EQ(hks::json::Object().add("a", text).str(), R"({"a":"x"})");
}

TEST(JsonWriter, CleanedBytesOfAnyKindAreValidJson) {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += char(c), bytes += char(255 - c);
  EXPECT_TRUE(nlohmann::json::accept(hks::json::quote(hks::utf8::clean(bytes))));
}

}  // namespace
