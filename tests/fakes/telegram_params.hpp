// The parameters of a Bot API method: from the query, a form or JSON, whichever the client sends.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>

#include "tests/fakes/net.hpp"
#include "tests/fakes/telegram_faults.hpp"

namespace fakes {

/// Into `params`, an object. An answer of 200: they could be read.
TelegramAnswer readTelegramParams(const Request& request, nlohmann::json& params);
/// A number, or a text that is one; 0: neither.
std::int64_t telegramChatId(const nlohmann::json& value);
bool telegramFlag(const nlohmann::json& params, const char* name);

}  // namespace fakes
