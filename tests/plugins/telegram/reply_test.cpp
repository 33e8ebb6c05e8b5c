#include "plugins/telegram/reply.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>
#include <vector>

namespace hookswitch::telegram {
namespace {

using Kind = Reply::Kind;

Reply read(std::uint32_t status, std::string_view body) { return readReply(status, body, {}); }
std::string refusal(int code, const std::string& description) {
  return R"({"ok":false,"error_code":)" + std::to_string(code) + R"(,"description":")" + description + "\"}";
}

TEST(TelegramReply, OnlyOkTrueIsSuccess) {
  EXPECT_EQ(read(200, R"({"ok":true,"result":{"message_id":1,"chat":{"id":-1001234567890}}})").kind, Kind::Sent);
  EXPECT_EQ(read(200, R"({"ok":true,"result":null})").kind, Kind::Sent);
  EXPECT_EQ(read(200, "<html>Welcome to the hotel</html>").kind, Kind::Broken);
  EXPECT_EQ(read(200, "").kind, Kind::Broken);
  EXPECT_EQ(read(200, R"({"result":{}})").kind, Kind::Broken);
  EXPECT_EQ(read(200, R"({"ok":"true"})").kind, Kind::Broken);
  EXPECT_EQ(read(200, "[1]").kind, Kind::Broken);
}

TEST(TelegramReply, TellsHowLongToWait) {
  const Reply r = read(
      429,
      R"({"ok":false,"error_code":429,"description":"Too Many Requests: retry after 17","parameters":{"retry_after":17}})");
  EXPECT_EQ(r.kind, Kind::Wait);
  EXPECT_EQ(r.retry_after_s, 17u);
  EXPECT_EQ(readReply(429, "", "9").retry_after_s, 9u);
  EXPECT_EQ(readReply(429, "", "Wed, 21 Oct 2026 07:28:00 GMT").retry_after_s, 5u);
  EXPECT_EQ(read(429, R"({"ok":false,"parameters":{"retry_after":-3}})").retry_after_s, 5u);
  EXPECT_EQ(read(429, R"({"ok":false,"parameters":{"retry_after":99999999}})").retry_after_s, 86400u);
}

TEST(TelegramReply, NamesTheNewIdOfAGroupThatMoved) {
  const Reply r = read(
      400,
      R"({"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001234567890}})");
  EXPECT_EQ(r.kind, Kind::Moved);
  EXPECT_EQ(r.moved_to, -1001234567890);
}

TEST(TelegramReply, MapsRefusalsToWhatCanBeDone) {
  EXPECT_EQ(read(400, refusal(400, "Bad Request: can't parse entities: Unsupported start tag")).kind, Kind::BadMarkup);
  EXPECT_EQ(read(400, refusal(400, "Bad Request: message thread not found")).kind, Kind::NoTopic);
  EXPECT_EQ(read(400, refusal(400, "Bad Request: message text is empty")).kind, Kind::Empty);
  EXPECT_EQ(read(400, refusal(400, "Bad Request: chat not found")).kind, Kind::NoChat);
  EXPECT_EQ(read(400, refusal(400, "Bad Request: message is too long")).kind, Kind::Refused);
  EXPECT_EQ(read(401, refusal(401, "Unauthorized")).kind, Kind::NoBot);
  EXPECT_EQ(read(404, refusal(404, "Not Found")).kind, Kind::NoBot);
  EXPECT_EQ(read(403, refusal(403, "Forbidden: bot was blocked by the user")).kind, Kind::NoChat);
  EXPECT_EQ(read(413, "too big").kind, Kind::Refused);
  EXPECT_EQ(read(500, refusal(500, "Internal Server Error")).kind, Kind::Broken);
  EXPECT_EQ(read(502, "<html>Bad Gateway</html>").kind, Kind::Broken);
  EXPECT_EQ(read(0, "connection refused").kind, Kind::Broken);
}

TEST(TelegramReply, SaysWhatAPersonHasToMend) {
  for (const auto& [code, description, what] : std::vector<std::tuple<int, const char*, const char*>>{
           {401, "Unauthorized", "telegram.bot_token"},
           {404, "Not Found", "telegram.bot_token"},
           {403, "Forbidden: bot was blocked by the user", "unblock"},
           {403, "Forbidden: bot was kicked from the supergroup chat", "add the bot"},
           {403, "Forbidden: bot is not a member of the channel chat", "add the bot"},
           {403, "Forbidden: something new", "telegram.chat_id"},
           {400, "Bad Request: chat not found", "press Start"},
           {400, "Bad Request: not enough rights to send text messages to the chat", "right"},
           {400, "Bad Request: have no rights to send a message", "right"},
           {400, "Bad Request: CHAT_WRITE_FORBIDDEN", "right"},
           {400, "Bad Request: TOPIC_CLOSED", "reopen the topic"},
           {400, "Bad Request: TOPIC_DELETED", "another topic"},
           {400, "Bad Request: need administrator rights in the channel chat", "administrator"}}) {
    const Reply r = read(std::uint32_t(code), refusal(code, description));
    EXPECT_EQ(r.kind, code == 401 || code == 404 ? Kind::NoBot : Kind::NoChat) << description;
    EXPECT_NE(r.mend.find(what), std::string::npos) << description << ": " << r.mend;
  }
  EXPECT_EQ(read(400, refusal(400, "Bad Request: message is too long")).mend, "");
}

TEST(TelegramReply, CleansWhatItQuotes) {
  const Reply r = read(400, R"({"ok":false,"error_code":400,"description":"Bad\n\u0007Request\u202e"})");
  EXPECT_EQ(r.sentence, "400: Bad Request");
  EXPECT_LE(read(0, std::string(5000, 'x')).sentence.size(), 320u);
}

}  // namespace
}  // namespace hookswitch::telegram
