// The planned change of connection under a running call (gemini-live.md §5).
#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "plugins/gemini/messages.hpp"
#include "plugins/gemini/session.hpp"

namespace hookswitch::gemini {
namespace {

constexpr std::uint64_t kOldClosedMs = 1500;  // how long the closing handshake of the old connection is waited for
constexpr std::uint64_t kCoolingMs = 100;     // the service needs a moment to let go of what it has agreed to close
constexpr std::uint64_t kBackoffMs[] = {500, 1000, 2000, 4000};
constexpr std::uint32_t kMaxFresh = 2;
constexpr std::size_t kMaxHandle = 16 * 1024;

/// "50s", "9.500s" to ms; anything else is 10 s, for which §5 says to plan.
std::uint64_t durationMs(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
  if (error != std::errc{} || end + 1 != text.data() + text.size() || *end != 's' || !(seconds < 86400)) return 10000;
  return seconds <= 0 ? 0 : std::uint64_t(seconds * 1000);
}

}  // namespace

void Voice::onHandle(const Json& update) {
  const std::string_view handle = speech::textAt(update, "newHandle");
  if (!speech::flagAt(update, "resumable") || handle.empty() || handle.size() > kMaxHandle) {
    handle_fresh_ = false;  // the old one is kept, but misses what happened since
    return;
  }
  handle_ = handle;
  handle_fresh_ = !modelBusy();
}

void Voice::onGoAway(const Json& message, Out& out) {
  const std::uint64_t left_ms = durationMs(speech::textAt(message, "timeLeft"));
  const std::uint64_t margin_ms = std::clamp<std::uint64_t>(left_ms / 3, 3000, 10000);
  const std::string text = "Gemini ends this connection in " + std::to_string(left_ms / 1000) +
                           " s; the call moves to a new one" +
                           (handle_.empty() ? " without a handle to resume by" : "");
  out.notice({}, text);  // which the host logs
  swapWithin(left_ms > margin_ms ? left_ms - margin_ms : 0, out);
}

/// By a timer, not by what the server sends: it may fall silent after goAway.
void Voice::swapWithin(std::uint64_t deadline_ms, Out& out) {
  swap_pending_ = true;
  if (deadline_ms == 0) return swap(!handle_.empty(), out);
  out.timer(kSwap, deadline_ms);
  swapIfQuiet(out);
}

void Voice::swapIfQuiet(Out& out) {
  if (swap_pending_ && state_ == State::Ready && calls_.empty() && handle_fresh_ && caller_quiet_ && !modelBusy() &&
      !ending_ && sayings_.empty())
    swap(true, out);
}

void Voice::swap(bool with_handle, Out& out) {
  if (ending_) return endNow(out);  // the call is over anyway; the connection may go
  cut_off_ = modelBusy();
  if (cut_off_) cut_text_ = turns_.back().text;
  endAudio(out);
  turn_open_ = dead_ = swap_pending_ = false;
  tellAll(out);
  caller_text_.clear();
  odd_.clear();
  for (auto timer : {kSwap, kMaxAge, kNoAnswer, kGreeting, kDead, kFlush}) out.cancelTimer(timer);
  swapping_ = true;
  with_handle_ = with_handle;
  attempts_ = 0;
  ++epoch_;
  if (conn_) {
    old_conn_ = conn_;
    out.close(old_conn_, 1000);
    out.timer(kOldClosed, kOldClosedMs);
  }
  connect(out);
}

void Voice::oldClosed(Out& out) { out.timer(kOldClosed, kCoolingMs); }

/// A connection of a swap did not come up.
void Voice::swapFailed(const hks_closed& lost, std::string_view why, Out& out) {
  warn("moving the call to a new Gemini connection failed: " + hks::utf8::line(why, 300), out);
  const bool refused = lost.close_code == 1007 || lost.close_code == 1008;
  if (with_handle_ && (refused || attempts_ >= std::size(kBackoffMs))) {
    with_handle_ = false;  // the handle is no good: a new conversation that is told the old one
    handle_.clear();
    attempts_ = std::min<std::uint32_t>(attempts_, 2);
    return connect(out);
  }
  if (refused || attempts_ >= std::size(kBackoffMs))
    return gone("Gemini could not be reached again: " + hks::utf8::line(why, 300), lost, out);
  state_ = State::Waiting;
  out.timer(kRetry, kBackoffMs[attempts_++]);
}

void Voice::afterSwap(Out& out) {
  swapping_ = false;
  handle_fresh_ = false;
  caller_text_.clear();  // a resumed connection may repeat transcription
  await_output_ = true;
  for (; !results_.empty(); results_.pop_front()) send(userTurn(results_.front()), out);
  const std::size_t chunk = 40 * options_.bytesPerMs();
  for (std::size_t at = 0; at < held_.size(); at += chunk) {
    send_buffer_.clear();
    appendAudio(send_buffer_, std::string_view(held_).substr(at, chunk), options_.input_rate);
    send(send_buffer_, out);
  }
  held_.clear();
  if (std::exchange(cut_off_, false)) {
    const std::string said = hks::utf8::line(std::exchange(cut_text_, {}), 1000);
    send(userTurn(said.empty() ? "You were cut off. Go on with your answer."
                               : "Your last sentence was cut off after: \"" + said + "\". Finish it briefly."),
         out);
  } else if (!with_handle_ && memory_.owesAnswer()) {
    send(userTurn("Answer the caller's last words now."), out);
  }
  out.log(HKS_INFO, with_handle_ ? "the call was resumed on a new Gemini connection"
                                 : "the call goes on in a new Gemini conversation that was told the old one");
  if (!digits_.empty()) sendDigits(out);
  sayNext(out);
}

/// Leaves a conversation that has gone wrong for a new one. False: it was done often enough.
bool Voice::startFresh(std::string_view why, Out& out) {
  if (fresh_ >= kMaxFresh || state_ != State::Ready) return false;
  ++fresh_;
  warn(why, out);
  handle_.clear();
  swap(false, out);
  return true;
}

}  // namespace hookswitch::gemini
