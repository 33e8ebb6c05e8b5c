// The Twilio fake: REST API, signed webhooks and callbacks, media streams (twilio.md §1-5, §7), and every
// way to go wrong that a gateway must survive.
#pragma once

#include "tests/fakes/stand_in.hpp"

namespace fakes {

struct TwilioOptions {
  std::uint16_t port = 0;  ///< 0: chosen by the system
  std::string account_sid = "AC00000000000000000000000000000001";
  std::string auth_token = "0123456789abcdef0123456789abcdef";
  std::string from_number = "+15550100001";  ///< the number that is called by `incoming`
  std::string caller_wav;                    ///< what every far end says whose plan names nothing; empty: silence
  std::uint32_t keep_audio_s = 600;          ///< received audio remembered per stream
  std::string certificate_pem_file;          ///< with key_pem_file: https instead of http
  std::string key_pem_file;
};

/// Destroy it on the loop's thread, or while the loop does not run. state(): counters, rules, plan; the calls are at
/// get("calls").
class Twilio final : public StandIn {
 public:
  using Options = TwilioOptions;
  explicit Twilio(Loop& loop, Options options = {});
  ~Twilio() override;
  const Options& options() const;
  std::uint16_t port() const override;
  nlohmann::json command(const std::string& name, const nlohmann::json& args) override;
  void onEvent(std::function<void(const std::string& kind, nlohmann::json what)> handler) override;
  nlohmann::json state() const override;
  void reset() override;
  /// calls, calls/{sid}, calls/{sid}/heard|received|line|said
  Response get(const Request& request, const std::string& rest) const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace fakes
