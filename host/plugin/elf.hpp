// Whether a file is a complete shared library of this machine, asked before the dynamic loader is.
#pragma once

#include <string>

namespace hookswitch::plugin {

/// Empty when `file` may be handed to dlopen, else why not, a sentence without its subject. The loader maps a file
/// without looking at its length: one that was cut off kills the process with SIGBUS when a missing page is touched.
/// Never throws. [any]
std::string checkElf(const std::string& file);

}  // namespace hookswitch::plugin
