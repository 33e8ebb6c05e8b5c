#include "host/plugin/settings.hpp"

#include <Poco/String.h>

#include <algorithm>
#include <cstring>

namespace hookswitch::plugin {
namespace {

std::string orEmpty(const char* s) { return s ? s : ""; }

std::vector<std::string> split(const std::string& s, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= s.size() && !s.empty()) {
    const std::size_t end = std::min(s.find(separator, begin), s.size());
    parts.push_back(s.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool isUrl(const std::string& value) {
  const std::size_t scheme = value.find("://");
  if (scheme == std::string::npos || scheme + 3 >= value.size()) return false;
  const std::string name = Poco::toLower(value.substr(0, scheme));
  if (name != "http" && name != "https" && name != "ws" && name != "wss") return false;
  return std::none_of(value.begin(), value.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; }) &&
         value[scheme + 3] != '/' && value[scheme + 3] != ':';
}

bool isBoolean(const std::string& value) {
  const std::string v = Poco::toLower(value);
  for (const char* good : {"true", "false", "yes", "no", "on", "off", "1", "0"})
    if (v == good) return true;
  return false;
}

bool isInteger(const std::string& value) {
  return !value.empty() && value.size() <= 18 &&
         std::all_of(value.begin() + (value[0] == '-' && value.size() > 1), value.end(),
                     [](unsigned char c) { return std::isdigit(c); });
}

/// No control characters but tabs; `lines`: may have line breaks.
bool isPlain(const std::string& value, bool lines) {
  return std::none_of(value.begin(), value.end(),
                      [&](unsigned char c) { return (c < ' ' && c != '\t' && !(lines && c == '\n')) || c == 0x7f; });
}

/// The keys that have a name, in records of today's size.
std::vector<hks_key> rawKeys(const hks_settings* table) {
  std::vector<hks_key> keys;
  for (std::uint64_t i = 0; table && table->keys && i < table->count; ++i) {
    hks_key raw{};
    const char* at = reinterpret_cast<const char*>(table->keys) + i * table->key_size;
    std::memcpy(&raw, at, std::min<std::size_t>(table->key_size, sizeof raw));
    if (raw.name && *raw.name) keys.push_back(raw);
  }
  return keys;
}

}  // namespace

bool isTrue(const std::string& value) {
  const std::string v = Poco::toLower(value);
  return v == "true" || v == "yes" || v == "on" || v == "1";
}

base::Result<void> checkKeys(const hks_settings* table) {
  for (auto& raw : rawKeys(table))
    if (raw.reserved)
      return base::Failure("has hks_key.reserved " + std::to_string(raw.reserved) + " in its key '" + raw.name +
                           "'; set it to 0");
  return {};
}

std::vector<Key> readKeys(const hks_settings* table) {
  std::vector<Key> keys;
  for (auto& raw : rawKeys(table)) {
    Key key;
    key.name = raw.name;
    key.fallback = orEmpty(raw.fallback);
    key.text = orEmpty(raw.text);
    if (raw.kind) key.kind = raw.kind;
    key.secret = raw.flags & HKS_SECRET;
    key.required = raw.flags & HKS_REQUIRED;
    key.choices = split(orEmpty(raw.choices), '|');
    key.words = raw.flags & HKS_WORDS;
    key.pattern = orEmpty(raw.pattern);
    key.shape = orEmpty(raw.shape);
    keys.push_back(std::move(key));
  }
  const bool declared = std::any_of(keys.begin(), keys.end(), [](const Key& k) { return k.name == "enabled"; });
  if (!declared)
    keys.insert(keys.begin(),
                {"enabled", "true", "whether the plugin works or is loaded but idle", HKS_BOOLEAN, false, false, {}});
  return keys;
}

base::Result<void> checkValue(const Key& key, const std::string& value) {
  const std::string found = key.secret ? "something else" : "'" + value + "'";
  const auto expected = [](bool suits, const std::string& sentence) {
    return suits ? base::Result<void>() : base::Failure(sentence);
  };
  switch (key.kind) {
    case HKS_BOOLEAN: return expected(isBoolean(value), "expected true or false, found " + found);
    case HKS_INTEGER: return expected(isInteger(value), "expected a whole number, found " + found);
    case HKS_URL:
      return expected(value.empty() || isUrl(value),
                      "expected an address such as https://example.com or wss://example.com, found " + found);
    case HKS_CHOICE: {
      std::string list;
      for (auto& choice : key.choices) list += (list.empty() ? "" : ", ") + choice;
      return expected(std::find(key.choices.begin(), key.choices.end(), value) != key.choices.end(),
                      "expected one of " + list + ", found " + found);
    }
    default:
      return expected(isPlain(value, key.words), key.words ? "expected text without control characters"
                                                           : "expected one line of text without control characters");
  }
}

std::map<std::string, std::string> complete(const std::vector<Key>& keys,
                                            const std::map<std::string, std::string>& given) {
  std::map<std::string, std::string> all;
  for (auto& key : keys) {
    auto it = given.find(key.name);
    const std::string& value = it == given.end() ? key.fallback : it->second;
    all[key.name] = key.kind == HKS_BOOLEAN ? (isTrue(value) ? "true" : "false") : value;
  }
  return all;
}

std::string idleReason(const std::vector<Key>& keys, const std::map<std::string, std::string>& settings) {
  for (auto& key : keys) {
    auto it = settings.find(key.name);
    const std::string& value = it == settings.end() ? key.fallback : it->second;
    if (key.name == "enabled" && !isTrue(value)) return "enabled is false";
  }
  for (auto& key : keys) {
    auto it = settings.find(key.name);
    const std::string& value = it == settings.end() ? key.fallback : it->second;
    if (key.required && value.empty()) return key.name + " is empty";
  }
  return {};
}

}  // namespace hookswitch::plugin
