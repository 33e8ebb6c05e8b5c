// INI files as people write them: what is read, and the sentence for what is not.
#include "host/app/ini.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace app_test {
namespace {

namespace fs = std::filesystem;
using hookswitch::app::Ini;
using hookswitch::app::readIni;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Ini read(const std::string& content) {
  std::string name = (fs::temp_directory_path() / "hookswitch-ini-XXXXXX").string();
  const int fd = ::mkstemp(name.data());
  EXPECT_GE(fd, 0);
  ::close(fd);
  std::ofstream(name, std::ios::binary) << content;
  Ini ini = readIni(name);
  fs::remove(name);
  return ini;
}

/// "section.key=value" of every entry.
std::vector<std::string> entries(const std::string& content) {
  std::vector<std::string> out;
  const Ini ini = read(content);
  for (auto& e : ini.entries) out.push_back(e.section + "." + e.key + "=" + e.text);
  for (auto& [origin, sentence] : ini.problems)
    out.push_back("problem in line " + std::to_string(origin.line) + ": " + sentence);
  return out;
}

std::vector<std::string> problems(const std::string& content) {
  std::vector<std::string> out;
  for (auto& [origin, sentence] : read(content).problems) out.push_back(std::to_string(origin.line) + ": " + sentence);
  return out;
}

TEST(IniFile, BlanksTabsMarksAndForeignLineEndsDoNotCount) {
  EXPECT_THAT(entries("\xEF\xBB\xBF; a comment\r\n\t# another\r\n[ a ]\r\n\tx\t=\t1 \r\ny=2"),
              ElementsAre("a.x=1", "a.y=2"));
}

TEST(IniFile, AValueKeepsWhatStandsInIt) {
  EXPECT_THAT(entries("[a]\nx = b = c; d # e [f] \"g\" ${h}\ny =\n"),
              ElementsAre("a.x=b = c; d # e [f] \"g\" ${h}", "a.y="));
}

TEST(IniFile, ABackslashAtTheEndOfALineGoesOnInTheNext) {
  EXPECT_THAT(entries("[a]\nx = one \\\n   two\\ \r\n\tthree\ny = 1\n"), ElementsAre("a.x=one two three", "a.y=1"));
  EXPECT_THAT(entries("[a]\nx = \\\n; no comment\n"), ElementsAre("a.x=; no comment"));
  EXPECT_THAT(problems("[a]\nx = one \\"), ElementsAre("2: the line ends with \\, and nothing follows it"));
}

TEST(IniFile, ThreeQuotesHoldATextOfSeveralLines) {
  EXPECT_THAT(entries("[a]\nx = \"\"\"\n first\r\n\n; [b] y = \\\n\"\"\"  \nz = 1\n"),
              ElementsAre("a.x= first\n\n; [b] y = \\", "a.z=1"));
  EXPECT_THAT(entries("[a]\nx = \"\"\"\n\"\"\"\n"), ElementsAre("a.x="));
  EXPECT_THAT(problems("[a]\nx = \"\"\"\ntext\n"),
              ElementsAre(AllOf(HasSubstr("2: "), HasSubstr("is not ended by a line of"))));
  EXPECT_THAT(problems("[a]\nx = \"\"\"text\nmore\n\"\"\"\ny = 1\n"),
              ElementsAre(HasSubstr("2: \"\"\" stands alone behind '='")));
  EXPECT_THAT(problems("[a]\nx = \"\"\"text\"\"\"\ny = 1\n"), ElementsAre(HasSubstr("2: \"\"\" stands alone")));
}

TEST(IniFile, AKeyStandsOnceAndBothLinesAreNamed) {
  EXPECT_THAT(problems("[a]\nx = 1\nx = 2\n"),
              ElementsAre("3: a.x stands here and in line 2; a key stands once in a file"));
  EXPECT_THAT(problems("[a]\nx = 1\n[b]\nx = 1\n[a]\ny = 1\nx = 2\n"),
              ElementsAre(HasSubstr("7: a.x stands here and in line 2")));
}

TEST(IniFile, WhatOtherFormatsAllowIsRefusedWithASentence) {
  EXPECT_THAT(problems("[a]\nx: 1\n"), ElementsAre("2: expected 'x = value', found ':' behind the name"));
  EXPECT_THAT(problems("[a]\nexport x=1\n"), ElementsAre(HasSubstr("2: expected 'key = value' without 'export'")));
  EXPECT_THAT(problems("[a]\nx = 1\n  more of it\n"),
              ElementsAre(AllOf(HasSubstr("3: "), HasSubstr("end its line with \\"))));
  EXPECT_THAT(problems("[a] ; b\nx = 1\n"),
              ElementsAre("1: a section is written [name], and nothing stands behind it"));
  EXPECT_THAT(problems("[]\nx = 1\n"), ElementsAre(HasSubstr("1: a section is written [name]")));
  EXPECT_THAT(problems("[a]]\n"), ElementsAre(HasSubstr("1: a section is written [name]")));
  EXPECT_THAT(problems("// x\n"),
              ElementsAre(HasSubstr("1: expected 'key = value', a [section] or a comment that begins with ;")));
  EXPECT_THAT(problems("x = 1\n"), ElementsAre(HasSubstr("1: the key 'x' stands before the first [section]")));
}

TEST(IniFile, ALineThatIsNoKeyIsNotRepeatedBecauseItMayBeASecret) {
  for (auto line : {"token: hunter2==", "Bearer hunter2=", "token hunter2", "\"token\" = hunter2",
                    "t\xC3\xB6ken = hunter2", "token : \"hunter2\" = 1"})
    EXPECT_THAT(problems(std::string("[a]\n") + line + "\n"), testing::Each(Not(HasSubstr("hunter2")))) << line;
}

TEST(IniFile, WhatNobodyCanReadIsNamed) {
  EXPECT_THAT(problems(std::string("\xFF\xFE[\0a\0]\0", 8)), ElementsAre("1: the file is UTF-16; save it as UTF-8"));
  EXPECT_THAT(problems("[a]\rx = 1\r"), ElementsAre("1: its lines end with CR alone; save it with LF or CRLF"));
  EXPECT_THAT(problems("[a]\nx = gr\xFC\xDF"
                       "e\n"),
              ElementsAre("2: is not valid UTF-8; save the file as UTF-8"));
  EXPECT_THAT(problems(std::string("[a]\nx = 1\0 2\n", 13)), ElementsAre(HasSubstr("2: has a control character")));
  EXPECT_THAT(problems("[a]\nx = \xEF\xBF\xBD\n"), IsEmpty()) << "the replacement character itself is text";
  EXPECT_THAT(problems(std::string(1024 * 1024 + 1, '\n')), ElementsAre(HasSubstr("0: is longer than 1 MB")));
}

TEST(IniFile, AFolderIsNoFile) {
  const Ini ini = readIni(fs::temp_directory_path().string());
  ASSERT_EQ(ini.problems.size(), 1u);
  EXPECT_THAT(ini.problems[0].second, HasSubstr("is a directory"));
}

}  // namespace
}  // namespace app_test
