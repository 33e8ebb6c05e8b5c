// A complete commented INI of the host's keys and those of the plugins. config/hookswitch.ini is made of it.
#include "host/app/config.hpp"
#include "host/app/config_keys.hpp"

namespace hookswitch::app {

std::string printConfig(const plugin::Registry& registry) {
  std::string out =
      "; Configuration of the Hookswitch gateway. Every key stands here with its default.\n"
      "; ${system.env.NAME} is replaced by the environment variable NAME. SIGHUP reloads this file.\n"
      "; A comment is a line of its own. A value goes on in the next line when its line ends with \\; a text of "
      "several lines\n"
      "; stands between key = \"\"\" and a line of \"\"\".\n"
      "; What is marked with 'takes effect at the next start' waits for that; everything else follows at a SIGHUP.\n";
  auto print = [&](const plugin::Key& key, bool restart = false) {
    out += "\n; " + key.text + "\n";
    std::string notes;
    auto note = [&](const std::string& s) { notes += (notes.empty() ? "" : "; ") + s; };
    if (!key.choices.empty()) {
      std::string list;
      for (auto& c : key.choices) list += (list.empty() ? "" : " | ") + c;
      note(list);
    }
    if (key.required) note("required: the plugin is idle while it is empty");
    if (key.secret) note("secret: never shown");
    if (restart) note("takes effect at the next start");
    if (!notes.empty()) out += "; (" + notes + ")\n";
    out += key.name + " =" + (key.fallback.empty() ? "" : " " + key.fallback) + "\n";
  };
  for (auto& [section, keys] : hostSections()) {
    out += "\n\n[" + section + "]\n";
    for (auto& key : keys) print(key.key, key.restart);
  }
  for (auto& found : registry.found()) {
    if (!found.library) continue;
    out += "\n\n; " + found.library->name + " " + found.library->version + "\n[" + found.library->id + "]\n";
    for (auto& key : found.library->keys) print(key);
  }
  return out;
}

}  // namespace hookswitch::app
