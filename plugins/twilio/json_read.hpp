// Reading Twilio's answers: members that may be missing, null, text or numbers. Pure. [any]
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace hookswitch::twilio {

/// False: `body` is no JSON object. `object` lives as long as `parser`.
inline bool parseObject(simdjson::dom::parser& parser, std::string_view body, simdjson::dom::object& object) {
  return !body.empty() && parser.parse(body.data(), body.size()).get(object) == simdjson::SUCCESS;
}

/// The member as text, whether it is a string or a number; empty otherwise.
inline std::string textOf(const simdjson::dom::object& object, std::string_view name) {
  simdjson::dom::element value;
  if (object[name].get(value) != simdjson::SUCCESS) return {};
  std::string_view text;
  std::uint64_t number = 0;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  if (value.get(number) == simdjson::SUCCESS) return std::to_string(number);
  return {};
}

}  // namespace hookswitch::twilio
