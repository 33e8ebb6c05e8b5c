#include "tests/fakes/twilio_text.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <cctype>

namespace fakes {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

std::string formatTime(std::time_t at, const char* format) {
  std::tm parts{};
  gmtime_r(&at, &parts);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, format, &parts));
}

}  // namespace

std::string newSid(std::string_view prefix) {
  static constexpr char hex[] = "0123456789abcdef";
  unsigned char random[16];
  RAND_bytes(random, sizeof random);
  std::string sid(prefix);
  for (const unsigned char byte : random) sid += {hex[byte >> 4], hex[byte & 15]};
  return sid;
}

bool isSid(std::string_view text, std::string_view prefix) {
  if (text.size() != 34 || text.substr(0, 2) != prefix) return false;
  for (const char c : text.substr(2))
    if (!std::isxdigit(static_cast<unsigned char>(c))) return false;
  return true;
}

bool isE164(std::string_view number) {
  if (number.size() < 8 || number.size() > 16 || number[0] != '+' || number[1] == '0') return false;
  for (const char c : number.substr(1))
    if (!digit(c)) return false;
  return true;
}

std::string rfc2822(std::time_t at) { return formatTime(at, "%a, %d %b %Y %H:%M:%S +0000"); }
std::string iso8601(std::time_t at) { return formatTime(at, "%Y-%m-%dT%H:%M:%SZ"); }
std::string isoDate(std::time_t at) { return formatTime(at, "%Y-%m-%d"); }

bool splitUrl(std::string_view url, UrlParts& parts) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos || scheme_end == 0) return false;
  parts = {};
  parts.scheme = std::string(url.substr(0, scheme_end));
  url.remove_prefix(scheme_end + 3);
  if (const auto hash = url.find('#'); hash != std::string_view::npos) {
    parts.fragment = std::string(url.substr(hash + 1));
    url = url.substr(0, hash);
  }
  const auto slash = url.find_first_of("/?");
  std::string_view authority = url.substr(0, slash);
  if (slash != std::string_view::npos) parts.target = std::string(url.substr(slash));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    parts.user_info = std::string(authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  if (has_port) parts.port = std::string(authority.substr(colon + 1));
  parts.host = std::string(has_port ? authority.substr(0, colon) : authority);
  return !parts.host.empty();
}

std::string resolveUrl(const std::string& base, const std::string& reference) {
  UrlParts parts;
  if (reference.find("://") != std::string::npos || !splitUrl(base, parts)) return reference;
  const std::string origin = base.substr(0, base.find_first_of("/?#", base.find("://") + 3));
  if (!reference.empty() && reference[0] == '/') return origin + reference;
  const std::string path = parts.target.substr(0, parts.target.find('?'));
  if (reference.empty()) return origin + parts.target;
  const auto folder = path.rfind('/');
  return origin + (folder == std::string::npos ? "/" : path.substr(0, folder + 1)) + reference;
}

bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') return matches(pattern.substr(1), text) || (!text.empty() && matches(pattern, text.substr(1)));
  return !text.empty() && pattern[0] == text[0] && matches(pattern.substr(1), text.substr(1));
}

}  // namespace fakes
