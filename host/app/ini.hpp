// One INI file, read into keys with the place of each. What is no INI is a sentence with its line.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace hookswitch::app {

/// Where a value came from: "config/hookswitch.ini:12", or "--set".
struct Origin {
  std::string file;
  unsigned line = 0;  ///< 0: not a file
  std::string str() const { return line ? file + ":" + std::to_string(line) : file; }
};

struct IniEntry {
  std::string section, key, text;
  Origin origin;
};

struct Ini {
  std::vector<std::pair<std::string, Origin>> sections;  ///< in the order of the file, also one that stands twice
  std::vector<IniEntry> entries;                         ///< in the order of the file
  std::vector<std::pair<Origin, std::string>> problems;  ///< never with the value of a key: it may be a secret
};

/// UTF-8, also with a byte order mark; lines end with LF or CRLF; blanks and tabs around names and values do not count;
/// a comment is a line that begins with ; or #. A value goes on
///   - in the next line when its line ends with a backslash; the parts are joined by one blank,
///   - up to a line that is only """ when `key = """` begins it; the lines are kept as they are, with their line
///   breaks.
/// A key that stands twice in one section of one file is a problem that names both lines. At most 1 MB. [any]
Ini readIni(const std::string& file);

/// Without the blanks, tabs and line ends around it.
std::string trim(const std::string& text);

}  // namespace hookswitch::app
