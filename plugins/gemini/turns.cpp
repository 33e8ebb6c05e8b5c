// Turns, the lines of the transcript, and what is said to the model.
#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <utility>

#include "plugins/gemini/messages.hpp"
#include "plugins/gemini/session.hpp"
#include "plugins/speech/wording.hpp"

namespace hookswitch::gemini {
namespace {

constexpr std::uint64_t kUserFlushMs = 2000;   // without a further fragment the caller's words are a line
constexpr std::uint64_t kCallerQuietMs = 700;  // §5 step 2
constexpr std::uint64_t kFarewellMs = 3000;    // end_call after a turn without audio: no farewell is coming
constexpr std::uint64_t kSayMs = 8000;
constexpr std::uint64_t kDigitsMs = 1200;
constexpr std::size_t kMaxTurns = 16;
constexpr std::size_t kMaxSayings = 8;
constexpr std::size_t kMaxResults = 16;
constexpr std::size_t kMaxDigits = 32;
constexpr std::size_t kMaxResult = 6 * 1024;  // §7: large responses were answered with 1011

}  // namespace

Voice::Turn& Voice::turn() {
  if (turn_open_) return turns_.back();
  if (turns_.size() >= kMaxTurns) turns_.pop_front();
  turns_.emplace_back();
  turns_.back().id = "turn-" + std::to_string(++last_turn_);
  turn_open_ = true;
  return turns_.back();
}

/// The model does something: no watchdog is needed, and handles from before are stale.
void Voice::modelSpoke(Out& out) {
  handle_fresh_ = await_output_ = nudged_ = false;
  out.cancelTimer(kNoAnswer);
  out.cancelTimer(kGreeting);
}

void Voice::endAudio(Out& out) {
  if (!turn_open_ || std::exchange(turns_.back().audio_ended, true)) return;
  odd_.clear();
  if (turns_.back().rx_bytes) out.audioEnd(turns_.back().id);
}

void Voice::turnComplete(Out& out) {
  dead_ = false;
  out.cancelTimer(kDead);
  endAudio(out);
  const bool spoke = turn_open_ && turns_.back().rx_bytes;
  turn_open_ = false;
  tellAll(out);
  if (ending_ && spoke)
    endNow(out);
  else if (ending_)
    out.timer(kEnd, kFarewellMs);
  sayNext(out);
}

void Voice::callerSaid(std::string_view fragment, Out& out) {
  if (fragment.empty()) return;
  speech::appendSaid(caller_text_, fragment);
  const std::string plain = hks::utf8::line(fragment);
  const bool echo = plain.size() > 3 && std::any_of(injected_.begin(), injected_.end(), [&](const std::string& text) {
                      return text.find(plain) != std::string::npos;
                    });
  out.timer(kUserFlush, kUserFlushMs);
  if (echo) return;
  dead_ = handle_fresh_ = caller_quiet_ = nudged_ = false;
  out.timer(kCallerQuiet, kCallerQuietMs);
  if (options_.no_answer_ms && !ending_ && !turn_open_) out.timer(kNoAnswer, options_.no_answer_ms);
}

void Voice::tellCaller(Out& out) {
  out.cancelTimer(kUserFlush);
  std::string text = hks::utf8::line(std::exchange(caller_text_, {}));
  for (auto own = injected_.begin(); own != injected_.end();) {
    const std::size_t at = text.find(*own);
    if (at == std::string::npos) {
      ++own;
      continue;
    }
    text.erase(at, own->size());
    own = injected_.erase(own);
  }
  text = hks::utf8::line(text);
  if (text.empty()) return;
  const std::string item = "caller-" + std::to_string(++last_line_);
  memory_.put(HKS_USER, text, item);
  out.transcript(HKS_USER, text, item);
}

/// The same turn told again takes the place of the line told before.
void Voice::tellModel(Turn& told, Out& out) {
  const std::string text = hks::utf8::line(told.text, speech::kMaxSaid);
  told.told = true;
  if (text.empty()) return;
  memory_.put(HKS_ASSISTANT, text, told.id);
  out.transcript(HKS_ASSISTANT, text, told.id);
}

void Voice::tellAll(Out& out) {
  tellCaller(out);
  tellModels(out);
}

void Voice::tellModels(Out& out) {
  out.cancelTimer(kFlush);
  for (Turn& one : turns_)
    if (!one.told && !one.text.empty()) tellModel(one, out);
}

/// There is no truncation here: the model keeps what it sent. Only our transcript says what was heard.
void Voice::onHeard(const hks_heard& heard, Out& out) {
  const auto one =
      std::find_if(turns_.begin(), turns_.end(), [&](const Turn& t) { return t.id == hks::text(heard.item); });
  if (state_ == State::Gone || one == turns_.end() || one->rx_bytes == 0 || std::exchange(one->cut, true)) return;
  const std::uint64_t received_ms = one->rx_bytes / one->bytes_per_ms;
  if (heard.heard_ms < received_ms) {
    const bool told = one->told && !one->text.empty();
    one->text = speech::cutInProportion(one->text, heard.heard_ms, received_ms);
    if (told && one->text.empty()) {
      memory_.put(HKS_ASSISTANT, {}, one->id);
      out.transcript(HKS_ASSISTANT, {}, one->id);
    }
    one->told = false;
  }
  if (!one->told && !one->text.empty()) tellModel(*one, out);
}

void Voice::remember(std::string_view injected) {
  if (injected_.size() >= 8) injected_.pop_front();
  injected_.push_back(hks::utf8::line(injected));
}

/// The API stalls without any error (§9): a nudge, then a new conversation.
void Voice::noAnswer(Out& out) {
  if (state_ != State::Ready || turn_open_ || ending_ || !calls_.empty()) return;
  if (await_output_ && with_handle_ &&
      startFresh("Gemini does not answer on the resumed connection; the call goes on in a new conversation", out))
    return;
  if (!std::exchange(nudged_, true)) {
    warn("Gemini does not answer the caller; it is reminded", out);
    sendText("The caller is waiting for your answer.", out);
    out.timer(kNoAnswer, options_.no_answer_ms);
    return;
  }
  if (!startFresh("Gemini still does not answer; the call goes on in a new conversation", out))
    warn("Gemini still does not answer; the caller hears nothing", out);
}

void Voice::onSay(const hks_notice& say, Out& out) {
  const std::string text = hks::utf8::clean(hks::text(say.text), 4096);
  if (state_ == State::Gone || text.empty()) return;
  if (sayings_.size() >= kMaxSayings) return warn("too much is waiting to be said; a sentence was dropped", out);
  sayings_.push_back(speech::sayExactly(text));
  if (state_ == State::Ready && !turn_open_) return sayNext(out);
  out.timer(kSay, kSayMs);  // clientContent would cut the sentence that is being spoken (§3)
}

void Voice::sayNext(Out& out) {
  if (sayings_.empty() || state_ != State::Ready) return;
  const std::string text = std::move(sayings_.front());
  sayings_.pop_front();
  if (options_.rules->greets_by_text)
    sendText(text, out);
  else
    send(userTurn(text), out);
  out.timer(kSay, sayings_.empty() ? HKS_NEVER : kSayMs);
}

void Voice::onDtmf(hks::Text digits, Out& out) {
  if (state_ == State::Gone) return;
  bool end = false;
  for (char key : digits)
    if (speech::isDtmf(key) && digits_.size() < kMaxDigits) {
      digits_ += key;
      end = key == '#';
    }
  if (digits_.empty()) return;
  if (end || digits_.size() >= kMaxDigits) return sendDigits(out);
  out.timer(kDtmf, kDigitsMs);
}

void Voice::sendDigits(Out& out) {
  if (digits_.empty()) return;
  if (state_ != State::Ready) return void(out.timer(kDtmf, kDigitsMs));
  out.cancelTimer(kDtmf);
  const std::string sentence = speech::dtmfSentence(std::exchange(digits_, {}));
  memory_.put(HKS_USER, sentence, {});
  sendText(sentence, out);
}

void Voice::answer(const Call& call, std::string_view value, bool failed, Out& out) {
  if (state_ == State::Ready && call.epoch == epoch_) {
    const bool scheduled = options_.rules->scheduling && options_.rules->non_blocking && call.name != speech::kEndCall;
    return send(toolResponse(call.remote_id, call.name, value, failed, scheduled ? "WHEN_IDLE" : ""), out);
  }
  // The new connection may not know the call: its result comes as text (§5).
  const std::string text = "The result of " + call.name + (failed ? ", which failed: " : ": ") + std::string(value);
  if (state_ == State::Ready) return send(userTurn(text), out);
  if (results_.size() < kMaxResults) results_.push_back(text);
}

void Voice::onToolResult(const hks_tool_call& result, Out& out) {
  if (state_ == State::Gone) return;
  const auto call = std::find_if(calls_.begin(), calls_.end(), [&](const Call& c) { return c.id == result.msg.id; });
  if (call == calls_.end()) return;  // cancelled, answered, or not ours
  const Call done = *call;
  calls_.erase(call);
  out.cancelTimer(kTool + done.id);
  answer(done, speech::resultValue(hks::text(result.json), kMaxResult), result.failed != 0, out);
  swapIfQuiet(out);
}

void Voice::endNow(Out& out) {
  if (!std::exchange(ending_, false) || std::exchange(ended_, true)) return;
  out.cancelTimer(kEnd);
  endAudio(out);
  tellAll(out);
  out.endCall(end_reason_, HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
}

}  // namespace hookswitch::gemini
