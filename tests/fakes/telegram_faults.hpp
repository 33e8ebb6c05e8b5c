// What the Telegram stand-in can be told to do wrong.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <deque>
#include <string>

namespace fakes {

struct TelegramAnswer {
  unsigned code = 200;
  nlohmann::json body;
};
TelegramAnswer refuseTelegram(unsigned code, const std::string& description,
                              const nlohmann::json& parameters = nullptr);

/// One misbehaviour, used up `times` times by requests it fits.
struct TelegramFault {
  std::string how, method, description;
  std::int64_t chat_id = 0, migrate_to = 0;
  std::uint32_t retry_after = 1, ms = 0;
  std::int32_t times = 1;
};

/// Of the command `fail`; throws std::invalid_argument.
TelegramFault readTelegramFault(const nlohmann::json& args);
/// The first that fits the request, one time less; none: `how` is empty.
TelegramFault takeTelegramFault(std::deque<TelegramFault>& faults, const std::string& method,
                                const nlohmann::json& params);
/// For faults that are an error and nothing else: its answer. False: it is another kind of fault.
bool plainTelegramFault(const TelegramFault& fault, TelegramAnswer& answer);

}  // namespace fakes
