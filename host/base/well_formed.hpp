// Text from plugins and from outside, as it may stand in JSON and in a document.
#pragma once

#include <string>
#include <string_view>

namespace hookswitch::base {

/// The same text in UTF-8: each piece that is none reads as U+FFFD, so that one plugin's bad bytes never spoil an
/// answer with other things in it. [any]
std::string wellFormed(std::string_view text);

}  // namespace hookswitch::base
