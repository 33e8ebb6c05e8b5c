// Writing JSON by hand over: order, commas, escapes.
#include "host/base/json.hpp"

#include <gtest/gtest.h>

namespace {

using namespace hookswitch;

TEST(Json, MembersStandInTheOrderInWhichTheyWereAdded) {
  json::Object o;
  o.add("z", "text").add("a", true).add("n", std::uint64_t(18446744073709551615u)).add("i", -7);
  o.orNull("none", "").orNull("some", "x").raw("list", json::Array().add("one").raw("2").str());
  EXPECT_EQ(o.str(),
            R"({"z":"text","a":true,"n":18446744073709551615,"i":-7,"none":null,"some":"x","list":["one",2]})");
  EXPECT_EQ(json::Object().str(), "{}");
  EXPECT_EQ(json::Array().str(), "[]");
}

TEST(Json, WhatATextMustNotHaveIsEscapedAndTheRestStandsAsItIs) {
  std::string out;
  json::quoteTo(out, std::string_view("a\"b\\c\n\r\t\x01\0/\xC3\xBC\xF0\x9F\x98\x80", 17));
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u0000/\xC3\xBC\xF0\x9F\x98\x80\"");
  EXPECT_EQ(json::Object().add("a\nb", "").str(), "{\"a\\nb\":\"\"}") << "names too";
}

TEST(Json, BytesThatAreNoUtf8SpoilNoneOfTheRest) {
  EXPECT_EQ(json::Object().add("caf\xE9", "a\xFF\"").add("b", "good").str(),
            "{\"caf\xEF\xBF\xBD\":\"a\xEF\xBF\xBD\\\"\",\"b\":\"good\"}");
}

}  // namespace
