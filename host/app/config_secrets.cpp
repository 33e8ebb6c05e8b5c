// Secrets in places where other users of the machine can read them.
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "host/app/config.hpp"
#include "host/app/config_families.hpp"
#include "host/app/config_keys.hpp"

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

/// ${...} and nothing else: the name of a variable is no secret.
bool isVariable(const std::string& text) { return text.compare(0, 2, "${") == 0 && text.find('}') == text.size() - 1; }

std::string readableSentence(const std::string& what, unsigned mode) {
  return what + " (mode " + octal(mode) + "): chmod 600 it, or 640 with the gateway's group";
}

}  // namespace

/// Where this key's value is written, if it is a secret in plain words. [main]
const Value* Config::plainSecret(const std::string& section, const plugin::Key& key) const {
  const auto s = values_.find(section);
  if (!key.secret || s == values_.end()) return nullptr;
  const auto value = s->second.find(key.name);
  if (value == s->second.end() || value->second.text.empty() || isVariable(value->second.text)) return nullptr;
  return &value->second;
}

void Config::checkSecrets(const plugin::Registry& registry) {
  std::map<std::string, std::string> files;  // to the names of the secrets in them
  auto look = [&](const std::string& section, const plugin::Key& key) {
    const Value* value = plainSecret(section, key);
    if (!value) return;
    const std::string name = section + "." + key.name;
    if (value->origin.line) {
      std::string& names = files[value->origin.file];
      names += (names.empty() ? "" : ", ") + name;
    } else {
      warnings_.push_back(name +
                          " is given on the command line, which every user of this machine can read while the gateway "
                          "runs; put it in a file of mode 0600 or, as ${system.env.NAME}, in the environment");
    }
  };
  for (auto& [section, keys] : hostSections())
    for (auto& key : keys) look(section, key.key);
  for (auto& [section, values] : values_)
    if (const Family* family = familyOf(section))
      for (auto& key : family->keys) look(section, key.key);
  for (auto& found : registry.found())
    if (found.library)
      for (auto& key : found.library->keys) look(found.library->id, key);
  for (auto& [file, names] : files)
    if (const unsigned mode = openMode(file))
      warnings_.push_back(
          readableSentence(file + " holds secrets (" + names + ") and every user of this machine can read it", mode));
  if (const std::string key = get("server", "tls_key"); !key.empty())
    if (const unsigned mode = openMode(key))
      warnings_.push_back(
          readableSentence(key + ", the server.tls_key, can be read by every user of this machine", mode));
}

}  // namespace hookswitch::app
