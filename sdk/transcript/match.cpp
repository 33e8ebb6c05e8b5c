#include "match.hpp"

#include <set>

namespace hks::transcript {
namespace {

/// Compares JSON with JSON: objects by the named members, arrays element by element ("..." at the end: any rest).
class Matcher {
 public:
  explicit Matcher(Variables& variables) : variables_(variables) {}
  std::string why;  ///< first difference; empty: none

  void value(const std::string& path, const json& pattern, const json& came) {
    if (!why.empty()) return;
    if (const std::string name = variableName(pattern); !name.empty()) return variable(path, name, came);
    if (pattern.is_string() && came.is_string()) return text(path, pattern.get<std::string>(), came.get<std::string>());
    if (pattern.is_string() && pattern == "*") return;
    if (pattern.is_object() && came.is_object()) {
      for (auto& [key, each] : pattern.items()) {
        auto it = came.find(key);
        if (it == came.end()) return differ(path + "." + key, each, "nothing");
        value(path + "." + key, each, *it);
      }
      return;
    }
    if (pattern.is_array() && came.is_array()) return array(path, pattern, came);
    if (pattern != came) differ(path, pattern, dump(came));
  }
  void text(const std::string& path, const std::string& pattern, const std::string& came) {
    if (!why.empty()) return;
    Variables known = variables_;
    for (auto& each : known) {  // a captured text must not act as a pattern
      if (each.second.is_string()) each.second = escaped(each.second.get<std::string>());
    }
    if (!matchesText(expand(json(pattern), known).get<std::string>(), came)) differ(path, pattern, dump(json(came)));
  }
  void variable(const std::string& path, const std::string& name, const json& came) {
    auto [it, fresh] = variables_.emplace(name, came);
    if (!fresh && it->second != came) differ(path, "$" + name + " = " + dump(it->second), dump(came));
  }
  /// A field that is a string of bytes in the record; the pattern may be structured when the bytes are JSON.
  void bytes(const std::string& path, const json& pattern, const std::string& came) {
    if (!why.empty()) return;
    if (pattern.is_null()) {
      if (!came.empty()) differ(path, "nothing", dump(json(came)));
      return;
    }
    if (pattern.is_object() && pattern.size() == 1) {
      if (pattern.contains("$size")) {
        if (pattern["$size"] != came.size()) differ(path + " size", pattern["$size"], std::to_string(came.size()));
        return;
      }
      if (pattern.contains("$hex") || pattern.contains("$repeat")) {
        if (bytesOf(pattern) != came) differ(path, pattern, std::to_string(came.size()) + " other bytes");
        return;
      }
    }
    if (!pattern.is_structured()) return value(path, pattern, came);
    const json parsed = json::parse(came, nullptr, false);
    if (parsed.is_discarded()) return differ(path, pattern, "no JSON: " + dump(json(came)));
    value(path, pattern, parsed);
  }
  void differ(const std::string& path, const json& expected, const std::string& came) {
    if (why.empty())
      why = path + ": expected " + (expected.is_string() ? expected.get<std::string>() : dump(expected)) + ", got " +
            came;
  }

 private:
  void array(const std::string& path, const json& pattern, const json& came) {
    const bool open = !pattern.empty() && pattern.back() == "...";
    const size_t n = pattern.size() - open;
    if (open ? came.size() < n : came.size() != n) {
      return differ(path + " length", (open ? "at least " : "") + std::to_string(n),
                    std::to_string(came.size()) + " in " + dump(came));
    }
    for (size_t i = 0; i < n; ++i) value(path + "[" + std::to_string(i) + "]", pattern[i], came[i]);
  }
  static std::string escaped(const std::string& text) {
    std::string out;
    for (char c : text) {
      if (c == '*' || c == '\\') out += '\\';
      out += c;
    }
    return out;
  }
  Variables& variables_;
};

std::string lower(std::string s) {
  for (char& c : s)
    if (c >= 'A' && c <= 'Z') c = char(c + 32);
  return s;
}

/// Walks the fields of a message beside the pattern.
struct Comparer {
  const json& pattern;
  std::string path;
  Matcher& matcher;
  std::set<std::string>& known;

  const json* at(const char* name) const {
    known.insert(name);
    auto it = pattern.find(name);
    return it == pattern.end() ? nullptr : &*it;
  }
  void operator()(const char* name, const hks_str&, std::string& v) const {
    if (auto* j = at(name)) matcher.bytes(path + name, *j, v);
  }
  void operator()(const testing::Field& field, uint32_t, uint32_t& v) const { number(field, v); }
  void operator()(const testing::Field& field, uint64_t, uint64_t& v) const { number(field, v); }
  void operator()(const char* name, const hks_pair*, uint64_t, testing::Pairs& v) const {
    auto* j = at(name);
    if (!j) return;
    if (!j->is_object()) throw BadScript(std::string(name) + ": expected an object of names and values");
    for (auto& [key, each] : j->items()) {
      const std::string* value = nullptr;
      for (auto& pair : v)
        if (lower(pair.first) == lower(key)) value = &pair.second;
      if (value)
        matcher.bytes(path + name + "." + key, each, *value);
      else if (!each.is_null())
        matcher.differ(path + name + "." + key, each, "nothing");
    }
  }
  void operator()(const char* name, const hks_call*, testing::Call& v) const {
    if (auto* j = at(name)) nested<hks_call>(name, *j, v);
  }
  template <class R, class V>
  void operator()(const char* name, const R*, std::optional<V>& v) const {
    auto* j = at(name);
    if (!j) return;
    if (j->is_null() == !v) {
      if (v) nested<R>(name, *j, *v);
      return;
    }
    matcher.differ(path + name, *j, v ? "something" : "nothing");
  }
  template <class R, class V>
  void operator()(const char* name, const R*, uint64_t, uint32_t, std::vector<V>& v) const {
    auto* j = at(name);
    if (!j) return;
    if (!j->is_array()) throw BadScript(std::string(name) + ": expected an array");
    if (j->size() != v.size()) return matcher.differ(path + name + " length", j->size(), std::to_string(v.size()));
    for (size_t i = 0; i < v.size(); ++i) nested<R>((name + ("[" + std::to_string(i) + "]")).c_str(), (*j)[i], v[i]);
  }
  void refuseUnknown() const {
    for (auto& [key, value] : pattern.items()) {
      if (known.count(key)) continue;
      std::string list;
      for (auto& n : known) list += (list.empty() ? "" : ", ") + n;
      throw BadScript("there is no field '" + key + "'; known here: " + list);
    }
  }

 private:
  void number(const testing::Field& field, uint64_t came) const {
    const char* name = field.name;
    auto* j = at(name);
    if (!j) return;
    const char* word = field.words.nameOf(came);
    const std::string shown = word ? std::string(word) : std::to_string(came);
    if (!j->is_string()) {
      const bool same = j->is_boolean() ? j->get<bool>() == (came != 0) : *j == came;
      if (!same) matcher.differ(path + name, *j, shown);
    } else if (const std::string variable = variableName(*j); !variable.empty()) {
      matcher.variable(path + name, variable, came);
    } else if (*j != "*") {
      const uint64_t expected = field.words.valueOf(j->get<std::string>());
      if (!expected)
        throw BadScript(std::string(name) + ": '" + j->get<std::string>() + "' is not a word of abi.h for this field");
      if (expected != came) matcher.differ(path + name, *j, shown);
    }
  }
  template <class R, class V>
  void nested(const char* name, const json& inner, V& v) const {
    if (!inner.is_object()) throw BadScript(std::string(name) + ": expected an object, got " + dump(inner));
    std::set<std::string> names;
    R r{};
    const Comparer comparer{inner, path + name + ".", matcher, names};
    fields(r, v, comparer);
    comparer.refuseUnknown();
  }
};

}  // namespace

bool matchesText(const std::string& pattern, const std::string& text) {
  size_t p = 0, t = 0, star = std::string::npos, star_t = 0;  // the usual greedy walk with one point of return
  while (t < text.size()) {
    const bool literal =
        p + 1 < pattern.size() && pattern[p] == '\\' && (pattern[p + 1] == '*' || pattern[p + 1] == '\\');
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p, star_t = t;
    } else if (p < pattern.size() && pattern[p + literal] == text[t]) {
      p += 1 + literal, ++t;
    } else if (star != std::string::npos) {
      p = star, t = ++star_t;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string mismatch(uint32_t type, const json& pattern, const testing::Message& came, Variables& variables) {
  testing::Message m = came;
  Variables tried = variables;
  Matcher matcher(tried);
  std::set<std::string> known;
  const Comparer comparer{pattern, "", matcher, known};
  comparer(testing::Field{"id"}, uint64_t(0), m.id);
  testing::withRecord(type, [&](auto as) {
    typename decltype(as)::Record r{};
    fields(r, m, comparer);
  });
  comparer.refuseUnknown();
  if (matcher.why.empty()) variables = std::move(tried);
  return matcher.why;
}

}  // namespace hks::transcript
