#include "host/app/command_line.hpp"
#include "tests/readable.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace app_test {
namespace {

using hookswitch::app::CommandLine;
using hookswitch::app::parseCommandLine;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(CommandLine, WithoutArgumentsNothingIsSet) {
  const CommandLine line = parseCommandLine({});
  EXPECT_EQ(line.error, "");
  EXPECT_THAT(line.configs, IsEmpty());
  EXPECT_THAT(line.settings, IsEmpty());
  EXPECT_FALSE(line.check || line.print_config || line.version || line.help);
}

TEST(CommandLine, FilesAndSettingsAreKeptInTheirOrderInBothSpellings) {
  const CommandLine line =
      parseCommandLine({"--config", "a.ini", "--set=x.y=1", "--config=b.ini", "-c", "c.ini", "--set", "x.z=a=b"});
  EXPECT_EQ(line.error, "");
  EXPECT_THAT(line.configs, ElementsAre("a.ini", "b.ini", "c.ini"));
  EXPECT_THAT(line.settings, ElementsAre("x.y=1", "x.z=a=b"));
}

TEST(CommandLine, FlagsAreTaken) {
  EXPECT_TRUE(parseCommandLine({"--check"}).check);
  EXPECT_TRUE(parseCommandLine({"--print-config"}).print_config);
  EXPECT_TRUE(parseCommandLine({"--version"}).version);
  EXPECT_TRUE(parseCommandLine({"--help"}).help);
  EXPECT_TRUE(parseCommandLine({"-h"}).help);
  EXPECT_TRUE(parseCommandLine({"--config", "a.ini", "--check"}).check);
}

TEST(CommandLine, AValueMayLookLikeAnArgument) {
  EXPECT_THAT(parseCommandLine({"--set", "--check"}).settings, ElementsAre("--check"));
}

TEST(CommandLine, AnEmptyValueIsAValue) { EXPECT_THAT(parseCommandLine({"--config="}).configs, ElementsAre("")); }

struct Bad {
  std::vector<std::string> args;
  const char* error;
};
void PrintTo(const Bad& bad, std::ostream* out) { hookswitch_test::printReadably(bad.error, out); }
class BadLine : public testing::TestWithParam<Bad> {};
TEST_P(BadLine, IsRefusedWithASentence) {
  EXPECT_THAT(parseCommandLine(GetParam().args).error, HasSubstr(GetParam().error));
}
INSTANTIATE_TEST_SUITE_P(Table, BadLine,
                         testing::Values(Bad{{"--config"}, "--config needs the path of an INI file"},
                                         Bad{{"--set"}, "--set needs section.key=value"},
                                         Bad{{"--check=yes"}, "--check takes no value"},
                                         Bad{{"--version="}, "--version takes no value"},
                                         Bad{{"--confg", "a.ini"}, "unknown argument '--confg'; see --help"},
                                         Bad{{"a.ini"}, "unknown argument 'a.ini'"}, Bad{{""}, "unknown argument ''"},
                                         Bad{{"--check", "-x"}, "unknown argument '-x'"},
                                         Bad{{"--CHECK"}, "unknown argument"}));

TEST(CommandLine, HelpNamesEveryArgumentAndExitCode) {
  const std::string help = hookswitch::app::helpText();
  for (auto part : {"--config FILE", "--set section.key=value", "--check", "--print-config", "--version", "--help",
                    "SIGTERM", "SIGHUP", "0 fine", "2 could not listen"})
    EXPECT_THAT(help, HasSubstr(part));
}

}  // namespace
}  // namespace app_test
