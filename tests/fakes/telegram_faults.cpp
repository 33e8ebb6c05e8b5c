#include "tests/fakes/telegram_faults.hpp"

#include <map>
#include <stdexcept>
#include <utility>

#include "tests/fakes/lower.hpp"
#include "tests/fakes/telegram_params.hpp"

namespace fakes {

using nlohmann::json;

namespace {

const std::map<std::string, std::pair<unsigned, const char*>>& plainFaults() {
  static const std::map<std::string, std::pair<unsigned, const char*>> known = {
      {"400", {400, "Bad Request: chat not found"}},
      {"entities", {400, "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 0"}},
      {"too_long", {400, "Bad Request: message is too long"}},
      {"401", {401, "Unauthorized"}},
      {"403", {403, "Forbidden: bot was blocked by the user"}},
      {"404", {404, "Not Found"}},
      {"409", {409, "Conflict: terminated by other getUpdates request"}},
      {"500", {500, "Internal Server Error"}},
      {"502", {502, "Bad Gateway"}}};
  return known;
}

}  // namespace

TelegramAnswer refuseTelegram(unsigned code, const std::string& description, const json& parameters) {
  json body = {{"ok", false}, {"error_code", code}, {"description", description}};
  if (!parameters.is_null()) body["parameters"] = parameters;
  return {code, body};
}

TelegramFault readTelegramFault(const json& args) {
  TelegramFault fault;
  fault.how = args.at("how").get<std::string>();
  fault.method = args.value("method", "");
  fault.description = args.value("description", "");
  fault.chat_id = args.value("chat_id", std::int64_t{0});
  fault.migrate_to = args.value("migrate_to_chat_id", std::int64_t{-1001234567890});
  fault.retry_after = args.value("retry_after", 1U);
  fault.ms = args.value("ms", 1000U);
  fault.times = args.value("times", 1);
  const bool special = fault.how == "429" || fault.how == "migrate" || fault.how == "drop" ||
                       fault.how == "drop_after" || fault.how == "delay" || fault.how == "drip" ||
                       fault.how == "not_json";
  if (!special && !plainFaults().count(fault.how)) {
    throw std::invalid_argument("fail: '" + fault.how +
                                "' is not known; known: 400 401 403 404 409 429 500 502 entities too_long migrate drop "
                                "drop_after delay drip not_json");
  }
  if (fault.times == 0) throw std::invalid_argument("fail: times is a count above 0, or -1 for ever");
  return fault;
}

TelegramFault takeTelegramFault(std::deque<TelegramFault>& faults, const std::string& method, const json& params) {
  for (auto it = faults.begin(); it != faults.end(); ++it) {
    if (!it->method.empty() && lower(it->method) != method) continue;
    if (it->chat_id && (!params.contains("chat_id") || telegramChatId(params["chat_id"]) != it->chat_id)) continue;
    const TelegramFault fault = *it;
    if (it->times > 0 && --it->times == 0) faults.erase(it);
    return fault;
  }
  return {};
}

bool plainTelegramFault(const TelegramFault& fault, TelegramAnswer& answer) {
  if (fault.how == "429") {
    answer = refuseTelegram(429, "Too Many Requests: retry after " + std::to_string(fault.retry_after),
                            {{"retry_after", fault.retry_after}});
  } else if (fault.how == "migrate") {
    answer = refuseTelegram(400, "Bad Request: group chat was upgraded to a supergroup chat",
                            {{"migrate_to_chat_id", fault.migrate_to}});
  } else if (const auto plain = plainFaults().find(fault.how); plain != plainFaults().end()) {
    answer = refuseTelegram(plain->second.first, fault.description.empty() ? plain->second.second : fault.description);
  } else {
    return false;
  }
  return true;
}

}  // namespace fakes
