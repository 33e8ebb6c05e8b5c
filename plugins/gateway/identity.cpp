#include "plugins/gateway/identity.hpp"

#include "plugins/gateway/text.hpp"

#include <utility>

namespace hookswitch::gateway {
namespace {

constexpr const char *kSeedName = "device_key", *kTokenName = "device_token";
constexpr std::uint64_t kRecallSeed = 1, kRecallToken = 2, kKeepSeed = 3, kKeepToken = 4;

}  // namespace

bool Identity::recall(hks::Out& out) {
  recalls_ = 0;
  for (const auto& [id, name] : {std::pair(kRecallSeed, kSeedName), std::pair(kRecallToken, kTokenName)})
    recalls_ += out.recall(id, name);
  return recalls_ != 0;
}

bool Identity::kept(const hks_keep& kept, const std::string& reason, hks::Out& out) {
  const std::string bytes(hks::text(kept.bytes));
  const std::uint64_t id = kept.msg.id;
  if (!reason.empty())
    out.log(HKS_WARN, "gateway: our " + std::string(id == kRecallToken || id == kKeepToken ? "token" : "key") +
                          " cannot be kept over restarts: " + reason +
                          "; a gateway that is not on this machine would have to approve us again each time");
  if (id == kRecallSeed && reason.empty()) {
    device_ = Device::fromSeed(bytes);
    if (!device_) {
      const std::string seed = Device::newSeed();
      device_ = Device::fromSeed(seed);
      if (device_ && out.keep(kKeepSeed, kSeedName, seed)) return false;  // first it is on the disk
      if (!device_)
        out.log(HKS_WARN, "gateway: no key could be made; a gateway that is not on this machine will not let us in");
    }
  }
  if (id == kRecallToken && reason.empty()) device_token_ = bytes;
  if ((id != kRecallSeed && id != kRecallToken && id != kKeepSeed) || !recalls_) return false;
  return --recalls_ == 0;
}

openclaw::Proof Identity::proof(const std::string& shared_token) const {
  openclaw::Proof proof;
  proof.of_device = as_device_ && device_ && !device_token_.empty();
  proof.token = proof.of_device ? device_token_ : shared_token;
  proof.device = device_.get();
  return proof;
}

void Identity::keepToken(const std::string& token, hks::Out& out) {
  if (token == device_token_) return;
  device_token_ = token;
  out.keep(kKeepToken, kTokenName, token);
}

bool Identity::refused(const std::string& code, hks::Out& out) {
  if (code == "AUTH_TOKEN_MISMATCH" && !as_device_ && device_ && !device_token_.empty()) {
    as_device_ = true;  // the shared token was changed there; the one of our device is still good
    return true;
  }
  if (!as_device_) return false;
  as_device_ = false;
  if (code == "AUTH_DEVICE_TOKEN_MISMATCH") {
    device_token_.clear();
    out.keep(kKeepToken, kTokenName, {});
  }
  return false;
}

std::string Identity::clean(std::string text) const { return without(std::move(text), device_token_); }

}  // namespace hookswitch::gateway
