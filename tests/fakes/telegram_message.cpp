// sendMessage: what it takes, refuses and answers.
#include <ctime>

#include "tests/fakes/lower.hpp"
#include "tests/fakes/telegram_entities.hpp"
#include "tests/fakes/telegram_impl.hpp"
#include "tests/fakes/telegram_params.hpp"

namespace fakes {

using nlohmann::json;

TelegramAnswer Telegram::Impl::sendMessage(const json& params, json*& message) {
  const json chat = params.value("chat_id", json());
  if (chat.is_null() || chat == "") return refuseTelegram(400, "Bad Request: chat_id is empty");
  const std::int64_t id = telegramChatId(chat);
  const bool channel = chat.is_string() && chat.get_ref<const std::string&>()[0] == '@';
  if (!id && !channel) return refuseTelegram(400, "Bad Request: chat not found");
  if (!settings.chats.empty() && std::none_of(settings.chats.begin(), settings.chats.end(),
                                              [&](const json& known) { return known == chat || known == id; })) {
    return refuseTelegram(400, "Bad Request: chat not found");
  }
  if (settings.groups_are_closed && id < 0)
    return refuseTelegram(403, "Forbidden: bot was kicked from the supergroup chat");
  if (params.contains("text") && !params["text"].is_string())
    return refuseTelegram(400, "Bad Request: field \"text\" must be of type String");
  const std::string raw = params.value("text", "");
  if (!validUtf8(raw)) return refuseTelegram(400, "Bad Request: strings must be encoded in UTF-8");
  const std::string mode = lower(
      params.contains("parse_mode") && params["parse_mode"].is_string() ? params["parse_mode"].get<std::string>() : "");
  TelegramText text;
  if (mode == "html")
    text = parseTelegramHtml(raw);
  else if (mode.empty())
    text.plain = raw;
  else
    text.error = "this stand-in reads HTML only, not " + mode;
  if (!text.error.empty()) return refuseTelegram(400, "Bad Request: can't parse entities: " + text.error);
  if (text.plain.find_first_not_of(" \t\r\n") == std::string::npos)
    return refuseTelegram(400, "Bad Request: message text is empty");
  if (utf16Length(text.plain) > 4096) return refuseTelegram(400, "Bad Request: message is too long");
  for (const char* name : {"reply_markup", "link_preview_options", "reply_parameters"}) {
    if (!params.contains(name)) continue;
    const json& value = params[name];
    const json parsed = value.is_string() ? json::parse(value.get_ref<const std::string&>(), nullptr, false) : value;
    if (!parsed.is_object()) return refuseTelegram(400, std::string("Bad Request: object expected as ") + name);
  }
  if (settings.pace) {
    const std::uint32_t wait =
        paces[chat.dump()].take(loop.nowUs() / 1000, channel || id < 0, settings.group_per_minute);
    if (wait) {
      ++too_fast;
      return refuseTelegram(429, "Too Many Requests: retry after " + std::to_string(wait), {{"retry_after", wait}});
    }
  }
  if (text.careless) warnings.push_back("a bare & or > in HTML: '" + raw.substr(0, 200) + "'");
  const std::int64_t message_id = ++last_message_id;
  json result = {
      {"message_id", message_id},
      {"date", std::time(nullptr)},
      {"text", text.plain},
      {"from", {{"id", 123456}, {"is_bot", true}, {"first_name", "Hookswitch"}, {"username", settings.username}}},
      {"chat",
       {{"id", channel ? -1009999999999 : id},
        {"type", channel  ? "channel"
                 : id > 0 ? "private"
                          : "supergroup"}}}};
  if (!text.entities.empty()) result["entities"] = text.entities;
  if (messages.size() < kMostKept) {
    messages.push_back({{"message_id", message_id},
                        {"chat_id", chat},
                        {"text", text.plain},
                        {"raw", raw},
                        {"entities", text.entities},
                        {"parse_mode", mode},
                        {"silent", telegramFlag(params, "disable_notification")},
                        {"at_ms", loop.nowUs() / 1000}});
    message = &messages.back();
    if (tell) tell("message", messages.back());
  }
  return {200, {{"ok", true}, {"result", result}}};
}

}  // namespace fakes
