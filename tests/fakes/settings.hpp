// Strict settings of a fake: a struct names its members once in visit(), and JSON goes in and out through that.
#pragma once

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>

namespace fakes {

/// Apply the members of `changes` to `settings`; all of them or, with std::invalid_argument, none.
template <class Settings>
void applySettings(Settings& settings, const nlohmann::json& changes) {
  if (!changes.is_object()) throw std::invalid_argument("expected an object of settings");
  Settings copy = settings;
  std::string known;
  std::size_t used = 0;
  copy.visit([&](const char* name, auto& member) {
    known += known.empty() ? "" : ", ";
    known += name;
    const auto found = changes.find(name);
    if (found == changes.end()) return;
    ++used;
    try {
      member = found->template get<std::decay_t<decltype(member)>>();
    } catch (const nlohmann::json::exception&) {
      throw std::invalid_argument(std::string("setting '") + name +
                                  "' has a value of the wrong type: " + found->dump());
    }
  });
  if (used != changes.size()) {
    for (const auto& [name, value] : changes.items()) {
      if ((", " + known + ",").find(", " + name + ",") == std::string::npos) {
        throw std::invalid_argument("setting '" + name + "' is not known; known: " + known);
      }
    }
  }
  settings = copy;
}

template <class Settings>
nlohmann::json dumpSettings(const Settings& settings) {
  nlohmann::json out = nlohmann::json::object();
  Settings copy = settings;
  copy.visit([&](const char* name, auto& member) { out[name] = member; });
  return out;
}

}  // namespace fakes
