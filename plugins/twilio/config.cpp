#include "plugins/twilio/config.hpp"

#include "plugins/twilio/text.hpp"

#include <algorithm>

namespace hookswitch::twilio {
namespace {

std::uint32_t bounded(const hks::Settings& settings, const char* key, std::uint32_t least, std::uint32_t most,
                      std::uint32_t fallback, std::vector<std::string>& problems) {
  const std::string& text = settings[key];
  if (text.empty()) return fallback;
  const auto value = parseNumber(text);
  if (value && *value >= least && *value <= most) return std::uint32_t(*value);
  problems.push_back(std::string("twilio.") + key + " must be a number from " + std::to_string(least) + " to " +
                     std::to_string(most) + "; using " + std::to_string(fallback));
  return fallback;
}

}  // namespace

Config Config::read(const hks::Settings& settings, std::vector<std::string>& problems) {
  Config config;
  config.account_sid = settings["account_sid"];
  config.auth_token = settings["auth_token"];
  config.from_number = settings["from_number"];
  config.api_base = settings["api_base"];
  while (!config.api_base.empty() && config.api_base.back() == '/') config.api_base.pop_back();
  config.signing_keys = {config.auth_token};
  if (!settings["auth_token_secondary"].empty()) config.signing_keys.push_back(settings["auth_token_secondary"]);
  for (const char* key : {"shared_key", "shared_key_secondary"})
    if (!settings[key].empty()) config.shared_keys.push_back(settings[key]);
  for (std::string_view ids = settings["shared_key_id"]; !ids.empty();) {
    const auto comma = ids.find(',');
    std::string id(ids.substr(0, comma));
    id.erase(std::remove(id.begin(), id.end(), ' '), id.end());
    if (!id.empty()) config.shared_key_ids.push_back(std::move(id));
    ids.remove_prefix(comma == std::string_view::npos ? ids.size() : comma + 1);
  }
  config.verify_signature = settings.on("verify_signature");
  const std::string& policy = settings["stream_signature"];
  config.stream_signature = !config.verify_signature || policy == "off" ? SignaturePolicy::off
                            : policy == "enforce"                       ? SignaturePolicy::enforce
                                                                        : SignaturePolicy::log;
  config.look_up = settings["look_up"] == "numbers" ? LookUpPolicy::numbers : LookUpPolicy::events;
  config.dtmf = settings["dtmf"] == "inband" ? Dtmf::inband : Dtmf::play;
  config.create_timeout_ms = bounded(settings, "create_timeout_s", 1, 30, 30, problems) * 1000;
  config.media_idle_s = bounded(settings, "media_idle_s", 0, 3600, 30, problems);
  if (!config.account_sid.empty() && (!looksLikeSid(config.account_sid) || config.account_sid.compare(0, 2, "AC") != 0))
    problems.push_back(
        "twilio.account_sid does not look like an account SID: expected AC and 32 hex digits (an API "
        "key SID, SK..., does not belong here)");
  if (!config.shared_key_ids.empty() && config.shared_keys.empty())
    problems.push_back(
        "twilio.shared_key_id names a SharedKey, and twilio.shared_key, its secret, is empty: what it signs is "
        "refused");
  if (!config.verify_signature)
    problems.push_back("twilio.verify_signature is off: anybody who knows a webhook URL can speak as Twilio");
  return config;
}

}  // namespace hookswitch::twilio
