// Sections of which there may be many, each with a name of its own: [number.+E164], [tool.NAME].
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "host/app/config_keys.hpp"
#include "host/base/result.hpp"

namespace hookswitch::app {

/// [any]
struct Family {
  std::string word;                                      ///< before the dot
  std::string example;                                   ///< a name that is good
  std::string meaning;                                   ///< for people, above the keys of a printed configuration
  std::string naming;                                    ///< "names no number; expected ...", of a name that is none
  std::size_t most;                                      ///< sections
  base::Result<void> (*names)(const std::string& name);  ///< fails without a sentence (`naming`), or with its own
  void (*clear)(Options&);
  void (*begin)(Options&, const std::string& name);  ///< there is a section of this name
  std::vector<HostKey> keys;                         ///< one that is not in the file is not filled
};

const std::vector<Family>& families();
/// Whose word the section begins with, whatever its name; NULL: none.
const Family* familyBefore(const std::string& section);
/// The same, when the name is good.
const Family* familyOf(const std::string& section);
/// "+4930..." of "number.+4930...".
std::string nameIn(const std::string& section);

}  // namespace hookswitch::app
