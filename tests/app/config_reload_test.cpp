// What a reload may change.
#include "host/app/config_keys.hpp"
#include "tests/app/config_support.hpp"

namespace app_test {
namespace {

class ReloadTest : public testing::Test {
 protected:
  static Config settings(const std::vector<std::string>& list) {
    Config config;
    for (auto& s : list) config.addSetting(s);
    EXPECT_TRUE(config.check(registry())) << config.problems().at(0);
    return config;
  }
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

}  // namespace
}  // namespace app_test
