// A player of the Telegram plugin and the Bot API's side of the conversation, under a clock that the test moves.
#pragma once

#include "tests/plugins/telegram/markup.hpp"
#include "tests/plugins/timed_player.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <vector>

namespace hookswitch::telegram {

using hks::testing::In;
using hks::testing::Message;
using hks::testing::Outputs;
using hks::testing::Pairs;
using hks::testing::Record;

constexpr const char* kToken = "123456:fake-token";

inline Record callRecord(const std::string& id, std::size_t lines = 2) {
  Record r = hks::testing::sampleRecord();
  r.call.call = id;
  r.lines.clear();
  for (std::size_t i = 0; i < lines; ++i)
    r.lines.push_back({i % 2 ? HKS_USER : HKS_ASSISTANT, 0, "Line " + std::to_string(i) + " of call " + id});
  return r;
}

class Bot {
 public:
  struct Sent {
    std::uint64_t at_ms, id;
    nlohmann::json body;
  };
  /// What the service answers; null: the test answers by itself.
  std::function<Message(const Sent&)> service;
  std::uint64_t latency_ms = 50;
  std::vector<Sent> sent;
  std::vector<std::string> logs;
  struct Done {
    std::uint64_t at_ms, hook;
    std::uint32_t state;
    std::string reason;
    std::uint64_t after_ms;
    std::uint32_t flags;
    std::string memo;
  };
  std::vector<Done> done;

  explicit Bot(Pairs settings = {}) : player(hks_plugin_entry, HKS_ROLE_NOTIFIER) {
    Pairs all{{"enabled", "true"},
              {"bot_token", kToken},
              {"chat_id", "42"},
              {"api_base", "http://127.0.0.1:9"},
              {"time_zone", "UTC"}};
    for (auto& setting : settings) all.push_back(setting);
    std::map<std::string, std::string> last;
    for (auto& [name, value] : all) last[name] = value;
    service = [](const Sent& s) { return ok(s.id); };
    player.on_output = [this](const Message& m) { take(m); };
    started = player.step(In::start(Pairs(last.begin(), last.end())));
  }
  static Message ok(std::uint64_t id) { return In::httpResponse(id, 200, R"({"ok":true,"result":{"message_id":7}})"); }
  static Message refusal(std::uint64_t id, int code, const std::string& description,
                         nlohmann::json parameters = nullptr) {
    nlohmann::json body{{"ok", false}, {"error_code", code}, {"description", description}};
    if (!parameters.is_null()) body["parameters"] = parameters;
    return In::httpResponse(id, std::uint32_t(code), body.dump());
  }

  void ended(std::uint64_t hook, Record record, std::uint32_t attempt = 1, std::uint32_t phase = HKS_PHASE_NOTIFY) {
    Message m = In::phase(hook, phase, std::move(record), attempt, 15000);
    m.unix_ms += player.now();
    player.step(m);
  }
  /// The same, of a host that says what time it is and what the hook's memo was.
  void give(std::uint64_t hook, Record record, std::uint64_t unix_ms, std::uint32_t attempt = 1, std::string memo = {},
            std::uint32_t phase = HKS_PHASE_NOTIFY) {
    Message m = In::phase(hook, phase, std::move(record), attempt, 15000);
    m.unix_ms = unix_ms, m.memo = std::move(memo);
    player.step(m);
  }
  void wait(std::uint64_t ms) { player.advance(ms); }
  std::vector<Done> doneOf(std::uint64_t hook) const {
    std::vector<Done> found;
    for (auto& d : done)
      if (d.hook == hook) found.push_back(d);
    return found;
  }
  std::string texts(std::size_t i) const { return sent.at(i).body.at("text"); }

  hookswitch::test::TimedPlayer player;
  Outputs started;

 private:
  void take(const Message& m) {
    if (m.type == HKS_LOG) {
      EXPECT_EQ(m.text.find("fake-token"), std::string::npos) << "the token is in the log: " << m.text;
      logs.push_back(m.text);
    }
    if (m.type == HKS_HOOK_DONE) {
      EXPECT_EQ(m.reason.find("fake-token"), std::string::npos) << m.reason;
      done.push_back({player.now(), m.id, m.state, m.reason, m.after_ms, m.flags, m.memo});
    }
    if (m.type != HKS_HTTP_CALL) return;
    EXPECT_EQ(m.method, "POST");
    EXPECT_EQ(m.url, "http://127.0.0.1:9/bot123456:fake-token/sendMessage");
    EXPECT_EQ(hks::testing::header(m, "content-type"), "application/json");
    EXPECT_LE(m.timeout_ms, 13500u) << "longer than a hook may take";
    sent.push_back({player.now(), m.id, nlohmann::json::parse(m.body)});
    checkShape(sent.back().body);
    if (service) player.later(latency_ms, service(sent.back()));
  }
  /// The parameters of sendMessage this plugin may use, and no others. (telegram.md §2)
  static void checkShape(const nlohmann::json& b) {
    static const std::map<std::string, std::string> known{
        {"chat_id", "number string"}, {"message_thread_id", "number"},     {"text", "string"},
        {"parse_mode", "string"},     {"disable_notification", "boolean"}, {"link_preview_options", "object"}};
    ASSERT_TRUE(b.contains("chat_id") && b.contains("text")) << b;
    for (auto& [name, value] : b.items()) {
      ASSERT_TRUE(known.count(name)) << "sendMessage has no parameter " << name;
      EXPECT_NE(known.at(name).find(value.type_name()), std::string::npos) << name << " is a " << value.type_name();
    }
    const std::string text = b["text"];
    EXPECT_FALSE(text.empty());
    if (b.contains("parse_mode")) {
      EXPECT_EQ(b["parse_mode"], "HTML");
      EXPECT_EQ(markupProblem(text), "") << text;
    }
    EXPECT_EQ(b["link_preview_options"], nlohmann::json({{"is_disabled", true}}));
  }
};

}  // namespace hookswitch::telegram
