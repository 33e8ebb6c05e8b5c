#include "tests/fakes/twilio_signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <map>
#include <set>

namespace fakes {

std::string signedUrl(const std::string& url, Signing how) {
  UrlParts parts;
  if (!splitUrl(url, parts)) return url;
  const bool secure = parts.scheme == "https" || parts.scheme == "wss";
  std::string out = parts.scheme + "://" + parts.host;
  if (how == Signing::port) {
    out += ":" + (parts.port.empty() ? std::string(secure ? "443" : "80") : parts.port);
  } else if (!secure && !parts.port.empty()) {
    out += ":" + parts.port;
  }
  if (how == Signing::slash) {
    const auto mark = parts.target.find('?');
    return out + parts.target.substr(0, mark) + "/" + (mark == std::string::npos ? "" : parts.target.substr(mark));
  }
  return out + parts.target;
}

std::string signedString(const std::string& signed_url, const Form& params) {
  std::map<std::string, std::set<std::string>> sorted;  // byte order; equal values of one name count once
  for (const auto& [name, value] : params) sorted[name].insert(value);
  std::string text = signed_url;
  for (const auto& [name, values] : sorted)
    for (const auto& value : values) text += name + value;
  return text;
}

void addSignature(Headers& headers, const std::string& auth_token, Signing how, const std::string& url,
                  const Form& params) {
  if (how == Signing::missing) return;
  const bool shared = how == Signing::shared;
  const std::string key = shared ? shared_key : how == Signing::bad ? "not-the-token" : auth_token;
  headers.emplace_back("X-Twilio-Signature", sign(key, signedUrl(url, how), params, shared));
  if (shared)
    headers.emplace_back("X-Twilio-Webhooks-Signature-Settings",
                         std::string("key=") + shared_key_id + ",algorithm=HMAC_SHA256");
}

std::string sign(const std::string& key, const std::string& signed_url, const Form& params, bool sha256) {
  const std::string text = signedString(signed_url, params);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(sha256 ? EVP_sha256() : EVP_sha1(), key.data(), int(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
  std::string out;
  appendBase64(out, std::string_view(reinterpret_cast<const char*>(mac), size));
  return out;
}

}  // namespace fakes
