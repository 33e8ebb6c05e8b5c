// Every file that looked like a plugin, in the order of loading, with what became of it.
#pragma once

#include <functional>
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
  FileStamp stamp{};                       ///< of the file as it was read
  std::size_t digest = 0;
  std::string note{};  ///< what a restart would change, a sentence without its subject: "was removed ..."
};

/// Immutable: a look at the directories. [any]
class Registry {
 public:
  /// A sentence why this file shall not be loaded now; empty: it may be.
  using Held = std::function<std::string(const std::string& file)>;

  Registry() = default;
  /// Of libraries that are in the process already; tests bring theirs.
  explicit Registry(std::vector<Found> found) : found_(std::move(found)) {}
  /// Load every *.so of `directories` (separated by ':'), in the order of their names. A second plugin with the same id
  /// is refused. Directories that do not exist are listed in problems(). [main]
  static Registry scan(const std::string& directories, const Held& held = {});
  /// A later look, by a process that runs. What is loaded stays as it is, and a note says if its file has changed or is
  /// gone: only a restart can replace code. A file that is new, or was refused and has changed, is loaded. [main]
  Registry rescan(const std::string& directories, const Held& held = {}) const;

  const std::vector<Found>& found() const { return found_; }
  const std::vector<std::string>& problems() const { return problems_; }
  /// NULL when there is none.
  std::shared_ptr<const Library> find(const std::string& id) const;

 private:
  const Found* at(const std::string& file) const;
  void add(Found found);
  std::vector<Found> found_;
  std::vector<std::string> problems_;
};

}  // namespace hookswitch::plugin
