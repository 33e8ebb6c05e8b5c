// Messages that are nearly the ones of a fast path: what it recognises, the parser reads in the same way.
#pragma once

#include <string>
#include <vector>

namespace plugins_test {

/// `good` with every one byte left out, doubled, or another one in its place or before it, and every beginning of it;
/// then every member of `members` written in at each comma and brace.
inline std::vector<std::string> mutations(const std::string& good, const std::vector<std::string>& members) {
  std::vector<std::string> all{good};
  const std::string letters("\"\\{}[],: \n0aA=/+-.\x00\x1f\x7f\x80\xc3\xff", 24);
  for (std::size_t at = 0; at < good.size(); ++at) {
    all.push_back(good.substr(0, at));
    all.push_back(good.substr(0, at) + good.substr(at + 1));
    for (const char letter : letters) {
      all.push_back(good);
      all.back()[at] = letter;
      all.push_back(good.substr(0, at) + letter + good.substr(at));
    }
    for (const auto& member : members) {
      if (good[at] == ',') all.push_back(good.substr(0, at) + "," + member + good.substr(at));
      if (good[at] == '}') all.push_back(good.substr(0, at) + "," + member + good.substr(at));
      if (good[at] == '{') all.push_back(good.substr(0, at + 1) + member + "," + good.substr(at + 1));
    }
  }
  all.push_back(good + good);
  all.push_back("\xEF\xBB\xBF" + good);
  return all;
}

}  // namespace plugins_test
