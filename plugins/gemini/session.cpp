#include "plugins/gemini/session.hpp"

#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <utility>

#include "plugins/gemini/messages.hpp"

namespace hookswitch::gemini {
namespace {

constexpr std::uint64_t kSetupMs = 10000;    // §1
constexpr std::uint64_t kGreetingMs = 3000;  // §7
constexpr std::size_t kSummaryBytes = 4096;
constexpr std::size_t kChunkMs = 40;   // §3
constexpr std::size_t kHeldMs = 1000;  // §5 step 5: older audio smears the turn detection
constexpr std::uint32_t kMaxWarnings = 50;

std::string closedSentence(const hks_closed& end, bool opened, bool setup) {
  const std::string why = hks::utf8::line(hks::text(end.reason), 300);
  std::string text;
  if (opened && setup)
    text = "Gemini refused the setup (code " + std::to_string(end.close_code) + ")";
  else if (opened)
    text = "Gemini closed the connection (code " + std::to_string(end.close_code) + ")";
  else if (end.http_status >= 300 && end.http_status < 600)
    text = "Gemini refused the connection with HTTP " + std::to_string(end.http_status);
  else
    text = "Gemini could not be reached";
  if (!why.empty()) text += ": " + why;
  if (!opened && (end.http_status == 400 || end.http_status == 401 || end.http_status == 403))
    text += "; check gemini.api_key";
  if (opened && setup && (end.close_code == 1007 || end.close_code == 1008))
    text += "; check gemini.model and gemini.voice";
  return text;
}

}  // namespace

void Voice::onStart(const hks_start& start, Out& out) {
  options_ = optionsOf(start, out);
  memory_.take(start);
  took_over_ = !memory_.lines().empty();
  if (!options_.bad_model.empty()) return gone(options_.bad_model, {}, out);
  connect(out);
}

void Voice::connect(Out& out) {
  state_ = State::Connecting;
  opened_ = false;
  conn_ = ++last_conn_;
  hks::Http request;
  request.url = options_.url;
  request.headers = options_.headers;
  request.ms = options_.connect_timeout_ms;
  if (!out.connect(conn_, request)) gone("the host refused to connect to Gemini; check gemini.url", {}, out);
}

void Voice::onOpened(std::uint64_t conn, Out& out) {
  if (state_ == State::Gone || conn != conn_) {
    if (conn != old_conn_) out.close(conn, 1000);
    return;
  }
  if (state_ != State::Connecting) return;
  opened_ = true;
  if (!old_conn_) sendSetup(out);  // §5 step 4: never resume while the old connection is open
}

void Voice::sendSetup(Out& out) {
  state_ = State::Setup;
  const bool first = !ready_;
  const std::string_view handle = with_handle_ ? std::string_view(handle_) : std::string_view{};
  const std::string summary = (first ? took_over_ : !with_handle_) ? memory_.summary(kSummaryBytes) : std::string{};
  send(setup(options_, handle, summary), out);
  out.timer(kSetup, kSetupMs);
}

void Voice::onSetupComplete(Out& out) {
  if (state_ != State::Setup) return;
  state_ = State::Ready;
  out.cancelTimer(kSetup);
  if (options_.max_age_ms) out.timer(kMaxAge, options_.max_age_ms);
  if (std::exchange(ready_, true)) return afterSwap(out);
  out.ready(options_.takes(), HKS_S16_24K);
  if (!took_over_) return greet(out);
  if (memory_.owesAnswer()) send(userTurn("Answer the caller's last words now."), out);
}

/// A prompt alone does not make the model begin (§7).
void Voice::greet(Out& out) {
  if (options_.greeting.empty()) return;
  const std::string text = greetingText(options_.greeting);
  if (options_.rules->greets_by_text)
    sendText(text, out);
  else
    send(userTurn(text), out);
  shield_bytes_ = options_.shield_ms * options_.bytesPerMs();
  out.timer(kGreeting, kGreetingMs);
}

void Voice::sendText(std::string_view text, Out& out) {
  remember(text);
  send(realtimeText(text), out);
}

void Voice::onClosed(const hks_closed& end, Out& out) {
  const std::uint64_t conn = end.msg.id;
  if (state_ == State::Gone) return;
  if (conn == old_conn_ && conn != 0) return oldClosed(out);
  if (conn != conn_ || state_ == State::Waiting) return;
  const std::string why = closedSentence(end, opened_, state_ == State::Setup);
  out.cancelTimer(kSetup);
  if (swapping_) {
    conn_ = 0;
    return swapFailed(end.code, why, out);
  }
  // After goAway the end was announced: that it comes early is still the plan.
  if (state_ == State::Ready && swap_pending_) {
    conn_ = 0;
    return swap(!handle_.empty(), out);
  }
  conn_ = 0;
  gone(why, end, out);
}

void Voice::onData(const hks_data& data, Out& out) {
  if (data.msg.id != conn_ || (state_ != State::Setup && state_ != State::Ready)) return;
  Json root, part;
  if (!reader_.read(hks::text(data.bytes), root))
    return warn("Gemini sent a message that is not a JSON object; ignored", out);
  // The order within one message is that of §4.
  if (speech::has(root, "setupComplete")) onSetupComplete(out);
  if (speech::objectAt(root, "error", part)) {
    return gone("Gemini reports an error: " + hks::utf8::line(speech::textAt(part, "message"), 300),
                std::uint32_t(std::clamp<std::int64_t>(speech::numberAt(part, "code"), 0, 65535)), out);
  }
  if (state_ != State::Ready) return;
  if (speech::objectAt(root, "serverContent", part)) serverContent(part, out);
  if (state_ == State::Ready && speech::objectAt(root, "toolCall", part)) onToolCalls(part, out);
  if (speech::objectAt(root, "toolCallCancellation", part)) onCancelled(part, out);
  if (speech::objectAt(root, "usageMetadata", part)) onUsage(part, out);
  if (speech::objectAt(root, "sessionResumptionUpdate", part)) onHandle(part);
  if (state_ == State::Ready && speech::objectAt(root, "goAway", part)) onGoAway(part, out);
  swapIfQuiet(out);
}

void Voice::onAudio(const hks_audio& audio, Out& out) {
  if (state_ == State::Gone || !ready_) return;
  const std::string_view bytes = hks::text(audio.bytes);
  if (shield_bytes_) {  // a hole would stall the turn detection: silence instead (§3)
    chunk_.append(bytes.size(), '\0');
    shield_bytes_ -= std::min<std::uint64_t>(shield_bytes_, bytes.size());
  } else {
    chunk_ += bytes;
  }
  const std::size_t whole = kChunkMs * options_.bytesPerMs();
  if (chunk_.size() < whole) return;
  if (state_ != State::Ready) {
    held_ += chunk_;
    const std::size_t most = kHeldMs * options_.bytesPerMs();
    if (held_.size() > most) held_.erase(0, (held_.size() - most + 1) & ~std::size_t(1));
  } else {
    send_buffer_.clear();
    appendAudio(send_buffer_, chunk_, options_.input_rate);
    send(send_buffer_, out);
  }
  chunk_.clear();
}

void Voice::onTimer(std::uint64_t id, Out& out) {
  if (state_ == State::Gone) return;
  switch (id) {
    case kSetup: {
      if (state_ != State::Setup) return;
      const char* why = "Gemini did not complete the setup within 10 s";
      if (!swapping_) return gone(why, {}, out);
      out.close(std::exchange(conn_, 0), 1000);
      return swapFailed(0, why, out);
    }
    case kOldClosed:
      old_conn_ = 0;
      if (opened_ && state_ == State::Connecting) sendSetup(out);
      return;
    case kRetry: return state_ == State::Waiting ? connect(out) : void();
    case kDead: dead_ = false; return;
    case kFlush:
      if (turn_open_) tellCaller(out);  // else it may be the sentence the caller has begun
      return tellModels(out);
    case kUserFlush: return tellCaller(out);
    case kNoAnswer: return noAnswer(out);
    case kGreeting:
      if (state_ != State::Ready || std::exchange(greeted_twice_, true))
        return warn("Gemini stays silent instead of greeting the caller", out);
      return greet(out);
    case kSwap: return state_ == State::Ready && swap_pending_ ? swap(!handle_.empty(), out) : void();
    case kCallerQuiet: caller_quiet_ = true; return swapIfQuiet(out);
    case kMaxAge: return state_ == State::Ready && !swap_pending_ ? swapWithin(120000, out) : void();
    case kEnd: return ending_ ? endNow(out) : void();
    case kSay: return sayNext(out);
    case kDtmf: return sendDigits(out);
    default: break;
  }
  const auto call = std::find_if(calls_.begin(), calls_.end(), [&](const Call& c) { return id == kTool + c.id; });
  if (call == calls_.end()) return;
  warn("the tool '" + call->name + "' did not answer in time", out);
  const Call late = *call;
  calls_.erase(call);
  answer(late, R"({"status":"timeout","retryable":true})", true, out);
}

void Voice::gone(std::string_view why, const hks_closed& lost, Out& out) {
  if (state_ == State::Gone) return;
  tellAll(out);
  if (conn_) out.close(conn_, 1000);
  state_ = State::Gone;
  conn_ = 0;
  held_.clear();
  out.gone(why, lost);
}

void Voice::warn(std::string_view text, Out& out) {
  if (++warnings_ <= kMaxWarnings) out.log(HKS_WARN, text);
}

}  // namespace hookswitch::gemini
