// Reads Telegram's HTML as strictly as the service: known tags, properly nested, only the entities it has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hookswitch::telegram {

/// The text that is left after the markup; `problem` says why the service would refuse it.
inline std::string markupText(std::string_view html, std::string* problem = nullptr) {
  std::string text;
  std::vector<std::string> open;
  const auto complain = [&](std::string what) {
    if (problem && problem->empty()) *problem = std::move(what);
  };
  for (std::size_t i = 0; i < html.size(); ++i) {
    if (html[i] == '<') {
      const std::size_t end = html.find('>', i);
      if (end == std::string_view::npos) {
        complain("a '<' without '>'");
        break;
      }
      std::string tag(html.substr(i + 1, end - i - 1));
      i = end;
      if (tag[0] == '/') {
        if (open.empty() || open.back() != tag.substr(1))
          complain("unexpected <" + tag + ">");
        else
          open.pop_back();
        continue;
      }
      if (tag == "blockquote expandable") tag = "blockquote";
      if (tag != "b" && tag != "code" && tag != "blockquote") complain("unknown tag <" + tag + ">");
      if (!open.empty()) complain("<" + tag + "> inside <" + open.back() + ">");
      open.push_back(tag);
    } else if (html[i] == '&') {
      const std::size_t end = html.find(';', i);
      const std::string name(html.substr(i + 1, end == std::string_view::npos ? 0 : end - i - 1));
      if (name == "amp")
        text += '&';
      else if (name == "lt")
        text += '<';
      else if (name == "gt")
        text += '>';
      else
        complain("unknown entity &" + name);
      if (end != std::string_view::npos) i = end;
    } else if (html[i] == '>') {
      complain("a bare '>'");
    } else {
      text += html[i];
    }
  }
  if (!open.empty()) complain("<" + open.back() + "> is not closed");
  return text;
}

inline std::string markupProblem(std::string_view html) {
  std::string problem;
  markupText(html, &problem);
  return problem;
}

}  // namespace hookswitch::telegram
