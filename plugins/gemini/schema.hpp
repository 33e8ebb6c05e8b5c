// A tool's JSON Schema in the dialect of functionDeclarations (gemini-live.md §2.2): upper-case types, a closed list of
// keywords. One unknown keyword fails the whole setup, so everything else is left out.
#pragma once

#include <string>
#include <string_view>

namespace hookswitch::gemini {

/// `parameters` for a declaration; empty when the function takes none (an OBJECT without properties is refused).
std::string parametersOf(std::string_view json_schema);

}  // namespace hookswitch::gemini
