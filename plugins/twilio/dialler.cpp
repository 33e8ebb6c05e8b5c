#include "plugins/twilio/dialler.hpp"

#include "plugins/twilio/text.hpp"

#include <algorithm>

namespace hookswitch::twilio {
namespace {

constexpr std::uint64_t kSearchWait_ms[Dialler::kLists] = {2'000, 8'000, 20'000};
constexpr std::uint64_t kLongestWait_ms = 3'000;  // a longer Retry-After than this is answered as a failure
constexpr std::size_t kRecent = 512;
constexpr std::int64_t kClockSlack_s = 5;

std::string about(std::string_view call) { return "call " + std::string(call) + ": "; }

}  // namespace

void Dialler::place(const hks_call& call, hks::Out& out) {
  const std::uint64_t id = call.msg.id;
  const std::string name(hks::text(call.call));
  std::string from(hks::text(call.from_number));
  if (from.empty()) from = ports_.config().from_number;
  if (from.empty())
    return void(out.failed(id, "no caller ID: name a 'from' number or set twilio.from_number", 400));
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
  dial.day = utcDay(now_s_ - 86'400);
  dial.not_before_s = now_s_;
  dial.request = createCall(ports_.config(), call, from);
  dials_.emplace(name, std::move(dial));
  send(name, out);
}

void Dialler::send(const std::string& call, hks::Out& out) {
  const auto it = dials_.find(call);
  if (it == dials_.end()) return;
  ++it->second.attempt;
  const bool taken = ports_.perform(out, it->second.request, [this, call](const hks_http& response, hks::Out& o) {
    onCreated(call, response, o);
  });
  if (taken) return;
  if (!it->second.named) out.failed(it->second.place_id, "the gateway is too busy to place the call", 503);
  dials_.erase(it);
}

void Dialler::onCreated(const std::string& call, const hks_http& response, hks::Out& out) {
  const auto it = dials_.find(call);
  if (it == dials_.end()) return;
  Dial& dial = it->second;
  noteDate(response);
  CreateResult result = judgeCreate(response);
  if (dial.named) {
    if (result.verdict != CreateVerdict::accepted)
      out.log(HKS_WARN, about(call) + errorSentence(response) + "; a webhook shows that the call was placed all the same");
    dials_.erase(it);
    return;
  }
  switch (result.verdict) {
    case CreateVerdict::accepted:
      remember(result.sid);
      out.placed(dial.place_id, result.sid);
      dials_.erase(it);
      return;
    case CreateVerdict::refused:
      out.failed(dial.place_id, errorSentence(response));
      dials_.erase(it);
      return;
    case CreateVerdict::repeat:
      return repeat(it, response, out);
    case CreateVerdict::unknown:
      dial.failed = true;
      dial.age_ms = ports_.config().create_timeout_ms;
      out.log(HKS_WARN, about(call) + errorSentence(response) + "; Twilio may have placed it all the same: looking for it");
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
  if (it != dials_.end() && it->second.failed) {
    onFound(it, std::string(call_sid), {}, out);
    return false;
  }
  remember(call_sid);
  if (it != dials_.end() && !it->second.named) {
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
  const Request request = listCalls(ports_.config(), it->second.to, it->second.from, it->second.day);
  it->second.age_ms += request.timeout_ms;
  const bool taken = ports_.perform(out, request, [this, call](const hks_http& response, hks::Out& o) {
    onListed(call, response, o);
  });
  if (!taken) searchLater(call, out);
}

void Dialler::onListed(const std::string& call, const hks_http& response, hks::Out& out) {
  const auto it = dials_.find(call);
  if (it == dials_.end()) return;
  noteDate(response);
  const Dial& dial = it->second;
  std::int64_t earliest_s = dial.not_before_s;
  // Twilio's own clock, from the same answer, is better: it does not depend on ours being right.
  if (const auto carrier_now_s = parseMailDate(hks::header(response, "Date")))
    earliest_s = *carrier_now_s - std::int64_t(dial.age_ms / 1000);
  if (response.status != 200) out.log(HKS_WARN, about(call) + errorSentence(response));
  else if (const auto calls = parseList(hks::text(response.body)))
    if (const ListedCall* found = match(dial, *calls, earliest_s - kClockSlack_s))
      return onFound(it, found->sid, legState(found->status), out);
  searchLater(call, out);
}

const ListedCall* Dialler::match(const Dial& dial, const std::vector<ListedCall>& calls,
                                 std::int64_t earliest_s) const {
  const ListedCall* found = nullptr;
  std::size_t candidates = 0;
  for (const ListedCall& listed : calls) {
    if (listed.direction != "outbound-api" || listed.to != dial.to || listed.from != dial.from || known(listed.sid))
      continue;
    const bool fresh = listed.created_s ? *listed.created_s >= earliest_s : legState(listed.status).state != HKS_OVER;
    if (!fresh) continue;
    ++candidates;
    if (!found) found = &listed;
  }
  // Several searches between the same two numbers may share the candidates in any way: all of them are to be ended.
  // One candidate too many is somebody else's call, and nobody can tell which.
  const auto rivals = std::count_if(dials_.begin(), dials_.end(), [&](const auto& other) {
    return other.second.failed && other.second.to == dial.to && other.second.from == dial.from;
  });
  return candidates <= std::size_t(rivals) ? found : nullptr;
}

void Dialler::onFound(Dials::iterator it, const std::string& call_sid, const LegState& state, hks::Out& out) {
  const std::string call = it->first;
  const std::uint64_t place_id = it->second.place_id;
  dials_.erase(it);
  remember(call_sid);
  out.log(HKS_WARN, about(call) + "its leg exists at Twilio after all: " + call_sid + (state.state == HKS_OVER ? ", already over" : ", ending it"));
  out.placed(place_id, call_sid);
  if (state.state == HKS_OVER) out.state(call, call_sid, HKS_OVER, state.outcome, "found over after an unanswered create request");
  else endOrphan(call_sid, 1, out);
}

void Dialler::endOrphan(const std::string& call_sid, unsigned attempt, hks::Out& out) {
  const Request request = completeCall(ports_.config(), call_sid, 10'000);
  const auto again = [this, call_sid, attempt](hks::Out& o, const std::string& why) {
    if (attempt >= kHangUpAttempts)
      return void(o.log(HKS_ERROR, "leg " + call_sid + " could not be ended: " + why));
    const auto next = [this, call_sid, attempt](hks::Out& later) { endOrphan(call_sid, attempt + 1, later); };
    if (!ports_.after(o, backoffMs(ports_, 1'000, 30'000, attempt), next))
      o.log(HKS_ERROR, "leg " + call_sid + " could not be ended: " + why);
  };
  const bool taken = ports_.perform(out, request, [again, call_sid](const hks_http& response, hks::Out& o) {
    switch (judgeHangUp(response)) {
      case HangUpVerdict::over: return;
      case HangUpVerdict::repeat: return again(o, errorSentence(response));
      case HangUpVerdict::refused:
        return void(o.log(HKS_ERROR, "leg " + call_sid + " could not be ended: " + errorSentence(response)));
    }
  });
  if (!taken) again(out, "the gateway is too busy");
}

void Dialler::remember(std::string_view call_sid) {
  if (known(call_sid)) return;
  recent_.emplace_back(call_sid);
  if (recent_.size() > kRecent) recent_.pop_front();
}

bool Dialler::known(std::string_view call_sid) const {
  return std::find(recent_.begin(), recent_.end(), call_sid) != recent_.end();
}

void Dialler::noteDate(const hks_http& response) {
  if (const auto date = parseMailDate(hks::header(response, "Date"))) noteTime(*date);
}

}  // namespace hookswitch::twilio
