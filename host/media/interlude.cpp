#include "host/media/interlude.hpp"

#include <algorithm>
#include <utility>

#include "host/media/bridge.hpp"
#include "host/media/call_sessions.hpp"
#include "host/media/media_events.hpp"
#include "host/media/recorder.hpp"
#include "host/media/tones.hpp"
#include "host/media/voices.hpp"

namespace hookswitch::media {

using call::EndedBy;
using call::What;

namespace {

constexpr std::int64_t us_per_ms = 1000;
constexpr std::int64_t unsure_us =
    10'000'000;  // a request that was lost on its way would have been carried out by then

}  // namespace

void Interlude::begin() {
  if (gap_.active()) return;
  const std::int64_t now_us = place_.loop.pacingUs();
  place_.recorder.note(What::gap_began);
  gap_.begin(now_us, place_.bridge.playsUs(now_us));
  held_ = true;
  place_.bridge.hold(true, now_us);
  place_.voices.hold(true);
}

void Interlude::taken(std::uint32_t back_ms, const std::string& why) {
  if (gap_.active()) gap_.taken(back_ms ? place_.loop.pacingUs() + back_ms * us_per_ms : 0, why);
}

void Interlude::unsure(std::uint32_t back_ms, const std::string& why) {
  const std::int64_t now_us = place_.loop.pacingUs();
  if (gap_.active()) gap_.unsure(now_us + unsure_us, back_ms ? now_us + back_ms * us_per_ms : 0, why);
}

void Interlude::refused() {
  if (!gap_.active()) return;
  const auto lost = gap_.refused();
  if (!lost) return over();
  if (lost->far_end_left) place_.events.mediaFarEndLeft(place_.call);
  place_.events.mediaEndRequested(place_.call, EndedBy::carrier, lost->reason);
}

void Interlude::leave() {
  if (!gap_.active()) return;
  gap_.taken(0, {});
  agent_left_ = true;
  place_.voices.close();
}

void Interlude::keys(const std::string& digits) {
  if (!gap_.active()) return;
  const AudioFormat format = place_.bridge.carrierTakes();
  const std::string sound = keyTones(format, digits);
  place_.bridge.insert(sound);
  gap_.tones(place_.loop.pacingUs() + std::int64_t(sound.size() / bytesPerMs(format)) * us_per_ms);
}

bool Interlude::carrierLeft(bool far_end_left, std::string_view reason) {
  if (!gap_.breaks({far_end_left, std::string(reason)})) return false;
  place_.sessions.retire(place_.sessions.carrier, "the stream comes back");
  place_.bridge.carrierLeft(place_.loop.pacingUs());
  return true;
}

void Interlude::look(std::int64_t now_us) {
  if (gap_.quiet(now_us)) place_.events.mediaQuiet(place_.call);
  switch (gap_.due(now_us)) {
    case Gap::Due::nothing: return;
    case Gap::Due::resume: return over();
    case Gap::Due::end: return place_.events.mediaEndRequested(place_.call, EndedBy::limit, gap_.why());
  }
}

void Interlude::over() {
  gap_.over();
  if (!std::exchange(held_, false)) return;
  const std::int64_t now_us = place_.loop.pacingUs();
  place_.recorder.note(What::gap_over, std::uint64_t(std::max<std::int64_t>(0, now_us - gap_.sinceUs()) / us_per_ms));
  place_.bridge.hold(false, now_us);
  place_.voices.hold(false);
  place_.events.mediaBack(place_.call);
}

}  // namespace hookswitch::media
