#include "host/plugin/registry.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace hookswitch::plugin {
namespace {

std::vector<std::string> filesOf(const std::string& directories, std::vector<std::string>& problems) {
  namespace fs = std::filesystem;
  std::vector<std::string> all;
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
    if (error) problems.push_back("plugins.directory: cannot read '" + directory + "': " + error.message());
    std::sort(files.begin(), files.end());
    all.insert(all.end(), files.begin(), files.end());
  }
  return all;
}

}  // namespace

Registry Registry::scan(const std::string& directories, const Held& held) {
  return Registry().rescan(directories, held);
}

Registry Registry::rescan(const std::string& directories, const Held& held) const {
  Registry now;
  const std::vector<std::string> files = filesOf(directories, now.problems_);
  // First what runs already, wherever its file is now: a new file cannot take its id.
  for (auto& old : found_) {
    if (!old.library) continue;
    Found kept = old;
    kept.note.clear();
    const auto stamp = stampOf(old.file);
    if (std::find(files.begin(), files.end(), old.file) == files.end() || !stamp) {
      kept.note = "was removed; the plugin goes on as it was loaded until the gateway is restarted";
    } else if (*stamp != old.stamp) {
      const auto image = readImage(old.file);
      if (image && image->digest == old.digest)
        kept.stamp = image->stamp;
      else
        kept.note =
            "has changed since it was loaded; the plugin goes on as it was loaded, and a restart of the gateway takes "
            "the new file up";
    }
    now.found_.push_back(std::move(kept));
  }
  for (auto& file : files) {
    if (now.at(file)) continue;
    if (std::string why = held ? held(file) : std::string(); !why.empty()) {
      now.found_.push_back({file, nullptr, why});
      continue;
    }
    LoadedFile loaded = load(file);
    if (loaded.library)
      now.add({file, *loaded.library, {}, loaded.stamp, loaded.digest});
    else
      now.add({file, nullptr, loaded.library.error(), loaded.stamp, loaded.digest});
  }
  // In the order of the directory, with those whose file is gone behind.
  auto place = [&](const Found& f) { return std::find(files.begin(), files.end(), f.file) - files.begin(); };
  std::stable_sort(now.found_.begin(), now.found_.end(), [&](auto& a, auto& b) { return place(a) < place(b); });
  return now;
}

void Registry::add(Found found) {
  if (found.library) {
    if (auto other = find(found.library->id)) {
      found.reason = "has the id '" + other->id + "' that " + other->file + " already has; remove one of the two";
      found.library = nullptr;
    }
  }
  found_.push_back(std::move(found));
}

const Found* Registry::at(const std::string& file) const {
  for (auto& f : found_)
    if (f.file == file) return &f;
  return nullptr;
}

std::shared_ptr<const Library> Registry::find(const std::string& id) const {
  for (auto& f : found_)
    if (f.library && f.library->id == id) return f.library;
  return nullptr;
}

}  // namespace hookswitch::plugin
