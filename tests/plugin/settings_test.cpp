#include "host/plugin/settings.hpp"
#include "tests/readable.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plugin_test {
namespace {

using namespace hookswitch::plugin;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// What is wrong with the value; empty: nothing.
std::string said(const Key& key, const std::string& value) {
  const auto suits = checkValue(key, value);
  return suits ? std::string() : suits.error();
}

hks_key key(const char* name, std::uint32_t kind, std::uint32_t flags = 0, const char* fallback = "",
            const char* choices = nullptr) {
  return {sizeof(hks_key), kind, flags, 0, name, fallback, "what it is", choices, nullptr, nullptr};
}

TEST(Settings, KeysAreReadAsDeclared) {
  const hks_key raw[] = {key("enabled", HKS_BOOLEAN, 0, "false"), key("token", HKS_TEXT, HKS_SECRET | HKS_REQUIRED),
                         key("format", HKS_CHOICE, 0, "pcmu", "pcmu|pcm24")};
  const hks_settings table{raw, 3, sizeof(hks_key)};
  const auto keys = readKeys(&table);
  ASSERT_EQ(keys.size(), 3u);
  EXPECT_EQ(keys[0].name, "enabled");
  EXPECT_EQ(keys[0].fallback, "false");
  EXPECT_TRUE(keys[1].secret);
  EXPECT_TRUE(keys[1].required);
  EXPECT_EQ(keys[2].kind, unsigned(HKS_CHOICE));
  EXPECT_THAT(keys[2].choices, ElementsAre("pcmu", "pcm24"));
}

TEST(Settings, EveryPluginCanBeSwitchedOffEvenOneThatDoesNotSaySo) {
  EXPECT_EQ(readKeys(nullptr).size(), 1u);
  const hks_key raw[] = {key("token", HKS_TEXT)};
  const hks_settings table{raw, 1, sizeof(hks_key)};
  const auto keys = readKeys(&table);
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].name, "enabled");
  EXPECT_EQ(keys[0].fallback, "true");
  EXPECT_EQ(keys[0].kind, unsigned(HKS_BOOLEAN));
}

TEST(Settings, KeysOfALaterContractAreLongerAndStillRead) {
  struct Later {
    hks_key key;
    std::uint64_t more;
  };
  const Later raw[] = {{key("a", HKS_TEXT), 1}, {key("b", HKS_URL), 2}};
  const hks_settings table{&raw[0].key, 2, sizeof(Later)};
  const auto keys = readKeys(&table);
  ASSERT_EQ(keys.size(), 3u);
  EXPECT_EQ(keys[1].name, "a");
  EXPECT_EQ(keys[2].name, "b");
  EXPECT_EQ(keys[2].kind, unsigned(HKS_URL));
}

TEST(Settings, KeysOfAShorterRecordHaveEmptyTails) {
  struct Early {
    std::uint32_t size, kind, flags, reserved;
    const char *name, *fallback;
  };
  const Early raw[] = {{sizeof(Early), HKS_TEXT, 0, 0, "a", "x"}, {sizeof(Early), HKS_TEXT, 0, 0, "b", "y"}};
  const hks_settings table{reinterpret_cast<const hks_key*>(raw), 2, sizeof(Early)};
  const auto keys = readKeys(&table);
  ASSERT_EQ(keys.size(), 3u);
  EXPECT_EQ(keys[2].name, "b");
  EXPECT_EQ(keys[2].fallback, "y");
  EXPECT_EQ(keys[2].text, "");
  EXPECT_TRUE(keys[2].choices.empty());
}

TEST(Settings, AKeyWithoutANameIsPassedOver) {
  const hks_key raw[] = {key(nullptr, HKS_TEXT), key("", HKS_TEXT), key("a", HKS_TEXT)};
  const hks_settings table{raw, 3, sizeof(hks_key)};
  EXPECT_EQ(readKeys(&table).size(), 2u);
}

struct Case {
  std::uint32_t kind;
  const char* value;
  const char* wrong;
};  // wrong: part of the sentence, NULL: fine
void PrintTo(const Case& one, std::ostream* out) {
  hookswitch_test::printReadably(one.value ? one.value : "nothing", out);
}
class Value : public testing::TestWithParam<Case> {};

TEST_P(Value, SuitsItsKindOrIsRefusedWithASentence) {
  Key k;
  k.kind = GetParam().kind;
  k.choices = {"pcmu", "pcm24"};
  const std::string sentence = said(k, GetParam().value);
  if (GetParam().wrong)
    EXPECT_THAT(sentence, HasSubstr(GetParam().wrong)) << GetParam().value;
  else
    EXPECT_EQ(sentence, "") << GetParam().value;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Value,
    testing::Values(
        Case{HKS_BOOLEAN, "true", nullptr}, Case{HKS_BOOLEAN, "No", nullptr}, Case{HKS_BOOLEAN, "ON", nullptr},
        Case{HKS_BOOLEAN, "0", nullptr}, Case{HKS_BOOLEAN, "maybe", "expected true or false, found 'maybe'"},
        Case{HKS_BOOLEAN, "", "expected true or false"}, Case{HKS_BOOLEAN, "2", "found '2'"},
        Case{HKS_INTEGER, "0", nullptr}, Case{HKS_INTEGER, "-12", nullptr},
        Case{HKS_INTEGER, "999999999999999999", nullptr}, Case{HKS_INTEGER, "", "expected a whole number"},
        Case{HKS_INTEGER, "-", "expected a whole number"}, Case{HKS_INTEGER, "1.5", "found '1.5'"},
        Case{HKS_INTEGER, "12s", "found '12s'"}, Case{HKS_INTEGER, "0x10", "whole number"},
        Case{HKS_INTEGER, "9999999999999999999", "whole number"}, Case{HKS_INTEGER, "--1", "whole number"},
        Case{HKS_INTEGER, "1-", "whole number"}, Case{HKS_URL, "", nullptr},
        Case{HKS_URL, "https://example.com/path", nullptr}, Case{HKS_URL, "WSS://example.com:443", nullptr},
        Case{HKS_URL, "http://[::1]:80", nullptr}, Case{HKS_URL, "example.com", "expected an address"},
        Case{HKS_URL, "ftp://example.com", "expected an address"}, Case{HKS_URL, "https://", "expected an address"},
        Case{HKS_URL, "https:///path", "expected an address"}, Case{HKS_URL, "https://:80", "expected an address"},
        Case{HKS_URL, "https://exam ple.com", "expected an address"},
        Case{HKS_URL, "https://example.com/\n", "expected an address"}, Case{HKS_CHOICE, "pcmu", nullptr},
        Case{HKS_CHOICE, "PCMU", "expected one of pcmu, pcm24, found 'PCMU'"}, Case{HKS_CHOICE, "", "expected one of"},
        Case{HKS_TEXT, "", nullptr}, Case{HKS_TEXT, "gr\xC3\xBC\xC3\x9F\tdich", nullptr},
        Case{HKS_TEXT, "a\nb", "without control characters"}, Case{999, "anything", nullptr}));

TEST(Settings, TheValueOfASecretIsNeverRepeated) {
  for (std::uint32_t kind : {HKS_BOOLEAN, HKS_INTEGER, HKS_URL, HKS_CHOICE, HKS_TEXT}) {
    Key k;
    k.kind = kind;
    k.secret = true;
    k.choices = {"a"};
    const std::string sentence = said(k, "hunter2\x01");
    EXPECT_NE(sentence, "");
    EXPECT_THAT(sentence, Not(HasSubstr("hunter2")));
  }
}

std::vector<Key> someKeys() {
  Key enabled{"enabled", "true", "", HKS_BOOLEAN, false, false, {}};
  Key token{"token", "", "", HKS_TEXT, true, true, {}};
  Key model{"model", "best", "", HKS_TEXT, false, false, {}};
  return {enabled, token, model};
}

TEST(Settings, ASectionIsCompletedWithDefaults) {
  const auto all = complete(someKeys(), {{"token", "t"}, {"stranger", "x"}});
  EXPECT_EQ(all, (std::map<std::string, std::string>{{"enabled", "true"}, {"token", "t"}, {"model", "best"}}));
}

TEST(Settings, BooleansReachThePluginAsTrueAndFalseWhateverWasWritten) {
  const Key on{"on", "Yes", "", HKS_BOOLEAN, false, false, {}}, off{"off", "0", "", HKS_BOOLEAN, false, false, {}},
      text{"text", "", "", HKS_TEXT, false, false, {}};
  for (auto word : {"true", "TRUE", "yes", "On", "1"})
    EXPECT_EQ(complete({on, text}, {{"on", word}, {"text", word}}),
              (std::map<std::string, std::string>{{"on", "true"}, {"text", word}}));
  for (auto word : {"false", "FALSE", "no", "Off", "0"})
    EXPECT_EQ(complete({on}, {{"on", word}}).at("on"), "false") << word;
  EXPECT_EQ(complete({on, off}, {}), (std::map<std::string, std::string>{{"on", "true"}, {"off", "false"}}))
      << "defaults too";
}

TEST(Settings, OnlyATextForPeopleHasLineBreaks) {
  Key k{"k", "", "", HKS_TEXT, false, false, {}};
  EXPECT_THAT(said(k, "a\nb"), HasSubstr("expected one line of text"));
  k.words = true;
  EXPECT_EQ(said(k, "a\nb\tc"), "");
  EXPECT_NE(said(k, "a\x01"), "");
  EXPECT_NE(said(k, "a\x7F"), "");
}

TEST(Settings, AKeySaysWhatItsValuesLookLike) {
  const hks_key raw[] = {{sizeof(hks_key), HKS_TEXT, HKS_WORDS, 0, "a", "", "", nullptr, "[0-9]+", "digits"},
                         key("b", HKS_TEXT)};
  const hks_settings table{raw, 2, sizeof(hks_key)};
  const auto keys = readKeys(&table);
  ASSERT_EQ(keys.size(), 3u);
  EXPECT_EQ(keys[1].pattern, "[0-9]+");
  EXPECT_EQ(keys[1].shape, "digits");
  EXPECT_TRUE(keys[1].words);
  EXPECT_EQ(keys[2].pattern + keys[2].shape, "");
  EXPECT_FALSE(keys[2].words);
}

TEST(Settings, AnEmptyValueIsNotTheDefault) { EXPECT_EQ(complete(someKeys(), {{"model", ""}}).at("model"), ""); }

TEST(Settings, APluginIsIdleWhenItIsSwitchedOffOrMissesSomethingRequired) {
  EXPECT_EQ(idleReason(someKeys(), {{"token", "t"}}), "");
  EXPECT_EQ(idleReason(someKeys(), {}), "token is empty");
  EXPECT_EQ(idleReason(someKeys(), {{"token", ""}}), "token is empty");
  EXPECT_EQ(idleReason(someKeys(), {{"token", "t"}, {"enabled", "off"}}), "enabled is false");
  EXPECT_EQ(idleReason(someKeys(), {{"enabled", "false"}}), "enabled is false")
      << "what was switched off on purpose needs no token";
  EXPECT_EQ(idleReason(someKeys(), {{"token", "t"}, {"model", ""}}), "") << "a default may be emptied";
}

TEST(Settings, TrueHasFourSpellings) {
  for (auto good : {"true", "TRUE", "yes", "On", "1"}) EXPECT_TRUE(isTrue(good)) << good;
  for (auto bad : {"", "false", "no", "off", "0", "2", " true"}) EXPECT_FALSE(isTrue(bad)) << bad;
}

}  // namespace
}  // namespace plugin_test
