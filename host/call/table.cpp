#include "host/call/table.hpp"

#include <openssl/sha.h>

#include <algorithm>

#include "host/base/secret.hpp"

namespace hookswitch::call {
namespace {

/// A look-up in a hash map takes a time that depends on the key; on a digest of it that says nothing about the token.
std::string digest(std::string_view token) {
  unsigned char out[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), out);
  return std::string(reinterpret_cast<char*>(out), sizeof out);
}

std::string remoteKey(std::string_view carrier, std::string_view remote_id) {
  return std::string(carrier) + ":" + std::string(remote_id);
}

}  // namespace

Call::Call(Record begun, Leg leg, const Setting& setting, std::uint64_t its_number)
    : life(std::move(begun), leg, setting, (std::uint64_t(1) << 63) | (its_number << Table::attempt_id_bits)),
      number(its_number),
      indexed(record.remote_id) {}

Call& Table::create(Record record, Leg leg, const Setting& setting) {
  auto call = std::make_unique<Call>(std::move(record), leg, setting, next_number_++);
  Call& ref = *call;
  by_number_[ref.number] = &ref;
  all_.emplace(ref.id(), std::move(call));
  return ref;
}

Call& Table::add(Record record, Leg leg, const Setting& setting) {
  Call& ref = create(std::move(record), leg, setting);
  const std::string& url = ref.record.terms->media_url;
  ref.token = url.substr(url.rfind('/') + 1);
  live_.push_back(&ref);
  if (!ref.token.empty()) by_token_[digest(ref.token)] = &ref;  // a call of an earlier run has none any more
  if (!ref.indexed.empty()) by_remote_[remoteKey(ref.record.terms->carrier, ref.indexed)] = &ref;
  return ref;
}

Call* Table::find(std::string_view id) {
  auto it = all_.find(std::string(id));
  return it == all_.end() ? nullptr : it->second.get();
}

Call* Table::findRemote(std::string_view carrier, std::string_view remote_id) {
  if (remote_id.empty()) return nullptr;
  auto it = by_remote_.find(remoteKey(carrier, remote_id));
  return it == by_remote_.end() ? nullptr : it->second;
}

Call* Table::findToken(std::string_view token) {
  auto it = by_token_.find(digest(token));
  return it != by_token_.end() && base::equalSecret(it->second->token, token) ? it->second : nullptr;
}

void Table::renewToken(Call& call) {
  by_token_.erase(digest(call.token));
  call.token = base::newToken();
  call.media_attached = false;
  by_token_[digest(call.token)] = &call;
  const std::string& url = call.record.terms->media_url;
  call.life.mediaUrlIs(url.substr(0, url.rfind('/') + 1) + call.token);
}

Call* Table::findAttempt(std::uint64_t attempt_id) {
  const auto it = by_number_.find((attempt_id & ~(std::uint64_t(1) << 63)) >> attempt_id_bits);
  return it == by_number_.end() ? nullptr : it->second;
}

void Table::index(Call& call) {
  if (call.indexed == call.record.remote_id) return;
  dropRemote(call);
  call.indexed = call.record.remote_id;
  by_remote_[remoteKey(call.record.terms->carrier, call.indexed)] = &call;
}

/// The name may belong to another call by now.
void Table::dropRemote(const Call& call) {
  auto it = by_remote_.find(remoteKey(call.record.terms->carrier, call.indexed));
  if (it != by_remote_.end() && it->second == &call) by_remote_.erase(it);
}

void Table::leave(Call& call) {
  live_.erase(std::remove(live_.begin(), live_.end(), &call), live_.end());
  by_token_.erase(digest(call.token));
  ended_.push_back(&call);
  forgetOld({});
}

Call& Table::adoptEnded(Record record, const Setting& setting) {
  const Leg leg = record.remote_id.empty() ? Leg::none : Leg::named;
  Call& ref = create(std::move(record), leg, setting);
  if (!ref.indexed.empty()) by_remote_.emplace(remoteKey(ref.record.terms->carrier, ref.indexed), &ref);
  ended_.push_back(&ref);
  return ref;
}

void Table::forgetOld(const std::function<bool(const Call&)>& may) {
  std::size_t excess = ended_.size() - std::min(ended_.size(), keep_ended_);
  const auto gone = [&](Call* call) {
    const bool released = call->life.teardown().released();
    if (!excess || (!released && !(may && may(*call)))) return false;
    --excess;
    dropRemote(*call);
    by_number_.erase(call->number);
    all_.erase(call->id());
    return true;
  };
  if (excess) ended_.erase(std::remove_if(ended_.begin(), ended_.end(), gone), ended_.end());
}

}  // namespace hookswitch::call
