#pragma once
// G.711 companding by table: one load per sample in both directions. [any]: constant tables, no state.
#include <cstddef>
#include <cstdint>

namespace hookswitch::media {

constexpr std::uint8_t kMuLawSilence = 0xFF;  // code of +0
constexpr std::uint8_t kALawSilence = 0xD5;   // code of the smallest positive step: A-law has no zero

// Samples are 16-bit linear, full scale. Encoding is exact over all 65,536 values: a sample gets the code of the
// interval [lower, upper) it lies in, intervals as in tables 1 and 2 of ITU-T G.711 scaled to 16 bits, with no bits
// thrown away before the decision. Decoding gives the middle of the interval.
std::uint8_t encodeMuLaw(std::int16_t sample);
std::uint8_t encodeALaw(std::int16_t sample);
std::int16_t decodeMuLaw(std::uint8_t code);
std::int16_t decodeALaw(std::uint8_t code);

// `in` and `out` hold n samples or codes each and do not overlap.
void encodeMuLaw(const std::int16_t* in, std::size_t n, std::uint8_t* out);
void encodeALaw(const std::int16_t* in, std::size_t n, std::uint8_t* out);
void decodeMuLaw(const std::uint8_t* in, std::size_t n, std::int16_t* out);
void decodeALaw(const std::uint8_t* in, std::size_t n, std::int16_t* out);

}  // namespace hookswitch::media
