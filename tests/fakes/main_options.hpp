// The command line of hookswitch-fakes.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace fakes {

struct FakesOptions {
  std::map<std::string, std::uint16_t> ports;  ///< control and the fakes, by name; absent: chosen by the system
  std::map<std::string, std::string> plan;     ///< --twilio-plan key=value
  std::string caller_wav, webhook_base, config_out, tls_directory, openclaw_dialect = "openclaw";
  std::uint32_t keep_audio_s = 600;
  bool print_config = false;  ///< print and exit
  bool die_with_parent = false, help = false;
};

extern const char* const fakes_usage;

/// Throws std::invalid_argument with a sentence.
FakesOptions parseFakesOptions(int count, char** arguments);

}  // namespace fakes
