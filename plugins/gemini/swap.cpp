#include "plugins/gemini/swap.hpp"

#include "plugins/gemini/messages.hpp"
#include "plugins/gemini/timers.hpp"
#include "plugins/speech/wording.hpp"

#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace hookswitch::gemini {
namespace {

constexpr std::uint64_t kSetupMs = 10000;     // §1
constexpr std::uint64_t kOldClosedMs = 1500;  // how long the closing handshake of the old connection is waited for
constexpr std::uint64_t kCoolingMs = 100;     // the service needs a moment to let go of what it has agreed to close
constexpr std::uint64_t kInstructMs = 10000;  // for a quiet moment, when the model waits for other instructions
constexpr std::uint64_t kAgedMs = 120000;     // for a quiet moment, when the age of a connection is no emergency
constexpr hks::Backoff kPauses{500, 4000, 0};
constexpr std::uint32_t kMaxAttempts = 4, kMaxWithHandle = 3, kMaxFresh = 2;

/// "50s", "9.500s" to ms; anything else is 10 s, for which §5 says to plan.
std::uint64_t durationMs(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
  if (error != std::errc{} || end + 1 != text.data() + text.size() || *end != 's' || !(seconds < 86400)) return 10000;
  return seconds <= 0 ? 0 : std::uint64_t(seconds * 1000);
}

}  // namespace

Swap::Swap(Channel& channel, Conversation& conversation)
    : channel_(channel), conversation_(conversation), attempts_(kPauses, kMaxAttempts), recovery_(kRecovery) {}

void Swap::connect(hks::Out& out) {
  waits_ = false;
  if (!channel_.connect(out)) conversation_.gone("the host refused to connect to Gemini; check gemini.url", {}, out);
}

void Swap::opened(std::uint64_t connection, hks::Out& out) {
  if (channel_.gone() || !channel_.live.is(connection)) {
    if (connection != old_) out.close(connection, 1000);
    return;
  }
  if (!channel_.live.connecting()) return;
  channel_.opened = true;
  if (!old_) setUp(out);  // §5 step 4: never resume while the old connection is open
}

void Swap::setUp(hks::Out& out) {
  channel_.live.state = speech::Connection::State::Configuring;
  const std::string_view handle = with_handle_ ? std::string_view(channel_.handle.value()) : std::string_view{};
  channel_.send(setup(channel_.options, handle, conversation_.summary(with_handle_)), out);
  out.timer(kSetup, kSetupMs);
}

void Swap::setupComplete(hks::Out& out) {
  if (!channel_.live.configuring()) return;
  channel_.live.state = speech::Connection::State::Ready;
  out.cancelTimer(kSetup);
  if (channel_.options.max_age_ms) out.timer(kMaxAge, channel_.options.max_age_ms);
  if (!conversation_.started()) {
    swapping_ = false;
    recovery_.up();
    conversation_.begin(out);
    if (std::exchange(instruct_later_, false)) instructLive(out);
    return;
  }
  swapping_ = planned_ = false;
  recovery_.up();
  conversation_.resume(with_handle_, out);
  out.log(HKS_INFO, with_handle_ ? "the call was resumed on a new Gemini connection"
                                 : "the call goes on in a new Gemini conversation that was told the old one");
  if (std::exchange(instruct_later_, false)) instructLive(out);
  conversation_.catchUp(out);
}

void Swap::closed(const hks_closed& lost, hks::Out& out) {
  const std::uint64_t connection = lost.msg.id;
  if (channel_.gone()) return;
  if (connection == old_ && connection != 0) return void(out.timer(kOldClosed, kCoolingMs));
  if (!channel_.live.is(connection)) return;
  const std::string why = channel_.lossSentence(lost);
  const bool was_usable = channel_.usable();
  out.cancelTimer(kSetup);
  channel_.live = {};
  if (swapping_) return failed(lost, why, out);
  // After goAway the end was announced: that it comes early is still the plan.
  if (was_usable && pending_) return begin(channel_.handle.exists(), out);
  this->lost(lost, why, out);
}

/// Nobody has planned this end.
void Swap::lost(const hks_closed& lost, std::string_view why, hks::Out& out) {
  const bool was_talking = conversation_.started();
  const bool refused = lost.close_code == 1007 || lost.close_code == 1008;
  if (speech::isFinal(lost) || (!was_talking && refused)) return give(why, lost, out);
  if (was_talking && conversation_.ending()) conversation_.endNow(out);
  if (conversation_.ended()) return channel_.finish(out);
  last_why_ = why;
  const auto pause = recovery_.lost(out, lost.retry_after_ms);
  if (!pause) return give(why, lost, out);
  channel_.warn(std::string(why) + "; it is tried again", out);
  // §1.2: after 1007 the conversation itself may be what it does not take.
  if (was_talking) {
    begin(channel_.handle.exists() && lost.close_code != 1007, out, *pause);
    planned_ = false;
  } else if (*pause == 0) {
    connect(out);
  } else {
    waits_ = out.timer(kRetry, *pause);
  }
}

void Swap::give(std::string_view why, const hks_closed& lost, hks::Out& out) {
  out.cancelTimer(kRecovery);
  out.cancelTimer(kRetry);
  conversation_.gone(why, lost, out);
}

void Swap::goAway(const hks::json::Value& message, hks::Out& out) {
  const std::uint64_t left_ms = durationMs(hks::json::textAt(message, "timeLeft"));
  const std::uint64_t margin_ms = std::clamp<std::uint64_t>(left_ms / 3, 3000, 10000);
  const std::string text = "Gemini ends this connection in " + std::to_string(left_ms / 1000) +
                           " s; the call moves to a new one" +
                           (channel_.handle.exists() ? "" : " without a handle to resume by");
  out.notice({}, text);  // which the host logs
  within(left_ms > margin_ms ? left_ms - margin_ms : 0, out);
}

/// By a timer, not by what the server sends: it may fall silent after goAway.
void Swap::within(std::uint64_t deadline_ms, hks::Out& out) {
  pending_ = true;
  if (deadline_ms == 0) return begin(channel_.handle.exists(), out);
  out.timer(kSwap, deadline_ms);
  ifQuiet(out);
}

void Swap::ifQuiet(hks::Out& out) {
  if (pending_ && channel_.usable() && conversation_.quiet()) begin(true, out);
}

void Swap::instruct(std::string_view prompt, hks::Out& out) {
  channel_.options.instructions = speech::instructionsOr(prompt);
  // One whose set-up is still to be sent has them in it; one that has not confirmed it takes nothing yet.
  instruct_later_ = channel_.live.configuring();
  if (channel_.usable()) instructLive(out);
}

void Swap::instructLive(hks::Out& out) {
  if (channel_.options.rules->context_update) return channel_.send(contextUpdate(channel_.options.instructions), out);
  anew_ = true;
  if (!pending_) within(kInstructMs, out);
}

void Swap::begin(bool with_handle, hks::Out& out, std::uint64_t pause_ms) {
  if (conversation_.ending()) return conversation_.endNow(out);  // the call is over anyway; the connection may go
  planned_ = true;
  conversation_.leave(out);
  for (const auto timer : {kSwap, kMaxAge}) out.cancelTimer(timer);
  pending_ = false;
  swapping_ = true;
  const bool anew = std::exchange(anew_, false);
  with_handle_ = with_handle && !anew;
  if (!with_handle_) channel_.handle.forget();  // it is that of the conversation that is left
  with_old_ = 0;
  attempts_.reset();
  ++channel_.epoch;
  if (channel_.live.exists()) {
    old_ = channel_.live.id;
    channel_.close(out);
    out.timer(kOldClosed, kOldClosedMs);
  }
  if (pause_ms == 0) return connect(out);
  waits_ = true;
  out.timer(kRetry, pause_ms);
}

/// A connection of a swap did not come up.
void Swap::failed(const hks_closed& lost, std::string_view why, hks::Out& out) {
  channel_.warn("moving the call to a new Gemini connection failed: " + hks::utf8::line(why, 300), out);
  const bool refused = lost.close_code == 1007 || lost.close_code == 1008;
  last_why_ = "Gemini could not be reached again: " + hks::utf8::line(why, 300);
  const bool used_up = with_handle_ && (planned_ ? attempts_.spent() : ++with_old_ > kMaxWithHandle);
  if (with_handle_ && (refused || used_up)) {
    with_handle_ = false;  // the handle is no good: a new conversation that is told the old one
    channel_.handle.forget();
    attempts_.forgive(2);
    return connect(out);
  }
  const bool final = refused || speech::isFinal(lost);
  const auto pause = final ? std::nullopt : planned_ ? attempts_.next() : recovery_.lost(out, lost.retry_after_ms);
  if (!pause) return give(last_why_, lost, out);
  waits_ = true;
  out.timer(kRetry, *pause);
}

bool Swap::startFresh(std::string_view why, hks::Out& out) {
  if (fresh_ >= kMaxFresh || !channel_.usable()) return false;
  ++fresh_;
  channel_.warn(why, out);
  channel_.handle.forget();
  begin(false, out);
  return true;
}

/// The API stalls without any error (§9): a nudge, then a new conversation.
void Swap::noAnswer(hks::Out& out) {
  if (!conversation_.answerOverdue()) return;
  if (conversation_.silentSinceResumed() && with_handle_ &&
      startFresh("Gemini does not answer on the resumed connection; the call goes on in a new conversation", out))
    return;
  if (conversation_.nudge(out)) return;
  if (!startFresh("Gemini still does not answer; the call goes on in a new conversation", out))
    give("Gemini still does not answer; the caller hears nothing", {}, out);
}

void Swap::setupOverdue(hks::Out& out) {
  if (!channel_.live.configuring()) return;
  const char* why = "Gemini did not complete the setup within 10 s";
  if (!swapping_) return conversation_.gone(why, {}, out);
  channel_.close(out);
  failed({}, why, out);
}

bool Swap::timer(std::uint64_t id, hks::Out& out) {
  switch (id) {
    case kSetup: return setupOverdue(out), true;
    case kOldClosed:
      old_ = 0;
      if (channel_.opened && channel_.live.connecting()) setUp(out);
      return true;
    case kRetry:
      if (waits_) connect(out);
      return true;
    case kRecovery:
      if (recovery_.over(out)) give(last_why_, {}, out);
      return true;
    case kNoAnswer: return noAnswer(out), true;
    case kSwap:
      if (channel_.usable() && pending_) begin(channel_.handle.exists(), out);
      return true;
    case kMaxAge:
      if (channel_.usable() && !pending_) within(kAgedMs, out);
      return true;
    default: return false;
  }
}

}  // namespace hookswitch::gemini
