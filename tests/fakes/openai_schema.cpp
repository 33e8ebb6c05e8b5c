#include "tests/fakes/openai_schema.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace fakes {
namespace {

using nlohmann::json;

bool isType(const json& value, const std::string& type) {
  if (type == "any") return true;
  if (type == "null") return value.is_null();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "array") return value.is_array();
  return type == "object" && value.is_object();
}

std::string join(const std::string& path, const std::string& name) { return path.empty() ? name : path + "." + name; }

bool contains(const json& list, const json& value) { return std::find(list.begin(), list.end(), value) != list.end(); }

OpenAiRefusal missing(const std::string& path) {
  return {"missing_required_parameter", path, "Missing required parameter: '" + path + "'."};
}

}  // namespace

OpenAiSchema::OpenAiSchema(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(file + ": cannot be read; it holds the Realtime event shapes");
  file_ = json::parse(in);
  for (const auto& event : file_.at("client_events")) client_[event.at("type")] = event;
  for (const auto& event : file_.at("server_events")) server_[event.at("type")] = event;
}

OpenAiSchema::Result OpenAiSchema::checkClient(const json& event) const {
  if (!event.is_object()) return OpenAiRefusal{"invalid_event", "", "The event is not a JSON object."};
  const auto type = event.find("type");
  if (type == event.end()) return missing("type");
  const auto found = type->is_string() ? client_.find(type->get<std::string>()) : client_.end();
  if (found == client_.end()) return OpenAiRefusal{"invalid_value", "type", "Invalid value: " + type->dump() + "."};
  return object(found->second, event, "", true);
}

OpenAiSchema::Result OpenAiSchema::checkServer(const json& event) const {
  const auto found = server_.find(event.value("type", std::string()));
  if (found == server_.end()) return OpenAiRefusal{"invalid_value", "type", "Not a server event: " + event.dump()};
  return object(found->second, event, "", false);
}

OpenAiSchema::Result OpenAiSchema::object(const json& spec, const json& value, const std::string& path,
                                          bool closed) const {
  const json none = json::array(), empty = json::object();
  const json& required = spec.contains("required") ? spec["required"] : empty;
  const json& optional = spec.contains("optional") ? spec["optional"] : empty;
  const json nullable = spec.value("nullable_in_practice", none);
  if (closed) {
    for (const auto& [name, member] : value.items()) {
      if (!required.contains(name) && !optional.contains(name)) {
        return OpenAiRefusal{"unknown_parameter", join(path, name), "Unknown parameter: '" + join(path, name) + "'."};
      }
    }
    for (const auto& name : spec.value("required_in_practice", none)) {
      if (!value.contains(name.get<std::string>())) return missing(join(path, name));
    }
  }
  for (const auto& [name, member] : required.items()) {
    if (!value.contains(name)) return missing(join(path, name));
    if (auto bad = field(member, value[name], join(path, name), closed, false)) return bad;
  }
  for (const auto& [name, member] : optional.items()) {
    if (!value.contains(name)) continue;
    const bool may_be_null = !closed || contains(nullable, name);
    if (auto bad = field(member, value[name], join(path, name), closed, may_be_null)) return bad;
  }
  return std::nullopt;
}

OpenAiSchema::Result OpenAiSchema::definition(const std::string& name, const json& value, const std::string& path,
                                              bool closed) const {
  return resolve(file_.at("definitions").at(name), value, path, closed);
}

OpenAiSchema::Result OpenAiSchema::resolve(const json& spec, const json& value, const std::string& path,
                                           bool closed) const {
  if (!spec.contains("discriminator")) return object(spec, value, path, closed);
  const std::string key = spec["discriminator"];
  const json& variants = spec["variants"];
  const std::string chosen = value.contains(key) && value[key].is_string() ? value[key].get<std::string>() : "";
  const auto found = variants.contains(chosen) ? variants.find(chosen) : variants.find("*");
  if (found == variants.end()) {
    if (!closed) return std::nullopt;  // an open list: nothing more is promised
    if (!value.contains(key)) return missing(join(path, key));
    return OpenAiRefusal{"invalid_value", join(path, key), "Invalid value: " + value[key].dump() + "."};
  }
  return found->is_string() ? definition(*found, value, path, closed) : resolve(*found, value, path, closed);
}

OpenAiSchema::Result OpenAiSchema::field(const json& spec, const json& value, const std::string& path, bool closed,
                                         bool nullable) const {
  if (value.is_null() && nullable) return std::nullopt;
  const json& types = spec.at("types");
  if (std::none_of(types.begin(), types.end(), [&](const json& type) { return isType(value, type); })) {
    return OpenAiRefusal{"invalid_type", path,
                         "Invalid type for '" + path + "': expected one of " + types.dump() + "."};
  }
  const auto outside = [&](const std::string& why) {
    return OpenAiRefusal{"invalid_value", path, "Invalid value for '" + path + "': " + why + "."};
  };
  if (closed && spec.contains("enum") && !contains(spec["enum"], value)) {
    // Binding only among values of the JSON type that the list itself has.
    if (spec["enum"].front().type() == value.type() || (spec["enum"].front().is_number() && value.is_number()))
      return outside(value.dump() + " is not one of " + spec["enum"].dump());
  }
  if (closed && value.is_number()) {
    if (spec.contains("min") && value < spec["min"]) return outside("below " + spec["min"].dump());
    if (spec.contains("max") && value > spec["max"]) return outside("above " + spec["max"].dump());
  }
  if (closed && value.is_string() && spec.contains("max_length") &&
      value.get_ref<const std::string&>().size() > spec["max_length"].get<std::size_t>()) {
    return outside("longer than " + spec["max_length"].dump());
  }
  if (value.is_object() && spec.contains("ref")) return definition(spec["ref"], value, path, closed);
  if (value.is_object() && spec.contains("values")) {
    for (const auto& [name, member] : value.items()) {
      if (auto bad = field(spec["values"], member, join(path, name), closed, false)) return bad;
    }
  }
  if (value.is_array() && spec.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (auto bad = field(spec["items"], value[i], path + "[" + std::to_string(i) + "]", closed, false)) return bad;
    }
  }
  return std::nullopt;
}

}  // namespace fakes
