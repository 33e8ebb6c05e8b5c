// The OpenClaw gateway fake: the real framed protocol and the JSON-RPC compatibility dialect
// (openclaw-gateway.md §1-2).
#pragma once

#include "tests/fakes/stand_in.hpp"

namespace fakes {

struct OpenClawOptions {
  std::uint16_t port = 0;               ///< 0: chosen by the system
  std::string token = "openclaw-fake";  ///< the shared gateway token
  std::string dialect = "openclaw";     ///< openclaw | jsonrpc
  std::string certificate_pem_file;     ///< with key_pem_file: wss instead of ws
  std::string key_pem_file;
};

class OpenClaw final : public StandIn {
 public:
  using Options = OpenClawOptions;
  explicit OpenClaw(Loop& loop, Options options = {});
  ~OpenClaw() override;
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
