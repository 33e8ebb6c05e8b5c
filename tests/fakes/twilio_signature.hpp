// X-Twilio-Signature as Twilio makes it (twilio.md §3.1, §3.3).
#pragma once

#include "tests/fakes/net.hpp"
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
  shared = 6,   ///< with the SharedKey, HMAC-SHA256, and a header that says so (twilio.md §3.4)
};

/// The SharedKey of the account: its secret and its id.
inline constexpr const char* shared_key = "fake-sharedkey-secret-0123456789";
inline constexpr const char* shared_key_id = "webhooks_sharedkey_fake";

/// The URL that is signed when `url` is requested: without user info and fragment; without the port for https and wss.
std::string signedUrl(const std::string& url, Signing how = Signing::good);
/// The exact text under the HMAC. `params`: decoded body of a form POST; empty for GET, JSON and upgrades.
std::string signedString(const std::string& signed_url, const Form& params);
std::string sign(const std::string& key, const std::string& signed_url, const Form& params, bool sha256 = false);
/// Adds the headers of a request for `url`.
void addSignature(Headers& headers, const std::string& auth_token, Signing how, const std::string& url,
                  const Form& params);

}  // namespace fakes
