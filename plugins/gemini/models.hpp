// What differs between the Live models (gemini-live.md §2.3). The builder of messages is driven by this table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::gemini {

enum class Thinking { Forbidden = 1, Required = 2, Level = 3, Budget = 4, Unknown = 5 };

struct ModelRules {
  std::string_view id;
  Thinking thinking;
  bool blocking;            ///< functions may be BLOCKING
  bool non_blocking;        ///< functions may be NON_BLOCKING
  bool says_behavior;       ///< `behavior` may be written at all
  bool scheduling;          ///< function responses may carry `scheduling`
  bool greets_by_text;      ///< realtimeInput.text starts speech where clientContent alone does not
  bool interaction_status;  ///< turnComplete does not mean idle
  bool context_update;      ///< takes other instructions in the middle of a conversation
  std::uint32_t max_age_s;  ///< a connection is renewed at this age without being asked; 0: only on goAway
};

/// The rules of `model` (with or without a path in front); an unknown name gets those of the nearest generation.
const ModelRules& rulesOf(std::string_view model);

/// Why this model cannot be used, empty when it can: names that were shut down.
std::string whyNotModel(std::string_view model);

/// "models/<id>", or `model` itself when it has a path already (Vertex).
std::string wireModel(std::string_view model);

}  // namespace hookswitch::gemini
