// Which calls have something that is not on the disk yet. Private to this folder.
#pragma once

#include <cstdint>
#include <iterator>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "host/store/types.hpp"

namespace hookswitch::store {

/// Bounded by what is queued and what waits in the backlog. Whoever owns it guards it.
class Unwritten {
 public:
  /// The calls that writes are about.
  static std::vector<std::string> callsOf(const std::vector<Write>& writes) {
    std::vector<std::string> out;
    const auto add = [&](const std::string& call) {
      if (out.empty() || out.back() != call) out.push_back(call);
    };
    for (const auto& write : writes) {
      if (auto* save = std::get_if<SaveCall>(&write))
        add(save->record.terms->id);
      else if (auto* line = std::get_if<SaveLine>(&write))
        add(line->call);
      else if (auto* hook = std::get_if<SaveHook>(&write))
        add(hook->hook.call);
    }
    return out;
  }
  void put(const std::vector<std::string>& calls, std::uint64_t number) {
    for (const auto& call : calls) latest_[call] = number;
  }
  /// Every put up to this number is on the disk.
  void written(std::uint64_t up_to) {
    for (auto it = latest_.begin(); it != latest_.end();) it = it->second <= up_to ? latest_.erase(it) : std::next(it);
  }
  bool has(const std::string& call) const { return latest_.count(call) > 0; }

 private:
  std::unordered_map<std::string, std::uint64_t> latest_;  // by call, the number of the latest put about it
};

}  // namespace hookswitch::store
