// The Telegram plugin's session under arbitrary messages, see notifier_step.hpp.
#include "tests/fuzz/notifier_step.hpp"
#include "tests/plugins/telegram/markup.hpp"

#include <nlohmann/json.hpp>

namespace {

using notifier_fuzz::kSecret;

std::string refused(const hks::testing::Message& m) {
  if (m.url != std::string("https://api.telegram.org/bot") + kSecret + "/sendMessage")
    return "a wrong address: " + m.url;
  const auto body = nlohmann::json::parse(m.body, nullptr, false);
  if (body.is_discarded()) return "not JSON";
  const std::string text = body.value("text", "");
  if (text.empty()) return "an empty text";
  std::string problem;
  const bool html = body.contains("parse_mode");
  const std::string plain = html ? hookswitch::telegram::markupText(text, &problem) : text;
  if (!problem.empty()) return problem;
  if (hks::utf8::utf16Length(plain) > 4096) return "more than 4096 characters";
  return plain == hks::utf8::clean(plain) ? "" : "control characters";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hks::testing::Pairs;
  static const std::vector<Pairs> settings{
      {{"bot_token", kSecret}, {"chat_id", "42"}},
      {{"bot_token", kSecret},
       {"chat_id", "-1001234567890/7,@channel,42"},
       {"events", "call_started,call_ended,error"}},
      {{"bot_token", kSecret}, {"chat_id", "42,43"}, {"transcript", "false"}, {"events", "error call_started"}},
      {{"bot_token", kSecret}, {"chat_id", "nobody"}}};
  return notifier_fuzz::run(data, size, settings, refused);
}
