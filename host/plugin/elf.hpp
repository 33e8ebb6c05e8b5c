// Whether bytes are a complete shared library of this machine, asked before the dynamic loader is; and what it would
// share with others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.hpp"

namespace hookswitch::plugin {

/// May a file with these bytes be handed to dlopen? Why not is a sentence without its subject. The loader maps a file
/// without looking at its length: one that was cut off kills the process with SIGBUS when a missing page is touched.
/// [any]
base::Result<void> checkElf(std::string_view bytes);

/// The names that the library exports as unique in the whole process (STB_GNU_UNIQUE): the dynamic loader gives every
/// library that exports such a name the object of the first one, also when both are local. What the standard library's
/// own templates make is left out: it is the same everywhere. Of bytes that checkElf() found good. [any]
std::vector<std::string> uniqueSymbols(std::string_view bytes);

/// What must be there before the library can be loaded (DT_NEEDED), when it looks for it beside itself ($ORIGIN); empty
/// otherwise. [any]
std::vector<std::string> neededBesideItself(std::string_view bytes);

}  // namespace hookswitch::plugin
