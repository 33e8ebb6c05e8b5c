#include "host/base/json.hpp"

#include <Poco/JSONString.h>

#include <algorithm>

#include "host/base/well_formed.hpp"

namespace hookswitch::json {
namespace {

/// Poco also escapes what a text seldom has; one without any of it stands as it is.
bool plain(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; });
}

}  // namespace

void quoteTo(std::string& out, std::string_view text) {
  std::string mended;
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; }))
    text = mended = base::wellFormed(text);
  // Poco's printers go through streams and values on the heap, at ten to twenty times the cost of appending: too much
  // for the control thread, which writes the list of the live calls. So only what has to be escaped goes there.
  if (!plain(text)) {
    out += Poco::toJSON(std::string(text), Poco::JSON_WRAP_STRINGS);
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

void Object::begin(std::string_view name) {
  if (text_.size() > 1) text_ += ',';
  quoteTo(text_, name);
  text_ += ':';
}

Object& Object::add(std::string_view name, std::string_view value) {
  begin(name);
  quoteTo(text_, value);
  return *this;
}

Object& Object::raw(std::string_view name, std::string_view json) {
  begin(name);
  text_ += json;
  return *this;
}

Object& Object::orNull(std::string_view name, std::string_view value) {
  return value.empty() ? raw(name, "null") : add(name, value);
}

Array& Array::add(std::string_view value) {
  if (!empty()) text_ += ',';
  quoteTo(text_, value);
  return *this;
}

Array& Array::raw(std::string_view json) {
  if (!empty()) text_ += ',';
  text_ += json;
  return *this;
}

}  // namespace hookswitch::json
