// Keys as sound, for a carrier that cannot press them itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "host/media/transcoder.hpp"

namespace hookswitch::media {

/// Two tones for each of 0-9 * # A-D (ITU-T Q.23), tone_ms long and pause_ms apart (Q.24); w is wait_ms of silence.
/// Anything else is left out. [any]
std::string keyTones(AudioFormat format, std::string_view digits);

inline constexpr std::uint32_t tone_ms = 120, pause_ms = 80, wait_ms = 500;

}  // namespace hookswitch::media
