#include "plugins/telegram/reply.hpp"

#include <hookswitch/read_json.hpp>
#include <hookswitch/text.hpp>
#include <hookswitch/utf8.hpp>

#include <algorithm>

namespace hookswitch::telegram {
namespace {

constexpr std::size_t kMaxBody = 1 << 20;
constexpr std::size_t kMaxSentence = 300;
constexpr std::int64_t kMaxWait = 86400;

bool has(std::string_view text, std::string_view words) { return text.find(words) != std::string_view::npos; }

/// Digits only, else 0.
std::int64_t seconds(std::string_view text) {
  if (text.empty() || text.size() > 6) return 0;
  std::int64_t n = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return 0;
    n = n * 10 + (c - '0');
  }
  return n;
}

struct Envelope {
  bool valid = false, ok = false;
  std::int64_t error_code = 0, retry_after = 0, moved_to = 0;
  std::string description;
};

Envelope parse(std::string_view body) {
  Envelope e;
  if (body.empty() || body.size() > kMaxBody) return e;
  hks::json::Reader reader;
  hks::json::Value root;
  if (!reader.read(body, root) || root["ok"].get(e.ok) != simdjson::SUCCESS) return e;
  e.valid = true;
  e.description = hks::utf8::line(hks::json::textAt(root, "description"), kMaxSentence);
  e.error_code = hks::json::numberAt(root, "error_code");
  e.retry_after = hks::json::numberAt(root["parameters"], "retry_after");
  e.moved_to = hks::json::numberAt(root["parameters"], "migrate_to_chat_id");
  return e;
}

/// Refusals of a chat that a person can mend, by words of their descriptions. (telegram.md §4)
struct Mend {
  const char *words, *what;
};
constexpr Mend kMends[] = {
    {"chat not found",
     "the person must press Start in the bot's chat, or the bot must be added to the group; else correct "
     "telegram.chat_id"},
    {"topic_closed", "reopen the topic, or write another one into telegram.chat_id"},
    {"topic_deleted", "write another topic, or none, into telegram.chat_id"},
    {"blocked by the user", "that person must unblock the bot, or be taken out of telegram.chat_id"},
    {"bot was kicked", "add the bot to the group again, or take the group out of telegram.chat_id"},
    {"not a member", "add the bot to the group or channel again, or take it out of telegram.chat_id"},
    {"user is deactivated", "that account is gone: take it out of telegram.chat_id"},
    {"group chat was deactivated", "the group is gone: write another one into telegram.chat_id"},
    {"not enough rights", "give the bot the right to send messages there"},
    {"no rights", "give the bot the right to send messages there"},
    {"write_forbidden", "give the bot the right to send messages there"},
    {"admin_required", "make the bot an administrator of the channel"},
    {"administrator rights", "make the bot an administrator of the channel"},
    {"chat_restricted", "give the bot the right to send messages there"},
    {"send_plain_forbidden", "allow text messages in that group"},
    {"peer_id_invalid", "correct telegram.chat_id"},
};

/// Empty: nobody can mend it.
std::string mendOf(std::int64_t status, const std::string& why) {
  if (status == 401)
    return "the bot's token is wrong or revoked: put the token that @BotFather shows into telegram.bot_token";
  if (status == 404)
    return "Telegram knows no such bot: put the token that @BotFather shows into telegram.bot_token, and check "
           "telegram.api_base";
  if (status != 400 && status != 403) return {};
  for (const auto& mend : kMends)
    if (has(why, mend.words)) return mend.what;
  return status == 403 ? "let the bot write to this chat again, or take it out of telegram.chat_id" : std::string();
}

Reply::Kind kindOf(std::int64_t status, const Envelope& e) {
  using Kind = Reply::Kind;
  if (status == 429 || e.retry_after > 0) return Kind::Wait;
  if (e.moved_to) return Kind::Moved;
  if (status == 401 || status == 404) return Kind::NoBot;
  if (status == 400) {
    const std::string why = hks::lower(e.description);
    if (has(why, "can't parse entities")) return Kind::BadMarkup;
    if (has(why, "thread not found")) return Kind::NoTopic;
    if (has(why, "text is empty")) return Kind::Empty;
  }
  if (!mendOf(status, hks::lower(e.description)).empty()) return Kind::NoChat;
  if (status >= 400 && status < 500) return Kind::Refused;
  return Kind::Broken;
}

}  // namespace

Reply readReply(std::uint32_t status, std::string_view body, std::string_view retry_after) {
  Reply reply;
  if (status == 0) {
    const std::string why = hks::utf8::line(body, kMaxSentence);
    reply.sentence = why.empty() ? "no answer" : "no answer: " + why;
    return reply;
  }
  const Envelope e = parse(body);
  if (e.valid && e.ok) {
    reply.kind = Reply::Kind::Sent;
    return reply;
  }
  const std::int64_t code = e.error_code >= 100 && e.error_code <= 599 ? e.error_code : std::int64_t(status);
  reply.kind = kindOf(code, e);
  reply.moved_to = e.moved_to;
  if (reply.kind == Reply::Kind::NoChat || reply.kind == Reply::Kind::NoBot)
    reply.mend = mendOf(code, hks::lower(e.description));
  if (reply.kind == Reply::Kind::Wait) {
    const std::int64_t wait = e.retry_after > 0 ? e.retry_after : seconds(retry_after);
    reply.retry_after_s = std::uint32_t(std::clamp<std::int64_t>(wait > 0 ? wait : 5, 1, kMaxWait));
  }
  reply.sentence = std::to_string(code) + ": " +
                   (!e.description.empty() ? e.description
                    : e.valid              ? std::string("no description")
                                           : std::string("not an answer of the Bot API"));
  return reply;
}

}  // namespace hookswitch::telegram
