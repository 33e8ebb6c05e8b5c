#include "plugins/twilio/dialler.hpp"

#include "plugins/twilio/text.hpp"

#include <algorithm>

namespace hookswitch::twilio {
namespace {

constexpr std::uint64_t kSearchWait_ms[Dialler::kLists] = {2'000, 8'000, 20'000};
constexpr std::uint64_t kAnswer_ms = 10'000;      // a list may be answered so late
constexpr std::uint64_t kLongestWait_ms = 3'000;  // a longer Retry-After than this is answered as a failure

std::string about(std::string_view call) { return "call " + std::string(call) + ": "; }

}  // namespace

void Dialler::place(const hks_call& call, hks::Out& out) {
  const std::uint64_t id = call.msg.id;
  const std::string name(hks::text(call.call));
  std::string from(hks::text(call.from_number));
  if (from.empty()) from = ports_.config().from_number;
  if (from.empty()) return void(out.failed(id, "no caller ID: name a 'from' number or set twilio.from_number", 400));
  if (call.to_number.size == 0) return void(out.failed(id, "Missing 'to' phone number", 400));
  if (call.base_url.size == 0)
    return void(out.failed(id, "Twilio needs an address to call back: set server.public_url or 'webhook_url'", 400));
  if (dials_.size() >= kMaxDials || dials_.count(name))
    return void(out.failed(id, "too many calls are being placed; try again later", 503));

  Dial dial;
  dial.place_id = id;
  dial.to = hks::text(call.to_number);
  dial.from = from;
  // A day early: our clock may be ahead of Twilio's around midnight, and the exact window is applied to the answer.
  dial.base_url = hks::text(call.base_url);
  dial.day = utcDay(look_up_.now_s() - 86'400);
  dial.not_before_s = look_up_.now_s();
  dial.request = createCall(ports_.config(), call, from);
  dials_.emplace(name, std::move(dial));
  send(name, out);
}

void Dialler::send(const std::string& call, hks::Out& out) {
  const auto it = dials_.find(call);
  if (it == dials_.end()) return;
  ++it->second.attempt;
  const bool taken = ports_.perform(
      out, it->second.request, [this, call](const hks_http& response, hks::Out& o) { onCreated(call, response, o); });
  if (taken) return;
  if (!it->second.named) out.failed(it->second.place_id, "the gateway is too busy to place the call", 503);
  dials_.erase(it);
}

void Dialler::onCreated(const std::string& call, const hks_http& response, hks::Out& out) {
  const auto it = dials_.find(call);
  if (it == dials_.end()) return;
  Dial& dial = it->second;
  look_up_.noteTime(response);
  CreateResult result = judgeCreate(response);
  if (dial.named) {
    if (result.verdict != CreateVerdict::accepted)
      out.log(HKS_WARN,
              about(call) + errorSentence(response) + "; a webhook shows that the call was placed all the same");
    dials_.erase(it);
    return;
  }
  switch (result.verdict) {
    case CreateVerdict::accepted:
      look_up_.note(result.sid, {call, dial.base_url});
      out.placed(dial.place_id, result.sid);
      dials_.erase(it);
      return;
    case CreateVerdict::refused:
      out.failed(dial.place_id, errorSentence(response));
      dials_.erase(it);
      return;
    case CreateVerdict::repeat: return repeat(it, response, out);
    case CreateVerdict::unknown:
      dial.failed = true;
      dial.age_ms = ports_.config().create_timeout_ms;
      out.log(HKS_WARN,
              about(call) + errorSentence(response) + "; Twilio may have placed it all the same: looking for it");
      out.failed(dial.place_id, errorSentence(response));
      return searchLater(call, out);
  }
}

void Dialler::repeat(Dials::iterator it, const hks_http& response, hks::Out& out) {
  Dial& dial = it->second;
  std::uint64_t wait = backoffMs(ports_, 250, 3'000, dial.attempt);
  if (const auto asked = retryAfterMs(response); asked && *asked > wait) wait = *asked;
  // All attempts together stay below the minute that the host waits for an answer.
  dial.request.timeout_ms = std::max(ports_.config().create_timeout_ms / 5, 1'000u);
  const bool again = dial.attempt < kCreateAttempts && wait <= kLongestWait_ms;
  if (again && ports_.after(out, wait, [this, call = it->first](hks::Out& o) { send(call, o); })) return;
  out.failed(dial.place_id, errorSentence(response));
  dials_.erase(it);
}

bool Dialler::named(std::string_view call, std::string_view call_sid, hks::Out& out) {
  const auto it = dials_.find(call);
  if (it == dials_.end()) return true;
  if (it->second.failed) {
    Leg leg;
    leg.sid = call_sid;
    onFound(it, leg, out);
    return false;
  }
  if (!it->second.named) {
    it->second.named = true;
    out.placed(it->second.place_id, call_sid);
  }
  return true;
}

void Dialler::searchLater(const std::string& call, hks::Out& out) {
  const auto it = dials_.find(call);
  if (it == dials_.end()) return;
  Dial& dial = it->second;
  if (dial.lists < kLists) {
    const std::uint64_t wait = kSearchWait_ms[dial.lists++];
    dial.age_ms += wait;
    if (ports_.after(out, wait, [this, call](hks::Out& o) { search(call, o); })) return;
  }
  out.log(HKS_ERROR, about(call) + "no leg was found at Twilio; one that exists all the same is hung up when answered");
  dials_.erase(it);
}

void Dialler::search(const std::string& call, hks::Out& out) {
  const auto it = dials_.find(call);
  if (it == dials_.end()) return;
  Dial& dial = it->second;
  LookUp::Wanted wanted;
  wanted.call = call;
  wanted.base_url = dial.base_url;
  wanted.to = dial.to;
  wanted.from = dial.from;
  wanted.day = dial.day;
  wanted.earliest_s = dial.not_before_s;
  dial.age_ms += kAnswer_ms;
  wanted.age_s = std::int64_t(dial.age_ms / 1000);
  // Several searches between the same two numbers may share the candidates in any way: all of them are to be ended.
  wanted.rivals = std::size_t(std::count_if(dials_.begin(), dials_.end(), [&](const auto& other) {
    return other.second.failed && other.second.to == dial.to && other.second.from == dial.from;
  }));
  look_up_.find(
      std::move(wanted), [this, call](const LookUp::Result& result, hks::Out& o) { onLookedUp(call, result, o); }, out);
}

void Dialler::onLookedUp(const std::string& call, const LookUp::Result& result, hks::Out& out) {
  const auto it = dials_.find(call);
  if (it == dials_.end()) return;
  if (result.verdict == LookUp::Verdict::found) return onFound(it, result.leg, out);
  if (result.verdict == LookUp::Verdict::unasked) out.log(HKS_WARN, about(call) + result.why);
  searchLater(call, out);
}

void Dialler::onFound(Dials::iterator it, const Leg& leg, hks::Out& out) {
  const std::string call = it->first;
  const std::uint64_t place_id = it->second.place_id;
  const LegState state = legState(leg.status);
  const bool over = state.state == HKS_OVER;
  look_up_.note(leg.sid, {call, it->second.base_url});
  dials_.erase(it);
  out.log(HKS_WARN, about(call) + "its leg exists at Twilio after all: " + leg.sid + (over ? ", already over" : ""));
  if (!over)
    out.placed(place_id, leg.sid);
  else
    out.state(call, leg.sid, HKS_OVER, state.outcome, "found over after an unanswered create request", leg.times);
}

}  // namespace hookswitch::twilio
