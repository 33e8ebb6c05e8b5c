#include "tests/fakes/openclaw_devices.hpp"
#include "tests/fakes/base64.hpp"
#include "tests/fakes/lower.hpp"

#include <openssl/evp.h>

#include <memory>

namespace fakes {
namespace {

using nlohmann::json;

constexpr std::int64_t kSkew_ms = 120000;

/// Empty: it is not base64url without padding.
std::string decoded(std::string text) {
  for (char& c : text) {
    if (c == '+' || c == '/' || c == '=') return {};
    c = c == '-' ? '+' : c == '_' ? '/' : c;
  }
  text.append((4 - text.size() % 4) % 4, '=');
  std::string bytes;
  if (!decodeBase64(text, bytes)) return {};
  return bytes;
}

const unsigned char* bytes(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string sha256Hex(const std::string& data) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(data.data(), data.size(), digest, &size, EVP_sha256(), nullptr);
  std::string out;
  for (unsigned i = 0; i < size; ++i)
    out += "0123456789abcdef"[digest[i] >> 4], out += "0123456789abcdef"[digest[i] & 15];
  return out;
}

bool verified(const std::string& key_bytes, const std::string& text, const std::string& signature) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(key_bytes), key_bytes.size()), &EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  return key && EVP_DigestVerifyInit(digest.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(digest.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
}

}  // namespace

std::string OpenClawDevices::objection(const json& params, const std::string& nonce, std::uint64_t now_ms) {
  const json& device = params["device"];
  const json auth = params.value("auth", json::object());
  const std::string key = decoded(device["publicKey"]), id = device["id"];
  if (key.size() != 32 || sha256Hex(key) != id) return "DEVICE_AUTH_DEVICE_ID_MISMATCH";
  const std::int64_t signed_at = device["signedAt"];
  if (std::abs(static_cast<std::int64_t>(now_ms) - signed_at) > kSkew_ms) return "DEVICE_AUTH_SIGNATURE_EXPIRED";
  if (device.value("nonce", "") != nonce) return "DEVICE_AUTH_NONCE_MISMATCH";
  std::string scopes, token;
  for (const auto& scope : params.value("scopes", json::array()))
    scopes += (scopes.empty() ? "" : ",") + scope.get<std::string>();
  for (const char* name : {"token", "deviceToken", "bootstrapToken"})
    if (token.empty()) token = auth.value(name, "");
  const json& client = params["client"];
  const std::string text = "v3|" + id + "|" + client["id"].get<std::string>() + "|" +
                           client["mode"].get<std::string>() + "|" + params.value("role", "operator") + "|" + scopes +
                           "|" + std::to_string(signed_at) + "|" + token + "|" + nonce + "|" +
                           lower(client["platform"]) + "|" + lower(client.value("deviceFamily", ""));
  return verified(key, text, decoded(device["signature"])) ? "" : "DEVICE_AUTH_SIGNATURE_INVALID";
}

std::string OpenClawDevices::ask(const std::string& id, const json& params) {
  for (const auto& [request, what] : pending_)
    if (what["device"] == id) return request;
  const std::string number = std::to_string(++asked_);
  const std::string request = "b574dd37-770d-4014-8ca7-" + (std::string(12, '0') + number).substr(number.size());
  pending_[request] = {{"device", id},
                       {"display_name", params["client"].value("displayName", "")},
                       {"scopes", params.value("scopes", json::array())}};
  return request;
}

std::size_t OpenClawDevices::approve(const std::string& request) {
  std::size_t count = 0;
  for (auto it = pending_.begin(); it != pending_.end();) {
    if (!request.empty() && it->first != request) {
      ++it;
      continue;
    }
    paired_[it->second["device"]] = "device-token-" + std::to_string(++given_);
    it = pending_.erase(it);
    ++count;
  }
  return count;
}

json OpenClawDevices::dump() const {
  json pending = json::array(), paired = json::array();
  for (const auto& [request, what] : pending_) {
    json entry = what;
    entry["request"] = request;
    pending.push_back(std::move(entry));
  }
  for (const auto& [id, token] : paired_) paired.push_back(id);
  return {{"pending", pending}, {"paired", paired}};
}

}  // namespace fakes
