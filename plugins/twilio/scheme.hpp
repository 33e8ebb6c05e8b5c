// With what a request says it was signed: X-Twilio-Webhooks-Signature-Settings, and the keys that belong to it. Pure.
// [any]
#pragma once

#include "plugins/twilio/config.hpp"
#include "plugins/twilio/signature.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hookswitch::twilio {

/// The header names a SharedKey and an algorithm, as "key=webhooks_sharedkey_...,algorithm=HMAC_SHA256". Without it the
/// auth token has signed, with SHA-1. Each kind of key serves its own scheme alone, so whoever holds neither gains
/// nothing by choosing: a request that names a SharedKey is never checked against an auth token, and no key that was
/// not configured checks anything.
struct Scheme {
  Algorithm algorithm = Algorithm::sha1;
  bool shared = false;            ///< the keys are SharedKeys
  std::vector<std::string> keys;  ///< empty: nothing can be verified, and `why` says why
  std::string_view signature;     ///< borrowed from the request
  std::string why;                ///< a sentence for the log, free of secrets; empty while nothing is wrong
};

/// Headers that are missing, doubled, empty or half there leave no keys.
Scheme schemeOf(const Config& config, const hks_http& request);

/// Empty: the request carries a good signature. Else a sentence for the log that says what is wrong.
std::string signatureFault(const Config& config, const hks_http& request, const SignedRequest& signed_request);

}  // namespace hookswitch::twilio
