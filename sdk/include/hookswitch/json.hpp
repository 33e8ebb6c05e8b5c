// hookswitch/json.hpp - writing JSON by appending to a string. Reading is left to a library of the plugin's choice.
#ifndef HKS_JSON_HPP
#define HKS_JSON_HPP
#include <cstdint>
#include <string>
#include <string_view>

namespace hks::json {

/// Append `s` as a JSON string literal. Bytes that are not valid UTF-8 are the caller's to clean up.
inline void quoteTo(std::string& out, std::string_view s) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (unsigned char c : s) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (c < 0x20 || c == 0x7f) {
          out += "\\u00";
          out += hex[c >> 4];
          out += hex[c & 15];
        } else
          out += char(c);
    }
  }
  out += '"';
}
inline std::string quote(std::string_view s) {
  std::string out;
  quoteTo(out, s);
  return out;
}

/// A writer that places the commas: `Object o; o.add("a", 1).add("b", "text").raw("c", "{}"); o.str()`.
class Object {
 public:
  Object& add(std::string_view name, std::string_view value) {
    begin(name);
    quoteTo(text_, value);
    return *this;
  }
  Object& add(std::string_view name, const std::string& value) { return add(name, std::string_view(value)); }
  Object& add(std::string_view name, const char* value) { return add(name, std::string_view(value)); }
  Object& add(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  Object& add(std::string_view name, int value) { return raw(name, std::to_string(value)); }
  Object& add(std::string_view name, int64_t value) { return raw(name, std::to_string(value)); }
  Object& add(std::string_view name, uint64_t value) { return raw(name, std::to_string(value)); }
  Object& add(std::string_view name, uint32_t value) { return raw(name, std::to_string(value)); }
  /// `json` is a complete JSON value.
  Object& raw(std::string_view name, std::string_view json) {
    begin(name);
    text_ += json;
    return *this;
  }
  std::string str() const { return text_ + "}"; }

 private:
  void begin(std::string_view name) {
    if (text_.size() > 1) text_ += ',';
    quoteTo(text_, name);
    text_ += ':';
  }
  std::string text_ = "{";
};

class Array {
 public:
  Array& add(std::string_view value) {
    comma();
    quoteTo(text_, value);
    return *this;
  }
  Array& raw(std::string_view json) {
    comma();
    text_ += json;
    return *this;
  }
  std::string str() const { return text_ + "]"; }

 private:
  void comma() {
    if (text_.size() > 1) text_ += ',';
  }
  std::string text_ = "[";
};

}  // namespace hks::json
#endif
