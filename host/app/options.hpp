// Everything the host reads from its configuration, with its types. config_keys.cpp says which key fills which member.
#pragma once

#include <cstdint>
#include <string>

#include "host/control/call_requests.hpp"

namespace hookswitch::app {

/// What a call gets is handed on as it is, so it is the base. Defaults that count are those of the keys.
struct Options : control::CallDefaults {
  std::string host, api_key, api_key_secondary, tls_certificate, tls_key;
  std::uint16_t port = 8080, public_port = 0;
  std::uint32_t connections_per_address = 1000;
  std::uint32_t drain_s = 30;
  unsigned loops = 0;
  std::uint32_t keep_days = 30, store_max_mb = 0;
  std::string plugin_directory, store_path, log_level;
  std::uint32_t step_limit_s = 15, quarantine_s = 30;
  bool log_json = false;
};

}  // namespace hookswitch::app
