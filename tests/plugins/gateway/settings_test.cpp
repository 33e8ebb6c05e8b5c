#include "plugins/gateway/settings.hpp"
#include "tests/plugins/read_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::gateway {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using Read = hookswitch::test::Read<Config>;

Read read(const std::map<std::string, std::string>& changes) {
  return hookswitch::test::readSettings<Config>(readConfig,
                                                {{"url", "ws://127.0.0.1:18789"},
                                                 {"dialect", "openclaw"},
                                                 {"token", "a-long-token"},
                                                 {"wake_mode", "next-heartbeat"}},
                                                changes);
}

TEST(GatewaySettings, AllowPlainSocketsOnlyToThisMachine) {
  for (const char* good :
       {"ws://127.0.0.1:18789", "ws://localhost", "ws://[::1]:1/x", "wss://gateway.example.com/socket"})
    EXPECT_TRUE(read({{"url", good}}).config.usable) << good;
  for (const char* bad : {"ws://gateway.example.com", "ws://10.0.0.1:18789", "ws://127.0.0.1.evil.example",
                          "ws://localhost.evil.example"}) {
    const Read r = read({{"url", bad}});
    EXPECT_FALSE(r.config.usable) << bad;
    ASSERT_THAT(r.problems, SizeIs(1));
    EXPECT_THAT(r.problems[0], HasSubstr("use wss://")) << bad;
  }
  for (const char* bad : {"", "http://127.0.0.1", "ws://", "wss:///x", "ws://127.0.0.1\r\nX: y", "ws://u:pw@127.0.0.1",
                          "ws://127.0.0.1@evil.example"})
    EXPECT_FALSE(read({{"url", bad}}).config.usable) << bad;
  EXPECT_THAT(read({{"url", "wss://user:hunter2@host"}}).problems.at(0), Not(HasSubstr("hunter2")));
}

TEST(GatewaySettings, NeedATokenOnlyInTheGatewaysOwnProtocol) {
  EXPECT_FALSE(read({{"token", ""}}).config.usable);
  EXPECT_TRUE(read({{"token", ""}, {"dialect", "jsonrpc"}}).config.usable);
  EXPECT_FALSE(read({{"dialect", "xmlrpc"}}).config.usable);
}

TEST(GatewaySettings, TellASessionKeyFromAnAgentByItsColon) {
  EXPECT_EQ(read({{"session", "agent:main:calls"}}).config.session_key, "agent:main:calls");
  EXPECT_EQ(read({{"session", "agent:main:calls"}}).config.agent_id, "");
  EXPECT_EQ(read({{"session", "phone"}}).config.agent_id, "phone");
  EXPECT_FALSE(read({{"session", "a\nb"}}).config.usable);
  EXPECT_FALSE(read({{"session", std::string(600, 'a')}}).config.usable);
}

}  // namespace
}  // namespace hookswitch::gateway
