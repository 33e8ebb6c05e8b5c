#include "tests/fakes/telegram.hpp"
#include "tests/fakes/telegram_entities.hpp"
#include "tests/fakes/test_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fakes {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(TelegramHtml, ReadsTheAllowedTagsAndCountsInUtf16) {
  const auto text =
      parseTelegramHtml("\xF0\x9F\x93\x9E <b>Call &lt;1&gt; &amp; <i>x</i></b>&#33; <a href=\"https://e.org\">l</a>");
  EXPECT_EQ(text.error, "");
  EXPECT_EQ(text.plain, "\xF0\x9F\x93\x9E Call <1> & x! l");
  EXPECT_EQ(text.entities[0], (json{{"type", "bold"}, {"offset", 3}, {"length", 12}}));
  EXPECT_EQ(text.entities[1], (json{{"type", "italic"}, {"offset", 14}, {"length", 1}}));
  EXPECT_EQ(text.entities[2]["url"], "https://e.org");
  EXPECT_EQ(parseTelegramHtml("<pre><code class=\"language-c\">x</code></pre>").error, "");
  EXPECT_EQ(parseTelegramHtml("<blockquote expandable>x</blockquote>").entities[0]["type"], "expandable_blockquote");
  EXPECT_TRUE(parseTelegramHtml("a & b").careless);
  EXPECT_FALSE(parseTelegramHtml("a &amp; b").careless);
}

TEST(TelegramHtml, RefusesEverythingElse) {
  for (const auto& [html, what] : std::vector<std::pair<const char*, const char*>>{
           {"a<br>b", "Unsupported start tag \"br\" at byte offset 1"},
           {"a < b", "Unclosed start tag at byte offset 2"},
           {"a < b > c", "Unsupported start tag"},
           {"<b>x", "Can't find end tag corresponding to start tag \"b\""},
           {"x</b>", "Unexpected end tag at byte offset 1"},
           {"<b><i>x</b></i>", "Unmatched end tag"},
           {"<code><b>x</b></code>", "nested"},
           {"<blockquote><blockquote>x</blockquote></blockquote>", "nested"},
           {"<span>x</span>", "tg-spoiler"}}) {
    EXPECT_THAT(parseTelegramHtml(html).error, HasSubstr(what)) << html;
  }
}

TEST(TelegramHtml, KnowsBadUtf8) {
  EXPECT_TRUE(validUtf8("gr\xC3\xBC\xC3\x9F \xF0\x9F\x93\x9E"));
  for (const char* bad : {"\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\x80", "\xE2\x28\xA1"})
    EXPECT_FALSE(validUtf8(bad));
}

class TelegramTest : public testing::Test {
 protected:
  TelegramTest() {
    loop_.start();
    loop_.call([this] { fake_ = std::make_unique<Telegram>(loop_); });
  }
  ~TelegramTest() override {
    loop_.call([this] { fake_.reset(); });
  }
  std::string url(const std::string& method,
                  const std::string& token = "123456:fake-bot-token-of-the-stand-in-000") const {
    return "http://127.0.0.1:" + std::to_string(fake_->port()) + "/bot" + token + "/" + method;
  }
  ClientResult post(const json& body, const std::string& method = "sendMessage") {
    return ask(loop_, "POST", url(method), {{"Content-Type", "application/json"}}, body.dump());
  }
  std::string refusal(const json& body) {
    const auto result = post(body);
    const json answer = json::parse(result.body);
    EXPECT_EQ(answer["ok"], false);
    EXPECT_EQ(answer["error_code"], result.status);
    return answer["description"];
  }
  json state() {
    return onLoop(loop_, [this] { return fake_->state(); });
  }
  json command(const std::string& name, const json& args = json::object()) {
    return onLoop(loop_, [this, &name, &args] { return fake_->command(name, args); });
  }

  Loop loop_;
  std::unique_ptr<Telegram> fake_;
};

TEST_F(TelegramTest, TakesJsonFormAndQueryAlike) {
  const json sent = json::parse(
      post({{"chat_id", -1001234567890}, {"text", "<b>a</b>"}, {"parse_mode", "HTML"}, {"disable_notification", true}})
          .body);
  EXPECT_EQ(sent["result"]["text"], "a");
  EXPECT_EQ(sent["result"]["chat"]["id"], -1001234567890);
  EXPECT_EQ(sent["result"]["entities"][0]["type"], "bold");
  EXPECT_EQ(ask(loop_, "POST", url("SENDMESSAGE"), {{"Content-Type", "application/x-www-form-urlencoded"}},
                "chat_id=42&text=b+%26+c&reply_markup=%7B%7D")
                .status,
            200U);
  EXPECT_EQ(ask(loop_, "GET", url("sendMessage?chat_id=%40channel&text=d")).status, 200U);
  const json seen = state();
  EXPECT_EQ(seen["messages"].size(), 3U);
  EXPECT_EQ(seen["messages"][0]["silent"], true);
  EXPECT_EQ(seen["messages"][1]["text"], "b & c");
  EXPECT_EQ(seen["messages"][2]["chat_id"], "@channel");
  EXPECT_EQ(seen["protocol_errors"], json::array());
  EXPECT_EQ(json::parse(ask(loop_, "GET", url("getMe")).body)["result"]["is_bot"], true);
}

TEST_F(TelegramTest, RefusesWhatTheServiceRefuses) {
  EXPECT_EQ(ask(loop_, "GET", url("getMe", "999:other")).status, 401U);
  EXPECT_EQ(ask(loop_, "GET", url("getMe", "nonsense")).status, 404U);
  EXPECT_EQ(post({{"chat_id", 1}}, "sendTelegram").status, 404U);
  EXPECT_EQ(refusal({{"text", "x"}}), "Bad Request: chat_id is empty");
  EXPECT_EQ(refusal({{"chat_id", "someone"}, {"text", "x"}}), "Bad Request: chat not found");
  EXPECT_EQ(refusal({{"chat_id", 1}, {"text", " \n"}}), "Bad Request: message text is empty");
  EXPECT_EQ(refusal({{"chat_id", 1}, {"text", std::string(4097, 'x')}}), "Bad Request: message is too long");
  EXPECT_THAT(refusal({{"chat_id", 1}, {"text", "<p>"}, {"parse_mode", "HTML"}}),
              HasSubstr("can't parse entities: Unsupported start tag \"p\""));
  EXPECT_EQ(ask(loop_, "POST", url("sendMessage"), {{"Content-Type", "application/json"}}, "{").status, 400U);
  EXPECT_EQ(post({{"chat_id", 1}, {"text", "<b>" + std::string(4096, 'x') + "</b>"}, {"parse_mode", "HTML"}}).status,
            200U);
  std::string phones;
  for (int i = 0; i < 2049; ++i) phones += "\xF0\x9F\x93\x9E";  // two UTF-16 units each
  EXPECT_EQ(refusal({{"chat_id", 1}, {"text", phones}}), "Bad Request: message is too long");
  command("configure", {{"chats", {7}}});
  EXPECT_EQ(refusal({{"chat_id", 1}, {"text", "x"}}), "Bad Request: chat not found");
  EXPECT_EQ(post({{"chat_id", 7}, {"text", "x"}}).status, 200U);
  EXPECT_EQ(state()["protocol_errors"].size(), 11U);
}

TEST_F(TelegramTest, MisbehavesAsOftenAsTold) {
  const json body = {{"chat_id", 5}, {"text", "x"}};
  command("fail", {{"how", "429"}, {"retry_after", 3}, {"times", 2}});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(json::parse(post(body).body)["parameters"]["retry_after"], 3);
  EXPECT_EQ(post(body).status, 200U);
  command("fail", {{"how", "migrate"}, {"migrate_to_chat_id", -1007}, {"chat_id", 5}, {"times", -1}});
  EXPECT_EQ(json::parse(post(body).body)["parameters"]["migrate_to_chat_id"], -1007);
  EXPECT_EQ(post({{"chat_id", -1007}, {"text", "x"}}).status, 200U);
  command("reset");
  for (const auto& [how, status] : std::vector<std::pair<const char*, unsigned>>{{"400", 400},
                                                                                 {"401", 401},
                                                                                 {"403", 403},
                                                                                 {"500", 500},
                                                                                 {"502", 502},
                                                                                 {"entities", 400},
                                                                                 {"drop", 0},
                                                                                 {"drop_after", 0},
                                                                                 {"not_json", 200}}) {
    command("fail", {{"how", how}});
    EXPECT_EQ(post(body).status, status) << how;
  }
  const json seen = state();
  EXPECT_EQ(seen["messages"].size(), 1U);  // only drop_after accepted it
  EXPECT_EQ(seen["messages"][0]["answered"], false);
  EXPECT_EQ(seen["protocol_errors"], json::array());
  EXPECT_EQ(seen["requests_total"], 9);
  EXPECT_THROW(command("fail", {{"how", "tired"}}), std::invalid_argument);
  EXPECT_THROW(command("fail"), std::invalid_argument);
  EXPECT_THROW(command("nothing"), std::invalid_argument);
}

TEST_F(TelegramTest, RefusedConnectionsComeBack) {
  command("refuse_connections");
  EXPECT_EQ(ask(loop_, "GET", url("getMe")).status, 0U);
  command("refuse_connections", {{"refusing", false}});
  EXPECT_EQ(ask(loop_, "GET", url("getMe")).status, 200U);
}

}  // namespace
}  // namespace fakes
