// The gateway plugin's session under arbitrary messages, see notifier_step.hpp.
#include "tests/fuzz/notifier_step.hpp"

#include <nlohmann/json.hpp>

namespace {

using notifier_fuzz::kSecret;

// The promise is about an event's text. Of its frame at most two bytes a character: quotes and backslashes are escaped,
// characters that would need more are not in a clean line.
constexpr std::size_t max_text = 32 * 1024, max_around = 4 * 1024;

std::string refused(const hks::testing::Message& m) {
  if (!m.is_text) return "not a text frame";
  const auto f = nlohmann::json::parse(m.bytes, nullptr, false);
  if (f.is_discarded() || !f.is_object()) return "not a JSON object";
  if (f.contains("jsonrpc"))
    return f["method"] == "sessions_send" && f["params"]["message"].contains("timestamp") ? "" : "not of the dialect";
  if (m.bytes.size() > 2 * max_text + max_around) return "a long frame";
  if (f.value("method", "") == "connect" || f.value("method", "") == "status") return "";
  const auto& p = f.at("params");
  const std::string text = p.value("text", p.value("message", ""));
  if (text.empty()) return "an empty text";
  if (text.size() > max_text) return "a long text";
  if (text != hks::utf8::line(text)) return "not one clean line";
  for (std::size_t at = 0; (at = text.find('/', at)) != std::string::npos; ++at) {
    const char before = at ? text[at - 1] : ' ';
    if (!(before >= '0' && before <= '9') && !(before >= 'a' && before <= 'z') && !(before >= 'A' && before <= 'Z'))
      return "a command";
  }
  return m.bytes.find(kSecret) == std::string::npos ? "" : "the token outside of connect";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hks::testing::Pairs;
  static const std::vector<Pairs> settings{
      {{"token", kSecret}},
      {{"token", kSecret}, {"ended_by_agent", "true"}, {"session", "agent:main:calls"}},
      {{"dialect", "jsonrpc"}},
      {{"token", kSecret}, {"wake_mode", "now"}, {"session", "phone"}, {"ended_by_agent", "false"}},
      {{"token", ""}}};
  return notifier_fuzz::run(data, size, settings, refused);
}
