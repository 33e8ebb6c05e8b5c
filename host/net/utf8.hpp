// Is what came as text UTF-8? Private to host/net.
#pragma once

#include <string_view>

namespace hookswitch::net {

/// By simdjson, unless all of it is ASCII, as nearly every message is: that takes no library to see. [any]
bool isUtf8(std::string_view text);

}  // namespace hookswitch::net
