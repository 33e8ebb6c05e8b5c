#include "plugins/twilio/transfers.hpp"

#include "plugins/twilio/leg.hpp"
#include "plugins/twilio/text.hpp"
#include "plugins/twilio/twiml.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::twilio {
namespace {

constexpr std::string_view kDeclined = "603";  // SIP: Decline

/// DialCallStatus; 0: nothing that is known here.
std::uint32_t dialState(std::string_view dial_status) {
  if (dial_status == "completed" || dial_status == "answered") return HKS_DRAFT_T_COMPLETED;
  if (dial_status == "busy") return HKS_DRAFT_T_BUSY;
  if (dial_status == "no-answer") return HKS_DRAFT_T_NO_ANSWER;
  return HKS_DRAFT_T_FAILED;
}

}  // namespace

void Transfers::tell(std::string_view call, std::uint32_t state, hks::Out& out) {
  hks_draft_transferred m{};
  m.msg = {sizeof m, HKS_DRAFT_TRANSFERRED, 0};
  m.call = hks::str(call);
  m.state = state;
  out.put(m.msg);
}

Transfers::Transfer& Transfers::of(std::string_view call) {
  const auto known = calls_.find(std::string(call));
  if (known != calls_.end()) return known->second;
  if (calls_.size() >= kRemembered)
    calls_.erase(std::min_element(calls_.begin(), calls_.end(),
                                  [](const auto& a, const auto& b) { return a.second.number < b.second.number; }));
  Transfer& added = calls_[std::string(call)];
  added.number = ++last_;
  return added;
}

void Transfers::begin(std::string_view call) {
  Transfer& it = of(call);
  if (!it.leg.empty()) it.before = std::exchange(it.leg, {});
  it.answered = it.declined = false;
  it.number = ++last_;
}

std::string Transfers::after(const hks_call& call, const Webhook& webhook, std::string_view status_url, hks::Out& out) {
  const hks::Text name = hks::text(call.call);
  // The far end has hung up meanwhile: nobody is there to come back.
  if (legState(webhook.form["CallStatus"]).state == HKS_OVER) {
    tell(name, HKS_DRAFT_T_CALLER_LEFT, out);
    children_.endWith(webhook.gw_call, out);
    // A leg that we have placed has a callback that says so; one that came in may have none.
    if (call.direction == HKS_INCOMING) out.endCall("the far end has hung up", HKS_BY_CARRIER, name);
    return hangUp();
  }
  Transfer& transfer = of(webhook.gw_call);
  if (const std::string_view leg = webhook.form["DialCallSid"]; looksLikeSid(leg)) transfer.leg = leg;
  std::uint32_t state = dialState(webhook.form["DialCallStatus"]);
  transfer.answered = transfer.answered || state == HKS_DRAFT_T_COMPLETED;
  if (state != HKS_DRAFT_T_COMPLETED &&
      (std::exchange(transfer.declined, false) || webhook.form["DialSipResponseCode"] == kDeclined))
    state = HKS_DRAFT_T_DECLINED;
  children_.forget(webhook.gw_call);
  tell(name, state, out);
  if (state == HKS_DRAFT_T_COMPLETED) {
    // The two have talked and the other one has hung up. An incoming call has no status callback to say that it ends.
    out.endCall("the conversation it was transferred to is over", HKS_BY_CARRIER, name);
    return hangUp();
  }
  return call.media_url.size ? connectStream(hks::text(call.media_url), name, status_url) : hangUp();
}

void Transfers::status(const hks_call& call, const Webhook& webhook, hks::Out& out) {
  const hks::Text name = hks::text(call.call);
  const std::string_view status = webhook.form["CallStatus"];
  const bool over = legState(status).state == HKS_OVER;
  const std::string_view parent = webhook.form["ParentCallSid"];
  // A call that is over or unknown has no media_url: whoever is rung for it is rung for nobody.
  if (!over && call.media_url.size == 0) {
    children_.expect(webhook.gw_call, parent);
    return children_.endWith(webhook.gw_call, out);
  }
  if (!over) children_.expect(webhook.gw_call, parent);
  // Callbacks come in any order. One about a call that is over is no news.
  if (call.media_url.size == 0) return;
  Transfer& transfer = of(webhook.gw_call);
  if (transfer.leg.empty() && webhook.call_sid != transfer.before) transfer.leg = webhook.call_sid;
  if (webhook.call_sid != transfer.leg) return;
  if (status == "in-progress") {
    transfer.answered = true;
    return tell(name, HKS_DRAFT_T_COMPLETED, out);
  }
  if (!over || webhook.form["SipResponseCode"] != kDeclined || transfer.answered) return;
  transfer.declined = true;
  tell(name, HKS_DRAFT_T_DECLINED, out);
}

}  // namespace hookswitch::twilio
