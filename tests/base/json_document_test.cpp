// What is JSON and what is not, beyond what Poco's parser lets through.
#include "host/base/json_document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace hookswitch;
using testing::HasSubstr;

std::string again(const std::string& text) {
  const auto document = json::parse(text);
  return document ? json::text(*document) : "refused: " + document.error();
}

TEST(JsonDocument, KeepsOrderNumbersAndTextsOfWhatItReads) {
  EXPECT_EQ(again(" { \"z\" : [ 1, -2, 1.0, 0.1, 1e2, true, null ] ,\n\t\"a\" : { } } "),
            R"({"z":[1,-2,1.0,0.1,100.0,true,null],"a":{}})");
  EXPECT_EQ(again(R"(["\u00fc\n\ud83d\ude00\/", 18446744073709551615, -9223372036854775808])"),
            "[\"\xC3\xBC\\n\xF0\x9F\x98\x80/\",18446744073709551615,-9223372036854775808]");
}

TEST(JsonDocument, AValueThatIsNoObjectIsADocumentToo) {
  EXPECT_EQ(again("null"), "null");
  EXPECT_EQ(again(" \"x\" "), "\"x\"");
  EXPECT_EQ(again("17"), "17");
  EXPECT_EQ(again("[]"), "[]");
}

struct Bad {
  std::string text, error;
};
void PrintTo(const Bad& b, std::ostream* out) { *out << b.text.substr(0, 60); }
class BadDocument : public testing::TestWithParam<Bad> {};

TEST_P(BadDocument, IsRefusedWithTheReasonAndThePlace) {
  const auto document = json::parse(GetParam().text);
  ASSERT_FALSE(document);
  EXPECT_THAT(document.error(), HasSubstr(GetParam().error));
  EXPECT_LT(document.error().size(), 160u);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadDocument,
    testing::Values(Bad{"", "unexpected end of text, line 1, column 0"}, Bad{"  ", "unexpected end of text"},
                    Bad{"{", "unexpected end of text, line 1, column 1"}, Bad{"tru", "unexpected end of text"},
                    Bad{"{\"a\":1} x", "after JSON end, line 1, column 8"}, Bad{"1 2", "after JSON end"},
                    Bad{"[]]", "after JSON end"}, Bad{std::string("{}\0", 3), "after JSON end"},
                    Bad{"{\n \"a\" 1}", "expected ':' after member name, line 2, column 6"},
                    Bad{"{\"a\":1,}", "unexpected byte '}'"}, Bad{"[1,]", "unexpected byte ']'"},
                    Bad{"{'a':1}", "unexpected byte"}, Bad{"// x\n{}", "unexpected byte '/'"},
                    Bad{"\xEF\xBB\xBF{}", "unexpected byte"}, Bad{"{\"a\":01}", "expected ','"},
                    Bad{"{\"a\":+1}", "unexpected byte '+'"}, Bad{"{\"a\":NaN}", "unexpected byte 'N'"}));
INSTANTIATE_TEST_SUITE_P(Texts, BadDocument,
                         testing::Values(Bad{"[\"\xFF\"]", "invalid UTF-8"}, Bad{"[\"\xC0\x80\"]", "invalid UTF-8"},
                                         Bad{"[\"\xED\xA0\x80\"]", "invalid UTF-8"},
                                         Bad{"[\"\xF4\x90\x80\x80\"]", "invalid UTF-8"},
                                         Bad{"[\"\xC3\"]", "invalid UTF-8"}, Bad{"[\"\\ud800\"]", "surrogate pair"},
                                         Bad{"[\"\t\"]", "unescaped control character"},
                                         Bad{std::string("[\"\0\"]", 5), "control character"},
                                         Bad{"[\"\\x\"]", "invalid escaped byte"},
                                         Bad{"[\"x]", "unexpected end of text"}));
INSTANTIATE_TEST_SUITE_P(
    WhatPocoTakes, BadDocument,
    testing::Values(Bad{"{\"a\":1,\n\"b\":{\"a\":2},\"a\":3}", "'a' is there twice, line 2, column 15"},
                    Bad{"{\"b\":{\"a\":1,\"a\":1}}", "'a' is there twice"},
                    Bad{"{\"a\":18446744073709551616}", "the number 18446744073709551616 is out of range"},
                    Bad{"{\"a\":-9223372036854775809}", "the number -9223372036854775809 is out of range"},
                    Bad{"{\"a\":1e999}", "1e999"}, Bad{"[" + std::string(50'000, '9') + "]", "99999"},
                    Bad{std::string(1025, '[') + std::string(1025, ']'), "nested deeper than 1024 levels"},
                    Bad{std::string(50'000, '['), "nested deeper than 1024 levels"}));

TEST(JsonDocument, HasNoMoreMembersThanItsReaderWants) {
  EXPECT_TRUE(json::parse(R"([{"a":1},{"a":1}])", {8, 2}));
  EXPECT_THAT(json::parse(R"([{"a":1},{"a":1,"b":2}])", {8, 2}).error(), HasSubstr("more than 2 members"));
}

}  // namespace
