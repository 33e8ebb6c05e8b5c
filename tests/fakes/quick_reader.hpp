// Reading of the messages that come 50 times a second a session: simdjson, over one buffer that is used again.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace fakes {

/// [loop] Shared by the sessions of a server.
struct QuickReader {
  /// False: it is no JSON. What `document` gives is valid until the next read.
  bool read(std::string_view payload, simdjson::ondemand::document& document) {
    if (padded.size() < payload.size() + simdjson::SIMDJSON_PADDING)
      padded.resize(payload.size() + simdjson::SIMDJSON_PADDING + 4096);
    payload.copy(padded.data(), payload.size());
    return parser.iterate(padded.data(), payload.size(), padded.size()).get(document) == simdjson::SUCCESS;
  }

  simdjson::ondemand::parser parser;
  std::string padded;  ///< simdjson reads past the end of a message: room for that
};

}  // namespace fakes
