// Comparing what a caller said with what came back, both mu-law at 8 kHz.
#pragma once

#include <string>

namespace system_test {

/// Normalised correlation of `part` with the best place in `whole`, 0 to 1.
double correlation(const std::string& whole, const std::string& part);
/// How much of it is a tone of this height, ms.
std::size_t toneMs(const std::string& audio, double hz);
/// Without mu-law silence (0xFF) at its end.
std::string trimSilence(std::string audio);

}  // namespace system_test
