// The Gemini Live fake: a WebSocket server that speaks BidiGenerateContent (gemini-live.md §1-5, §11) and can
// misbehave.
#pragma once

#include "tests/fakes/stand_in.hpp"

namespace fakes {

struct GeminiOptions {
  std::uint16_t port = 0;                                           ///< 0: chosen by the system
  std::string api_key = "AIza-of-the-stand-in-for-tests-alone-00";  ///< the only key that is let in
  std::string messages_file;         ///< gemini_live_messages.json; empty: the copy in tests/data
  std::string certificate_pem_file;  ///< with key_pem_file: wss instead of ws
  std::string key_pem_file;
};

class Gemini final : public StandIn {
 public:
  using Options = GeminiOptions;
  explicit Gemini(Loop& loop, Options options = {});
  ~Gemini() override;
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
