// What a plugin makes of its section.
#pragma once

#include <hookswitch/plugin.hpp>

#include <map>
#include <string>
#include <vector>

namespace hookswitch::test {

template <class Config>
struct Read {
  Config config;
  std::vector<std::string> problems;
};

/// `read(settings, problems)` of the plugin, over good values and what a test changes in them.
template <class Config, class Reader>
Read<Config> readSettings(Reader read, std::map<std::string, std::string> values,
                          const std::map<std::string, std::string>& changes) {
  for (auto& [name, value] : changes) values[name] = value;
  std::vector<hks_pair> pairs;
  for (auto& [name, value] : values) pairs.push_back({hks::str(name), hks::str(value)});
  hks_start start{};
  start.settings = pairs.data();
  start.setting_count = pairs.size();
  Read<Config> r;
  r.config = read(hks::Settings(start), r.problems);
  return r;
}

}  // namespace hookswitch::test
