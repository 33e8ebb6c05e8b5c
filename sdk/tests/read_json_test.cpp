#include <hookswitch/read_json.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace hks::json;

TEST(ReadJson, WhatIsAbsentNullOrOfAnotherTypeReadsAsEmpty) {
  Reader reader;
  hks::json::Value root, out;
  Values list;
  for (const char* text : {"{}", R"({"a":null})", R"({"a":{"b":[]}})"}) {
    ASSERT_TRUE(reader.read(text, root));
    EXPECT_EQ(textAt(root, "a"), "") << text;
    EXPECT_EQ(wordAt(root, "a"), "") << text;
    EXPECT_FALSE(flagAt(root, "a")) << text;
    EXPECT_EQ(numberAt(root, "a", 7), 7) << text;
    EXPECT_FALSE(arrayAt(root, "a", list)) << text;
    EXPECT_EQ(textAt(root["a"]["b"]["c"], "d"), "") << text;
    EXPECT_FALSE(objectAt(root["a"], "b", out)) << text;
  }
  ASSERT_TRUE(reader.read(R"({"a":null,"o":{"s":"x","f":true}})", root));
  EXPECT_TRUE(has(root, "a"));
  EXPECT_FALSE(has(root, "b"));
  ASSERT_TRUE(objectAt(root, "o", out));
  EXPECT_EQ(textAt(out, "s"), "x");
  EXPECT_TRUE(flagAt(root["o"], "f"));
}

TEST(ReadJson, HalfACharacterReadsAsTheReplacementCharacter) {
  Reader reader;
  hks::json::Value root;
  const std::string none = "\xEF\xBF\xBD";
  ASSERT_TRUE(
      reader.read(R"({"a":"x\ud83dy","b":"\uDE00","c":"\ud83d\ude00","d":"\ud83d\ud83d\ude00","e":"\\ud83d"})", root));
  EXPECT_EQ(textAt(root, "a"), "x" + none + "y");
  EXPECT_EQ(textAt(root, "b"), none);
  EXPECT_EQ(textAt(root, "c"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(textAt(root, "d"), none + "\xF0\x9F\x98\x80");
  EXPECT_EQ(textAt(root, "e"), "\\ud83d");
  ASSERT_TRUE(reader.read("{\"a\":\"x\xED\xA0\xBDy\"}", root)) << "or as bytes";
  EXPECT_EQ(textAt(root, "a").front(), 'x');
  EXPECT_EQ(textAt(root, "a").back(), 'y');
  EXPECT_FALSE(reader.read(R"({"a":"\ud8zz"})", root)) << "that is no escape";
  EXPECT_FALSE(reader.read(R"({"a":"\ud83d)", root));
}

TEST(ReadJson, NumbersMayBeStringsOrFractions) {
  Reader reader;
  hks::json::Value root;
  ASSERT_TRUE(reader.read(R"({"i":-3,"s":"12","f":2.9,"big":1e300,"bad":"12x","w":"word","n":42})", root));
  EXPECT_EQ(numberAt(root, "i"), -3);
  EXPECT_EQ(numberAt(root, "s"), 12);
  EXPECT_EQ(numberAt(root, "f"), 2);
  EXPECT_EQ(numberAt(root, "big", 5), 5);
  EXPECT_EQ(numberAt(root, "bad", 5), 5);
  EXPECT_EQ(numberAt(root, "w", -1), -1);
  EXPECT_EQ(wordAt(root, "w"), "word");
  EXPECT_EQ(wordAt(root, "n"), "42");
}

TEST(ReadJson, OnlyAnObjectIsAMessage) {
  Reader reader;
  hks::json::Value root;
  for (const char* text : {"", "[]", "1", "nul", "{", "{} x", "{\"a\":\"\xff\"}"})
    EXPECT_FALSE(reader.read(text, root)) << text;
  EXPECT_TRUE(isJson("[1]"));
  EXPECT_FALSE(isJson("[1"));
  EXPECT_FALSE(isJsonObject("[1]"));
  EXPECT_TRUE(isJsonObject("{}"));
}

TEST(ReadJson, ALargeMessageIsReadAndTheNextSmallOneToo) {
  Reader reader;
  hks::json::Value root;
  ASSERT_TRUE(reader.read("{\"a\":\"" + std::string(200000, 'x') + "\"}", root));
  EXPECT_EQ(textAt(root, "a").size(), 200000u);
  ASSERT_TRUE(reader.read(R"({"a":"b"})", root));
  EXPECT_EQ(textAt(root, "a"), "b");
  EXPECT_FALSE(reader.read(std::string((size_t(16) << 20) + 1, ' '), root)) << "more than the host lets through";
}

TEST(ReadJson, TwoReadersAtOnceDoNotDisturbEachOther) {
  Reader outer;
  hks::json::Value first, second;
  ASSERT_TRUE(outer.read(R"({"a":"outer"})", first));
  {
    Reader inner;
    ASSERT_TRUE(inner.read(R"({"a":"inner"})", second));
    EXPECT_EQ(textAt(second, "a"), "inner");
    EXPECT_EQ(textAt(first, "a"), "outer");
  }
  Reader next;
  ASSERT_TRUE(next.read(R"({"a":"next"})", second));
  EXPECT_EQ(textAt(first, "a"), "outer");
}

TEST(ReadJson, TheNextReaderOfAThreadHasTheBuffersOfTheLast) {
  const auto at = [](const char* text) {
    Reader reader;
    hks::json::Value root;
    EXPECT_TRUE(reader.read(text, root));
    return textAt(root, "a").data();
  };
  EXPECT_EQ(at(R"({"a":"x"})"), at(R"({"a":"y"})"));
}

}  // namespace
