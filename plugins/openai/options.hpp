// The settings of one call, read from START once.
#pragma once

#include <hookswitch/plugin.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/speech/tools.hpp"

namespace hookswitch::openai {

/// The plugin's section of the configuration.
extern const hks_key kKeys[22];

struct Options {
  std::string url;       ///< complete, with the model; carries no secret
  hks::Headers headers;  ///< with the key: never logged
  std::string voice;
  bool pcmu = true;               ///< else pcm 24 kHz
  std::string turn_detection;     ///< JSON
  std::string transcription;      ///< JSON, "null" when off
  std::string noise_reduction;    ///< JSON or "null"
  std::string speed;              ///< JSON number
  std::string max_output_tokens;  ///< JSON
  std::string reasoning;          ///< JSON, empty: left out
  std::uint64_t rotate_after_ms = 0;
  std::uint32_t connect_timeout_ms = 8000;
  std::string instructions, greeting;
  std::vector<speech::Tool> tools;

  std::uint32_t format() const { return pcmu ? HKS_PCMU_8K : HKS_S16_24K; }
  std::uint64_t bytesPerMs() const { return pcmu ? 8 : 48; }
  bool transcribes() const { return transcription != "null"; }
};

/// Bad values are replaced by their defaults, with a warning each.
Options optionsOf(const hks_start& start, hks::Out& out);

/// `url` with `model` as its query parameter; a url that names a model already is left alone.
std::string withModel(std::string_view url, std::string_view model);

}  // namespace hookswitch::openai
