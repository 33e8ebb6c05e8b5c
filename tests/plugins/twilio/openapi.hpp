// Checks a request against Twilio's OpenAPI description of the Call resource.
#pragma once

#include "tests/plugins/twilio/twilio_test.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace hookswitch::twilio::test {

/// Every complaint about one captured HTTP_CALL; empty: it is what the description allows.
inline std::vector<std::string> complaints(const Message& request) {
  static const nlohmann::json api = readData("twilio_calls.openapi.json");
  std::vector<std::string> out;
  const std::string host = "https://api.twilio.com";
  if (request.url.compare(0, host.size(), host) != 0) return {"not at Twilio: " + request.url};
  const std::string target = request.url.substr(host.size());
  const std::string path = target.substr(0, target.find('?'));
  const nlohmann::json* operation = nullptr;
  for (const auto& [pattern, item] : api["paths"].items()) {
    std::string expected = pattern;
    expected.replace(expected.find("{AccountSid}"), 12, kAccount);
    const auto sid = expected.find("{Sid}");
    bool same = expected == path;
    if (sid != std::string::npos) {
      const std::string before = expected.substr(0, sid), after = expected.substr(sid + 5);
      same = path.size() > before.size() + after.size() && path.compare(0, before.size(), before) == 0 &&
             path.compare(path.size() - after.size(), after.size(), after) == 0 &&
             path.find('/', before.size()) == std::string::npos;
    }
    std::string method = request.method;
    std::transform(method.begin(), method.end(), method.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    if (same && item.contains(method)) operation = &item[method];
  }
  if (!operation) return {"no such operation: " + request.method + " " + path};

  const auto fields = [](const std::string& text) {
    Form form;
    form.parse(text);
    std::map<std::string, std::vector<std::string>> all;
    for (const auto& [name, value] : form.fields()) all[name].push_back(value);
    return all;
  };
  const auto check = [&](const std::string& name, const nlohmann::json& schema,
                         const std::vector<std::string>& values) {
    const std::string type = schema.value("type", "");
    if (values.size() > 1 && type != "array") out.push_back(name + " is given twice");
    for (const auto& value : values) {
      if (type == "integer" && (value.empty() || value.find_first_not_of("0123456789") != std::string::npos))
        out.push_back(name + " is no integer: " + value);
      if (schema.contains("enum") &&
          std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
        out.push_back(name + " has an unknown value: " + value);
      if (schema.value("format", "") == "uri" && value.compare(0, 4, "http") != 0)
        out.push_back(name + " is no URL: " + value);
    }
  };
  const auto question = target.find('?');
  const auto query = fields(question == std::string::npos ? "" : target.substr(question + 1));
  for (const auto& [name, values] : query) {
    const nlohmann::json* found = nullptr;
    for (const auto& parameter : operation->at("parameters"))
      if (parameter["in"] == "query" && parameter["name"] == name) found = &parameter;
    if (!found)
      out.push_back("unknown query parameter " + name);
    else
      check(name, (*found)["schema"], values);
  }
  const auto body = fields(request.body);
  if (!operation->contains("requestBody")) {
    if (!body.empty()) out.push_back("a body where none is expected");
    return out;
  }
  if (header(request, "Content-Type") != "application/x-www-form-urlencoded") out.push_back("wrong Content-Type");
  const auto& schema = (*operation)["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
  for (const auto& [name, values] : body) {
    if (!schema["properties"].contains(name)) {
      out.push_back("unknown field " + name);
      continue;
    }
    nlohmann::json property = schema["properties"][name];
    if (property.contains("$ref")) {
      const std::string ref = property["$ref"];
      property = api.at(nlohmann::json::json_pointer(ref.substr(1)));
    }
    check(name, property, values);
  }
  for (const auto& name : schema.value("required", nlohmann::json::array()))
    if (!body.count(name.get<std::string>())) out.push_back("missing field " + name.get<std::string>());
  return out;
}

}  // namespace hookswitch::twilio::test
