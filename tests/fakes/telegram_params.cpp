#include "tests/fakes/telegram_params.hpp"

#include <string>
#include <string_view>

#include "tests/fakes/form.hpp"
#include "tests/fakes/lower.hpp"

namespace fakes {

using nlohmann::json;

namespace {

void addForm(std::string_view text, json& params) {
  for (auto& [name, value] : decodeForm(text))
    if (!name.empty()) params[name] = value;
}

}  // namespace

TelegramAnswer readTelegramParams(const Request& request, json& params) {
  if (request.method != "GET" && request.method != "POST") return refuseTelegram(405, "Method Not Allowed");
  const std::size_t query = request.target.find('?');
  if (query != std::string::npos) addForm(std::string_view(request.target).substr(query + 1), params);
  if (request.body.empty()) return {};
  const std::string type = lower(std::string(header(request.headers, "content-type")));
  if (type.rfind("application/json", 0) == 0) {
    const json body = json::parse(request.body, nullptr, false);
    if (!body.is_object()) return refuseTelegram(400, "Bad Request: can't parse JSON object");
    params.update(body);
  } else if (type.rfind("application/x-www-form-urlencoded", 0) == 0) {
    addForm(request.body, params);
  } else {
    return refuseTelegram(400, "Bad Request: unsupported content type '" + type + "'");
  }
  return {};
}

std::int64_t telegramChatId(const json& value) {
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_string()) return 0;
  const auto& text = value.get_ref<const std::string&>();
  if (text.empty() || text.size() > 19 || text.find_first_not_of("0123456789", text[0] == '-') != std::string::npos ||
      text == "-")
    return 0;
  return std::stoll(text);
}

bool telegramFlag(const json& params, const char* name) {
  const json value = params.value(name, json(false));
  return value == true || value == "true" || value == "True" || value == "1";
}

}  // namespace fakes
