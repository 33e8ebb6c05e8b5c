#include "host/app/slips.hpp"

#include <hookswitch/utf8.hpp>

#include <Poco/Exception.h>
#include <Poco/RegularExpression.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace hookswitch::app {
namespace {

constexpr const char* quotes[] = {"\"",           "'",           "`", "\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E",
                                  "\xE2\x80\x98", "\xE2\x80\x99"};

bool isVariable(const std::string& name) {
  return !name.empty() && name.size() <= 128 && !std::isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

std::string writtenAs(const std::string& name) {
  return "an environment variable is written ${system.env." + name + "}";
}

/// ${...} that is not of the system, and $NAME where a variable was meant.
void variables(const plugin::Key& key, const std::string& written, bool words, Slips& slips) {
  for (std::size_t begin = 0; (begin = written.find("${", begin)) != std::string::npos; begin += 2) {
    const std::size_t end = written.find('}', begin);
    if (end == std::string::npos) {
      slips.problems.push_back("'${' is not ended by '}'");
      return;
    }
    std::string name = written.substr(begin + 2, end - begin - 2);
    if (name.compare(0, 7, "system.") == 0) continue;
    if (name.compare(0, 4, "env.") == 0) name.erase(0, 4);
    if (isVariable(name))
      slips.problems.push_back("${" + written.substr(begin + 2, end - begin - 2) + "} is replaced by nothing; " +
                               writtenAs(name));
    else
      slips.problems.push_back("'${' begins something that is replaced by nothing; " + writtenAs("NAME"));
  }
  if (written.empty() || written.find("${") != std::string::npos) return;
  const std::size_t dollar = key.kind == HKS_URL ? written.find('$') : (written[0] == '$' ? 0 : std::string::npos);
  if (dollar == std::string::npos) return;
  const std::size_t end = std::find_if_not(written.begin() + std::ptrdiff_t(dollar) + 1, written.end(),
                                           [](unsigned char c) { return std::isalnum(c) || c == '_'; }) -
                          written.begin();
  const std::string name = written.substr(dollar + 1, end - dollar - 1);
  // A secret may begin with a dollar; one that is a name of a variable and nothing else is none.
  const bool whole = key.kind == HKS_URL || end == written.size();
  if (whole && isVariable(name))
    (words ? slips.hints : slips.problems).push_back("$" + name + " stands as it is; " + writtenAs(name));
  else if (!words && written.compare(0, 2, "$(") == 0)
    slips.problems.push_back("$(...) is not run; " + writtenAs("NAME"));
}

bool begins(const std::string& value, const std::string& with) { return value.compare(0, with.size(), with) == 0; }
bool ends(const std::string& value, const std::string& with) {
  return value.size() >= with.size() && value.compare(value.size() - with.size(), with.size(), with) == 0;
}

void quoted(const std::string& value, bool words, Slips& slips) {
  auto any = [&](auto where) {
    return std::any_of(std::begin(quotes), std::end(quotes), [&](const char* q) { return where(value, q); });
  };
  const bool front = any(begins), back = any(ends);
  if (words && front && back && value.size() > 1)
    slips.hints.push_back("the quotes around it are part of it");
  else if (!words && (front || back))
    slips.problems.push_back("the quotes are part of the value; write it without");
}

void commented(const std::string& value, std::vector<std::string>& said) {
  for (std::size_t i = 1; i < value.size(); ++i)
    if ((value[i] == ';' || value[i] == '#') && (value[i - 1] == ' ' || value[i - 1] == '\t')) {
      said.push_back(std::string("what stands behind '") + value[i] +
                     "' is part of the value; a comment has a line of its own");
      return;
    }
}

/// Characters that come along when something is copied from a web page or a chat, and that nobody sees.
void invisible(const std::string& value, Slips& slips) {
  for (std::size_t i = 0; i < value.size();) {
    const char32_t c = hks::utf8::next(value, i);
    if (c != 0xA0 && c != 0xAD && c != 0x3000 && c != 0xFEFF && !(c >= 0x2000 && c <= 0x200F) &&
        !(c >= 0x2028 && c <= 0x202F) && !(c >= 0x2060 && c <= 0x206F))
      continue;
    char name[16];
    std::snprintf(name, sizeof name, "U+%04X", unsigned(c));
    slips.problems.push_back(std::string("has a character that cannot be seen (") + name +
                             "); type the value instead of copying it");
    return;
  }
}

bool fits(const std::string& pattern, const std::string& value) {
  try {
    return Poco::RegularExpression("(?:" + pattern + ")$",
                                   Poco::RegularExpression::RE_ANCHORED | Poco::RegularExpression::RE_DOLLAR_ENDONLY)
        .match(value);
  } catch (const Poco::Exception&) {
    return true;  // a pattern that is none, or too costly for this value, says nothing about it
  }
}

}  // namespace

Slips findSlips(const plugin::Key& key, const std::string& written, const std::string& value, bool words) {
  Slips slips;
  variables(key, written, words, slips);
  if (value.empty() || !slips.problems.empty()) return slips;
  quoted(value, words, slips);
  if (!key.words) commented(value, words ? slips.hints : slips.problems);
  if (!words) invisible(value, slips);
  if (slips.problems.empty() && !key.pattern.empty() && !fits(key.pattern, value))
    slips.hints.push_back(key.shape.empty() ? "it does not look like one"
                                            : "it does not look like one; expected " + key.shape);
  return slips;
}

}  // namespace hookswitch::app
