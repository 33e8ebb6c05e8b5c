#include "plugins/twilio/signature.hpp"

#include <hookswitch/base64.hpp>

#include "plugins/twilio/text.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <set>

namespace hookswitch::twilio {
namespace {

struct Parts {
  std::string_view scheme, host, port, rest;  // rest begins with "/" or "?" or is empty
};

bool split(std::string_view url, Parts& parts) {
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) return false;
  parts.scheme = url.substr(0, colon);
  url.remove_prefix(colon + 3);
  url = url.substr(0, url.find('#'));
  const auto path = url.find_first_of("/?");
  std::string_view authority = url.substr(0, path);
  parts.rest = path == std::string_view::npos ? std::string_view() : url.substr(path);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  const auto bracket = authority.rfind(']');  // the colons of an IPv6 address are no port
  const auto port = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  parts.host = authority.substr(0, port);
  parts.port = port == std::string_view::npos ? std::string_view() : authority.substr(port + 1);
  return true;
}

void addUnique(std::vector<std::string>& list, std::string candidate) {
  if (std::find(list.begin(), list.end(), candidate) == list.end()) list.push_back(std::move(candidate));
}

bool equalInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string sha256Hex(std::string_view bytes) {
  static constexpr char hex[] = "0123456789abcdef";
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::string out;
  for (unsigned char byte : digest) {
    out += hex[byte >> 4];
    out += hex[byte & 15];
  }
  return out;
}

}  // namespace

std::vector<std::string> urlCandidates(std::string_view url) {
  std::vector<std::string> out;
  Parts parts;
  if (!split(url, parts)) return out;
  const bool secure = parts.scheme == "https" || parts.scheme == "wss";
  const bool socket = parts.scheme == "ws" || parts.scheme == "wss";
  const std::string_view port = parts.port.empty() ? (secure ? "443" : "80") : parts.port;

  std::vector<std::string_view> schemes{parts.scheme};
  if (socket) schemes.push_back(secure ? "https" : "http");
  std::vector<std::string> rests{std::string(parts.rest)};
  if (socket) {
    const auto question = parts.rest.find('?');
    std::string slashed(parts.rest.substr(0, question));
    slashed += '/';
    if (question != std::string_view::npos) slashed += parts.rest.substr(question);
    rests.push_back(std::move(slashed));
  }
  for (const auto& scheme : schemes)
    for (const auto& rest : rests)
      for (bool with_port : {!parts.port.empty(), parts.port.empty()}) {
        std::string candidate(scheme);
        candidate += "://";
        candidate += parts.host;
        if (with_port) (candidate += ':') += port;
        candidate += rest;
        addUnique(out, std::move(candidate));
      }
  return out;
}

std::string canonicalFields(const Form& form) {
  std::set<std::pair<std::string_view, std::string_view>> sorted;
  for (const auto& [name, value] : form.fields()) sorted.emplace(name, value);
  std::string out;
  for (const auto& [name, value] : sorted) (out += name) += value;
  return out;
}

std::string sign(std::string_view key, std::string_view text, Algorithm algorithm) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (!HMAC(algorithm == Algorithm::sha256 ? EVP_sha256() : EVP_sha1(), key.data(), int(key.size()),
            reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size))
    return {};
  std::string out;
  hks::encodeBase64(out, {reinterpret_cast<const char*>(digest), size});
  return out;
}

bool verify(const SignedRequest& request, std::string_view signature, const std::vector<std::string>& keys,
            Algorithm algorithm) {
  if (signature.empty()) return false;
  if (!request.form) {
    const std::string hash = queryValue(request.url, "bodySHA256");
    if (hash.empty() ? !request.raw_body.empty() : !equalInConstantTime(hash, sha256Hex(request.raw_body)))
      return false;
  }
  const std::string appended = request.form ? canonicalFields(*request.form) : std::string();
  bool matched = false;
  for (const auto& candidate : urlCandidates(request.url))
    for (const auto& key : keys)
      if (!key.empty() && equalInConstantTime(sign(key, candidate + appended, algorithm), signature)) matched = true;
  return matched;
}

}  // namespace hookswitch::twilio
