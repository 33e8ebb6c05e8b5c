#include "plugins/gemini/conversation.hpp"

#include "plugins/gemini/messages.hpp"
#include "plugins/gemini/timers.hpp"
#include "plugins/speech/wording.hpp"

#include <hookswitch/utf8.hpp>

#include <utility>

namespace hookswitch::gemini {
namespace {

constexpr std::size_t kSummaryBytes = 4096;
constexpr std::size_t kMissedBytes = 1000;  // of what a resumed conversation may not know

}  // namespace

Conversation::Conversation(Channel& channel)
    : channel_(channel),
      caller_(channel),
      turns_(channel),
      requests_(channel, transcript_),
      tools_(channel, farewell_) {}

void Conversation::take(const hks_start& start) {
  transcript_.take(start);
  took_over_ = !transcript_.memory().lines().empty();
}

std::string Conversation::summary(bool resumes) const {
  const bool needed = started_ ? !resumes : took_over_;
  return needed ? transcript_.memory().summary(kSummaryBytes) : std::string();
}

void Conversation::begin(hks::Out& out) {
  started_ = true;
  out.ready(channel_.options.takes(), HKS_S16_24K);
  if (!took_over_) {
    greet(out);
  } else if (transcript_.memory().owesAnswer()) {
    channel_.send(userTurn("Answer the caller's last words now."), out);
    expectAnswer(out);
  }
}

void Conversation::greet(hks::Out& out) {
  watched_ = true;
  greets_ = expects_ = requests_.greet(out);
  if (greets_) caller_.shield(channel_.options.shield_ms, out);
}

void Conversation::resume(bool resumed, hks::Out& out) {
  channel_.handle.stale();
  transcript_.forgetCaller();
  transcript_.resumed();
  await_output_ = true;
  tools_.resume(out);
  expectUseOfResults(out);
  const bool repeats = caller_.repeatsTurn();
  caller_.drain(out);
  if (greets_)
    greet(out);
  else if (!repeats)  // else the model answers what it hears
    goOn(resumed, out);
  cut_text_.reset();
}

/// The answer that the caller waits for, or the rest of it.
void Conversation::goOn(bool resumed, hks::Out& out) {
  const bool owes = transcript_.memory().owesAnswer();
  if (!cut_text_ && !(owes && (!resumed || behind_))) return;
  std::string text = cut_text_ ? speech::goOnAfter(*cut_text_) : "Answer the caller's last words now.";
  // The conversation that is resumed ends where its handle was issued.
  const std::string missed = resumed && behind_ ? transcript_.memory().summary(kMissedBytes) : std::string();
  if (!missed.empty()) text = "What was said last on the phone:\n" + missed + text;
  channel_.send(userTurn(text), out);
  expectAnswer(out);
}

void Conversation::catchUp(hks::Out& out) {
  asked(requests_.sendKeys(turns_.silenced(), out), out);
  asked(requests_.sayNext(out), out);
}

void Conversation::expectAnswer(hks::Out& out) {
  expects_ = true;
  const std::uint64_t limit_ms = channel_.options.no_answer_ms;
  if (limit_ms && !ending() && !occupied()) watched_ = out.timer(kNoAnswer, limit_ms);
}

void Conversation::expectUseOfResults(hks::Out& out) {
  const std::uint64_t limit_ms = channel_.options.no_answer_ms;
  if (!tools_.hasAnswered() || !tools_.awaitsModel() || ending() || !limit_ms || !channel_.usable()) return;
  nudged_ = false;
  watched_ = out.timer(kNoAnswer, limit_ms);
}

void Conversation::toolResult(const hks_tool_call& result, hks::Out& out) {
  tools_.result(result, out);
  expectUseOfResults(out);
}

void Conversation::resultsTaken(hks::Out& out) {
  if (tools_.awaitsModel()) out.cancelTimer(kNoAnswer);
  tools_.taken();
}

void Conversation::asked(bool sent, hks::Out& out) {
  if (!sent) return;
  nudged_ = false;
  owes_next_ = occupied();
  if (!owes_next_) expectAnswer(out);
}

void Conversation::turnOver(hks::Out& out) {
  if (std::exchange(owes_next_, false)) expectAnswer(out);
}

void Conversation::leave(hks::Out& out) {
  owes_next_ = false;
  tools_.leave();
  requests_.leave();
  behind_ = !channel_.handle.fresh();
  caller_.leave();
  if (caller_.repeatsTurn()) transcript_.forgetCaller();  // what has come of its words comes again
  if (turns_.busy())
    cut_text_ = turns_.newest().text;
  else
    cut_text_.reset();
  turns_.leave(out);
  transcript_.tellAll(turns_, out);
  transcript_.forgetCaller();
  for (const auto timer : {kNoAnswer, kGreeting, kDead, kFlush}) out.cancelTimer(timer);
}

bool Conversation::quiet() const {
  return tools_.quiet() && channel_.handle.fresh() && caller_quiet_ && !turns_.busy() && !turns_.keeps() && !ending() &&
         requests_.quiet();
}

void Conversation::endNow(hks::Out& out) {
  if (!farewell_.take(out)) return;
  turns_.endAudio(out);
  transcript_.tellAll(turns_, out);
  out.endCall(farewell_.reason(), HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
}

void Conversation::gone(std::string_view why, const hks_closed& lost, hks::Out& out) {
  if (channel_.gone()) return;
  transcript_.tellAll(turns_, out);
  channel_.gone(why, lost, out);
}

/// The host has cut the model off (a key was pressed), of which the service knows nothing.
void Conversation::silenced(hks::Out& out) {
  if (turns_.busy()) cut_turn_ = true;
  turns_.silence(out);
  farewell_.interrupted(out);
}

bool Conversation::nudge(hks::Out& out) {
  if (std::exchange(nudged_, true)) return false;
  channel_.warn("Gemini does not answer the caller; it is reminded", out);
  requests_.remind("The caller is waiting for your answer.", out);
  expectAnswer(out);
  return true;
}

void Conversation::timer(std::uint64_t id, hks::Out& out) {
  switch (id) {
    case kDead:
      if (turns_.waitedEnough(out)) modelSpoke(out);
      return;
    case kFlush:
      if (turns_.open()) transcript_.tellCaller(out);  // else it may be the sentence the caller has begun
      return transcript_.tellModel(turns_, out);
    case kUserFlush: return transcript_.tellCaller(out);
    case kGreeting:
      watched_ = true;
      if (!requests_.greetAgain(out)) {
        channel_.warn("Gemini stays silent instead of greeting the caller", out);
        return gone("Gemini stays silent instead of greeting the caller", {}, out);
      }
      return caller_.shield(channel_.options.shield_ms, out);
    case kShield: return caller_.unshield();
    case kCallerQuiet: caller_quiet_ = true; return;
    case kEnd: return endNow(out);
    case kSay: return asked(requests_.sayNext(out), out);
    case kDtmf: return asked(requests_.sendKeys(turns_.silenced(), out), out);
    default: tools_.timer(id, out); return expectUseOfResults(out);
  }
}

}  // namespace hookswitch::gemini
