#include "tests/fakes/telegram_entities.hpp"
#include "tests/fakes/lower.hpp"

#include <cctype>
#include <map>
#include <vector>

namespace fakes {
namespace {

using nlohmann::json;

const std::map<std::string, std::string>& tags() {
  static const std::map<std::string, std::string> known = {{"b", "bold"},
                                                           {"strong", "bold"},
                                                           {"i", "italic"},
                                                           {"em", "italic"},
                                                           {"u", "underline"},
                                                           {"ins", "underline"},
                                                           {"s", "strikethrough"},
                                                           {"strike", "strikethrough"},
                                                           {"del", "strikethrough"},
                                                           {"code", "code"},
                                                           {"pre", "pre"},
                                                           {"a", "text_link"},
                                                           {"blockquote", "blockquote"},
                                                           {"tg-spoiler", "spoiler"},
                                                           {"span", "spoiler"},
                                                           {"tg-emoji", "custom_emoji"}};
  return known;
}

struct Open {
  std::string tag, type, attribute;
  std::size_t offset, plain_at, entity;
};

void appendUtf8(std::string& out, unsigned long code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6), out += static_cast<char>(0x80 | (code & 63));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12), out += static_cast<char>(0x80 | (code >> 6 & 63)),
        out += static_cast<char>(0x80 | (code & 63));
  } else {
    out += static_cast<char>(0xF0 | code >> 18), out += static_cast<char>(0x80 | (code >> 12 & 63));
    out += static_cast<char>(0x80 | (code >> 6 & 63)), out += static_cast<char>(0x80 | (code & 63));
  }
}

// The character that `&...;` at `at` stands for is appended and its length returned; 0: not an entity.
std::size_t characterEntity(std::string_view html, std::size_t at, std::string& out) {
  const std::size_t end = html.substr(0, at + 12).find(';', at);
  if (end == std::string_view::npos) return 0;
  const std::string name(html.substr(at + 1, end - at - 1));
  if (name == "lt")
    out += '<';
  else if (name == "gt")
    out += '>';
  else if (name == "amp")
    out += '&';
  else if (name == "quot")
    out += '"';
  else if (name.size() > 1 && name[0] == '#') {
    const bool hex = name[1] == 'x' || name[1] == 'X';
    const std::string digits = name.substr(hex ? 2 : 1);
    if (digits.empty() || digits.find_first_not_of(hex ? "0123456789abcdefABCDEF" : "0123456789") != std::string::npos)
      return 0;
    const unsigned long code = std::stoul(digits, nullptr, hex ? 16 : 10);
    if (code == 0 || code >= 0x110000 || (code >= 0xD800 && code < 0xE000)) return 0;
    appendUtf8(out, code);
  } else {
    return 0;
  }
  return end - at + 1;
}

std::string attributeValue(const std::string& tag, const std::string& name) {
  const std::size_t at = tag.find(name + "=");
  if (at == std::string::npos) return {};
  const std::size_t from = at + name.size() + 1;
  const char quote = tag[from];
  if (quote != '"' && quote != '\'') return tag.substr(from, tag.find(' ', from) - from);
  return tag.substr(from + 1, tag.find(quote, from + 1) - from - 1);
}

}  // namespace

bool validUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t more = c < 0x80                ? 0
                             : c >= 0xC2 && c < 0xE0 ? 1
                             : c >= 0xE0 && c < 0xF0 ? 2
                             : c >= 0xF0 && c < 0xF5 ? 3
                                                     : 9;
    if (more == 9 || i + more >= text.size()) return false;
    unsigned long code = more == 0 ? c : c & (0x3FU >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if (next >> 6 != 2) return false;
      code = code << 6 | (next & 63);
    }
    if ((more == 2 && (code < 0x800 || (code >= 0xD800 && code < 0xE000))) ||
        (more == 3 && (code < 0x10000 || code > 0x10FFFF)))
      return false;
    i += more + 1;
  }
  return true;
}

std::size_t utf16Length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >> 6 != 2) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

TelegramText parseTelegramHtml(std::string_view html) {
  TelegramText result;
  std::vector<Open> open;
  const auto fail = [&](const std::string& what) {
    result.error = what;
    return result;
  };
  for (std::size_t at = 0; at < html.size();) {
    if (html[at] == '&') {
      const std::size_t length = characterEntity(html, at, result.plain);
      if (!length) result.careless = true, result.plain += '&';
      at += length ? length : 1;
      continue;
    }
    if (html[at] != '<') {
      result.careless = result.careless || html[at] == '>';
      result.plain += html[at++];
      continue;
    }
    const std::string offset = std::to_string(at);
    const std::size_t end = html.find('>', at);
    if (end == std::string_view::npos) return fail("Unclosed start tag at byte offset " + offset);
    const std::string inside(html.substr(at + 1, end - at - 1));
    const bool closing = !inside.empty() && inside[0] == '/';
    const std::string name = lower(inside.substr(closing, inside.find_first_of(" \n\t") - closing));
    if (closing) {
      if (open.empty()) return fail("Unexpected end tag at byte offset " + offset);
      const Open last = open.back();
      if (name != last.tag && !name.empty()) {
        return fail("Unmatched end tag at byte offset " + offset + ", expected \"</" + last.tag + ">\", found \"</" +
                    name + ">\"");
      }
      open.pop_back();
      const std::size_t from = utf16Length(std::string_view(result.plain).substr(0, last.plain_at));
      result.entities[last.entity].update(
          {{"type", last.type}, {"offset", from}, {"length", utf16Length(result.plain) - from}});
    } else {
      const auto known = tags().find(name);
      if (known == tags().end()) return fail("Unsupported start tag \"" + name + "\" at byte offset " + offset);
      const bool language = name == "code" && !open.empty() && open.back().tag == "pre";
      for (const auto& outer : open) {
        if ((outer.type == "code" || outer.type == "pre") && !language)
          return fail("Entities can't be nested in \"" + outer.tag + "\" at byte offset " + offset);
        if (outer.type == "blockquote" && known->second == "blockquote")
          return fail("Blockquote can't be nested at byte offset " + offset);
      }
      if (name == "span" && attributeValue(inside, "class") != "tg-spoiler")
        return fail("Tag \"span\" must have class \"tg-spoiler\" at byte offset " + offset);
      json entity = json::object();
      if (name == "a") entity["url"] = attributeValue(inside, "href");
      std::string type = known->second;
      if (type == "blockquote" && inside.find(" expandable") != std::string::npos) type = "expandable_blockquote";
      open.push_back({name, type, {}, at, result.plain.size(), result.entities.size()});
      result.entities.push_back(std::move(entity));
    }
    at = end + 1;
  }
  if (!open.empty()) return fail("Can't find end tag corresponding to start tag \"" + open.back().tag + "\"");
  return result;
}

}  // namespace fakes
