#include "plugins/twilio/settle.hpp"

#include "plugins/twilio/text.hpp"
#include "plugins/twilio/twiml.hpp"

#include <algorithm>

namespace hookswitch::twilio {
namespace {

constexpr std::uint64_t kConfirmAgain_ms = 1'000;
// How long a sentence takes to say, generously.
constexpr std::uint64_t kSpeech_ms = 2'000, kCharacter_ms = 90, kLongestSpeech_ms = 60'000;
// Twilio's clock and ours, and what a create request takes with all its repetitions.
constexpr std::int64_t kEarlier_s = 30, kLater_s = 150;

}  // namespace

/// What a phase asks, with storage of its own.
struct Settler::Ask {
  std::uint64_t hook = 0;
  std::string call, sid, base_url, say;
  std::uint32_t deadline_ms = 0, attempt = 1;
  std::int64_t started_s = 0;
  bool answered = false;
  /// So long one of `requests` made one after the other may take: the last answer must be judged before the host stops
  /// waiting for it.
  std::uint32_t share_ms(std::uint32_t requests) const { return std::max(all_ms() / requests, 1u); }
  std::uint32_t all_ms() const {
    return deadline_ms > 2'000 ? std::min(deadline_ms - 1'000, 9'000u) : std::max(deadline_ms / 2, 1u);
  }
};

void Settler::onPhase(const hks_phase& phase, hks::Out& out) {
  const hks_record record = hks::record<hks_record>(phase.record);
  const hks_call call = hks::record<hks_call>(record.call);
  Ask ask;
  ask.hook = phase.msg.id;
  ask.call = hks::text(call.call);
  ask.sid = hks::text(call.remote_id);
  ask.base_url = hks::text(call.base_url);
  ask.deadline_ms = phase.deadline_ms;
  ask.attempt = std::max(phase.attempt, 1u);
  ask.say = hks::text(phase.say);
  ask.started_s = std::int64_t(record.started_unix_ms / 1000);
  ask.answered = record.answered_unix_ms != 0;
  const bool ours = hks::text(call.carrier) == "twilio";
  const bool ends = phase.phase == HKS_PHASE_HANGUP || phase.phase == HKS_PHASE_CONFIRM;
  if (!ours || (!ends && phase.phase != HKS_PHASE_SETTLE) || (ends && ask.sid.empty()))
    return void(out.hookDone(ask.hook, HKS_HOOK_SKIP));
  if (!ask.sid.empty() && !looksLikeSid(ask.sid))
    return void(
        out.hookDone(ask.hook, HKS_HOOK_GIVE_UP, "the leg's id is not one of Twilio's: nothing can be asked about it"));
  if (!ask.sid.empty()) look_up_.note(ask.sid, {ask.call, ask.base_url});
  if (children_.expected(ask.call)) children_.expect(ask.call, ask.sid);
  if (phase.phase == HKS_PHASE_HANGUP) return ask.say.empty() ? hangUp(ask, out) : sayFirst(ask, out);
  if (phase.phase == HKS_PHASE_CONFIRM) return confirm(ask, out);
  if (ask.sid.empty()) return search(ask, call, out);
  settle(ask, out);
}

/// The answer waits until the sentence has been heard, as far as the hook has time: Twilio hangs up behind it, and its
/// callback says so. What is not spoken, for whatever reason, is a plain hang-up.
void Settler::sayFirst(const Ask& ask, hks::Out& out) {
  const std::uint64_t speech_ms = std::min(kSpeech_ms + kCharacter_ms * ask.say.size(), kLongestSpeech_ms);
  const auto judge = [this, ask, speech_ms](const hks_http& response, hks::Out& o) {
    const auto heard = [this, ask](hks::Out& later) { later.hookDone(ask.hook, HKS_HOOK_OK); };
    if (judgeHangUp(response) != HangUpVerdict::taken) return hangUp(ask, o);
    if (ports_.after(o, speech_ms, [this, call = ask.call](hks::Out&) { speaks_.erase(call); }))
      speaks_.insert(ask.call);
    if (!ports_.after(o, std::min<std::uint64_t>(speech_ms, ask.all_ms() / 2), heard)) heard(o);
  };
  if (!ports_.perform(out, updateCall(ports_.config(), ask.sid, sayAndHangUp(ask.say), ask.share_ms(4)), judge))
    hangUp(ask, out);
}

void Settler::hangUp(const Ask& ask, hks::Out& out) {
  const auto judge = [this, ask](const hks_http& response, hks::Out& o) {
    switch (judgeHangUp(response)) {
      case HangUpVerdict::taken: return endChildren(ask, false, o);
      case HangUpVerdict::repeat:
        // How soon is the host's to say: a leg costs money, so it tries more often than politeness would.
        return void(o.hookDone(ask.hook, HKS_HOOK_RETRY, errorSentence(response), retryAfterMs(response).value_or(0)));
      case HangUpVerdict::refused: return void(o.hookDone(ask.hook, HKS_HOOK_GIVE_UP, errorSentence(response)));
      case HangUpVerdict::over: return look(ask, true, o);
      case HangUpVerdict::unknown: return look(ask, false, o);
    }
  };
  // A quarter is kept for the look at a leg that needed no hang-up, or that is unknown.
  if (ports_.perform(out, completeCall(ports_.config(), ask.sid, std::max(ask.all_ms() * 3 / 4, 1u)), judge)) return;
  out.hookDone(ask.hook, HKS_HOOK_RETRY, kTooBusy);
}

void Settler::endChildren(const Ask& ask, bool confirmed, hks::Out& out) {
  if (!children_.expected(ask.call)) return void(out.hookDone(ask.hook, HKS_HOOK_OK));
  const auto then = [this, ask, confirmed](Children::Verdict verdict, const std::string& why, hks::Out& o) {
    if (verdict == Children::Verdict::failed)
      return void(o.hookDone(ask.hook, HKS_HOOK_RETRY, "a leg that was rung for a transfer: " + why));
    if (verdict == Children::Verdict::ended && confirmed)
      return void(o.hookDone(ask.hook, HKS_HOOK_RETRY,
                             "a leg that was rung for a transfer was still up and was hung up", kConfirmAgain_ms));
    if (verdict == Children::Verdict::over) children_.forget(ask.call);
    o.hookDone(ask.hook, HKS_HOOK_OK);
  };
  children_.end(ask.sid, ask.share_ms(4), then, out);
}

void Settler::look(const Ask& ask, bool over, hks::Out& out) {
  // One that was over before has times to tell, which the gateway may have slept through. One that the account does not
  // know may be over, or live in another account: the look is a second witness.
  const auto without = [this, ask, over](hks::Out& o) {
    if (over) return endChildren(ask, false, o);
    reportUnknown(ask, o);
    o.hookDone(ask.hook, HKS_HOOK_GIVE_UP, kUnknownLeg);  // CONFIRM goes on asking
  };
  const auto judge = [this, ask, over, without](const hks_http& response, hks::Out& o) {
    look_up_.noteTime(response);
    const Fetched fetched = judgeFetch(response);
    if (fetched.verdict != FetchVerdict::leg) return without(o);
    const bool ended = legState(fetched.leg.status).state == HKS_OVER;
    if (over && !ended) return without(o);  // Twilio's records are a moment behind
    report(ask, fetched.leg, o);
    if (ended) return endChildren(ask, false, o);
    o.hookDone(ask.hook, HKS_HOOK_RETRY, kUnknownLeg);
  };
  if (!ports_.perform(out, fetchCall(ports_.config(), ask.sid, ask.share_ms(4)), judge)) without(out);
}

void Settler::confirm(const Ask& ask, hks::Out& out) {
  if (speaks_.count(ask.call))
    return void(out.hookDone(ask.hook, HKS_HOOK_RETRY, "the caller still hears why the call ends", kConfirmAgain_ms));
  const auto judge = [this, ask](const hks_http& response, hks::Out& o) {
    look_up_.noteTime(response);
    const Fetched fetched = judgeFetch(response);
    if (fetched.verdict == FetchVerdict::unasked)
      return void(o.hookDone(ask.hook, HKS_HOOK_RETRY, errorSentence(response), retryAfterMs(response).value_or(0)));
    if (fetched.verdict == FetchVerdict::gone) {
      reportUnknown(ask, o);
      return void(o.hookDone(ask.hook, HKS_HOOK_RETRY, kUnknownLeg));
    }
    if (legState(fetched.leg.status).state != HKS_OVER) return endAgain(ask, o);
    report(ask, fetched.leg, o);
    endChildren(ask, true, o);
  };
  if (!ports_.perform(out, fetchCall(ports_.config(), ask.sid, ask.share_ms(2)), judge))
    out.hookDone(ask.hook, HKS_HOOK_RETRY, kTooBusy);
}

void Settler::endAgain(const Ask& ask, hks::Out& out) {
  // Whatever the answer is, only the next look at the leg confirms its end.
  const auto judge = [ask](const hks_http& response, hks::Out& o) {
    const HangUpVerdict verdict = judgeHangUp(response);
    if (verdict == HangUpVerdict::taken || verdict == HangUpVerdict::over)
      return void(o.hookDone(ask.hook, HKS_HOOK_RETRY, "the leg was still up and was hung up again", kConfirmAgain_ms));
    o.hookDone(ask.hook, HKS_HOOK_RETRY, errorSentence(response), retryAfterMs(response).value_or(kConfirmAgain_ms));
  };
  if (!ports_.perform(out, completeCall(ports_.config(), ask.sid, ask.share_ms(2)), judge))
    out.hookDone(ask.hook, HKS_HOOK_RETRY, kTooBusy, kConfirmAgain_ms);
}

void Settler::settle(const Ask& ask, hks::Out& out) {
  const auto judge = [this, ask](const hks_http& response, hks::Out& o) {
    look_up_.noteTime(response);
    const Fetched fetched = judgeFetch(response);
    if (fetched.verdict == FetchVerdict::unasked)
      return void(o.hookDone(ask.hook, HKS_HOOK_RETRY, errorSentence(response), retryAfterMs(response).value_or(0)));
    if (fetched.verdict == FetchVerdict::gone)
      reportUnknown(ask, o);
    else if (report(ask, fetched.leg, o))
      children_.endWith(ask.call, o);  // of a leg that is over the host asks nothing more
    o.hookDone(ask.hook, HKS_HOOK_OK);
  };
  if (!ports_.perform(out, fetchCall(ports_.config(), ask.sid, ask.share_ms(1)), judge))
    out.hookDone(ask.hook, HKS_HOOK_RETRY, kTooBusy);
}

void Settler::search(const Ask& ask, const hks_call& call, hks::Out& out) {
  // The attempt before this one may still be looking: then this one waits for the same answer.
  const auto [it, first] = searches_.insert({ask.call, ask.hook});
  it->second = ask.hook;
  const std::uint64_t hook = ask.hook;
  ports_.after(out, ask.share_ms(1), [this, name = ask.call, hook](hks::Out& o) {
    const auto waiting = searches_.find(name);
    if (waiting == searches_.end() || waiting->second != hook) return;
    waiting->second = 0;  // what is found later is reported all the same
    o.hookDone(hook, HKS_HOOK_RETRY, "Twilio is still being asked for the call", kConfirmAgain_ms);
  });
  if (!first) return;
  LookUp::Wanted wanted;
  wanted.call = ask.call;
  wanted.base_url = ask.base_url;
  wanted.to = hks::text(call.to_number);
  wanted.from = call.from_number.size ? std::string(hks::text(call.from_number)) : ports_.config().from_number;
  wanted.earliest_s = ask.started_s - kEarlier_s;
  wanted.latest_s = ask.started_s + kLater_s;
  wanted.day = utcDay(std::max<std::int64_t>(ask.started_s - 86'400, 0));
  look_up_.find(
      std::move(wanted), [this, ask](const LookUp::Result& result, hks::Out& o) { onLookedUp(ask, result, o); }, out);
}

void Settler::onLookedUp(const Ask& asked, const LookUp::Result& result, hks::Out& out) {
  Ask ask = asked;
  if (const auto it = searches_.find(ask.call); it != searches_.end()) {
    ask.hook = it->second;
    searches_.erase(it);
  }
  const auto done = [&](std::uint32_t state, std::string_view reason = {}, std::uint64_t after_ms = 0) {
    if (ask.hook != 0) out.hookDone(ask.hook, state, reason, after_ms);
  };
  if (result.verdict == LookUp::Verdict::found) {
    ask.sid = result.leg.sid;
    report(ask, result.leg, out);
    return done(HKS_HOOK_OK);
  }
  if (result.verdict == LookUp::Verdict::unasked) return done(HKS_HOOK_RETRY, result.why, result.after_ms);
  // A create request that was on its way when the gateway died needs a moment to become a call. Should the clocks
  // disagree, the number of attempts ends this.
  const bool young = look_up_.now_s() - ask.started_s < kYoung_s && ask.attempt < kAttempts;
  if (!young) return done(HKS_HOOK_SKIP, result.why);
  done(HKS_HOOK_RETRY, result.why, std::min<std::uint64_t>(2'000u << std::min(ask.attempt - 1, 2u), 8'000));
}

bool Settler::report(const Ask& ask, const Leg& leg, hks::Out& out) {
  LegState state = legState(leg.status);
  if (state.state == HKS_OVER) {
    std::string reason = "Twilio says that the leg is over: " + leg.status;
    progress_.judge(ask.call, leg.times.duration_ms, state.outcome, reason);
    out.state(ask.call, ask.sid, HKS_OVER, state.outcome, reason, leg.times);
    return true;
  }
  // Queued, or a status that is new to us: not over.
  const bool answered = state.state == HKS_IN_PROGRESS;
  out.state(ask.call, ask.sid, state.state ? state.state : std::uint32_t(HKS_RINGING), 0,
            answered ? progress_.missing(ask.call) : std::string(), answered ? leg.times : hks::LegTimes{});
  return false;
}

void Settler::reportUnknown(const Ask& ask, hks::Out& out) {
  out.state(ask.call, ask.sid, HKS_UNKNOWN_LEG, 0, kUnknownLeg);
}

}  // namespace hookswitch::twilio
