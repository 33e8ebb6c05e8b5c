// A webhook, let in or turned away: route, signature, form, account (twilio.md §2, §3). Pure. [any]
#pragma once

#include "plugins/twilio/config.hpp"
#include "plugins/twilio/form.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::twilio {

enum class Route : std::uint8_t {
  voice = 1,
  status = 2,
  stream_status = 3,
  other = 4,
  after_dial = 5,   ///< what became of a <Dial>
  dial_status = 6,  ///< of a leg that a <Dial> rings
};
Route routeOf(std::string_view target);

struct Webhook {
  std::uint32_t refusal = 0;  ///< HTTP status of the answer; 0: let in
  std::string why;            ///< a sentence for the log, free of secrets, when refused
  Form form;
  std::string gw_call;   ///< of the query, whether or not the host knows the call
  std::string call_sid;  ///< verified to be fit for an URL; empty when absent
};

/// `public_url` is used when no call is known; both URLs come from configuration, never from the request's headers.
Webhook readWebhook(const Config& config, std::string_view public_url, const hks_http& request);

/// Does the upgrade carry a signature over one of the URLs that Twilio may have signed (§3.3)?
bool upgradeIsSigned(const Config& config, std::string_view base_url, const hks_http& request);

}  // namespace hookswitch::twilio
