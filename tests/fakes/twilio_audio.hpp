// What the caller says: a WAV file, raw mu-law or a tone, always as mu-law at 8 kHz.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fakes {

/// Caller audio is shared between calls and never changes.
using Audio = std::shared_ptr<const std::string>;

std::uint8_t toMulaw(std::int16_t sample);
std::int16_t fromMulaw(std::uint8_t code);

/// A RIFF WAVE file: PCM16 of one channel at any rate (resampled to 8 kHz linearly), or mu-law at 8 kHz (taken
/// as it is).
/// Throws std::invalid_argument with a sentence.
Audio readWav(const std::string& file);
Audio parseWav(std::string_view bytes, const std::string& name);
/// A file of bare mu-law bytes.
Audio readMulaw(const std::string& file);
/// A sine of `hz` at half of full scale.
Audio makeTone(double hz, std::uint32_t ms);

}  // namespace fakes
