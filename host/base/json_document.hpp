// Reading JSON that others wrote: what Poco's parser takes, and less.
#pragma once

#include <Poco/Dynamic/Var.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "host/base/result.hpp"

namespace hookswitch::json {

/// What a document may be at most; its length is whoever receives it.
struct Limits {
  std::size_t depth = 1024;    ///< objects and arrays within each other
  std::size_t members = 2000;  ///< of all objects together
};

/// The document, when `text` is one JSON value and nothing else: RFC 8259, valid UTF-8, no name twice in an object, no
/// number that nobody can hold. An Object::Ptr keeps the order of its members (getNames()). Else a sentence without a
/// subject and with the place: "expected ':' after member name, line 1, column 7". [any]
base::Result<Poco::Dynamic::Var> parse(std::string_view text, const Limits& limits = {});

/// The value in the shortest form, members in their order. [any]
std::string text(const Poco::Dynamic::Var& value);

}  // namespace hookswitch::json
