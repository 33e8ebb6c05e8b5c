#include "plugins/openai/rotation.hpp"

#include "plugins/openai/errors.hpp"
#include "plugins/openai/timers.hpp"

#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace hookswitch::openai {
namespace {

constexpr std::uint64_t kLifetimeMs = 3600 * 1000;
constexpr std::uint64_t kPlanAheadMs = 120 * 1000;  // of the expiry the service names
constexpr std::uint64_t kForceAheadMs = 20 * 1000;
constexpr std::uint64_t kPrepareAgainMs = 10 * 1000;
constexpr std::uint64_t kConfigMs = 5000;
constexpr hks::Backoff kPauses{250, 4000, 0};
constexpr std::uint32_t kMaxAttempts = 5;  // about 8 s in all
constexpr char kNotConfirmed[] = "OpenAI did not confirm the session within 5 s";

}  // namespace

Rotation::Rotation(Channel& channel, Conversation& conversation)
    : channel_(channel), conversation_(conversation), attempts_(kPauses, kMaxAttempts), recovery_(kRecovery) {}

void Rotation::created(Link& link, const hks::json::Value& root) {
  const std::uint64_t now_us = conversation_.nowUs();
  link.expires_us = now_us + kLifetimeMs * 1000;
  const std::int64_t expires_s = hks::json::numberAt(root["session"], "expires_at");
  const std::int64_t now_ms = std::int64_t(start_unix_ms_ + now_us / 1000);
  // A clock that is far off would make nonsense of it; then the documented hour counts.
  if (start_unix_ms_ == 0 || expires_s <= now_ms / 1000 || expires_s > now_ms / 1000 + 2 * 3600) return;
  link.expires_us = now_us + std::min(kLifetimeMs, std::uint64_t(expires_s * 1000 - now_ms)) * 1000;
}

void Rotation::configured(Link& link, const hks::json::Value& root, hks::Out& out) {
  const bool live = &link == &channel_.live;
  const std::string refusal = channel_.refusal(root);
  if (!link.configuring()) {
    if (!live || !link.usable() || refusal.empty()) return;
    leave(out);  // what comes from now on would be noise
    return notNow(refusal, out);
  }
  if (!refusal.empty()) return live ? channel_.gone(refusal, {}, out) : nextFailed(refusal, out);
  link.state = Link::State::Ready;
  out.cancelTimer(live ? kConfig : kNextConfig);
  live ? ready(out) : ifQuiet(out);
}

/// The live connection may be talked on: at the start of the call, or after a change.
void Rotation::ready(hks::Out& out) {
  arm(out);
  recovery_.up();
  conversation_.resume(out);
  if (std::exchange(between_, false) && std::exchange(told_, false))
    out.log(HKS_INFO, "the call goes on in a new OpenAI session");
}

void Rotation::arm(hks::Out& out) {
  // Not since it was opened: a connection may have waited, prepared, for its turn.
  const std::uint64_t expires_us = channel_.live.expires_us, now_us = conversation_.nowUs();
  const std::uint64_t life = !expires_us ? kLifetimeMs : expires_us > now_us ? (expires_us - now_us) / 1000 : 0;
  const std::uint64_t plan = life > 2 * kPlanAheadMs ? life - kPlanAheadMs : life / 2;
  const std::uint64_t force = life > 2 * kForceAheadMs ? life - kForceAheadMs : life * 3 / 4;
  due_ = false;
  out.timer(kRotate, std::min(plan, channel_.options.rotate_after_ms));
  out.timer(kForce, force);
}

/// Opens and configures the next connection beside the live one. It holds no conversation until the call moves.
void Rotation::prepare(hks::Out& out) {
  if (!conversation_.started() || between_ || !channel_.usable()) return;
  due_ = true;
  if (!channel_.next.exists()) channel_.connect(channel_.next, out);
}

void Rotation::nextFailed(std::string_view why, hks::Out& out) {
  if (channel_.next.exists()) out.close(channel_.next.id, 1000);
  channel_.next = Link{};
  out.cancelTimer(kNextConfig);
  channel_.warn(
      "the next OpenAI session could not be prepared, the call stays on the present one: " + hks::utf8::line(why, 300),
      out);
  out.timer(kReconnect, kPrepareAgainMs);
}

void Rotation::ifQuiet(hks::Out& out) {
  if (mayMove() && conversation_.quiet()) moveOver(out);
}

void Rotation::ifQuietSoon(hks::Out& out) {
  if (mayMove() && !moving_ && conversation_.quiet()) moving_ = out.timer(kMove, 1);
}

/// From this frame on the next connection is the live one.
void Rotation::moveOver(hks::Out& out) {
  const bool busy = conversation_.busy();
  if (channel_.live.exists()) out.close(channel_.live.id, 1000);
  channel_.live = std::exchange(channel_.next, Link{});
  conversation_.leave(out);
  if (conversation_.ending()) return channel_.finish(out);
  out.log(HKS_INFO, busy ? "the call moved to a fresh OpenAI session in the middle of an answer, the limit was near"
                         : "the call moved to a fresh OpenAI session before the old one expires");
  ready(out);
}

void Rotation::lost(const hks_closed& lost, const Link& was, hks::Out& out) {
  // §1: at 60 minutes the service closes with 1001.
  const bool limit = lost.close_code == 1001 && hks::text(lost.reason).find("maximum duration") != hks::Text::npos;
  if (was.usable() && (limit || channel_.next.usable())) return expired(out);
  const std::string why = closedSentence(lost, was.opened());
  if (speech::isFinal(lost) || isFatalClose(lost)) return give(why, lost, out);
  if (was.usable()) {
    leave(out);
    if (conversation_.ending()) return channel_.finish(out);
  }
  tryAgain(why, lost, out);
}

void Rotation::notNow(std::string_view why, hks::Out& out) {
  const hks_closed closed{};
  if (channel_.live.exists()) out.close(std::exchange(channel_.live, Link{}).id, 1000);
  tryAgain(why, closed, out);
}

/// From here on the call has no connection.
void Rotation::leave(hks::Out& out) {
  between_ = true;
  limit_ = false;
  out.cancelTimer(kRotate);
  out.cancelTimer(kForce);
  if (channel_.next.exists()) out.close(std::exchange(channel_.next, Link{}).id, 1000);
  out.cancelTimer(kNextConfig);
  conversation_.leave(out);
}

void Rotation::expired(hks::Out& out) {
  if (channel_.live.exists()) out.close(std::exchange(channel_.live, Link{}).id, 1000);
  if (channel_.next.usable()) return moveOver(out);
  between_ = limit_ = told_ = true;
  attempts_.reset();
  conversation_.leave(out);
  if (conversation_.ending()) return channel_.finish(out);
  out.log(HKS_WARN, "the OpenAI session reached its time limit; the call moves to a new one");
  if (channel_.next.exists())
    channel_.live = std::exchange(channel_.next, Link{});
  else
    channel_.connect(channel_.live, out);
  if (channel_.live.configuring()) out.timer(kConfig, kConfigMs);
}

/// One more attempt while the call has no connection, or the end of the attempts.
void Rotation::tryAgain(std::string_view why, const hks_closed& lost, hks::Out& out) {
  out.cancelTimer(kConfig);
  last_why_ = why;
  const auto pause = limit_ ? attempts_.next() : recovery_.lost(out, lost.retry_after_ms);
  if (!pause) return give(why, lost, out);
  between_ = told_ = true;
  channel_.warn(std::string(why) + "; it is tried again" + (*pause ? " in " + std::to_string(*pause) + " ms" : ""),
                out);
  if (*pause == 0) return channel_.connect(channel_.live, out);
  out.timer(kReconnect, *pause);
}

void Rotation::give(std::string_view why, const hks_closed& lost, hks::Out& out) {
  std::string text(why);
  if (limit_) text = "OpenAI could not be reached again after the session's time limit: " + text;
  out.cancelTimer(kReconnect);
  out.cancelTimer(kRecovery);
  channel_.gone(text, lost, out);
}

bool Rotation::timer(std::uint64_t id, hks::Out& out) {
  switch (id) {
    case kConfig:
      if (!channel_.live.configuring()) return true;
      return between_ ? notNow(kNotConfirmed, out) : channel_.gone(kNotConfirmed, {}, out), true;
    case kNextConfig:
      if (channel_.next.configuring()) nextFailed(kNotConfirmed, out);
      return true;
    case kRotate: return prepare(out), true;
    case kForce:
      if (channel_.usable() && channel_.next.usable()) moveOver(out);
      return true;
    case kReconnect:
      if (!between_) return prepare(out), true;
      if (!channel_.live.exists()) channel_.connect(channel_.live, out);
      return true;
    case kRecovery:
      if (recovery_.over(out)) give(last_why_, {}, out);
      return true;
    case kMove: moving_ = false; return ifQuiet(out), true;
    default: return false;
  }
}

}  // namespace hookswitch::openai
