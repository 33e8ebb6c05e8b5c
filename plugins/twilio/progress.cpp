#include "plugins/twilio/progress.hpp"

#include <hookswitch/abi.h>
#include <hookswitch/utf8.hpp>

namespace hookswitch::twilio {
namespace {

constexpr std::size_t kMaxBase = 200, kMaxWhy = 200;

}  // namespace

Progress::Steps* Progress::find(std::string_view call) {
  const auto it = calls_.find(std::string(call));
  return it == calls_.end() ? nullptr : &it->second;
}

void Progress::begin(std::string_view call, std::string_view base_url, bool asked) {
  const auto [it, fresh] = calls_.emplace(std::string(call), Steps{});
  if (!fresh) return;  // an offer that was repeated
  it->second.base_url = hks::utf8::line(base_url, kMaxBase);
  it->second.heard = it->second.asked = asked;
  order_.push_back(it->first);
  if (order_.size() <= kRemembered) return;
  calls_.erase(order_.front());
  order_.pop_front();
}

void Progress::heard(std::string_view call) {
  if (Steps* steps = find(call)) steps->heard = true;
}

void Progress::asked(std::string_view call) {
  if (Steps* steps = find(call)) steps->asked = true;
}

void Progress::refused(std::string_view call, std::string_view why) {
  if (Steps* steps = find(call)) steps->refused = hks::utf8::line(why, kMaxWhy);
}

void Progress::upgraded(std::string_view call) {
  if (Steps* steps = find(call)) steps->upgraded = true;
}

void Progress::streamFailed(std::string_view call, std::string_view why) {
  if (Steps* steps = find(call)) steps->stream_fault = hks::utf8::line(why, kMaxWhy);
}

std::string Progress::sentence(const Steps& steps) {
  if (!steps.asked) {
    const std::string voice = "voice webhook at " + steps.base_url + "/twilio/voice";
    if (!steps.refused.empty())
      return "the carrier's request for the " + voice + " was refused with 403: " + steps.refused;
    std::string text = "the carrier never asked for the " + voice;
    text +=
        steps.heard
            ? ", though its status callbacks arrive: check what the proxy or tunnel in front does with POST "
              "/twilio/voice"
            : ", and no status callback came: check that this address (webhook_url or server.public_url) leads to the "
              "gateway from the internet: tunnel or proxy running, DNS, certificate, firewall, path";
    return text + ". Twilio's debugger names the error (11200 and the like)";
  }
  std::string text = "the carrier asked for the voice webhook, but ";
  if (!steps.stream_fault.empty())
    text += "could not open the media stream (" + steps.stream_fault + ")";
  else
    text += "never opened the media stream";
  return text + ": check that WebSocket upgrades to /twilio/media-stream/ of " + steps.base_url +
         " reach the gateway. Twilio's debugger names the error (319xx)";
}

void Progress::judge(std::string_view call, std::uint64_t duration_ms, std::uint32_t& outcome,
                     std::string& reason) const {
  if (outcome != HKS_COMPLETED) return;
  const auto it = calls_.find(std::string(call));
  if (it == calls_.end() || it->second.upgraded) return;
  const Steps& steps = it->second;
  if (!steps.asked || !steps.stream_fault.empty() || duration_ms >= kConnects_ms) {
    outcome = HKS_FAILED;
    reason = "never connected: " + sentence(steps) + " (" + reason + ")";
  } else {
    reason +=
        ", before the media stream was opened: the far end hung up, or WebSocket upgrades to /twilio/media-stream/ "
        "of " +
        steps.base_url + " do not reach the gateway";
  }
}

std::string Progress::missing(std::string_view call) const {
  const auto it = calls_.find(std::string(call));
  return it == calls_.end() || it->second.upgraded ? std::string() : sentence(it->second);
}

}  // namespace hookswitch::twilio
