#include "plugins/telegram/settings.hpp"
#include "tests/plugins/read_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::telegram {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Read = hookswitch::test::Read<Config>;

Read read(const std::map<std::string, std::string>& changes) {
  return hookswitch::test::readSettings<Config>(readConfig,
                                                {{"bot_token", "123:AB-c_d"},
                                                 {"chat_id", "42"},
                                                 {"api_base", "https://api.telegram.org"},
                                                 {"events", "call_ended"},
                                                 {"transcript", "true"}},
                                                changes);
}

TEST(TelegramSettings, MakeTheAddressOfSendMessage) {
  const Read r = read({{"api_base", "https://api.telegram.org/"}});
  EXPECT_EQ(r.config.send_url, "https://api.telegram.org/bot123:AB-c_d/sendMessage");
  EXPECT_THAT(r.problems, IsEmpty());
  EXPECT_TRUE(r.config.ended);
  EXPECT_FALSE(r.config.started);
}

TEST(TelegramSettings, TakeSeveralChatsNamesAndTopics) {
  const Read r = read({{"chat_id", "42, -1001234567890/7 @ops_channel"}});
  ASSERT_THAT(r.config.chats, SizeIs(3));
  EXPECT_EQ(r.config.chats[0].json, "42");
  EXPECT_FALSE(r.config.chats[0].group);
  EXPECT_EQ(r.config.chats[1].json, "-1001234567890");
  EXPECT_EQ(r.config.chats[1].topic, 7);
  EXPECT_TRUE(r.config.chats[1].group);
  EXPECT_EQ(r.config.chats[2].json, "\"@ops_channel\"");
}

TEST(TelegramSettings, RefuseAChatThatIsNone) {
  for (const char* bad : {"abc", "0", "12x", "@", "@a-b", "99999999999999999999", "42/0", "42/x"}) {
    const Read r = read({{"chat_id", bad}});
    EXPECT_THAT(r.config.send_url, IsEmpty()) << bad;
    EXPECT_THAT(r.problems, testing::Contains(HasSubstr(bad))) << bad;
  }
}

TEST(TelegramSettings, RefuseMoreChatsThanOneBotMayServe) {
  const Read r = read({{"chat_id", "1,2,3,4,5,6,7,8,9"}});
  EXPECT_THAT(r.config.chats, SizeIs(kMaxChats));
  EXPECT_THAT(r.problems, ElementsAre(HasSubstr("more than 8 chats")));
}

TEST(TelegramSettings, NeverShowTheToken) {
  const Read r = read({{"bot_token", "123:secret/../getMe"}});
  EXPECT_THAT(r.config.send_url, IsEmpty());
  ASSERT_THAT(r.problems, SizeIs(1));
  EXPECT_THAT(r.problems[0], testing::Not(HasSubstr("secret")));
}

TEST(TelegramSettings, AllowPlainHttpOnlyToThisMachine) {
  for (const char* good :
       {"http://127.0.0.1:29000", "http://localhost:1/", "http://[::1]:8081", "https://example.org/api"})
    EXPECT_THAT(read({{"api_base", good}}).problems, IsEmpty()) << good;
  for (const char* bad :
       {"http://api.telegram.org", "http://127.0.0.1@evil.example", "http://localhost.evil.example",
        "http://127.0.0.1.evil.example", "ftp://x", "", "https://", "https://a b", "http://[::1].evil"})
    EXPECT_THAT(read({{"api_base", bad}}).config.send_url, IsEmpty()) << bad;
}

TEST(TelegramSettings, NameUnknownEventsAndKeepTheOthers) {
  const Read r = read({{"events", "call_started, call_endet,error"}});
  EXPECT_TRUE(r.config.started);
  EXPECT_TRUE(r.config.errors);
  EXPECT_FALSE(r.config.ended);
  EXPECT_THAT(r.problems, ElementsAre(HasSubstr("'call_endet' is not an event")));
  EXPECT_THAT(read({{"events", ""}}).problems, ElementsAre(HasSubstr("names no event")));
}

}  // namespace
}  // namespace hookswitch::telegram
