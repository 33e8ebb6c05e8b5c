#include "host/app/api_key.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "host/base/log.hpp"
#include "host/base/private_file.hpp"
#include "host/base/secret.hpp"
#include "host/call/types.hpp"
#include "host/net/url.hpp"

namespace hookswitch::app {
namespace {

constexpr const char* component = "gateway";
constexpr std::size_t min_key = 16, max_key = 1024;

std::string withoutBlanks(std::string text) {
  const char* const blanks = " \t\r\n";
  text.erase(text.find_last_not_of(blanks) + 1);
  text.erase(0, std::min(text.find_first_not_of(blanks), text.size()));
  return text;
}

/// For a shell, as one word.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string exposure(const Options& options) {
  if (!net::isLoopbackName(options.host)) return "server.host is not a loopback address";
  if (options.public_url.empty()) return {};
  if (const auto url = net::parseUrl(options.public_url); url && net::isLoopbackName(url->host)) return {};
  return "server.public_url is not on this machine";
}

std::string apiKeyFile(const Options& options) {
  return std::filesystem::absolute(base::besideStore(options.store_path, "key")).lexically_normal().string();
}

bool wantsOwnKey(const Options& options) { return options.api_key.empty() && !exposure(options).empty(); }

std::string exportLine(const Options& options) {
  return "export HOOKSWITCH_API_KEY=\"$(cat " + quoted(apiKeyFile(options)) + ")\"";
}

base::Result<OwnKey> ownApiKey(const std::string& file) {
  OwnKey own;
  auto found = base::readPrivateFile(file);
  if (!found) return base::Failure(found.error());
  const bool there = found->has_value();
  if (there && withoutBlanks(**found).empty()) {
    log::warn(component, file + " is empty; it gets a new key");
    if (const auto put = base::writePrivateFile(file, base::newToken() + "\n"); !put) return base::Failure(put.error());
    own.made = true;
  } else if (!there) {
    const auto made = base::createPrivateFile(file, base::newToken() + "\n");
    if (!made) return base::Failure(made.error());
    own.made = *made;
  }
  // What lies there counts, also when another gateway was faster.
  if (own.made || !there) found = base::readPrivateFile(file);
  if (!found) return base::Failure(found.error());
  own.key = withoutBlanks(found->value_or(std::string()));
  const bool good = own.key.size() >= min_key && own.key.size() <= max_key &&
                    std::all_of(own.key.begin(), own.key.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (good) return own;
  return base::Failure(file + " holds no API key: expected one line of " + std::to_string(min_key) + " to " +
                       std::to_string(max_key) +
                       " visible ASCII characters; remove the file to get a new key, or set server.api_key");
}

base::Result<api::AccessRule> accessRule(const Options& options) {
  api::AccessRule rule;
  for (auto* key : {&options.api_key, &options.api_key_secondary})
    if (!key->empty()) rule.keys.push_back(*key);
  const std::string reason = exposure(options);
  rule.open = reason.empty();
  if (!wantsOwnKey(options)) {
    if (rule.keys.empty())
      log::notice(component,
                  "server.api_key is empty: /api answers only direct requests from this machine to localhost");
    return rule;
  }
  const std::string file = apiKeyFile(options);
  auto own = ownApiKey(file);
  if (!own) return base::Failure(own.error());
  rule.keys.push_back(own->key);
  log::notice(component, std::string("server.api_key is empty and ") + reason + ": /api asks for the key in " + file +
                             (own->made ? ", which has just been made; " : "; ") + exportLine(options));
  return rule;
}

}  // namespace hookswitch::app
