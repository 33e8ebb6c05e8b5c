// Names that nobody else has. [any]
#pragma once

#include <string>
#include <string_view>

namespace hookswitch::base {

/// A random UUID, version 4, lower case (RFC 9562, 5.4).
std::string newId();
bool isId(std::string_view id);  ///< has the shape that newId() gives

}  // namespace hookswitch::base
