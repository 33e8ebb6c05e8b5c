#include "plugins/telegram/settings.hpp"

#include <hookswitch/json.hpp>
#include <hookswitch/plugin.hpp>
#include <hookswitch/utf8.hpp>

#include <charconv>

namespace hookswitch::telegram {
namespace {

constexpr std::size_t kMaxShown = 80;  // bytes of a wrong value in a sentence

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (char c : text) {
    if (c == ',' || c == ' ' || c == '\t' || c == ';') {
      if (!word.empty()) out.push_back(std::move(word)), word.clear();
    } else
      word += c;
  }
  if (!word.empty()) out.push_back(std::move(word));
  return out;
}

bool number(std::string_view text, std::int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool isName(std::string_view text) {
  if (text.size() < 2 || text.size() > 65 || text[0] != '@') return false;
  for (char c : text.substr(1))
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  return true;
}

bool parseChat(std::string_view text, ChatId& chat) {
  chat.name = std::string(text);
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    if (!number(text.substr(slash + 1), chat.topic) || chat.topic <= 0) return false;
    text = text.substr(0, slash);
  }
  std::int64_t id = 0;
  if (number(text, id) && id != 0) {
    chat.json = std::to_string(id);
    chat.group = id < 0;
    return true;
  }
  if (!isName(text)) return false;
  chat.json = hks::json::quote(text);
  chat.group = true;
  return true;
}

/// Only characters that stand in a URL as they are; BotFather gives nothing else.
bool isToken(std::string_view token) {
  if (token.empty() || token.size() > 256) return false;
  for (char c : token)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '_' ||
          c == '-'))
      return false;
  return true;
}

bool isLoopback(std::string_view authority) {
  if (authority.find('@') != std::string_view::npos) return false;
  if (authority.substr(0, 5) == "[::1]") return authority.size() == 5 || authority[5] == ':';
  const std::string_view host = authority.substr(0, authority.find(':'));
  if (host == "localhost") return true;
  if (host.substr(0, 4) != "127.") return false;
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool isBase(std::string_view base) {
  for (unsigned char c : base)
    if (c <= 0x20 || c >= 0x7F) return false;
  if (base.substr(0, 8) == "https://") return base.size() > 8;
  if (base.substr(0, 7) != "http://") return false;
  base.remove_prefix(7);
  return isLoopback(base.substr(0, base.find('/')));
}

}  // namespace

std::vector<ChatId> parseChats(std::string_view text, std::vector<std::string>& problems) {
  std::vector<ChatId> chats;
  for (const std::string& word : words(text)) {
    ChatId chat;
    if (!parseChat(word, chat)) {
      problems.push_back("telegram.chat_id: '" + hks::utf8::line(word, kMaxShown) +
                         "' is not a chat: expected a number such as -1001234567890 or a name such as @channel, "
                         "with '/7' behind it for topic 7");
    } else if (chats.size() == kMaxChats) {
      problems.push_back("telegram.chat_id: more than " + std::to_string(kMaxChats) + " chats; '" +
                         hks::utf8::line(word, kMaxShown) + "' and what follows is ignored");
      break;
    } else
      chats.push_back(std::move(chat));
  }
  return chats;
}

Config readConfig(const hks::Settings& settings, std::vector<std::string>& problems) {
  Config config;
  config.token = settings["bot_token"];
  const bool token_ok = isToken(config.token);
  if (!token_ok)
    problems.push_back(
        "telegram.bot_token does not look like a bot token (digits, a colon, then letters, digits, "
        "'_' or '-'): copy it again from @BotFather");
  config.chats = parseChats(settings["chat_id"], problems);
  if (config.chats.empty()) problems.push_back("telegram.chat_id names no chat: nobody would be told anything");
  std::string base = settings["api_base"];
  while (!base.empty() && base.back() == '/') base.pop_back();
  const bool base_ok = isBase(base);
  if (!base_ok)
    problems.push_back("telegram.api_base '" + hks::utf8::line(base, kMaxShown) +
                       "': expected https://..., or http:// to this machine only (the token is part of every address)");
  for (const std::string& word : words(settings["events"])) {
    if (word == "call_started")
      config.started = true;
    else if (word == "call_ended")
      config.ended = true;
    else if (word == "error")
      config.errors = true;
    else
      problems.push_back("telegram.events: '" + hks::utf8::line(word, kMaxShown) +
                         "' is not an event: expected call_started, call_ended or error; ignored");
  }
  if (!config.started && !config.ended && !config.errors)
    problems.push_back("telegram.events names no event: nothing will be sent");
  const std::string digest = settings["digest_s"];
  std::int64_t seconds = 0;
  if (!digest.empty() &&
      (!number(digest, seconds) || seconds < 0 || seconds > kMaxDigest_s || (seconds && seconds < 5))) {
    problems.push_back("telegram.digest_s '" + hks::utf8::line(digest, kMaxShown) + "': expected 0, or 5 to " +
                       std::to_string(kMaxDigest_s) + " seconds; every call is told in its own message");
    seconds = 0;
  }
  config.digest_s = std::uint32_t(seconds);
  const std::string zone = settings["time_zone"];
  if (const std::string why = config.zone.set(zone); !why.empty())
    problems.push_back("telegram.time_zone: '" + hks::utf8::line(zone, kMaxShown) + "' " + why);
  config.transcript = settings["transcript"].empty() || settings.on("transcript");
  if (token_ok && base_ok && !config.chats.empty()) config.send_url = base + "/bot" + config.token + "/sendMessage";
  return config;
}

}  // namespace hookswitch::telegram
