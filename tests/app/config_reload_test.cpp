// What a reload may change, and secrets that others can read.
#include "host/app/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "host/app/config_keys.hpp"

namespace app_test {
namespace {

namespace fs = std::filesystem;
using namespace hookswitch;
using app::Config;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const hks_role role{[]() -> hks_session* { return nullptr; },
                    [](hks_session*, const hks_msg*, const hks_sink*) -> hks_status { return HKS_OK; },
                    [](hks_session*) {}};

/// A carrier with a secret and a voice.
plugin::Registry registry() {
  auto make = [](const char* id) {
    auto lib = std::make_shared<plugin::Library>();
    lib->id = lib->name = id;
    lib->file = std::string("/plugins/") + id + ".so";
    return lib;
  };
  auto carrier = make("twilio"), voice = make("openai");
  carrier->carrier = &role;
  carrier->keys.push_back({"auth_token", "", "the account's token", HKS_TEXT, true, false, {}});
  voice->voice = &role;
  return plugin::Registry({{carrier->file, carrier, {}}, {voice->file, voice, {}}});
}

class ReloadTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "hookswitch-reload-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory = name;
    ASSERT_EQ(::chmod(name.c_str(), 0755), 0);
  }
  void TearDown() override { fs::remove_all(directory); }
  static Config settings(const std::vector<std::string>& list) {
    Config config;
    for (auto& s : list) config.addSetting(s);
    EXPECT_TRUE(config.check(registry())) << config.problems().at(0);
    return config;
  }
  std::string write(const char* name, const std::string& content, mode_t mode) {
    const std::string path = (directory / name).string();
    std::ofstream(path) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }
  static std::vector<std::string> warnings(const std::string& file) {
    Config config;
    config.addFile(file);
    config.check(registry());
    return config.warnings();
  }
  fs::path directory;
};

TEST_F(ReloadTest, WhatNeedsARestartIsNamedAndKeepsTheValueOfTheRunningGateway) {
  const Config running = settings({"server.host=127.0.0.1", "server.port=1", "store.path=a.db", "server.api_key=old"});
  Config fresh =
      settings({"server.host=0.0.0.0", "server.port=2", "server.public_port=3", "media.loops=4", "store.path=b.db",
                "store.max_mb=5", "server.api_key=new", "server.api_key_secondary=old",
                "server.public_url=https://x.example", "log.format=json", "log.level=debug", "server.drain_s=9"});
  EXPECT_THAT(fresh.hold(running), ElementsAre("server.host", "server.port", "server.public_port", "media.loops",
                                               "store.path", "store.max_mb"));
  const app::Options& now = fresh.options();
  EXPECT_EQ(now.host, "127.0.0.1");
  EXPECT_EQ(now.port, 1);
  EXPECT_EQ(now.public_port, 0);
  EXPECT_EQ(now.loops, 0u);
  EXPECT_EQ(now.store_path, "a.db");
  EXPECT_EQ(now.store_max_mb, 0u);
  EXPECT_EQ(now.api_key, "new");
  EXPECT_EQ(now.api_key_secondary, "old");
  EXPECT_EQ(now.public_url, "https://x.example");
  EXPECT_TRUE(now.log_json);
  EXPECT_EQ(now.drain_s, 9u);
}

TEST_F(ReloadTest, WhatIsSaidOtherwiseButMeansTheSameIsNoChange) {
  const Config running = settings({"server.port=8080"});
  Config fresh = settings({"server.host=127.0.0.1"});
  EXPECT_THAT(fresh.hold(running), IsEmpty());
}

TEST_F(ReloadTest, TheFileThatIsPrintedMarksExactlyWhatNeedsARestart) {
  const std::string printed = app::printConfig(registry());
  for (auto& [section, keys] : app::hostSections()) {
    std::size_t at = printed.find("\n[" + section + "]\n");
    ASSERT_NE(at, std::string::npos);
    for (auto& key : keys) {
      const std::size_t end = printed.find("\n" + key.key.name + " =", at);
      ASSERT_NE(end, std::string::npos) << key.key.name;
      EXPECT_EQ(printed.substr(at, end - at).find("takes effect at the next start") != std::string::npos, key.restart)
          << section << "." << key.key.name;
      at = end + 1;
    }
  }
}

TEST_F(ReloadTest, TwoListenersNeedTwoPorts) {
  Config same;
  same.addSetting("server.port=8080");
  same.addSetting("server.public_port=8080");
  EXPECT_FALSE(same.check(registry()));
  EXPECT_THAT(same.problems().at(0), HasSubstr("server.public_port"));
  settings({"server.port=0", "server.public_port=0"});  // chosen by the system, and none
}

TEST_F(ReloadTest, AFileWithSecretsThatOthersCanReadIsWarnedOfOnceWithTheirNames) {
  const std::string secrets = "[server]\napi_key = k3y\n[twilio]\nauth_token = t0ken\n";
  const std::string file = write("a.ini", secrets, 0644);
  EXPECT_THAT(warnings(file),
              ElementsAre(AllOf(HasSubstr(file), HasSubstr("server.api_key, twilio.auth_token"), HasSubstr("mode 0644"),
                                HasSubstr("chmod 600"), Not(HasSubstr("k3y")))));
  EXPECT_THAT(warnings(write("a.ini", secrets, 0600)), IsEmpty());
  EXPECT_THAT(warnings(write("a.ini", secrets, 0640)), IsEmpty()) << "the gateway's group may";
  EXPECT_THAT(warnings(write("a.ini", secrets, 0604)), testing::SizeIs(1));
}

TEST_F(ReloadTest, WithoutASecretOrBehindAClosedDirectoryAFileMayBeReadable) {
  EXPECT_THAT(
      warnings(write("a.ini", "[server]\napi_key = ${system.env.KEY}\nport = 1\n[twilio]\nauth_token =\n", 0644)),
      IsEmpty());
  ASSERT_EQ(::chmod(directory.c_str(), 0700), 0);
  EXPECT_THAT(warnings(write("b.ini", "[server]\napi_key = k3y\n", 0644)), IsEmpty());
}

TEST_F(ReloadTest, AKeyOfTlsThatOthersCanReadAndASecretOnTheCommandLineAreWarnedOf) {
  const std::string key = write("key.pem", "x", 0644), certificate = write("cert.pem", "x", 0644);
  Config config;
  config.addSetting("server.tls_key=" + key);
  config.addSetting("server.tls_certificate=" + certificate);
  config.addSetting("server.api_key=k3y");
  config.check(registry());
  EXPECT_THAT(config.warnings(),
              ElementsAre(AllOf(HasSubstr("server.api_key"), HasSubstr("command line"), Not(HasSubstr("k3y"))),
                          AllOf(HasSubstr(key), HasSubstr("server.tls_key"))));
}

}  // namespace
}  // namespace app_test
