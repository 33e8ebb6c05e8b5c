// The planned change of connection: a session of the service ends hard after 60 minutes (openai-realtime.md §7).
#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <utility>

#include "plugins/openai/session.hpp"

namespace hookswitch::openai {
namespace {

constexpr std::uint64_t kLifetimeMs = 3600 * 1000;
constexpr std::uint64_t kPlanAheadMs = 120 * 1000;  // of the expiry the service names
constexpr std::uint64_t kForceAheadMs = 20 * 1000;
constexpr std::uint64_t kQuietUs = 500 * 1000;  // what is left in the carrier's buffer when our estimate says silence
constexpr std::uint64_t kPrimeAgainMs = 10 * 1000;
constexpr std::uint64_t kBackoffMs[] = {250, 500, 1000, 2000, 4000};  // about 8 s in all

}  // namespace

void Voice::sessionCreated(Link& link, const Json& root, Out&) {
  Json session;
  link.expires_us = now_us_ + kLifetimeMs * 1000;
  if (!speech::objectAt(root, "session", session)) return;
  const std::int64_t expires_s = speech::numberAt(session, "expires_at");
  const std::int64_t now_ms = std::int64_t(start_unix_ms_ + now_us_ / 1000);
  // A clock that is far off would make nonsense of it; then the documented hour counts.
  if (start_unix_ms_ == 0 || expires_s <= now_ms / 1000 || expires_s > now_ms / 1000 + 2 * 3600) return;
  link.expires_us = now_us_ + std::min(kLifetimeMs, std::uint64_t(expires_s * 1000 - now_ms)) * 1000;
}

void Voice::armRotation(Out& out) {
  // Not since it was opened: a connection may have waited, primed, for its turn.
  const std::uint64_t life = !live_.expires_us            ? kLifetimeMs
                             : live_.expires_us > now_us_ ? (live_.expires_us - now_us_) / 1000
                                                          : 0;
  const std::uint64_t plan = life > 2 * kPlanAheadMs ? life - kPlanAheadMs : life / 2;
  const std::uint64_t force = life > 2 * kForceAheadMs ? life - kForceAheadMs : life * 3 / 4;
  rotation_due_ = false;
  out.timer(kRotate, std::min(plan, options_.rotate_after_ms));
  out.timer(kForce, force);
}

/// Opens and configures the next connection beside the live one. It holds no conversation until the call moves.
void Voice::prime(Out& out) {
  if (!ready_ || bridging_ || live_.state != Link::State::Ready) return;
  rotation_due_ = true;
  if (next_.state == Link::State::None) connect(next_, out);
}

bool Voice::quiet() const {
  return gate_.idle() && !gate_.waiting() && !retry_ && !caller_speaks_ && digits_.empty() && end_reason_.empty() &&
         now_us_ > played_until_us_ + kQuietUs && !lines_.blocked() &&
         std::none_of(calls_.begin(), calls_.end(), [](const Call& c) { return !c.answered; });
}

void Voice::rotateIfQuiet(Out& out) {
  if (rotation_due_ && next_.state == Link::State::Ready && live_.state == Link::State::Ready && quiet()) moveOver(out);
}

/// The old connection's items, answers and open turns are void; the memory, waiting answers and tools are not.
void Voice::leaveConversation(Out& out) {
  ++epoch_;
  for (Item& item : items_)  // cut off in the middle: what came of it is played to its end
    if (!std::exchange(item.ended, true) && item.rx_bytes) out.audioEnd(item.id);
  items_.clear();
  lines_.giveUp();
  tellLines(out);
  discarded_.clear();
  gate_.expired();
  gate_.callerTurn(false);
  caller_speaks_ = false;
  for (Call& call : calls_) call.settled = true;  // no response.done will come for them
  calls_.erase(std::remove_if(calls_.begin(), calls_.end(), [](const Call& c) { return c.ends_call; }), calls_.end());
  if (!end_reason_.empty()) out.endCall(std::exchange(end_reason_, {}), HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
  out.cancelTimer(kGate);
  out.cancelTimer(kCallerTurn);
}

/// From this frame on the next connection is the live one.
void Voice::moveOver(Out& out) {
  const bool busy = !gate_.idle();
  if (live_.state != Link::State::None) out.close(live_.conn, 1000);
  live_ = std::exchange(next_, Link{});
  leaveConversation(out);
  out.log(HKS_INFO, busy ? "the call moved to a fresh OpenAI session in the middle of an answer, the limit was near"
                         : "the call moved to a fresh OpenAI session before the old one expires");
  if (busy) gate_.askAnswer();
  ready(out);
}

/// The live connection is closed by its time limit (session_expired, 1001).
void Voice::sessionExpired(Out& out) {
  if (live_.state != Link::State::None) out.close(std::exchange(live_, Link{}).conn, 1000);
  if (next_.state == Link::State::Ready) return moveOver(out);
  const bool busy = !gate_.idle();
  bridging_ = true;
  reconnects_ = 0;
  leaveConversation(out);
  if (busy) gate_.askAnswer();
  out.log(HKS_WARN, "the OpenAI session reached its time limit; the call moves to a new one");
  if (next_.state != Link::State::None)
    live_ = std::exchange(next_, Link{});
  else
    connect(live_, out);
  if (live_.state == Link::State::Configuring) out.timer(kConfig, 5000);
}

/// One more attempt while the call has no connection, or the end of the attempts.
void Voice::bridge(Out& out) {
  if (live_.state != Link::State::None) return;
  if (std::exchange(waiting_to_reconnect_, false)) return connect(live_, out);
  if (reconnects_ >= std::size(kBackoffMs))
    return gone("OpenAI could not be reached again after the session's time limit", {}, out);
  waiting_to_reconnect_ = true;
  out.timer(kReconnect, kBackoffMs[reconnects_++]);
}

/// The connection that was primed is no use. The live one is not touched; try again until it must end.
void Voice::nextFailed(std::string_view why, Out& out) {
  if (next_.state != Link::State::None) out.close(next_.conn, 1000);
  next_ = Link{};
  out.cancelTimer(kNextConfig);
  warn("the next OpenAI session could not be prepared, the call stays on the present one: " + hks::utf8::line(why, 300),
       out);
  out.timer(kReconnect, kPrimeAgainMs);
}

}  // namespace hookswitch::openai
