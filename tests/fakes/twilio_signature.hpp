// X-Twilio-Signature as Twilio makes it (twilio.md §3.1, §3.3).
#pragma once

#include "tests/fakes/twilio_text.hpp"

#include <string>

namespace fakes {

/// What to sign a request with; anything but `good` must be refused by the gateway (`port` and `slash`: must not).
enum class Signing {
  good = 1,
  bad = 2,      ///< signed with another token
  missing = 3,  ///< no header at all
  port = 4,     ///< the default port of the scheme is written into the signed URL (Twilio does so now and then)
  slash = 5,    ///< upgrade only: a '/' follows the path in the signed URL
};

/// The URL that is signed when `url` is requested: without user info and fragment; without the port for https and wss.
std::string signedUrl(const std::string& url, Signing how = Signing::good);
/// The exact text under the HMAC. `params`: decoded body of a form POST; empty for GET, JSON and upgrades.
std::string signedString(const std::string& signed_url, const Form& params);
std::string sign(const std::string& auth_token, const std::string& signed_url, const Form& params);

}  // namespace fakes
