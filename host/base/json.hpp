// Writing the JSON of the control plane: answers, lists, lines of the log. Reading it is json_document.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::json {

/// Append `text` as a JSON string. Bytes that are not valid UTF-8 read as U+FFFD: see wellFormed(). [any]
void quoteTo(std::string& out, std::string_view text);

/// An object whose members stand in the order in which they are added; every name once. [any]
class Object {
 public:
  Object& add(std::string_view name, std::string_view value);
  Object& add(std::string_view name, const std::string& value) { return add(name, std::string_view(value)); }
  Object& add(std::string_view name, const char* value) { return add(name, std::string_view(value)); }
  Object& add(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  Object& add(std::string_view name, int value) { return raw(name, std::to_string(value)); }
  Object& add(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  Object& add(std::string_view name, std::uint64_t value) { return raw(name, std::to_string(value)); }
  Object& add(std::string_view name, std::uint32_t value) { return raw(name, std::to_string(value)); }
  /// `json` is a complete JSON value.
  Object& raw(std::string_view name, std::string_view json);
  /// The text, or null where it is empty.
  Object& orNull(std::string_view name, std::string_view value);
  std::string str() const { return text_ + "}"; }

 private:
  void begin(std::string_view name);
  std::string text_ = "{";
};

/// [any]
class Array {
 public:
  Array& add(std::string_view value);
  /// `json` is a complete JSON value.
  Array& raw(std::string_view json);
  bool empty() const { return text_.size() == 1; }
  std::string str() const { return text_ + "]"; }

 private:
  std::string text_ = "[";
};

}  // namespace hookswitch::json
