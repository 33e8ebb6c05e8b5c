// Who can reach the gateway, and the key of one that was given none.
#include "host/app/api_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/folder.hpp"
#include "tests/readable.hpp"

namespace app_test {
namespace {

namespace fs = std::filesystem;
using namespace hookswitch;
using app::Options;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Options options(const std::string& host, const std::string& public_url) {
  Options o;
  o.host = host;
  o.public_url = public_url;
  return o;
}

struct Place {
  const char *host, *public_url;
  bool is_private;
};
void PrintTo(const Place& place, std::ostream* out) {
  hookswitch_test::printReadably(std::string(place.host) + " " + place.public_url, out);
}
class Exposure : public testing::TestWithParam<Place> {};
TEST_P(Exposure, IsPrivateOnLoopbackWithNoOtherAddressForCarriers) {
  const Place& p = GetParam();
  EXPECT_EQ(app::exposure(options(p.host, p.public_url)).empty(), p.is_private) << p.host << " " << p.public_url;
}
INSTANTIATE_TEST_SUITE_P(
    Places, Exposure,
    testing::Values(Place{"127.0.0.1", "", true}, Place{"localhost", "", true}, Place{"::1", "", true},
                    Place{"[::1]", "", true}, Place{"127.0.0.5", "", true},
                    Place{"127.0.0.1", "http://127.0.0.1:8080", true},
                    Place{"127.0.0.1", "http://LOCALHOST/base", true}, Place{"::1", "https://[::1]:1", true},
                    Place{"0.0.0.0", "", false}, Place{"::", "", false}, Place{"", "", false},
                    Place{"10.0.0.1", "http://127.0.0.1", false}, Place{"gateway", "", false},
                    Place{"127.0.0.1", "https://gateway.example", false},
                    Place{"127.0.0.1", "http://127.0.0.1.nip.io", false}, Place{"127.0.0.1", "http://10.0.0.1", false},
                    Place{"127.0.0.1", "http://0.0.0.0:8080", false},
                    Place{"127.0.0.1", "http://[::ffff:10.0.0.1]", false}, Place{"127.0.0.1", "nonsense", false}));

/// Where there must be a rule, and a key.
api::AccessRule ruleOf(const Options& options) {
  auto rule = app::accessRule(options);
  if (rule) return *std::move(rule);
  ADD_FAILURE() << rule.error();
  return {};
}
std::string keyOf(const std::string& file, bool& made) {
  const auto own = app::ownApiKey(file);
  made = own && own->made;
  return own ? own->key : own.error();
}

class ApiKey : public testing::Test {
 protected:
  void SetUp() override {
    open = options("127.0.0.1", "https://gateway.example");
    open.store_path = (directory / "calls.db").string();
    file = (directory / "calls.db.key").string();
  }
  static std::string content(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  std::string refusal() {
    const auto own = app::ownApiKey(file);
    return own ? "took " + own->key : own.error();
  }
  const hookswitch_test::Folder folder{"key"};
  const fs::path directory = folder.path();
  Options open;
  std::string file;
};

TEST_F(ApiKey, APrivateGatewayHasNoneAndMakesNone) {
  open.public_url.clear();
  const auto rule = ruleOf(open);
  EXPECT_TRUE(rule.open);
  EXPECT_THAT(rule.keys, IsEmpty());
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(ApiKey, OneThatOthersReachMakesItsOwnBesideTheStoreAndKeepsIt) {
  testing::internal::CaptureStderr();
  const auto rule = ruleOf(open);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_FALSE(rule.open);
  ASSERT_EQ(rule.keys.size(), 1u);
  EXPECT_GE(rule.keys[0].size(), 32u);
  struct stat found {};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  EXPECT_EQ(content(file), rule.keys[0] + "\n");
  EXPECT_THAT(log, HasSubstr(file));
  EXPECT_THAT(log, HasSubstr("export HOOKSWITCH_API_KEY=\"$(cat '" + file + "')\""));
  EXPECT_THAT(log, Not(HasSubstr(rule.keys[0])));
  EXPECT_EQ(ruleOf(open).keys, rule.keys) << "the next start";
  fs::remove(file);
  EXPECT_NE(ruleOf(open).keys, rule.keys) << "a removed file is a new key";
}

TEST_F(ApiKey, TheConfiguredOnesWin) {
  ruleOf(open);
  open.api_key = "mine";
  EXPECT_THAT(ruleOf(open).keys, ElementsAre("mine"));
  open.api_key_secondary = "mine-before";
  EXPECT_THAT(ruleOf(open).keys, ElementsAre("mine", "mine-before"));
  open.api_key.clear();
  EXPECT_THAT(ruleOf(open).keys, ElementsAre("mine-before", content(file).substr(0, content(file).size() - 1)));
  open.public_url.clear();
  EXPECT_THAT(ruleOf(open).keys, ElementsAre("mine-before")) << "who sets one means it, also where none is needed";
}

TEST_F(ApiKey, WhatIsWrittenByHandMayHaveBlanksAround) {
  std::ofstream(file) << "  a-key-of-my-own-choice \r\n\n";
  ::chmod(file.c_str(), 0600);
  EXPECT_EQ(refusal(), "took a-key-of-my-own-choice");
}

TEST_F(ApiKey, AnEmptyFileGetsANewKeyAndAFileForAllIsMadePrivate) {
  std::ofstream(file) << "\n";
  ::chmod(file.c_str(), 0644);
  bool made = false;
  const std::string key = keyOf(file, made);
  EXPECT_TRUE(made);
  EXPECT_EQ(content(file), key + "\n");
  struct stat found {};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  ::chmod(file.c_str(), 0666);
  EXPECT_EQ(keyOf(file, made), key);
  EXPECT_FALSE(made);
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST_F(ApiKey, WhatIsNoKeyIsRefusedWithTheFileAndWhatToDo) {
  for (const std::string& bad :
       {std::string("short"), std::string("two words that are long enough"), std::string(2000, 'k'),
        std::string("line-one-of-two-lines\nline-two"),
        std::string("\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe")}) {
    std::ofstream(file, std::ios::binary) << bad;
    EXPECT_THAT(refusal(), HasSubstr(file + " holds no API key"));
    EXPECT_THAT(refusal(), Not(HasSubstr(bad.substr(0, 10))));
  }
  fs::remove(file);
  fs::create_directory(file);
  EXPECT_THAT(refusal(), HasSubstr(file));
  fs::remove(file);
  fs::create_symlink("/dev/null", file);
  EXPECT_THAT(refusal(), HasSubstr(file));
}

TEST_F(ApiKey, GatewaysThatStartAtOnceAgreeOnOneKey) {
  for (int round = 0; round < 20; ++round) {
    fs::remove(file);
    std::vector<std::string> keys(8);
    std::vector<std::thread> starts;
    for (auto& key : keys)
      starts.emplace_back([this, &key] {
        bool made;
        key = keyOf(file, made);
      });
    for (auto& start : starts) start.join();
    EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 1u);
  }
}

TEST_F(ApiKey, WithoutAStoreTheFileLiesInTheWorkingDirectoryAndItsPathIsWhole) {
  open.store_path.clear();
  EXPECT_EQ(app::apiKeyFile(open), (fs::current_path() / "hookswitch.key").string());
  open.store_path = "here/../calls.db";
  EXPECT_EQ(app::apiKeyFile(open), (fs::current_path() / "calls.db.key").string());
}

TEST_F(ApiKey, AShellReadsTheLineWhateverThePathHasInIt) {
  open.store_path = (directory / "it's a $(touch x) path").string();
  const std::string key = ruleOf(open).keys.at(0);
  const std::string command =
      "cd '" + directory.string() + "' && " + app::exportLine(open) + " && printf %s \"$HOOKSWITCH_API_KEY\"";
  std::FILE* shell = ::popen(command.c_str(), "r");
  char text[200] = {};
  const std::size_t size = std::fread(text, 1, sizeof text - 1, shell);
  ::pclose(shell);
  EXPECT_EQ(std::string(text, size), key);
  EXPECT_FALSE(fs::exists(directory / "x"));
}

}  // namespace
}  // namespace app_test
