#include "host/base/json.hpp"

#include <Poco/JSONString.h>

#include "host/base/well_formed.hpp"

namespace hookswitch::json {
namespace {

/// What a text has that cannot stand as it is.
struct Found {
  bool escaped = false;  ///< by Poco
  bool wide = false;     ///< more than ASCII, which may be no UTF-8
};

Found lookAt(std::string_view text) {
  Found found;
  for (const unsigned char c : text) {
    found.escaped |= c < 0x20 || c == '"' || c == '\\';
    found.wide |= c >= 0x80;
  }
  return found;
}

}  // namespace

void quoteTo(std::string& out, std::string_view text) {
  const Found found = lookAt(text);
  std::string mended;
  if (found.wide) text = mended = base::wellFormed(text);
  // Poco's printers go through streams and values on the heap, at ten to twenty times the cost of appending: too much
  // for the control thread, which writes the list of the live calls. So only what has to be escaped goes there.
  if (found.escaped) {
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
