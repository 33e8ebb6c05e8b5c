// The parts of the Telegram stand-in. Only telegram*.cpp include this.
#pragma once

#include <algorithm>
#include <deque>
#include <map>

#include "tests/fakes/settings.hpp"
#include "tests/fakes/telegram.hpp"
#include "tests/fakes/telegram_faults.hpp"

namespace fakes {

struct TelegramSettings {
  nlohmann::json chats = nlohmann::json::array();  ///< known chat ids; empty: every id is known
  std::uint32_t delay_ms = 0;                      ///< before every answer
  std::string username = "HookswitchFakeBot";
  bool groups_are_closed = false;  ///< 403 for every negative id
  bool pace = false;  ///< enforce what Telegram allows: bursts of 3 and 1 a second per chat, 20 a minute per group
  std::uint32_t group_per_minute = 20;

  template <class Visit>
  void visit(Visit&& v) {
    v("chats", chats), v("delay_ms", delay_ms), v("username", username), v("groups_are_closed", groups_are_closed);
    v("pace", pace), v("group_per_minute", group_per_minute);
  }
};

/// When the messages of a chat arrived, and what it may take now.
struct TelegramPace {
  static constexpr double burst = 3;
  double tokens = burst;
  std::uint64_t at_ms = 0;
  std::deque<std::uint64_t> minute;

  /// Seconds to wait; 0: this one is taken.
  std::uint32_t take(std::uint64_t now_ms, bool group, std::size_t per_minute) {
    tokens = std::min(burst, tokens + double(now_ms - at_ms) / 1000);
    at_ms = now_ms;
    while (!minute.empty() && minute.front() + 60'000 <= now_ms) minute.pop_front();
    if (group && minute.size() >= per_minute) return std::uint32_t((minute.front() + 60'000 - now_ms + 999) / 1000);
    if (tokens < 1) return 1;
    --tokens;
    minute.push_back(now_ms);
    return 0;
  }
};

/// [loop]
struct Telegram::Impl : std::enable_shared_from_this<Telegram::Impl> {
  using Json = nlohmann::json;
  static constexpr std::size_t kMostKept = 20000;  ///< messages and requests

  Impl(Loop& the_loop, Options the_options) : loop(the_loop), options(std::move(the_options)) {}
  void listen();
  void onRequest(const Request& request, const Server::Reply& reply);
  TelegramAnswer dispatch(const std::string& method, const Json& params, Json*& message);
  TelegramAnswer sendMessage(const Json& params, Json*& message);  // telegram_message.cpp
  void wrong(const std::string& method, const TelegramAnswer& answer);
  void reset();
  Json command(const std::string& name, const Json& args);

  Loop& loop;
  Options options;
  TelegramSettings settings;
  std::function<void(const std::string& kind, Json what)> tell;  ///< may be empty
  std::deque<TelegramFault> faults;
  std::deque<Json> messages;  ///< a deque: a pointer to the newest stays good while one request is handled
  std::vector<Json> requests, protocol_errors, warnings;
  std::uint64_t requests_total = 0, too_fast = 0;
  std::map<std::string, TelegramPace> paces;
  std::int64_t last_message_id = 0;
  std::unique_ptr<Server> server;
};

}  // namespace fakes
