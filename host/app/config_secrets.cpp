// Secrets in places where other users of the machine can read them.
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "host/app/config.hpp"

namespace hookswitch::app {
namespace {

namespace fs = std::filesystem;

/// The mode of a regular file that everybody can read and get at; 0 for any other.
unsigned openMode(const std::string& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode) || !(found.st_mode & S_IROTH)) return 0;
  std::error_code failed;
  for (fs::path folder = fs::canonical(file, failed).parent_path(); !failed && !folder.empty();
       folder = folder.parent_path()) {
    struct stat way {};
    if (::stat(folder.c_str(), &way) != 0 || !(way.st_mode & S_IXOTH)) return 0;
    if (folder == folder.root_path()) break;
  }
  return found.st_mode & 07777;
}

std::string octal(unsigned mode) {
  char text[16];
  std::snprintf(text, sizeof text, "%04o", mode);
  return text;
}

}  // namespace

void Config::checkSecrets(const plugin::Registry& registry) {
  std::map<std::string, std::string> files;  // to the names of the secrets in them
  auto look = [&](const std::string& section, const plugin::Key& key) {
    auto s = values_.find(section);
    if (!key.secret || s == values_.end()) return;
    auto value = s->second.find(key.name);
    if (value == s->second.end()) return;
    // The name of a variable of the environment is no secret.
    const std::string& text = value->second.text;
    const std::size_t begin = text.find("${");
    if (text.empty() || (begin == 0 && text.find('}') == text.size() - 1)) return;
    const std::string name = section + "." + key.name;
    const Origin& origin = value->second.origin;
    if (origin.line) {
      std::string& names = files[origin.file];
      names += (names.empty() ? "" : ", ") + name;
    } else {
      warnings_.push_back(name +
                          " is given on the command line, which every user of this machine can read while the gateway "
                          "runs; put it in a file of mode 0600 or, as "
                          "${system.env.NAME}, in the environment");
    }
  };
  for (auto& [section, keys] : hostSections())
    for (auto& key : keys) look(section, key.key);
  for (auto& found : registry.found())
    if (found.library)
      for (auto& key : found.library->keys) look(found.library->id, key);
  for (auto& [file, names] : files)
    if (const unsigned mode = openMode(file))
      warnings_.push_back(file + " holds secrets (" + names + ") and every user of this machine can read it (mode " +
                          octal(mode) + "): chmod 600 it, or 640 with the gateway's group");
  if (const std::string key = get("server", "tls_key"); !key.empty())
    if (const unsigned mode = openMode(key))
      warnings_.push_back(key + ", the server.tls_key, can be read by every user of this machine (mode " + octal(mode) +
                          "): chmod 600 it, or 640 with the gateway's group");
}

}  // namespace hookswitch::app
