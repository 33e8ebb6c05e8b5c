#include "tests/plugins/telegram/bot.hpp"

#include <map>

#include "tests/plugins/telegram/markup.hpp"

namespace hookswitch::telegram {

Bot::Bot(Pairs settings) : player(hks_plugin_entry, HKS_ROLE_NOTIFIER) {
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

Message Bot::refusal(std::uint64_t id, int code, const std::string& description, nlohmann::json parameters) {
  nlohmann::json body{{"ok", false}, {"error_code", code}, {"description", description}};
  if (!parameters.is_null()) body["parameters"] = parameters;
  return In::httpResponse(id, std::uint32_t(code), body.dump());
}

void Bot::ended(std::uint64_t hook, Record record, std::uint32_t attempt, std::uint32_t phase) {
  Message m = In::phase(hook, phase, std::move(record), attempt, 15000);
  m.unix_ms += player.now();
  player.step(m);
}

void Bot::give(std::uint64_t hook, Record record, std::uint64_t unix_ms, std::uint32_t attempt, std::string memo,
               std::uint32_t phase) {
  Message m = In::phase(hook, phase, std::move(record), attempt, 15000);
  m.unix_ms = unix_ms, m.memo = std::move(memo);
  player.step(m);
}

std::vector<Bot::Done> Bot::doneOf(std::uint64_t hook) const {
  std::vector<Done> found;
  for (auto& d : done)
    if (d.hook == hook) found.push_back(d);
  return found;
}

void Bot::take(const Message& m) {
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

void Bot::checkShape(const nlohmann::json& b) {
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

}  // namespace hookswitch::telegram
