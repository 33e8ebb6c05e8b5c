#include "json_message.hpp"

#include <hookswitch/testing/inputs.hpp>

#include <set>

namespace hks::transcript {
namespace {

bool isNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string textOf(const json& value) { return value.is_string() ? value.get<std::string>() : dump(value); }

std::string expandText(const std::string& text, const Variables& variables) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "$$") == 0) {
      out += '$', ++i;
      continue;
    }
    const size_t end = text.compare(i, 2, "${") == 0 ? text.find('}', i) : std::string::npos;
    if (end == std::string::npos) {
      out += text[i];
      continue;
    }
    const std::string name = text.substr(i + 2, end - i - 2);
    auto it = variables.find(name);
    if (it == variables.end()) throw BadScript("${" + name + "} was not captured before");
    out += textOf(it->second);
    i = end;
  }
  return out;
}

std::string unhex(const json& value) {
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  std::string out;
  auto digit = [&](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    throw BadScript("expected an even number of hexadecimal digits, got " + dump(value));
  };
  if (text.empty() || text.size() % 2)
    throw BadScript("expected an even number of hexadecimal digits, got " + dump(value));
  for (size_t i = 0; i < text.size(); i += 2) out += char(digit(text[i]) * 16 + digit(text[i + 1]));
  return out;
}

/// Fills the members of a value from a JSON object, one field at a time, and remembers which names exist.
struct Reader {
  const json& from;
  std::set<std::string>& known;

  const json* at(const char* name) const {
    known.insert(name);
    auto it = from.find(name);
    return it == from.end() ? nullptr : &*it;
  }
  void operator()(const char* name, const hks_str&, std::string& v) const {
    if (auto* j = at(name)) v = bytesOf(*j);
  }
  void operator()(const testing::Field& field, uint32_t, uint32_t& v) const {
    uint64_t wide = v;
    (*this)(field, uint64_t(0), wide);
    if (wide > UINT32_MAX)
      throw BadScript(std::string(field.name) + ": " + std::to_string(wide) + " does not fit 32 bits");
    v = uint32_t(wide);
  }
  void operator()(const testing::Field& field, uint64_t, uint64_t& v) const {
    auto* j = at(field.name);
    if (!j) return;
    if (j->is_number_unsigned())
      v = j->get<uint64_t>();
    else if (j->is_boolean())
      v = j->get<bool>();
    else if (j->is_string() && field.words.valueOf(j->get<std::string>()))
      v = field.words.valueOf(j->get<std::string>());
    else
      throw BadScript(std::string(field.name) + ": expected a number or a word of abi.h, got " + dump(*j));
  }
  void operator()(const char* name, const hks_pair*, uint64_t, testing::Pairs& v) const {
    auto* j = at(name);
    if (!j) return;
    if (!j->is_object()) throw BadScript(std::string(name) + ": expected an object of names and values");
    for (auto& [key, value] : j->items()) v.emplace_back(key, textOf(value));
  }
  // Whole records are laid over the sample: a transcript names only what it is about.
  void operator()(const char* name, const hks_call*, testing::Call& v) const { over<hks_call>(name, v); }
  void operator()(const char* name, const hks_call*, std::optional<testing::Call>& v) const {
    auto* j = at(name);
    if (!j || j->is_null()) return;
    v = testing::sampleCall();
    over<hks_call>(name, *v);
  }
  void operator()(const char* name, const hks_record*, std::optional<testing::Record>& v) const {
    v = testing::sampleRecord();
    over<hks_record>(name, *v);
  }
  template <class R, class V>
  void operator()(const char* name, const R*, uint64_t, uint32_t, std::vector<V>& v) const {
    auto* j = at(name);
    if (!j) return;
    if (!j->is_array()) throw BadScript(std::string(name) + ": expected an array");
    v.clear();
    for (auto& each : *j) fill<R>(name, each, v.emplace_back());
  }
  template <class R, class V>
  void fill(const char* name, const json& object, V& v) const {
    if (!object.is_object()) throw BadScript(std::string(name) + ": expected an object, got " + dump(object));
    std::set<std::string> names;
    R r{};
    fields(r, v, Reader{object, names});
    refuseUnknown(object, names);
  }
  static void refuseUnknown(const json& object, const std::set<std::string>& names) {
    for (auto& [key, value] : object.items()) {
      if (names.count(key)) continue;
      std::string list;
      for (auto& n : names) list += (list.empty() ? "" : ", ") + n;
      throw BadScript("there is no field '" + key + "'; known here: " + (list.empty() ? "none" : list));
    }
  }

 private:
  template <class R, class V>
  void over(const char* name, V& v) const {
    if (auto* j = at(name)) fill<R>(name, *j, v);
  }
};

}  // namespace

std::string variableName(const json& value) {
  if (!value.is_string()) return {};
  auto& text = value.get_ref<const std::string&>();
  if (text.size() < 2 || text[0] != '$') return {};
  for (size_t i = 1; i < text.size(); ++i)
    if (!isNameCharacter(text[i])) return {};
  return text.substr(1);
}

json expand(const json& value, const Variables& variables) {
  if (value.is_string()) {
    const std::string name = variableName(value);
    if (name.empty()) return expandText(value.get<std::string>(), variables);
    auto it = variables.find(name);
    if (it == variables.end()) throw BadScript("$" + name + " was not captured before");
    return it->second;
  }
  json copy = value;
  if (value.is_structured())
    for (auto& each : copy) each = expand(each, variables);
  return copy;
}

std::string bytesOf(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return {};
  if (value.is_object() && value.size() == 1 && value.contains("$hex")) return unhex(value["$hex"]);
  if (value.is_object() && value.size() == 1 && value.contains("$repeat")) {
    auto& r = value["$repeat"];
    if (!r.is_array() || r.size() != 2 || !r[1].is_number_unsigned() || r[1].get<uint64_t>() > (16u << 20)) {
      throw BadScript("expected {\"$repeat\":[\"hexadecimal\", times]}, got " + dump(value));
    }
    std::string once = unhex(r[0]), out;
    for (uint64_t i = 0; i < r[1].get<uint64_t>(); ++i) out += once;
    return out;
  }
  return dump(value);
}

testing::Message messageOf(uint32_t type, const json& object) {
  testing::Message m = type == HKS_START ? testing::In::start() : testing::In::of(type);
  if (type == HKS_CALL_PHASE) m.attempt = 1, m.deadline_ms = 5000, m.event_id = "sample-event";
  if (type == HKS_CALL_PLACE || type == HKS_CALL_ACCEPTED) static_cast<testing::Call&>(m) = testing::sampleCall();
  if (type == HKS_DATA) m.is_text = 1;
  std::set<std::string> known;
  const Reader reader{object, known};
  reader(testing::Field{"id"}, uint64_t(0), m.id);
  testing::withRecord(type, [&](auto as) {
    typename decltype(as)::Record r{};
    fields(r, m, reader);
  });
  Reader::refuseUnknown(object, known);
  return m;
}

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace hks::transcript
