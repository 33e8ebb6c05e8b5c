#include "plugins/twilio/scheme.hpp"

#include "plugins/twilio/text.hpp"

#include <algorithm>
#include <optional>

namespace hookswitch::twilio {
namespace {

constexpr std::string_view kSignatureHeader = "X-Twilio-Signature";
constexpr std::string_view kSettingsHeader = "X-Twilio-Webhooks-Signature-Settings";
constexpr std::size_t kMaxSettings = 1024;  // bytes

struct Found {
  std::size_t count = 0;
  std::string_view value;
};

Found header(const hks_http& request, std::string_view name) {
  Found found;
  for (std::uint64_t i = 0; i < request.header_count; ++i)
    if (sameIgnoringCase(hks::text(request.headers[i].name), name) && ++found.count == 1)
      found.value = hks::text(request.headers[i].value);
  return found;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The parts that matter of a settings header; nullopt: not made of name=value, or one of the two is there twice.
struct Settings {
  std::string_view key, algorithm;
};
std::optional<Settings> parse(std::string_view text) {
  Settings out;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const std::string_view part = trim(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (part.empty()) continue;
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = trim(part.substr(0, equals)), value = trim(part.substr(equals + 1));
    std::string_view* slot = name == "key" ? &out.key : name == "algorithm" ? &out.algorithm : nullptr;
    if (!slot) continue;  // parameters may grow
    if (!slot->empty() || value.empty()) return std::nullopt;
    *slot = value;
  }
  return out;
}

Scheme refuse(std::string why) {
  Scheme scheme;
  scheme.why = std::move(why);
  return scheme;
}

}  // namespace

Scheme schemeOf(const Config& config, const hks_http& request) {
  const Found signature = header(request, kSignatureHeader), settings = header(request, kSettingsHeader);
  if (signature.count == 0) return refuse("X-Twilio-Signature is missing");
  if (signature.count > 1 || settings.count > 1) return refuse("a signature header is there twice");
  if (signature.value.empty()) return refuse("X-Twilio-Signature is empty");
  Scheme scheme;
  scheme.signature = signature.value;
  if (trim(settings.value).empty()) {
    scheme.keys = config.signing_keys;
    return scheme;
  }
  const auto said = settings.value.size() <= kMaxSettings ? parse(settings.value) : std::nullopt;
  if (!said || said->key.empty() || said->algorithm.empty())
    return refuse("X-Twilio-Webhooks-Signature-Settings does not name one key and one algorithm");
  if (sameIgnoringCase(said->algorithm, "HMAC_SHA256"))
    scheme.algorithm = Algorithm::sha256;
  else if (!sameIgnoringCase(said->algorithm, "HMAC_SHA1"))
    return refuse("X-Twilio-Webhooks-Signature-Settings names an algorithm that is neither HMAC_SHA256 nor HMAC_SHA1");
  if (config.shared_keys.empty())
    return refuse("it is signed with a SharedKey, and twilio.shared_key is empty: set it to the secret of that key");
  const auto& ids = config.shared_key_ids;
  if (!ids.empty() && std::find(ids.begin(), ids.end(), said->key) == ids.end())
    return refuse("it is signed with a SharedKey that is not in twilio.shared_key_id");
  scheme.shared = true;
  scheme.keys = config.shared_keys;
  return scheme;
}

std::string signatureFault(const Config& config, const hks_http& request, const SignedRequest& signed_request) {
  const Scheme scheme = schemeOf(config, request);
  if (!scheme.why.empty()) return scheme.why;
  if (verify(signed_request, scheme.signature, scheme.keys, scheme.algorithm)) return {};
  return std::string("X-Twilio-Signature is wrong: check ") +
         (scheme.shared ? "twilio.shared_key" : "twilio.auth_token") +
         ", and that Twilio was given exactly the address in server.public_url";
}

}  // namespace hookswitch::twilio
