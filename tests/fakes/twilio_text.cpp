#include "tests/fakes/twilio_text.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>

namespace fakes {

namespace {

constexpr char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::array<std::int8_t, 256> makeBase64Values() {
  std::array<std::int8_t, 256> values;
  values.fill(-1);
  for (int i = 0; i < 64; ++i) values[static_cast<unsigned char>(base64_digits[i])] = std::int8_t(i);
  return values;
}

int hexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool digit(char c) { return c >= '0' && c <= '9'; }

std::string formatTime(std::time_t at, const char* format) {
  std::tm parts{};
  gmtime_r(&at, &parts);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, format, &parts));
}

}  // namespace

std::string percentEncode(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', hex[byte >> 4], hex[byte & 15]};
    }
  }
  return out;
}

std::string percentDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && hexValue(text[i + 1]) >= 0 && hexValue(text[i + 2]) >= 0) {
      out += char(hexValue(text[i + 1]) * 16 + hexValue(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string encodeForm(const Form& form) {
  std::string out;
  for (const auto& [name, value] : form) {
    if (!out.empty()) out += '&';
    out += percentEncode(name) + '=' + percentEncode(value);
  }
  return out;
}

Form decodeForm(std::string_view body) {
  Form form;
  while (!body.empty()) {
    const auto pair = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(body.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    form.emplace_back(percentDecode(pair.substr(0, equals)),
                      equals == std::string_view::npos ? std::string() : percentDecode(pair.substr(equals + 1)));
  }
  return form;
}

const std::string* find(const Form& form, std::string_view name) {
  for (const auto& [key, value] : form)
    if (key == name) return &value;
  return nullptr;
}

void appendBase64(std::string& out, std::string_view bytes) {
  std::size_t i = 0;
  const auto at = [&](std::size_t n) { return std::uint32_t(static_cast<unsigned char>(bytes[n])); };
  for (; i + 2 < bytes.size(); i += 3) {
    const std::uint32_t v = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    out += {base64_digits[v >> 18], base64_digits[v >> 12 & 63], base64_digits[v >> 6 & 63], base64_digits[v & 63]};
  }
  if (i + 1 == bytes.size()) {
    const std::uint32_t v = at(i) << 16;
    out += {base64_digits[v >> 18], base64_digits[v >> 12 & 63], '=', '='};
  } else if (i + 2 == bytes.size()) {
    const std::uint32_t v = at(i) << 16 | at(i + 1) << 8;
    out += {base64_digits[v >> 18], base64_digits[v >> 12 & 63], base64_digits[v >> 6 & 63], '='};
  }
}

bool decodeBase64(std::string_view text, std::string& out) {
  static const auto values = makeBase64Values();
  if (text.size() % 4 != 0) return false;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const int padding = last && text[i + 3] == '=' ? (text[i + 2] == '=' ? 2 : 1) : 0;
    std::uint32_t v = 0;
    for (int n = 0; n < 4; ++n) {
      const int value = n >= 4 - padding ? 0 : values[static_cast<unsigned char>(text[i + std::size_t(n)])];
      if (value < 0) return false;
      v = v << 6 | std::uint32_t(value);
    }
    const char bytes[3] = {char(v >> 16), char(v >> 8), char(v)};
    out.append(bytes, std::size_t(3 - padding));
  }
  return true;
}

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
    if (hexValue(c) < 0) return false;
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
