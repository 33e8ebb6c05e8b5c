// The Telegram Bot API fake: getMe and sendMessage with the real envelope, limits and entity rules (telegram.md §1-5).
#pragma once

#include "tests/fakes/net.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace fakes {

struct TelegramOptions {
  std::uint16_t port = 0;                                               ///< 0: chosen by the system
  std::string bot_token = "123456:fake-bot-token-of-the-stand-in-000";  ///< the only token that is let in
  std::string certificate_pem_file;                                     ///< with key_pem_file: https instead of http
  std::string key_pem_file;
};

/// [loop] One listening server and every message it accepted. Lives and is used on the loop's thread.
class Telegram {
 public:
  using Options = TelegramOptions;
  explicit Telegram(Loop& loop, Options options = {});
  ~Telegram();
  std::uint16_t port() const;

  /// Do `name` with `args` (an object; see README.md). Returns what happened as an object.
  /// Throws std::invalid_argument with a sentence when the command or an argument is not known.
  nlohmann::json command(const std::string& name, const nlohmann::json& args);
  /// Tell `handler` what happens, as it happens: a kind (README.md) and an object. One handler, called on the loop.
  void onEvent(std::function<void(const std::string& kind, nlohmann::json what)> handler);
  /// What has been seen so far: connections, counters, sessions or messages, protocol_errors, settings.
  nlohmann::json state() const;
  /// Cut every connection, forget what was seen, take the settings of the start again.
  void reset();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace fakes
