#include "plugins/gemini/conversation.hpp"

#include "plugins/gemini/messages.hpp"
#include "plugins/gemini/timers.hpp"

#include <hookswitch/utf8.hpp>

#include <utility>

namespace hookswitch::gemini {
namespace {

constexpr std::size_t kSummaryBytes = 4096;

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
    watched_ = true;
    if (requests_.greet(out)) caller_.shield(channel_.options.shield_ms);
  } else if (transcript_.memory().owesAnswer()) {
    channel_.send(userTurn("Answer the caller's last words now."), out);
  }
}

void Conversation::resume(bool resumed, hks::Out& out) {
  channel_.handle.stale();
  transcript_.forgetCaller();
  transcript_.resumed();
  await_output_ = true;
  tools_.resume(out);
  caller_.drain(out);
  if (cut_text_)
    finishCut(out);
  else if (!resumed && transcript_.memory().owesAnswer())
    channel_.send(userTurn("Answer the caller's last words now."), out);
}

void Conversation::finishCut(hks::Out& out) {
  const std::string said = hks::utf8::line(*std::exchange(cut_text_, std::nullopt), 1000);
  channel_.send(userTurn(said.empty() ? "You were cut off. Go on with your answer."
                                      : "Your last sentence was cut off after: \"" + said + "\". Finish it briefly."),
                out);
}

void Conversation::catchUp(hks::Out& out) {
  requests_.sendKeys(turns_.silenced(), out);
  requests_.sayNext(out);
}

void Conversation::leave(hks::Out& out) {
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
  turns_.silence(out);
  farewell_.interrupted(out);
}

bool Conversation::nudge(hks::Out& out) {
  if (std::exchange(nudged_, true)) return false;
  channel_.warn("Gemini does not answer the caller; it is reminded", out);
  requests_.remind("The caller is waiting for your answer.", out);
  watched_ = out.timer(kNoAnswer, channel_.options.no_answer_ms);
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
      if (!requests_.greetAgain(out)) return channel_.warn("Gemini stays silent instead of greeting the caller", out);
      return caller_.shield(channel_.options.shield_ms);
    case kCallerQuiet: caller_quiet_ = true; return;
    case kEnd: return endNow(out);
    case kSay: return requests_.sayNext(out);
    case kDtmf: return requests_.sendKeys(turns_.silenced(), out);
    default: return tools_.timer(id, out);
  }
}

}  // namespace hookswitch::gemini
