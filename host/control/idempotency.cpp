#include "host/control/idempotency.hpp"

#include <openssl/sha.h>

#include <algorithm>

namespace hookswitch::control {

bool Idempotency::isKey(std::string_view key) {
  return !key.empty() && key.size() <= max_key_bytes &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 127; });
}

std::string Idempotency::digest(std::string_view body) {
  unsigned char raw[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(body.data()), body.size(), raw);
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (unsigned char byte : raw) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

void Idempotency::load(std::vector<store::SaveKey> keys) {
  for (auto& key : keys) {
    by_age_.emplace(key.created_unix_ms, key.key);
    std::string name = key.key;
    keys_[std::move(name)] = std::move(key);
  }
}

void Idempotency::forgetOld(std::uint64_t unix_ms) {
  for (auto at = by_age_.begin(); at != by_age_.end();) {
    const auto it = keys_.find(at->second);
    const bool current = it != keys_.end() && it->second.created_unix_ms == at->first;
    if (current && !it->second.status) {  // its answer is still to come, whatever the clock says
      ++at;
      continue;
    }
    const std::uint64_t kept_until = at->first + store::Store::keep_keys_ms;
    if (current && kept_until > unix_ms) {
      if (keys_.size() <= max_keys) return;
      forgotten_until_ = std::max(forgotten_until_, kept_until);
    }
    if (current) keys_.erase(it);
    at = by_age_.erase(at);
  }
}

Idempotency::Verdict Idempotency::judge(const store::SaveKey& known, const std::string& body_digest) {
  if (known.body_digest != body_digest) return {Verdict::Kind::other_body, {}, known.call};
  if (!known.status) return {Verdict::Kind::in_progress, {}, known.call};
  return {Verdict::Kind::replay, {known.status, known.body}, known.call};
}

Idempotency::Verdict Idempotency::take(const std::string& key, const std::string& body_digest, std::uint64_t unix_ms) {
  forgetOld(unix_ms);
  if (auto it = keys_.find(key); it != keys_.end()) return judge(it->second, body_digest);
  if (forgotten_until_ > unix_ms) return {Verdict::Kind::forgotten};
  return take(key, body_digest, unix_ms, std::nullopt);
}

Idempotency::Verdict Idempotency::take(const std::string& key, const std::string& body_digest, std::uint64_t unix_ms,
                                       const std::optional<store::SaveKey>& stored) {
  // Another request with this key may have come while the store was asked.
  if (auto it = keys_.find(key); it != keys_.end()) return judge(it->second, body_digest);
  if (stored && stored->created_unix_ms + store::Store::keep_keys_ms > unix_ms) return judge(*stored, body_digest);
  store::SaveKey fresh;
  fresh.key = key;
  fresh.body_digest = body_digest;
  fresh.created_unix_ms = unix_ms;
  by_age_.emplace(unix_ms, key);
  keys_[key] = std::move(fresh);
  return {};
}

store::SaveKey Idempotency::pending(const std::string& key, const std::string& call) {
  auto& entry = keys_[key];
  entry.call = call;
  return entry;
}

void Idempotency::finish(const std::string& key, const Answer& answer, std::function<void()> then) {
  auto it = keys_.find(key);
  if (it == keys_.end()) {
    if (then) then();
    return;
  }
  it->second.status = answer.number;
  it->second.body = answer.text;
  ledger_.write(std::vector<store::Write>{it->second}, std::move(then));
}

void Idempotency::finishLate(const std::string& key, const std::string& call, const call::Terms* taken) {
  finish(key, late_answer(call, taken), {});
}

void Idempotency::release(const std::string& key) {
  auto it = keys_.find(key);
  if (it == keys_.end() || it->second.status) return;
  const bool written = !it->second.call.empty();
  keys_.erase(it);
  if (written) ledger_.write(std::vector<store::Write>{store::DropKey{key}}, {});
}

}  // namespace hookswitch::control
