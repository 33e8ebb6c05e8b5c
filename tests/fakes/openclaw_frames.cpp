#include "tests/fakes/openclaw_frames.hpp"

#include <map>
#include <regex>

namespace fakes {
namespace {

using nlohmann::json;

// One letter per type: s string, S string that is not empty, i integer, n number, b boolean, o object, a array.
struct Shape {
  std::map<std::string, char> required, optional;
};
struct Method {
  const char* scope;
  Shape params;
};

bool fits(const json& value, char type) {
  switch (type) {
    case 's': return value.is_string();
    case 'S': return value.is_string() && !value.get_ref<const std::string&>().empty();
    case 'i': return value.is_number_integer();
    case 'n': return value.is_number();
    case 'b': return value.is_boolean();
    case 'o': return value.is_object();
    default: return value.is_array();
  }
}

std::string name(char type) {
  switch (type) {
    case 'S': return "string (not empty)";
    case 's': return "string";
    case 'i': return "integer";
    case 'n': return "number";
    case 'b': return "boolean";
    case 'o': return "object";
    default: return "array";
  }
}

std::string check(const Shape& shape, const json& value, const std::string& at) {
  if (!value.is_object()) return at + ": must be object";
  for (const auto& [key, type] : shape.required) {
    if (!value.contains(key)) return at + ": must have required property '" + key + "'";
    if (!fits(value[key], type)) return at + "/" + key + ": must be " + name(type);
  }
  for (const auto& [key, member] : value.items()) {
    if (shape.required.count(key)) continue;
    const auto known = shape.optional.find(key);
    if (known == shape.optional.end()) return at + ": unexpected property '" + key + "'";
    if (!fits(member, known->second)) return at + "/" + key + ": must be " + name(known->second);
  }
  return {};
}

const std::map<std::string, Method>& methods() {
  static const char* const read = "operator.read";
  static const char* const write = "operator.write";
  static const std::map<std::string, Method> known = {
      {"connect",
       {"",
        {{{"minProtocol", 'i'}, {"maxProtocol", 'i'}, {"client", 'o'}},
         {{"role", 'S'},
          {"scopes", 'a'},
          {"caps", 'a'},
          {"auth", 'o'},
          {"device", 'o'},
          {"locale", 's'},
          {"userAgent", 's'},
          {"commands", 'a'},
          {"permissions", 'o'}}}}},
      {"health", {"", {{}, {{"probe", 'b'}}}}},
      {"status", {read, {{}, {}}}},
      {"wake", {write, {{{"mode", 'S'}, {"text", 'S'}}, {{"agentId", 'S'}, {"sessionKey", 'S'}}}}},
      {"agent",
       {write,
        {{{"message", 'S'}, {"idempotencyKey", 'S'}},
         {{"sessionKey", 'S'},
          {"agentId", 'S'},
          {"deliver", 'b'},
          {"extraSystemPrompt", 's'},
          {"timeout", 'i'},
          {"thinking", 's'},
          {"inputProvenance", 'o'},
          {"promptMode", 's'},
          {"bootstrapContextMode", 's'},
          {"channel", 's'},
          {"to", 's'},
          {"bestEffortDeliver", 'b'},
          {"attachments", 'a'},
          {"label", 's'}}}}},
      {"agent.wait", {write, {{{"runId", 'S'}}, {{"timeoutMs", 'i'}}}}},
      {"chat.send",
       {write,
        {{{"sessionKey", 'S'}, {"message", 'S'}, {"idempotencyKey", 'S'}},
         {{"queueMode", 's'}, {"timeoutMs", 'i'}, {"attachments", 'a'}, {"thinking", 's'}, {"deliver", 'b'}}}}},
      {"chat.abort", {write, {{{"sessionKey", 'S'}}, {{"runId", 'S'}}}}},
      {"chat.history", {read, {{{"sessionKey", 'S'}}, {{"limit", 'i'}}}}},
      {"sessions.create", {write, {{{"key", 'S'}}, {{"label", 's'}}}}},
      {"sessions.messages.subscribe", {read, {{{"key", 'S'}}, {}}}},
      {"system-event", {"operator.admin", {{{"text", 'S'}}, {{"sessionKey", 'S'}, {"wake", 'b'}}}}},
      {"chat.inject", {"operator.admin", {{{"sessionKey", 'S'}, {"message", 'S'}}, {{"label", 's'}}}}}};
  return known;
}

const Shape& messageShape(const std::string& type) {
  static const std::map<std::string, Shape> known = {
      {"call_started",
       {{{"call_id", 's'}, {"to_number", 's'}, {"prompt", 's'}, {"metadata", 'o'}, {"timestamp", 'S'}}, {}}},
      {"transcript", {{{"call_id", 's'}, {"speaker", 'S'}, {"text", 's'}, {"timestamp", 's'}, {"is_final", 'b'}}, {}}},
      {"structured_data",
       {{{"call_id", 's'},
         {"intent", 's'},
         {"entities", 'o'},
         {"summary", 's'},
         {"confidence", 'n'},
         {"timestamp", 'S'}},
        {}}},
      {"action", {{{"call_id", 's'}, {"action_type", 's'}, {"parameters", 'o'}, {"timestamp", 'S'}}, {}}},
      {"call_ended",
       {{{"call_id", 's'},
         {"duration", 'n'},
         {"outcome", 's'},
         {"full_transcript", 's'},
         {"summary", 's'},
         {"timestamp", 'S'}},
        {}}},
      {"error", {{{"call_id", 's'}, {"error_code", 's'}, {"error_message", 's'}, {"timestamp", 'S'}}, {}}},
      {"heartbeat", {{{"timestamp", 'S'}}, {}}}};
  static const Shape none;
  const auto found = known.find(type);
  return found == known.end() ? none : found->second;
}

}  // namespace

std::string checkOpenClawFrame(const json& frame) {
  static const Shape request = {{{"type", 'S'}, {"id", 'S'}, {"method", 'S'}},
                                {{"params", 'o'}, {"traceparent", 's'}, {"expectedProfileId", 's'}}};
  if (const auto bad = check(request, frame, "invalid request frame"); !bad.empty()) return bad;
  return frame["type"] == "req" ? "" : "invalid request frame: type must be req";
}

std::string checkOpenClawParams(const std::string& method, const json& params) {
  const auto found = methods().find(method);
  if (found == methods().end()) return "unknown method: " + method;
  const std::string at = "invalid " + method + " params";
  if (auto bad = check(found->second.params, params, at); !bad.empty()) return bad;
  for (const char* key : {"message", "text"}) {
    if (params.contains(key) && params[key].get_ref<const std::string&>().find('\0') != std::string::npos)
      return "message must not contain null bytes";
  }
  for (const char* key : {"sessionKey", "key"}) {
    if (params.contains(key) && params[key].get_ref<const std::string&>().size() > 512)
      return at + "/" + key + ": must be at most 512 characters";
  }
  if (method == "wake" && params["mode"] != "now" && params["mode"] != "next-heartbeat")
    return at + "/mode: must be one of now, next-heartbeat";
  if (method == "agent" && params.value("deliver", false) && !params.contains("channel") &&
      !params.value("bestEffortDeliver", false)) {
    return "Channel is required (no configured channels detected).";
  }
  if (method != "connect") return {};
  static const Shape client = {
      {{"id", 'S'}, {"version", 'S'}, {"platform", 'S'}, {"mode", 'S'}},
      {{"displayName", 's'}, {"instanceId", 's'}, {"deviceFamily", 's'}, {"modelIdentifier", 's'}}};
  static const Shape auth = {{}, {{"token", 's'}, {"password", 's'}, {"deviceToken", 's'}, {"bootstrapToken", 's'}}};
  static const Shape device = {{{"id", 'S'}, {"publicKey", 'S'}, {"signature", 'S'}, {"signedAt", 'i'}},
                               {{"nonce", 's'}}};
  if (auto bad = check(client, params["client"], at + "/client"); !bad.empty()) return bad;
  if (params.contains("auth")) {
    if (auto bad = check(auth, params["auth"], at + "/auth"); !bad.empty()) return bad;
  }
  if (params.contains("device")) {
    if (auto bad = check(device, params["device"], at + "/device"); !bad.empty()) return bad;
  }
  static const json ids = {"webchat-ui",
                           "openclaw-control-ui",
                           "openclaw-browser-copilot",
                           "openclaw-tui",
                           "webchat",
                           "cli",
                           "gateway-client",
                           "openclaw-macos",
                           "openclaw-linux",
                           "openclaw-ios",
                           "openclaw-watchos",
                           "openclaw-android",
                           "node-host",
                           "openclaw-worker",
                           "test",
                           "fingerprint",
                           "openclaw-probe"};
  static const json modes = {"webchat", "cli", "ui", "backend", "node", "worker", "probe", "test"};
  const auto in = [](const json& list, const json& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  if (!in(ids, params["client"]["id"])) return at + "/client/id: must be equal to one of the allowed values";
  if (!in(modes, params["client"]["mode"])) return at + "/client/mode: must be equal to one of the allowed values";
  return {};
}

std::string openClawScope(const std::string& method) {
  const auto found = methods().find(method);
  return found == methods().end() ? "" : found->second.scope;
}

json openClawMethods() {
  json out = json::array();
  for (const auto& [method, shape] : methods()) {
    if (method != "connect" && method != "chat.inject") out.push_back(method);
  }
  return out;
}

std::string checkJsonRpc(const json& frame) {
  static const Shape request = {{{"jsonrpc", 'S'}, {"id", 'i'}, {"method", 'S'}, {"params", 'o'}}, {}};
  static const Shape params = {{{"message", 'o'}}, {}};
  if (auto bad = check(request, frame, "request"); !bad.empty()) return bad;
  if (frame["jsonrpc"] != "2.0") return "request/jsonrpc: must be \"2.0\"";
  if (frame["method"] != "sessions_send") return "unknown method: " + frame["method"].get<std::string>();
  if (auto bad = check(params, frame["params"], "params"); !bad.empty()) return bad;
  const json& message = frame["params"]["message"];
  const std::string type = message.contains("message_type") && message["message_type"].is_string()
                               ? message["message_type"].get<std::string>()
                               : "";
  Shape shape = messageShape(type);
  if (shape.required.empty()) return "message/message_type: '" + type + "' is not known";
  shape.required["message_type"] = 'S';
  if (auto bad = check(shape, message, "message"); !bad.empty()) return bad;
  static const std::regex iso("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?(Z|[+-]\\d\\d:\\d\\d)?$");
  const std::string& timestamp = message["timestamp"].get_ref<const std::string&>();
  if (!timestamp.empty() && !std::regex_match(timestamp, iso))
    return "message/timestamp: '" + timestamp + "' is not ISO 8601";
  if (type == "transcript" && message["speaker"] != "user" && message["speaker"] != "assistant")
    return "message/speaker: must be user or assistant";
  return {};
}

}  // namespace fakes
