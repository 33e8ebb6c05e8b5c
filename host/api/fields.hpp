// The fields of a JSON body, each said once: reading, checking and describing a request go by the same table.
#pragma once

#include <Poco/Dynamic/Var.h>
#include <Poco/JSON/Object.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/api/route_table.hpp"
#include "host/base/json_document.hpp"
#include "host/base/result.hpp"

namespace hookswitch::api {

/// Puts a value that suits into the request; what does not suit is a sentence that names the field.
template <class T>
struct Field {
  Described said;
  std::function<base::Result<void>(T& request, const Poco::Dynamic::Var& value)> take;
  bool null_is_none = false;  ///< null: as if the field were not there
};

enum class Lines : std::uint8_t { one = 1, several = 2 };  ///< several: with tabs and line breaks

/// The text of a field, without control characters, of at most `most` bytes. [any]
base::Result<std::string> readText(const char* name, const Poco::Dynamic::Var& value, std::size_t most, Lines lines);
/// `unit`: behind "a whole number", such as " of seconds". [any]
base::Result<std::int64_t> readWhole(const char* name, const Poco::Dynamic::Var& value, std::int64_t least,
                                     std::int64_t most, const char* unit);
/// Different texts of 1 to `longest` bytes without control characters, at most `most` of them. [any]
base::Result<std::vector<std::string>> readList(const char* name, const Poco::Dynamic::Var& value, std::size_t most,
                                                std::size_t longest);
/// An object in its shortest form, of at most `most` bytes. [any]
base::Result<std::string> readObject(const char* name, const Poco::Dynamic::Var& value, std::size_t most);

/// `suits`: what is more to ask of a text that is not empty; `expected` says it.
using Suits = bool (*)(const std::string& text);

template <class T, class Member>
Field<T> textField(const char* name, Member T::*member, std::size_t most, Lines lines, const char* meaning,
                   Suits suits = nullptr, const char* expected = "") {
  return {{name, "string", meaning, false, 0, std::int64_t(most)},
          [=](T& request, const Poco::Dynamic::Var& value) -> base::Result<void> {
            auto text = readText(name, value, most, lines);
            if (!text) return base::Failure(text.error());
            if (suits && !text->empty() && !suits(*text))
              return base::Failure("'" + std::string(name) + "' must be " + expected);
            request.*member = *std::move(text);
            return {};
          }};
}

template <class T, class Member>
Field<T> wholeField(const char* name, Member T::*member, std::int64_t least, std::int64_t most, const char* unit,
                    const char* meaning) {
  return {{name, "integer", meaning, false, least, most},
          [=](T& request, const Poco::Dynamic::Var& value) -> base::Result<void> {
            const auto number = readWhole(name, value, least, most, unit);
            if (!number) return base::Failure(number.error());
            request.*member = Member(*number);
            return {};
          }};
}

/// Different texts of 1 to `longest` bytes, at most `most` of them.
template <class T>
Field<T> listField(const char* name, std::optional<std::vector<std::string>> T::*member, std::size_t most,
                   std::size_t longest, const char* meaning) {
  return {{name, "array", meaning, false, 0, std::int64_t(most)},
          [=](T& request, const Poco::Dynamic::Var& value) -> base::Result<void> {
            auto list = readList(name, value, most, longest);
            if (!list) return base::Failure(list.error());
            request.*member = *std::move(list);
            return {};
          }};
}

template <class T>
Field<T> flagField(const char* name, bool T::*member, const char* meaning) {
  return {{name, "boolean", meaning}, [=](T& request, const Poco::Dynamic::Var& value) -> base::Result<void> {
            if (value.isEmpty() || !value.isBoolean())
              return base::Failure("'" + std::string(name) + "' must be true or false");
            request.*member = value.extract<bool>();
            return {};
          }};
}

template <class T>
Field<T> objectField(const char* name, std::string T::*member, std::size_t most, const char* meaning) {
  return {{name, "object", meaning, false, 0, std::int64_t(most)},
          [=](T& request, const Poco::Dynamic::Var& value) -> base::Result<void> {
            auto object = readObject(name, value, most);
            if (!object) return base::Failure(object.error());
            request.*member = *std::move(object);
            return {};
          }};
}

/// A route with this body cannot do without the field.
template <class T>
Field<T> needed(Field<T> field) {
  field.said.required = field.null_is_none = true;
  return field;
}

/// The members of a body that has to be an object; a sentence when it is none. `needed`: of the fields without which
/// there is no request. [any]
base::Result<Poco::JSON::Object::Ptr> readMembers(std::string_view body, const std::string& needed);
/// The sentence for a field that is not in the table.
std::string unknownField(const std::string& name, const std::vector<std::string>& known);

/// `request` as the body says it, in the order of the body; the first mistake counts. Whether what is needed is there
/// is asked by whoever knows a sentence for it. [any]
template <class T>
base::Result<void> readBody(std::string_view body, const std::vector<Field<T>>& table, T& request) {
  std::vector<std::string> known;
  std::string needs;
  for (auto& field : table) {
    known.emplace_back(field.said.name);
    if (field.said.required) needs += (needs.empty() ? "'" : ", '") + known.back() + "'";
  }
  const auto members = readMembers(body, needs);
  if (!members) return base::Failure(members.error());
  for (auto& name : (*members)->getNames()) {
    const auto field = std::find_if(table.begin(), table.end(), [&](auto& f) { return f.said.name == name; });
    if (field == table.end()) return base::Failure(unknownField(name, known));
    const Poco::Dynamic::Var value = (*members)->get(name);
    if (field->null_is_none && value.isEmpty()) continue;
    if (auto taken = field->take(request, value); !taken) return taken;
  }
  return {};
}

template <class T>
std::vector<Described> described(const std::vector<T>& table) {
  std::vector<Described> said;
  for (auto& each : table) said.push_back(each.said);
  return said;
}

}  // namespace hookswitch::api
