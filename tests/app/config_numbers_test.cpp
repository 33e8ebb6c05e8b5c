// Sections of our own numbers: what they may be called, what they may hold, and what becomes of them.
#include "tests/app/config_support.hpp"

namespace app_test {
namespace {

class ConfigNumbers : public ConfigTest {};

TEST_F(ConfigNumbers, GiveWhatTheySetAndNothingElse) {
  Config config;
  config.addFile(write("a.ini",
                       "[number.+15550100001]\nprompt = Sales\ngreeting =\nvoice = openai\n"
                       "[number.+15550100002]\nanswer = false\n"));
  ASSERT_TRUE(config.check(registry())) << testing::PrintToString(config.problems());
  const auto& numbers = config.options().numbers;
  ASSERT_EQ(numbers.size(), 2u);
  const auto& first = numbers.at("+15550100001");
  EXPECT_EQ(first.prompt, "Sales");
  EXPECT_EQ(first.greeting, "") << "written and empty: it waits for the caller";
  EXPECT_EQ(first.voice, "openai");
  EXPECT_TRUE(first.answer);
  const auto& second = numbers.at("+15550100002");
  EXPECT_FALSE(second.prompt);
  EXPECT_FALSE(second.answer);
}

TEST_F(ConfigNumbers, CanBeSetOnTheCommandLine) {
  Config config;
  config.addSetting("number.+15550100001.prompt=Mr. Smith = no");
  ASSERT_TRUE(config.check(registry())) << testing::PrintToString(config.problems());
  EXPECT_EQ(config.options().numbers.at("+15550100001").prompt, "Mr. Smith = no");
}

TEST_F(ConfigNumbers, AreWrittenInOneWayOnly) {
  for (const std::string bad : {"number", "number.", "number.15550100001", "number.+1 555 0100001",
                                "number.+0555010000", "number.+1555010000112345"})
    EXPECT_THAT(problems("[" + bad + "]\n"),
                ElementsAre(HasSubstr("a.ini:1: the section [" + bad + "] names no number")));
}

TEST_F(ConfigNumbers, RefuseWhatTheyDoNotKnowWithItsLine) {
  EXPECT_THAT(problems("[number.+15550100001]\npromt = x\n"),
              ElementsAre(HasSubstr("a.ini:2: unknown key number.+15550100001.promt; did you mean 'prompt'?")));
  EXPECT_THAT(problems("[number.+15550100001]\nvoice = opnai\n"),
              ElementsAre(HasSubstr("a.ini:2: number.+15550100001.voice: there is no plugin 'opnai'")));
  EXPECT_THAT(problems("[number.+15550100001]\nvoice =\n"), ElementsAre(HasSubstr("voice is empty")));
  EXPECT_THAT(problems("[number.+15550100001]\nanswer = maybe\n"), ElementsAre(HasSubstr("a.ini:2: number.")));
}

TEST_F(ConfigNumbers, AreSoManyAndNoMore) {
  std::string file;
  for (std::size_t i = 0; i < 1000; ++i) file += "[number.+" + std::to_string(15550100000 + i) + "]\n";
  EXPECT_THAT(problems(file), IsEmpty());
  EXPECT_THAT(problems(file + "[number.+4915550100]\n"),
              ElementsAre(HasSubstr("a.ini:1001: there are more than 1000")));
}

}  // namespace
}  // namespace app_test
