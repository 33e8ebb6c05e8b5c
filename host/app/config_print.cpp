// A complete commented INI of the host's keys and those of the plugins. config/hookswitch.ini is made of it.
#include <string>
#include <vector>

#include "host/app/config.hpp"
#include "host/app/config_families.hpp"
#include "host/app/config_keys.hpp"

namespace hookswitch::app {
namespace {

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (auto& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

/// The key as it stands in the file, with what is to be known of it above.
std::string printed(const plugin::Key& key, bool restart) {
  std::vector<std::string> notes;
  if (!key.choices.empty()) notes.push_back(joined(key.choices, " | "));
  if (key.required) notes.emplace_back("required: the plugin is idle while it is empty");
  if (key.secret) notes.emplace_back("secret: never shown");
  if (restart) notes.emplace_back("takes effect at the next start");
  std::string out = "\n; " + key.text + "\n";
  if (!notes.empty()) out += "; (" + joined(notes, "; ") + ")\n";
  return out + key.name + " =" + (key.fallback.empty() ? "" : " " + key.fallback) + "\n";
}

}  // namespace

std::string printConfig(const plugin::Registry& registry) {
  std::string out =
      "; Configuration of the Hookswitch gateway. Every key stands here with its default.\n"
      "; ${system.env.NAME} is replaced by the environment variable NAME. SIGHUP reloads this file.\n"
      "; A comment is a line of its own. A value goes on in the next line when its line ends with \\; a text of "
      "several lines\n"
      "; stands between key = \"\"\" and a line of \"\"\".\n"
      "; What is marked with 'takes effect at the next start' waits for that; everything else follows at a SIGHUP.\n";
  for (auto& [section, keys] : hostSections()) {
    out += "\n\n[" + section + "]\n";
    for (auto& key : keys) out += printed(key.key, key.restart);
  }
  for (auto& family : families()) {
    out += "\n\n; " + family.meaning + "\n; [" + family.word + "." + family.example + "]\n";
    for (auto& key : family.keys) {
      const std::string& fallback = key.key.fallback;
      out += "\n; " + key.key.text + (key.key.secret ? " (secret: never shown)" : "") + "\n; " + key.key.name + " =" +
             (fallback.empty() ? "" : " " + fallback) + "\n";
    }
  }
  for (auto& found : registry.found()) {
    if (!found.library) continue;
    out += "\n\n; " + found.library->name + " " + found.library->version + "\n[" + found.library->id + "]\n";
    for (auto& key : found.library->keys) out += printed(key, false);
  }
  return out;
}

}  // namespace hookswitch::app
