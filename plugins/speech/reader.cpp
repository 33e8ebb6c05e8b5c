#include "plugins/speech/reader.hpp"

#include <charconv>

namespace hookswitch::speech {

std::int64_t numberAt(const Json& value, std::string_view key, std::int64_t fallback) {
  Json found;
  if (value[key].get(found) != simdjson::SUCCESS) return fallback;
  std::int64_t whole = 0;
  if (found.get(whole) == simdjson::SUCCESS) return whole;
  double real = 0;
  if (found.get(real) == simdjson::SUCCESS) return real > -9e15 && real < 9e15 ? std::int64_t(real) : fallback;
  std::string_view text;
  if (found.get(text) != simdjson::SUCCESS) return fallback;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  return error == std::errc{} && end == text.data() + text.size() ? whole : fallback;
}

bool Reader::read(std::string_view bytes, Json& root) {
  if (parser_.capacity() > kKeep && bytes.size() <= kKeep) parser_ = simdjson::dom::parser{kMax};
  if (bytes.empty() || bytes.size() > kMax) return false;
  return parser_.parse(bytes.data(), bytes.size()).get(root) == simdjson::SUCCESS && root.is_object();
}

bool isJson(std::string_view text) {
  simdjson::dom::parser parser;
  return !text.empty() && parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}

bool isJsonObject(std::string_view text) {
  simdjson::dom::parser parser;
  Json root;
  return !text.empty() && parser.parse(text.data(), text.size()).get(root) == simdjson::SUCCESS && root.is_object();
}

}  // namespace hookswitch::speech
