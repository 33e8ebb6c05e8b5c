// X-Twilio-Signature (twilio.md §3): which texts a signature may cover, and whether it does. [any]
#pragma once

#include "plugins/twilio/form.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hookswitch::twilio {

/// A request as the public side sees it. `url` is made from configuration and the raw request target, never from
/// request headers, and never re-encoded.
struct SignedRequest {
  std::string_view url;
  const Form* form = nullptr;   ///< the decoded fields of a form POST; nullptr: nothing is appended to the URL
  std::string_view raw_body{};  ///< of a body that is not a form; covered by bodySHA256 in the query
};

/// Every URL text the signature may have been made over: as given, without the port, with the port (its own or the
/// scheme's default); for ws and wss also as http and https, and with one more "/" at the end of the path.
/// User information and the fragment are removed. At most 16, no duplicates.
std::vector<std::string> urlCandidates(std::string_view url);

/// The fields as they are appended: sorted by name, values of a repeated name de-duplicated and sorted.
std::string canonicalFields(const Form& form);

enum class Algorithm : std::uint8_t { sha1 = 1, sha256 = 2 };

/// Base64(HMAC(key, text)).
std::string sign(std::string_view key, std::string_view text, Algorithm algorithm = Algorithm::sha1);

/// True when one of `keys` made `signature` over one of the candidates. Empty keys are passed over. Every comparison
/// takes constant time.
bool verify(const SignedRequest& request, std::string_view signature, const std::vector<std::string>& keys,
            Algorithm algorithm = Algorithm::sha1);

}  // namespace hookswitch::twilio
