#include "host/api/plugin_json.hpp"

#include "host/base/json.hpp"

namespace hookswitch::api {

std::string pluginsJson(const std::vector<control::Plugins::View>& plugins, const std::string& version) {
  json::Array list;
  for (auto& plugin : plugins) {
    const auto* library = plugin.library.get();
    json::Object o;
    json::Array roles;
    if (library)
      for (auto& role : library->roles) roles.add(role);
    o.add("id", plugin.id)
        .add("name", library ? library->name : "")
        .add("version", library ? library->version : "")
        .add("abi", library ? library->abi : "")
        .raw("roles", roles.str())
        .add("state", plugin.state)
        .add("reason", plugin.reason)
        .add("file", plugin.file);
    list.raw(o.str());
  }
  return json::Object().add("version", version).raw("plugins", list.str()).str();
}

}  // namespace hookswitch::api
