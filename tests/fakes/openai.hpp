// The OpenAI Realtime fake: a WebSocket server that speaks the GA protocol (openai-realtime.md §1-6) and can misbehave.
#pragma once

#include "tests/fakes/stand_in.hpp"

namespace fakes {

struct OpenAiOptions {
  std::uint16_t port = 0;                           ///< 0: chosen by the system
  std::string api_key = "sk-fake-of-the-stand-in";  ///< the only key that is let in
  std::string events_file;                          ///< openai_realtime_events.json; empty: the copy in tests/data
  std::string certificate_pem_file;                 ///< with key_pem_file: wss instead of ws
  std::string key_pem_file;
};

class OpenAi final : public StandIn {
 public:
  using Options = OpenAiOptions;
  explicit OpenAi(Loop& loop, Options options = {});
  ~OpenAi() override;
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
