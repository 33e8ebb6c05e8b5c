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

Call& Table::add(Record record) {
  auto call = std::make_unique<Call>();
  call->record = std::move(record);
  Call& ref = *call;
  const std::string& url = ref.record.terms->media_url;
  ref.token = url.substr(url.rfind('/') + 1);
  live_.push_back(&ref);
  if (!ref.token.empty()) by_token_[digest(ref.token)] = &ref;  // a call of an earlier run has none any more
  if (!ref.record.remote_id.empty()) by_remote_[remoteKey(ref.record.terms->carrier, ref.record.remote_id)] = &ref;
  all_.emplace(ref.record.terms->id, std::move(call));
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

void Table::setRemote(Call& call, const std::string& remote_id) {
  if (remote_id.empty() || call.record.remote_id == remote_id) return;
  dropRemote(call);
  call.record.remote_id = remote_id;
  by_remote_[remoteKey(call.record.terms->carrier, remote_id)] = &call;
}

/// The name may belong to another call by now.
void Table::dropRemote(const Call& call) {
  auto it = by_remote_.find(remoteKey(call.record.terms->carrier, call.record.remote_id));
  if (it != by_remote_.end() && it->second == &call) by_remote_.erase(it);
}

void Table::leave(Call& call) {
  live_.erase(std::remove(live_.begin(), live_.end(), &call), live_.end());
  by_token_.erase(digest(call.token));
  ended_.push_back(&call);
  forgetOld({});
}

Call& Table::adoptEnded(Record record) {
  auto call = std::make_unique<Call>();
  call->record = std::move(record);
  Call& ref = *call;
  if (!ref.record.remote_id.empty())
    by_remote_.emplace(remoteKey(ref.record.terms->carrier, ref.record.remote_id), &ref);
  ended_.push_back(&ref);
  all_.emplace(ref.id(), std::move(call));
  return ref;
}

std::size_t Table::unreleased() const {
  return std::size_t(std::count_if(ended_.begin(), ended_.end(),
                                   [](const Call* c) { return c->teardown && !c->teardown->released(); }));
}

void Table::forgetOld(const std::function<bool(const Call&)>& may) {
  std::size_t excess = ended_.size() - std::min(ended_.size(), keep_ended_);
  const auto gone = [&](Call* call) {
    const bool released = !call->teardown || call->teardown->released();
    if (!excess || (!released && !(may && may(*call)))) return false;
    --excess;
    dropRemote(*call);
    if (on_forget) on_forget(*call);
    all_.erase(call->id());
    return true;
  };
  if (excess) ended_.erase(std::remove_if(ended_.begin(), ended_.end(), gone), ended_.end());
}

}  // namespace hookswitch::call
