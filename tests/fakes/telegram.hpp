// The Telegram Bot API fake: getMe and sendMessage with the real envelope, limits and entity rules (telegram.md §1-5).
#pragma once

#include "tests/fakes/stand_in.hpp"

namespace fakes {

struct TelegramOptions {
  std::uint16_t port = 0;                                               ///< 0: chosen by the system
  std::string bot_token = "123456:fake-bot-token-of-the-stand-in-000";  ///< the only token that is let in
  std::string certificate_pem_file;                                     ///< with key_pem_file: https instead of http
  std::string key_pem_file;
};

class Telegram final : public StandIn {
 public:
  using Options = TelegramOptions;
  explicit Telegram(Loop& loop, Options options = {});
  ~Telegram() override;
  std::uint16_t port() const override;
  nlohmann::json command(const std::string& name, const nlohmann::json& args) override;
  void onEvent(std::function<void(const std::string& kind, nlohmann::json what)> handler) override;
  nlohmann::json state() const override;
  void reset() override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace fakes
