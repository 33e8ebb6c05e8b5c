// hookswitch/read_json.hpp - reading other people's JSON leniently, with simdjson (Debian: libsimdjson-dev). It is the
// one header of the SDK that needs a library: include it only where the plugin links simdjson.
//
// What is absent, null or of another type reads as empty: a service that adds a member, leaves one out or says null is
// normal life, and never a reason to fail.
//   hks::json::Reader reader;  // where the message is handled: its buffers are the thread's, and there for the next
//   one hks::json::Value root; if (!reader.read(hks::text(data.bytes), root)) return;  // no JSON object if
//   (hks::json::textAt(root, "type") == "error") fail(hks::json::numberAt(root["error"], "code"));
#ifndef HKS_READ_JSON_HPP
#define HKS_READ_JSON_HPP
#include <simdjson.h>
#include <hookswitch/surrogates.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace hks::json {

using Value = simdjson::dom::element;
using Values = simdjson::dom::array;

// `at`: a Value, an object, or what [] gave for one, which may be nothing: root["a"]["b"] is fine.

/// The string at `key`, valid as long as what it was read from.
template <class At>
std::string_view textAt(const At& at, std::string_view key) {
  std::string_view found;
  return at[key].get(found) == simdjson::SUCCESS ? found : std::string_view{};
}
/// The same as a copy, also when it is a whole number: services change their minds about ids and codes.
template <class At>
std::string wordAt(const At& at, std::string_view key) {
  Value found;
  if (at[key].get(found) != simdjson::SUCCESS) return {};
  std::string_view text;
  uint64_t number = 0;
  if (found.get(text) == simdjson::SUCCESS) return std::string(text);
  return found.get(number) == simdjson::SUCCESS ? std::to_string(number) : std::string();
}
template <class At>
bool flagAt(const At& at, std::string_view key) {
  bool found = false;
  return at[key].get(found) == simdjson::SUCCESS && found;
}
/// A whole number, also when it comes as a string of digits (int64 in protobuf's JSON) or as a fraction, which is cut.
template <class At>
int64_t numberAt(const At& at, std::string_view key, int64_t fallback = 0) {
  Value found;
  if (at[key].get(found) != simdjson::SUCCESS) return fallback;
  int64_t whole = 0;
  if (found.get(whole) == simdjson::SUCCESS) return whole;
  double real = 0;
  if (found.get(real) == simdjson::SUCCESS) return real > -9e15 && real < 9e15 ? int64_t(real) : fallback;
  std::string_view text;
  if (found.get(text) != simdjson::SUCCESS) return fallback;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  return error == std::errc{} && end == text.data() + text.size() ? whole : fallback;
}
/// The object at `key`; false when there is none. `key` may be present with null: also false.
template <class At>
bool objectAt(const At& at, std::string_view key, Value& out) {
  Value found;
  if (at[key].get(found) != simdjson::SUCCESS || !found.is_object()) return false;
  out = found;
  return true;
}
template <class At>
bool arrayAt(const At& at, std::string_view key, Values& out) {
  return at[key].get(out) == simdjson::SUCCESS;
}
/// Is it there at all? Also as null.
template <class At>
bool has(const At& at, std::string_view key) {
  return at[key].error() == simdjson::SUCCESS;
}

/// A parser and its buffers, lent by the thread for as long as the Reader lives: a session that waits for its next
/// message keeps nothing. What read() returned is valid until the next read() of the same Reader, and not beyond its
/// life. A message of the usual size allocates nothing. [the thread that made it]
class Reader {
 public:
  Reader() : parser_(spare() ? std::move(spare()) : std::make_unique<simdjson::dom::parser>(kMax)) {}
  /// What a message above kKeep needed is given back at once.
  ~Reader() {
    if (!spare() && parser_->capacity() <= kKeep) spare() = std::move(parser_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// False: `bytes` is not JSON, or not an object. Half a character, of a service that has cut its text in the middle
  /// of one, reads as U+FFFD.
  bool read(std::string_view bytes, Value& root) {
    if (bytes.empty() || bytes.size() > kMax) return false;
    simdjson::error_code error = parser_->parse(bytes.data(), bytes.size()).get(root);
    if (error == simdjson::STRING_ERROR || error == simdjson::UTF8_ERROR) {
      std::string mended(bytes);
      const bool as_bytes = mendSurrogateBytes(mended);
      if (mendSurrogates(mended) || as_bytes) error = parser_->parse(mended).get(root);
    }
    return error == simdjson::SUCCESS && root.is_object();
  }

 private:
  static constexpr size_t kMax = size_t(16) << 20;  // what the host lets through as one message
  static constexpr size_t kKeep = size_t(64) << 10;
  static std::unique_ptr<simdjson::dom::parser>& spare() {
    static thread_local std::unique_ptr<simdjson::dom::parser> kept;
    return kept;
  }
  std::unique_ptr<simdjson::dom::parser> parser_;
};

/// Is `text` one JSON value, one JSON object? [any]
inline bool isJson(std::string_view text) {
  simdjson::dom::parser parser;
  return !text.empty() && parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}
inline bool isJsonObject(std::string_view text) {
  Value root;
  return Reader().read(text, root);
}

}  // namespace hks::json
#endif
