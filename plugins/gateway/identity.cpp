// Who we are: a key that the host keeps for us, and the token that a gateway gave to it.
#include "plugins/gateway/notifier.hpp"
#include "plugins/gateway/text.hpp"
#include "plugins/gateway/timers.hpp"

#include <hookswitch/utf8.hpp>

#include <algorithm>

namespace hookswitch::gateway {
namespace {

constexpr const char *kSeedName = "device_key", *kTokenName = "device_token";
constexpr std::uint64_t kRecallSeed = 1, kRecallToken = 2, kKeepSeed = 3, kKeepToken = 4;
constexpr std::uint64_t kPairing_ms = 20000;  // an approval is noticed this soon

}  // namespace

/// The first connection waits for it: a gateway that once knew us would take us for a stranger.
void Notifier::recallIdentity(hks::Out& out) {
  recalls_ = 0;
  if (!config_.jsonrpc)
    for (const auto& [id, name] : {std::pair(kRecallSeed, kSeedName), std::pair(kRecallToken, kTokenName)})
      recalls_ += out.recall(id, name);
  if (!recalls_) connect(out);
}

void Notifier::onKept(const hks_keep& kept, hks::Out& out) {
  const std::string bytes(hks::text(kept.bytes));
  const std::string reason = clean(hks::utf8::line(hks::text(kept.reason), 300));
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
      if (device_ && out.keep(kKeepSeed, kSeedName, seed)) return;  // first it is on the disk
      if (!device_)
        out.log(HKS_WARN, "gateway: no key could be made; a gateway that is not on this machine will not let us in");
    }
  }
  if (id == kRecallToken && reason.empty()) device_token_ = bytes;
  if ((id != kRecallSeed && id != kRecallToken && id != kKeepSeed) || !recalls_) return;
  if (--recalls_ == 0 && link_ == Link::Off) connect(out);
}

/// The answer to the challenge.
void Notifier::identify(const Incoming& challenge, hks::Out& out) {
  connect_request_ = ++last_request_;
  openclaw::Proof proof;
  proof.of_device = as_device_ && device_ && !device_token_.empty();
  proof.token = proof.of_device ? device_token_ : config_.token;
  proof.device = device_.get();
  proof.nonce = challenge.nonce;
  proof.challenge_ms = challenge.challenge_ms;
  if (!out.send(conn_, openclaw::connectFrame(proof, connect_request_, version_, instance_)))
    drop(4000, "the host could not take the handshake", 0, out);
}

/// A gateway gives another one when it grants more; the old one is void then.
void Notifier::keepToken(const std::string& token, hks::Out& out) {
  if (token == device_token_) return;
  device_token_ = token;
  out.keep(kKeepToken, kTokenName, token);
}

/// Starting up is no failure; everything else needs a person, and is asked for again slowly.
void Notifier::turnedAway(const Incoming& in, hks::Out& out) {
  const std::string why = "the gateway refused us: " + clean(in.sentence);
  if (in.passing) return drop(1000, why, std::clamp<std::uint64_t>(in.after_ms ? in.after_ms : 500, 100, 2000), out);
  const std::uint64_t wait = in.unpaired ? kPairing_ms + chance_.below(5000) : kRefused_ms + chance_.below(15000);
  if (in.code == "AUTH_TOKEN_MISMATCH" && !as_device_ && device_ && !device_token_.empty()) {
    as_device_ = true;  // the shared token was changed there; the one of our device is still good
    return drop(1000, why, 1000 + chance_.below(1000), out);
  } else if (as_device_) {
    as_device_ = false;
    if (in.code == "AUTH_DEVICE_TOKEN_MISMATCH") {
      device_token_.clear();
      out.keep(kKeepToken, kTokenName, {});
    }
  }
  drop(1000, why, wait, out, true);
}

std::string Notifier::clean(std::string text) const {
  return without(without(std::move(text), config_.token), device_token_);
}

}  // namespace hookswitch::gateway
