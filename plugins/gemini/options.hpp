// The settings of one call, read from START once.
#pragma once

#include <hookswitch/plugin.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/gemini/models.hpp"
#include "plugins/speech/tools.hpp"

namespace hookswitch::gemini {

/// The plugin's section of the configuration.
extern const hks_key kKeys[22];

struct Options {
  std::string url;
  hks::Headers headers;  ///< with the key: never logged
  std::string model;     ///< as it goes on the wire
  const ModelRules* rules = nullptr;
  std::string bad_model;  ///< why the model cannot be used; empty: it can
  std::string voice;
  std::uint32_t input_rate = 16000;
  std::string temperature;              ///< JSON number, empty: left out
  std::uint32_t max_output_tokens = 0;  ///< 0: left out
  std::string thinking_level;           ///< empty: the model's own
  bool start_low = true, end_high = true, barge_in = true;
  std::uint32_t prefix_padding_ms = 100, silence_ms = 500;
  std::string languages;  ///< JSON array for transcription, empty: left out
  std::uint32_t compression_trigger = 100000, compression_target = 50000;
  std::uint64_t max_age_ms = 0, no_answer_ms = 0, shield_ms = 0;
  std::uint32_t connect_timeout_ms = 8000;
  std::string instructions, greeting;
  std::vector<speech::Tool> tools;

  std::uint32_t takes() const { return input_rate == 8000 ? HKS_S16_8K : HKS_S16_16K; }
  std::size_t bytesPerMs() const { return input_rate / 500; }  ///< of caller audio, 16-bit
};

/// Bad values are replaced by their defaults, with a warning each.
Options optionsOf(const hks_start& start, hks::Out& out);

/// `url` with the path of the Live service when it has none.
std::string endpointOf(std::string_view url, std::string_view api_version);

}  // namespace hookswitch::gemini
