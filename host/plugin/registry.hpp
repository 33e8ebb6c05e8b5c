// Every file that looked like a plugin, in the order of loading, with what became of it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/plugin/library.hpp"

namespace hookswitch::plugin {

/// What one file in the plugin directories became.
struct Found {
  std::string file;
  std::shared_ptr<const Library> library;  ///< NULL: refused
  std::string reason;                      ///< why it was refused
};

/// Loaded once at start, immutable afterwards. [any]
class Registry {
 public:
  Registry() = default;
  /// Of libraries that are in the process already; tests bring theirs.
  explicit Registry(std::vector<Found> found) : found_(std::move(found)) {}
  /// Load every *.so of `directories` (separated by ':'), in the order of their names. A second plugin with the same id
  /// is refused. Directories that do not exist are listed in problems().
  static Registry scan(const std::string& directories);

  const std::vector<Found>& found() const { return found_; }
  const std::vector<std::string>& problems() const { return problems_; }
  /// NULL when there is none.
  std::shared_ptr<const Library> find(const std::string& id) const;

 private:
  std::vector<Found> found_;
  std::vector<std::string> problems_;
};

}  // namespace hookswitch::plugin
