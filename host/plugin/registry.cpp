#include "host/plugin/registry.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace hookswitch::plugin {

Registry Registry::scan(const std::string& directories) {
  namespace fs = std::filesystem;
  Registry registry;
  std::size_t begin = 0;
  while (begin <= directories.size() && !directories.empty()) {
    const std::size_t end = std::min(directories.find(':', begin), directories.size());
    const std::string directory = directories.substr(begin, end - begin);
    begin = end + 1;
    if (directory.empty()) continue;
    std::error_code error;
    std::vector<std::string> files;
    for (fs::directory_iterator it(directory, error), last; !error && it != last; it.increment(error))
      if (it->path().extension() == ".so") files.push_back(it->path().string());
    if (error) registry.problems_.push_back("plugins.directory: cannot read '" + directory + "': " + error.message());
    std::sort(files.begin(), files.end());
    for (auto& file : files) {
      LoadResult result = load(file);
      if (result.library) {
        if (auto other = registry.find(result.library->id)) {
          result.reason = "has the id '" + other->id + "' that " + other->file + " already has; remove one of the two";
          result.library = nullptr;
        }
      }
      registry.found_.push_back({file, result.library, result.reason});
    }
  }
  return registry;
}

std::shared_ptr<const Library> Registry::find(const std::string& id) const {
  for (auto& f : found_)
    if (f.library && f.library->id == id) return f.library;
  return nullptr;
}

}  // namespace hookswitch::plugin
