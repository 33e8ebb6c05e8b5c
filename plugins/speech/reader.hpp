// Reading the models' JSON: simdjson's DOM over a parser that a session keeps, so that a delta allocates nothing.
// Everything is lenient: what is absent, null or of another type reads as empty (both sheets: never throw on shape).
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hookswitch::speech {

using Json = simdjson::dom::element;

/// The string at `key`, empty when `value` is no object or has no such string.
inline std::string_view textAt(const Json& value, std::string_view key) {
  std::string_view found;
  return value[key].get(found) == simdjson::SUCCESS ? found : std::string_view{};
}
inline bool flagAt(const Json& value, std::string_view key) {
  bool found = false;
  return value[key].get(found) == simdjson::SUCCESS && found;
}
/// A whole number, also when it comes as a JSON string of digits (int64 in protobuf's JSON) or as a fraction.
std::int64_t numberAt(const Json& value, std::string_view key, std::int64_t fallback = 0);
/// The object at `key`; false when there is none. `key` may be present with null: also false.
inline bool objectAt(const Json& value, std::string_view key, Json& out) {
  Json found;
  if (value[key].get(found) != simdjson::SUCCESS || !found.is_object()) return false;
  out = found;
  return true;
}
inline bool arrayAt(const Json& value, std::string_view key, simdjson::dom::array& out) {
  return value[key].get(out) == simdjson::SUCCESS;
}
inline bool has(const Json& value, std::string_view key) { return value[key].error() == simdjson::SUCCESS; }

/// One parser and its buffers. What read() returned is valid until the next read(). [session]
class Reader {
 public:
  /// False: `bytes` is not JSON, or not an object. The buffers grow with the largest message up to kKeep; what a larger
  /// one needed is given back with the next read.
  bool read(std::string_view bytes, Json& root);

 private:
  static constexpr std::size_t kMax = std::size_t(16) << 20;  // what the host lets through as one message
  static constexpr std::size_t kKeep = std::size_t(64) << 10;
  simdjson::dom::parser parser_{kMax};
};

/// True when `text` is one JSON object. [any]
bool isJsonObject(std::string_view text);
bool isJson(std::string_view text);

}  // namespace hookswitch::speech
