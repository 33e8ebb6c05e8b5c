// What a plugin declares about its section of the configuration.
#pragma once

#include <hookswitch/abi.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "host/base/result.hpp"

namespace hookswitch::plugin {

struct Key {
  std::string name, fallback, text;
  std::uint32_t kind = HKS_TEXT;
  bool secret = false, required = false;
  std::vector<std::string> choices;      ///< HKS_CHOICE only
  bool words = false;                    ///< HKS_WORDS: for people or models, with line breaks
  std::string pattern = {}, shape = {};  ///< what values look like: a regular expression, and the same for people
};

/// Fails with what is wrong with the declaration, a sentence without its subject.
base::Result<void> checkKeys(const hks_settings* table);

/// The declared keys, with `enabled` (true) added in front when the plugin does not declare it.
std::vector<Key> readKeys(const hks_settings* table);

/// Does `value` suit the key? Else a sentence without the section's and key's name: "expected true or false, found
/// 'maybe'". A secret's value is never repeated.
base::Result<void> checkValue(const Key& key, const std::string& value);

/// true for true, yes, on, 1 (any case).
bool isTrue(const std::string& value);

/// The whole section: every declared key, with its default where `given` has none. Booleans become "true" and "false".
std::map<std::string, std::string> complete(const std::vector<Key>& keys,
                                            const std::map<std::string, std::string>& given);

/// Why a plugin with these settings is idle: "enabled is false", "api_key is empty". Empty: it may work.
std::string idleReason(const std::vector<Key>& keys, const std::map<std::string, std::string>& settings);

}  // namespace hookswitch::plugin
