#include "script.hpp"

#include <hookswitch/testing/names.hpp>

#include <istream>
#include <sstream>

namespace hks::transcript {
namespace {

std::string trimmed(const std::string& s) {
  const size_t first = s.find_first_not_of(" \t\r"), last = s.find_last_not_of(" \t\r");
  return first == std::string::npos ? "" : s.substr(first, last - first + 1);
}

/// "WORD rest" -> {WORD, rest}
std::pair<std::string, std::string> split(const std::string& s) {
  const size_t end = s.find_first_of(" \t");
  return end == std::string::npos ? std::pair(s, std::string()) : std::pair(s.substr(0, end), trimmed(s.substr(end)));
}

uint32_t typeOf(const std::string& word) {
  const uint64_t type = testing::messageNames().valueOf(word);
  if (!type) throw BadScript("'" + word + "' is no message of abi.h; it is written as there, without HKS_");
  return uint32_t(type);
}

json objectOf(const std::string& text) {
  if (text.empty()) return json::object();
  json value;
  try {
    value = json::parse(text);
  } catch (const json::parse_error& e) {
    throw BadScript(std::string("the fields are not JSON: ") + e.what());
  }
  if (!value.is_object()) throw BadScript("the fields must be one JSON object, got " + text);
  return value;
}

uint64_t numberOf(const std::string& text) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos) {
    throw BadScript("expected a number, got '" + text + "'");
  }
  return std::stoull(text);
}

std::string roleOf(const std::string& word) {
  if (word.find('/') != std::string::npos) return word;
  if (word == "control" || word == "notifier" || word == "carrier" || word == "voice")
    return "hookswitch." + word + "/1";
  throw BadScript("expected role control, notifier, carrier or voice, got '" + word + "'");
}

Line lineOf(const std::string& text) {
  Line line;
  if (text == "...") {
    line.kind = Line::anything;
    return line;
  }
  auto [first, rest] = split(text);
  auto [word, fields] = split(rest);
  if (first == ">" || first == "<") {
    line.kind = first == ">" ? Line::send : Line::expect;
    if (line.kind == Line::expect && rest == "...") {
      line.kind = Line::anything;
      return line;
    }
    line.type = typeOf(word);
    line.fields = objectOf(fields);
  } else if (first == "=") {
    line.kind = Line::status, line.word = rest;
    if (rest != "OK" && rest != "FULL" && rest != "INVALID" && rest != "FAULT" && rest != "UNSUPPORTED") {
      throw BadScript("expected = OK, FULL, INVALID, FAULT or UNSUPPORTED, got '" + rest + "'");
    }
  } else if (first == "role") {
    line.kind = Line::role, line.word = roleOf(rest);
  } else if (first == "ignore") {
    line.kind = Line::ignore, line.type = typeOf(rest);
  } else if (first == "newer-host") {
    line.kind = Line::newer_host, line.value = numberOf(rest);
  } else if (first == "full-after") {
    line.kind = Line::full_after, line.value = numberOf(rest);
  } else {
    throw BadScript("a line begins with >, <, =, ..., role, ignore, newer-host, full-after or #; got '" + first + "'");
  }
  return line;
}

}  // namespace

std::vector<Line> parse(std::istream& in) {
  std::vector<Line> lines;
  std::string text;
  bool answering = false;  // a `<` needs a `>` it answers
  for (size_t number = 1; std::getline(in, text); ++number) {
    text = trimmed(text);
    if (text.empty() || text[0] == '#' || text == "< none") continue;
    try {
      Line line = lineOf(text);
      line.number = number;
      if (line.kind == Line::send)
        answering = true;
      else if (line.kind == Line::expect || line.kind == Line::anything || line.kind == Line::status) {
        if (!answering) throw BadScript("an expectation stands after the > line it belongs to");
      } else
        answering = false;
      lines.push_back(std::move(line));
    } catch (const BadScript& e) {
      throw BadLine(number, e.what());
    }
  }
  return lines;
}

}  // namespace hks::transcript
