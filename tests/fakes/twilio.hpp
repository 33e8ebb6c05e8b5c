// The Twilio fake: REST API, signed webhooks and callbacks, media streams (twilio.md §1-5, §7), and every
// way to go wrong that a gateway must survive.
#pragma once

#include "tests/fakes/net.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

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

/// [loop] One listening server and its calls. Destroy it on the loop's thread, or while the loop does not run.
class Twilio {
 public:
  using Options = TwilioOptions;
  explicit Twilio(Loop& loop, Options options = {});
  ~Twilio();
  std::uint16_t port() const;
  const Options& options() const;

  /// Do `name` with `args` (see README.md). Throws std::invalid_argument with a sentence.
  nlohmann::json command(const std::string& name, const nlohmann::json& args);
  /// Counters, rules, plan; the calls are at get("calls").
  nlohmann::json state() const;
  /// calls, calls/{sid}, calls/{sid}/heard|received|line|said
  Response get(const Request& request, const std::string& rest) const;
  void reset();
  /// Told of everything that happens; `what` is an object.
  void onEvent(std::function<void(const std::string& kind, nlohmann::json what)> listener);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace fakes
