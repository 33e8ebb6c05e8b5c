#include "host/app/ini.hpp"

#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace hookswitch::app {
namespace {

constexpr std::size_t max_bytes = 1024 * 1024;
constexpr const char* block = "\"\"\"";

bool nameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/// The name that a line begins with, up to the first character that no name has: what may be shown of any line.
std::string leadingName(const std::string& text) {
  return {text.begin(), std::find_if_not(text.begin(), text.end(), nameCharacter)};
}

bool malformed(const std::string& line) {
  for (std::size_t i = 0; i < line.size();) {
    const std::size_t at = i;
    if (hks::utf8::next(line, i) == 0xFFFD && line.compare(at, 3, "\xEF\xBF\xBD") != 0) return true;
  }
  return false;
}

class Reader {
 public:
  Reader(std::string file, Ini& ini) : file_(std::move(file)), ini_(ini) {}

  void read() {
    std::error_code error;
    if (std::filesystem::is_directory(file_, error))
      return problem(0, "is a directory; give the path of an INI file with --config");
    std::ifstream in(file_, std::ios::binary);
    if (!in) return problem(0, "cannot be read; give the path of an INI file with --config");
    std::string content;
    for (char part[16384]; content.size() <= max_bytes && (in.read(part, sizeof part), in.gcount() > 0);)
      content.append(part, std::size_t(in.gcount()));
    if (content.size() > max_bytes) return problem(0, "is longer than 1 MB: that is no configuration");
    if (content.compare(0, 2, "\xFF\xFE") == 0 || content.compare(0, 2, "\xFE\xFF") == 0)
      return problem(1, "the file is UTF-16; save it as UTF-8");
    if (content.compare(0, 3, "\xEF\xBB\xBF") == 0) content.erase(0, 3);
    if (content.find('\n') == std::string::npos && content.find('\r') != std::string::npos &&
        content.find('\r') + 1 < content.size())
      return problem(1, "its lines end with CR alone; save it with LF or CRLF");
    split(content);
    while (at_ < lines_.size()) line();
  }

 private:
  void problem(unsigned number, const std::string& sentence) {
    ini_.problems.emplace_back(Origin{file_, number}, sentence);
  }
  unsigned number() const { return unsigned(at_); }  // of the line that next() has taken

  void split(const std::string& content) {
    for (std::size_t begin = 0; begin < content.size();) {
      const std::size_t end = std::min(content.find('\n', begin), content.size());
      std::string text = content.substr(begin, end - begin);
      if (!text.empty() && text.back() == '\r') text.pop_back();
      lines_.push_back(std::move(text));
      begin = end + 1;
    }
  }

  /// The next line; what nobody can see in it, or nobody can read, is named here and leaves its value out.
  std::string next() {
    const std::string& text = lines_[at_++];
    const std::size_t before = ini_.problems.size();
    if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7F; }))
      problem(number(), "has a control character; the file is text whose lines end with LF or CRLF");
    else if (malformed(text))
      problem(number(), "is not valid UTF-8; save the file as UTF-8");
    unreadable_ = unreadable_ || ini_.problems.size() != before;
    return text;
  }

  void line() {
    unreadable_ = false;
    const std::string text = trim(next());
    if (text.empty() || text[0] == ';' || text[0] == '#') return;
    if (text[0] == '[') return section(text);
    const std::size_t equals = text.find('=');
    const std::string name = leadingName(text);
    const std::string behind = trim(text.substr(name.size()));
    if (name.empty() || equals == std::string::npos || behind[0] != '=') {
      if (skipping_ || unreadable_) return;
      return problem(number(), noKey(name, behind, equals == 0));
    }
    const unsigned begun = number();
    std::string value = trim(behind.substr(1));
    if (value.compare(0, 3, block) == 0 ? !lines(value) : !goOn(value)) return;
    if (skipping_ || unreadable_) return;
    if (section_.empty()) return problem(begun, "the key '" + name + "' stands before the first [section]");
    const Origin origin{file_, begun};
    auto [first, is_new] = first_.try_emplace({section_, name}, begun);
    if (!is_new)
      problem(begun, section_ + "." + name + " stands here and in line " + std::to_string(first->second) +
                         "; a key stands once in a file");
    ini_.entries.push_back({section_, name, std::move(value), origin});
  }

  /// What is wrong with a line that is no `key = value`. Only its name is shown: the rest may be a secret.
  std::string noKey(const std::string& name, const std::string& behind, bool nameless) const {
    if (nameless) return "a key is missing before '='";
    if (!name.empty() && behind[0] == ':') return "expected '" + name + " = value', found ':' behind the name";
    if (name == "export") return "expected 'key = value' without 'export' in front of it";
    if (!lines_[at_ - 1].empty() && (lines_[at_ - 1][0] == ' ' || lines_[at_ - 1][0] == '\t') && !section_.empty())
      return "expected 'key = value'; to go on with the value above, end its line with \\, or put the text between two "
             "lines of \"\"\"";
    return "expected 'key = value', a [section] or a comment that begins with ;";
  }

  void section(const std::string& text) {
    const std::string name = text.back() == ']' ? trim(text.substr(1, text.size() - 2)) : std::string();
    if (name.empty() || name.find_first_of("[]") != std::string::npos) {
      problem(number(), "a section is written [name], and nothing stands behind it");
      skipping_ = true;  // what stands in it belongs nowhere, and is no further mistake
      return;
    }
    skipping_ = false;
    section_ = name;
    ini_.sections.emplace_back(name, Origin{file_, number()});
  }

  /// A value whose line ends with a backslash. False: it is named, and there is no value.
  bool goOn(std::string& value) {
    const unsigned begun = number();
    while (!value.empty() && value.back() == '\\') {
      value.pop_back();
      value = trim(value);
      if (at_ == lines_.size()) {
        problem(begun, "the line ends with \\, and nothing follows it");
        return false;
      }
      const std::string more = trim(next());
      value += (value.empty() || more.empty() ? "" : " ") + more;
    }
    return true;
  }

  bool lines(std::string& value) {
    const unsigned begun = number();
    const bool good = value == block;
    if (!good)
      problem(begun,
              "\"\"\" stands alone behind '='; the text begins in the next line and ends before a line of \"\"\"");
    // A text that begins and ends in the same line ends nowhere else.
    if (!good && value.size() >= 6 && value.compare(value.size() - 3, 3, block) == 0) return false;
    value.clear();
    for (bool first = true; at_ < lines_.size(); first = false) {
      const std::string text = next();
      if (trim(text) == block) return good;
      value += (first ? "" : "\n") + text;
    }
    problem(begun, "the text that begins here with \"\"\" is not ended by a line of \"\"\"");
    return false;
  }

  const std::string file_;
  Ini& ini_;
  std::vector<std::string> lines_;
  std::size_t at_ = 0;
  std::string section_;
  bool skipping_ = false, unreadable_ = false;
  std::map<std::pair<std::string, std::string>, unsigned> first_;  // section and key to its line
};

}  // namespace

std::string trim(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

Ini readIni(const std::string& file) {
  Ini ini;
  Reader(file, ini).read();
  return ini;
}

}  // namespace hookswitch::app
