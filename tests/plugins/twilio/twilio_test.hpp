// What the tests of the Twilio plugin share: settings, a signed webhook, checks against Twilio's own API description.
#pragma once

#include "plugins/twilio/form.hpp"
#include "plugins/twilio/signature.hpp"
#include "tests/places.hpp"

#include <hookswitch/testing.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

extern "C" const hks_entry hks_plugin_entry;

namespace hookswitch::twilio::test {

using namespace hks::testing;

inline const std::string kAccount = "AC00000000000000000000000000000000";
inline const std::string kToken = "0123456789abcdef0123456789abcdef";
inline const std::string kLeg = "CA0123456789abcdef0123456789abcdef";
inline const std::string kStream = "MZ00000000000000000000000000000000";
inline const std::string kBase = "https://gateway.example.com";
inline const std::string kCallsUrl = "https://api.twilio.com/2010-04-01/Accounts/" + kAccount + "/Calls";

inline nlohmann::json readData(const std::string& name) {
  std::ifstream file(std::string(HOOKSWITCH_TEST_DATA) + "/" + name);
  if (!file) throw std::runtime_error("cannot read " + name);
  return nlohmann::json::parse(file);
}

inline Pairs settings(Pairs more = {}) {
  Pairs all{{"account_sid", kAccount}, {"auth_token", kToken}, {"from_number", "+15550100001"}};
  for (auto& pair : more) all.push_back(std::move(pair));
  return all;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string encode(const Fields& fields) {
  Form form;
  for (const auto& [name, value] : fields) form.add(name, value);
  return form.encode();
}

/// A webhook as Twilio sends it: signed over `base` + `target` and the decoded fields.
inline Message webhook(std::uint64_t id, const std::string& target, const Fields& fields, std::optional<Call> call = {},
                       const std::string& base = kBase) {
  const std::string body = encode(fields);
  Form form;
  form.parse(body);
  return In::httpRequest(hostId(id), "POST", target,
                         {{"Content-Type", "application/x-www-form-urlencoded"},
                          {"X-Twilio-Signature", sign(kToken, base + target + canonicalFields(form))}},
                         body, std::move(call));
}

inline Fields incomingFields() {
  return {{"CallSid", kLeg},      {"AccountSid", kAccount},  {"From", "+15550100002"},
          {"To", "+15550100001"}, {"CallStatus", "ringing"}, {"Direction", "inbound"}};
}
inline Fields answeredFields() {
  return {{"CallSid", kLeg},      {"AccountSid", kAccount},      {"From", "+15550100001"},
          {"To", "+15550100002"}, {"CallStatus", "in-progress"}, {"Direction", "outbound-api"}};
}

inline std::string callJson(const std::string& sid, const std::string& status = "queued") {
  return nlohmann::json{{"sid", sid}, {"status", status}, {"direction", "outbound-api"}}.dump();
}
/// The log of a leg (Events.json): the request that made it, then one POST to each of `urls`.
template <class... Urls>
std::string logJson(const Urls&... urls) {
  using nlohmann::json;
  json events = json::array();
  const auto add = [&events](const std::string& url) {
    events.push_back({{"request", {{"method", "POST"}, {"url", url}, {"parameters", {{"account_sid", kAccount}}}}},
                      {"response", {{"response_code", 200}, {"response_body", ""}}}});
  };
  add(kCallsUrl + ".json");
  (add(urls), ...);
  return json{{"events", events}, {"page", 0}, {"next_page_uri", nullptr}}.dump();
}

inline std::string errorJson(int code, const std::string& message, int status) {
  return nlohmann::json{{"code", code}, {"message", message}, {"status", status}, {"more_info", "https://example.com"}}
      .dump();
}

}  // namespace hookswitch::twilio::test
