#include "plugins/gateway/text.hpp"

#include <hookswitch/utf8.hpp>

#include <cstdio>
#include <ctime>

namespace hookswitch::gateway {

std::string withoutCommands(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  char before = ' ';
  for (char c : text) {
    const bool in_word =
        (before >= '0' && before <= '9') || (before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z');
    if (c == '/' && !in_word)
      out += "\u2215";
    else
      out += c;
    before = c;
  }
  return out;
}

void appendPair(std::string& out, std::string_view key, std::string_view value, std::size_t max_bytes) {
  std::string one = hks::utf8::line(value, max_bytes);
  if (one.empty()) return;
  const bool quote = one.find_first_of(" \"") != std::string::npos;
  for (char& c : one)
    if (c == '"') c = '\'';
  out.append(" ").append(key).append(quote ? "=\"" : "=").append(one);
  if (quote) out += '"';
}

std::string timestamp(std::uint64_t unix_ms) {
  const std::time_t s = static_cast<std::time_t>(unix_ms / 1000);
  std::tm t{};
  if (!gmtime_r(&s, &t) || t.tm_year > 8099) return "1970-01-01T00:00:00.000Z";  // no year of four digits
  char text[80];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
                t.tm_hour, t.tm_min, t.tm_sec, static_cast<unsigned>(unix_ms % 1000));
  return text;
}

std::string seconds(std::uint64_t ms) {
  const std::string rest = std::to_string(ms % 1000);
  return std::to_string(ms / 1000) + "." + std::string(3 - rest.size(), '0') + rest;
}

std::string minutes(std::uint64_t ms) {
  const std::uint64_t s = ms / 1000;
  return std::to_string(s / 60) + (s % 60 < 10 ? ":0" : ":") + std::to_string(s % 60);
}

}  // namespace hookswitch::gateway
