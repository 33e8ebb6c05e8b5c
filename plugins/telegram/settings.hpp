// The section [telegram], checked. (telegram.md §0)
#pragma once

#include "plugins/telegram/zone.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hks {
class Settings;
}

namespace hookswitch::telegram {

/// A chat as it is written in `chat_id`: "-1001234567890", "@channel", with a forum topic "-1001234567890/7".
struct ChatId {
  std::string json;        ///< the value of chat_id in a request: a number, or a quoted name
  std::string name;        ///< for people
  std::int64_t topic = 0;  ///< 0: none
  bool group = false;      ///< groups, supergroups and channels: 20 messages a minute
};

struct Config {
  std::string send_url;  ///< of sendMessage; holds the token: never log it
  std::string token;
  std::vector<ChatId> chats;
  bool started = false, ended = false, errors = false, transcript = true;
  std::uint32_t digest_s = 0;  ///< calls that end within as long are told in one message; 0: each in its own
  Zone zone;
};

/// A digest that is longer than this would be no news.
constexpr std::uint32_t kMaxDigest_s = 86400;

/// More chats than this would need a pace for the whole bot, too (30 messages a second).
constexpr std::size_t kMaxChats = 8;

/// Empty when the text is not a chat. [any]
std::vector<ChatId> parseChats(std::string_view text, std::vector<std::string>& problems);

/// What is usable. `problems` gets a sentence for each thing that is not; without a chat, a good token and a good
/// api_base `send_url` stays empty: the plugin must not run. [any]
Config readConfig(const hks::Settings& settings, std::vector<std::string>& problems);

}  // namespace hookswitch::telegram
