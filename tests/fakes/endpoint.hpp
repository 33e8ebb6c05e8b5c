// A web endpoint of somebody's own: what a [tool.NAME] section points at. It checks signatures with OpenSSL, not with
// the code of the gateway.
#pragma once

#include "tests/fakes/stand_in.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace fakes {

class Endpoint final : public StandIn {
 public:
  struct Options {
    std::uint16_t port = 0;
    std::string certificate_pem_file, key_pem_file;
    /// The example of the Standard Webhooks libraries.
    std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  };
  Endpoint(Loop& loop, Options options);
  ~Endpoint() override;

  std::uint16_t port() const override;
  /// configure {status, body, delay_ms, never, drop}
  nlohmann::json command(const std::string& name, const nlohmann::json& args) override;
  void onEvent(std::function<void(const std::string&, nlohmann::json)> handler) override;
  /// requests: [{path, body, id, timestamp, signature: good | bad | none}]
  nlohmann::json state() const override;
  void reset() override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace fakes
