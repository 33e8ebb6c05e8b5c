// Slips of the pen in values: which are certainly wrong, which are worth a word, and which values are none.
#include "host/app/slips.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace app_test {
namespace {

using namespace hookswitch;
using app::findSlips;
using app::Slips;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

plugin::Key key(std::uint32_t kind = HKS_TEXT, const std::string& pattern = {}) {
  plugin::Key k{"token", "", "", kind, true, true, {}};
  k.pattern = pattern;
  k.shape = pattern.empty() ? "" : "what it should be";
  return k;
}
Slips token(const std::string& value, const std::string& pattern = {}) {
  return findSlips(key(HKS_TEXT, pattern), value, value, false);
}
Slips prompt(const std::string& value) {
  plugin::Key k = key();
  k.words = true;
  return findSlips(k, value, value, true);
}
/// Text of a plugin that does not say what it is for.
Slips text(const std::string& value) { return findSlips(key(), value, value, true); }

TEST(Slips, QuotesAroundATokenArePartOfIt) {
  for (auto value : {"\"hunter2\"", "'hunter2'", "`hunter2`", "\"hunter2", "hunter2'",
                     "\xE2\x80\x9Chunter2\xE2\x80\x9D", "\"\"", "\""})
    EXPECT_THAT(token(value).problems,
                ElementsAre(AllOf(HasSubstr("the quotes are part of the value"), Not(HasSubstr("hunter2")))))
        << value;
  EXPECT_THAT(token("hun\"ter\"2").problems, IsEmpty());
}

TEST(Slips, AroundAPromptTheyMayBeMeant) {
  EXPECT_THAT(prompt("\"Be kind\"").problems, IsEmpty());
  EXPECT_THAT(prompt("\"Be kind\"").hints, ElementsAre(HasSubstr("the quotes around it are part of it")));
  EXPECT_THAT(prompt("Say \"hello\"").hints, IsEmpty());
}

TEST(Slips, ACommentBehindATokenIsPartOfIt) {
  EXPECT_THAT(token("hunter2 ; mine").problems, ElementsAre(AllOf(HasSubstr("behind ';'"), Not(HasSubstr("hunter2")))));
  EXPECT_THAT(token("hunter2\t# mine").problems, ElementsAre(HasSubstr("behind '#'")));
  for (auto good : {"hun;ter2", "hunter#2", ";hunter2"}) EXPECT_THAT(token(good).problems, IsEmpty()) << good;
  EXPECT_THAT(prompt("Be kind ; be brief # 1").problems, IsEmpty());
  EXPECT_THAT(prompt("Be kind ; be brief # 1").hints, IsEmpty());
  EXPECT_THAT(text("gpt-realtime ; the cheap one").problems, IsEmpty());
  EXPECT_THAT(text("gpt-realtime ; the cheap one").hints, ElementsAre(HasSubstr("behind ';'")));
}

TEST(Slips, AVariableThatNobodyReplacesIsNamedWithTheRightSpelling) {
  EXPECT_THAT(token("${NAME}").problems,
              ElementsAre("${NAME} is replaced by nothing; an environment variable is written ${system.env.NAME}"));
  EXPECT_THAT(token("${env.NAME}").problems, ElementsAre(HasSubstr("${system.env.NAME}")));
  EXPECT_THAT(token("$NAME").problems,
              ElementsAre("$NAME stands as it is; an environment variable is written ${system.env.NAME}"));
  EXPECT_THAT(token("$(cat token)").problems, ElementsAre(HasSubstr("$(...) is not run")));
  EXPECT_THAT(token("a${NAME").problems, ElementsAre("'${' is not ended by '}'"));
  EXPECT_THAT(token("${a b}").problems, ElementsAre(HasSubstr("replaced by nothing")));
  EXPECT_THAT(token("${A}${B}").problems.size(), 2u);
  EXPECT_THAT(prompt("Dear ${NAME}").problems, ElementsAre(HasSubstr("${system.env.NAME}")))
      << "it would vanish from the prompt";
}

TEST(Slips, ADollarMayBePartOfASecretOrAPrompt) {
  for (auto good : {"pa$word", "$ecret!", "$5 for all", "$", "${system.env.NAME}", "a${system.env.NAME}b"})
    EXPECT_THAT(token(good).problems, IsEmpty()) << good;
  EXPECT_THAT(prompt("$NAME").problems, IsEmpty());
  EXPECT_THAT(prompt("$NAME").hints, ElementsAre(HasSubstr("${system.env.NAME}")));
}

TEST(Slips, NoAddressHasAVariableInIt) {
  const std::string url = "https://$HOST/x";
  EXPECT_THAT(findSlips(key(HKS_URL), url, url, false).problems, ElementsAre(HasSubstr("${system.env.HOST}")));
}

TEST(Slips, CharactersThatNobodySeesAreNamedByNumber) {
  EXPECT_THAT(token("hunter2\xC2\xA0").problems, ElementsAre(AllOf(HasSubstr("(U+00A0)"), Not(HasSubstr("hunter2")))));
  EXPECT_THAT(token("hun\xE2\x80\x8Bter2").problems, ElementsAre(HasSubstr("(U+200B)")));
  EXPECT_THAT(prompt("Be\xC2\xA0kind").problems, IsEmpty());
  EXPECT_THAT(token("h\xC3\xBCnter2").problems, IsEmpty());
}

TEST(Slips, APatternIsOfTheWholeValueAndOnlyANote) {
  EXPECT_THAT(token("0123", "[0-9]{4}").hints, IsEmpty());
  for (auto other : {"012", "01234", "a0123", "0123 "}) {
    EXPECT_THAT(token(other, "[0-9]{4}").problems, IsEmpty()) << other;
    EXPECT_THAT(token(other, "[0-9]{4}").hints, ElementsAre("it does not look like one; expected what it should be"))
        << other;
  }
  EXPECT_THAT(token("ab", "a|ab").hints, IsEmpty()) << "the longer way counts too";
  EXPECT_THAT(token("", "[0-9]{4}").hints, IsEmpty()) << "an empty value is another's business";
  EXPECT_THAT(token("x", "[").hints, IsEmpty()) << "a pattern that is none says nothing";
}

}  // namespace
}  // namespace app_test
