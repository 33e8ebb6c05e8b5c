// A strict reader of WebVTT for tests, written after the grammar of the W3C's document (4.1 to 4.3.2, 4.2.2): what is
// not a conforming file has an error. Knows no cue settings, regions and style sheets: whoever writes them extends it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hookswitch_test {

struct VttCue {
  std::uint64_t start_ms = 0, end_ms = 0;
  std::string voice, text;  ///< the annotation of <v>, and the text without marks and with its references resolved
};

class Vtt {
 public:
  std::vector<VttCue> cues;
  std::string error;  ///< empty: the file conforms

  explicit Vtt(const std::string& file) { read(file); }

 private:
  void read(const std::string& file) {
    std::vector<std::string> lines = split(file);
    if (lines.empty() || lines[0].compare(0, 6, "WEBVTT") != 0) return fail("it does not begin with WEBVTT");
    if (lines[0].size() > 6 && lines[0][6] != ' ' && lines[0][6] != '\t') return fail("something sticks to WEBVTT");
    if (lines.size() < 3 || !lines[1].empty()) return fail("no blank line follows WEBVTT");
    for (std::size_t i = 2; i < lines.size() && error.empty();) {
      if (lines[i].empty()) {
        ++i;
        continue;
      }
      std::size_t end = i;
      while (end < lines.size() && !lines[end].empty()) ++end;
      if (end == lines.size()) return fail("the last line has no end");
      block({lines.begin() + std::ptrdiff_t(i), lines.begin() + std::ptrdiff_t(end)});
      i = end;
    }
  }

  void fail(const std::string& why) {
    if (error.empty()) error = why;
  }

  /// By LF, CR and CR LF; what is behind the last terminator is a line, too.
  static std::vector<std::string> split(std::string file) {
    if (file.compare(0, 3, "\xEF\xBB\xBF") == 0) file.erase(0, 3);
    std::vector<std::string> lines(1);
    for (std::size_t i = 0; i < file.size(); ++i) {
      if (file[i] == '\r' && i + 1 < file.size() && file[i + 1] == '\n') continue;
      if (file[i] == '\r' || file[i] == '\n')
        lines.emplace_back();
      else
        lines.back() += file[i];
    }
    return lines;
  }

  void block(std::vector<std::string> lines) {
    const bool note =
        lines[0] == "NOTE" || lines[0].compare(0, 5, "NOTE ") == 0 || lines[0].compare(0, 5, "NOTE\t") == 0;
    for (std::size_t i = 0; note && i < lines.size(); ++i)
      if (lines[i].find("-->") != std::string::npos) fail("an arrow in a comment");
    if (note) return;
    if (lines[0].find("-->") == std::string::npos) lines.erase(lines.begin());  // its identifier
    if (lines.empty()) return fail("a block without a time");
    VttCue cue;
    if (!timings(lines[0], cue)) return fail("not a cue's times: " + lines[0]);
    if (cue.end_ms <= cue.start_ms) return fail("a cue that ends before it starts: " + lines[0]);
    if (!cues.empty() && cue.start_ms < cues.back().start_ms)
      return fail("a cue that starts before the last: " + lines[0]);
    std::string payload;
    for (std::size_t i = 1; i < lines.size(); ++i) {
      if (lines[i].find("-->") != std::string::npos) return fail("an arrow in a payload");
      payload += (i > 1 ? "\n" : "") + lines[i];
    }
    if (content(payload, cue)) cues.push_back(cue);
  }

  static bool digits(const std::string& s, std::size_t& at, std::size_t least, std::size_t most, std::uint64_t& value) {
    std::size_t n = 0;
    for (value = 0; at < s.size() && n < most && s[at] >= '0' && s[at] <= '9'; ++at, ++n)
      value = value * 10 + std::uint64_t(s[at] - '0');
    return n >= least;
  }
  static bool stamp(const std::string& s, std::size_t& at, std::uint64_t& ms) {
    std::uint64_t part[4] = {};
    const std::size_t colon = s.find(':', at + 1);
    const bool hours = colon != std::string::npos && colon + 3 < s.size() && s[colon + 3] == ':';
    if (hours && (!digits(s, at, 2, 18, part[0]) || at >= s.size() || s[at++] != ':')) return false;
    if (!digits(s, at, 2, 2, part[1]) || at >= s.size() || s[at++] != ':') return false;
    if (!digits(s, at, 2, 2, part[2]) || at >= s.size() || s[at++] != '.') return false;
    if (!digits(s, at, 3, 3, part[3]) || part[1] > 59 || part[2] > 59) return false;
    ms = ((part[0] * 60 + part[1]) * 60 + part[2]) * 1000 + part[3];
    return true;
  }
  static bool blanks(const std::string& s, std::size_t& at) {
    const std::size_t before = at;
    while (at < s.size() && (s[at] == ' ' || s[at] == '\t')) ++at;
    return at > before;
  }
  static bool timings(const std::string& s, VttCue& cue) {
    std::size_t at = 0;
    if (!stamp(s, at, cue.start_ms) || !blanks(s, at) || s.compare(at, 3, "-->") != 0) return false;
    at += 3;
    return blanks(s, at) && stamp(s, at, cue.end_ms) && at == s.size();
  }

  bool content(const std::string& s, VttCue& cue) {
    std::vector<std::string> open;
    for (std::size_t at = 0; at < s.size();) {
      if (s[at] == '\0') return fail("a NUL"), false;
      if (s[at] == '&') {
        const std::size_t end = s.find(';', at);
        const std::string name = end == std::string::npos ? "" : s.substr(at + 1, end - at - 1);
        if (name == "amp")
          cue.text += '&';
        else if (name == "lt")
          cue.text += '<';
        else if (name == "gt")
          cue.text += '>';
        else
          return fail("not a character reference: " + s.substr(at, 12)), false;
        at = end + 1;
      } else if (s[at] == '<') {
        const std::size_t end = s.find('>', at);
        if (end == std::string::npos) return fail("a tag without an end"), false;
        const std::string tag = s.substr(at + 1, end - at - 1);
        if (tag == "/v" && open.size() == 1) {
          open.pop_back();
        } else if (tag.compare(0, 2, "v ") == 0 && tag.find_first_not_of(" \t", 2) != std::string::npos &&
                   tag.find_first_of("&\n") == std::string::npos && open.empty()) {
          cue.voice = tag.substr(2);
          open.push_back("v");
        } else {
          return fail("not a tag: <" + tag + ">"), false;
        }
        at = end + 1;
      } else {
        cue.text += s[at++];
      }
    }
    return open.empty() || (fail("a voice that is not closed"), false);
  }
};

}  // namespace hookswitch_test
