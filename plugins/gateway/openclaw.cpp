#include "plugins/gateway/openclaw.hpp"

#include <hookswitch/json.hpp>
#include <hookswitch/utf8.hpp>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace hookswitch::gateway::openclaw {
namespace {

using simdjson::dom::element;

constexpr std::size_t kMaxSentence = 300;
constexpr std::size_t kMaxText = 32 * 1024;  // of one event: more costs the model's context (§2.11)

using Value = simdjson::simdjson_result<element>;  // absent and of another type are the same: not there

Value value(element e) { return Value(std::move(e)); }

std::string string(Value v) {
  std::string_view s;
  return v.get_string().get(s) ? std::string() : hks::utf8::line(s, kMaxSentence);
}
bool flag(Value v) {
  bool b = false;
  return !v.get_bool().get(b) && b;
}
std::int64_t number(Value v, std::int64_t otherwise) {
  std::int64_t n = 0;
  if (!v.get_int64().get(n)) return n;
  double d = 0;
  if (v.get_double().get(d) || !(d > -9e15 && d < 9e15)) return otherwise;
  return std::int64_t(d);
}
std::uint64_t milliseconds(Value v) { return std::uint64_t(std::clamp<std::int64_t>(number(v, 0), 0, 86400000)); }

/// Our ids are decimal numbers as strings; anything else is nobody's.
std::uint64_t requestId(Value v) {
  std::string_view s;
  std::uint64_t id = 0;
  if (v.get_string().get(s)) return 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), id);
  return error == std::errc() && end == s.data() + s.size() ? id : 0;
}

Hello readHello(Value payload) {
  Hello h;
  h.protocol = number(payload["protocol"], 0);
  h.tick_ms = std::uint64_t(std::clamp<std::int64_t>(number(payload["policy"]["tickIntervalMs"], 30000), 1000, 300000));
  h.max_payload = std::uint64_t(std::clamp<std::int64_t>(number(payload["policy"]["maxPayload"], 26214400), 4096, 26214400));
  h.model_configured = flag(payload["snapshot"]["sessionDefaults"]["modelConfigured"]);
  h.main_session = string(payload["snapshot"]["sessionDefaults"]["mainSessionKey"]);
  simdjson::dom::array list;
  if (!payload["auth"]["scopes"].get_array().get(list))
    for (element scope : list) {
      const std::string name = string(value(scope));
      h.can_write = h.can_write || name == "operator.write" || name == "operator.admin";
      if (h.scopes.size() < kMaxSentence) h.scopes += (h.scopes.empty() ? "" : " ") + name;
    }
  if (!payload["features"]["methods"].get_array().get(list)) {
    h.has_wake = false;
    for (element method : list) {
      const std::string name = string(value(method));
      h.has_wake = h.has_wake || name == "wake";
      h.has_agent = h.has_agent || name == "agent";
    }
  }
  return h;
}

void readError(Value root, Incoming& in) {
  const Value error = root["error"];
  const std::string code = string(error["code"]), details = string(error["details"]["code"]);
  in.passing = flag(error["retryable"]) || code == "UNAVAILABLE";
  in.after_ms = milliseconds(error["retryAfterMs"]);
  std::string s = code.empty() ? "refused" : code;
  if (!details.empty() && details != code) s += " " + details;
  if (const std::string message = string(error["message"]); !message.empty()) s += ": " + message;
  // Whoever owns the gateway needs this to let us in (§2.5).
  if (const std::string pairing = string(error["details"]["requestId"]); !pairing.empty())
    s += " (approve there with: openclaw devices approve " + pairing + ")";
  in.sentence = hks::utf8::line(s, kMaxSentence);
}

void readAnswer(Value root, Incoming& in) {
  in.kind = Incoming::Kind::Answer;
  in.id = requestId(root["id"]);
  in.ok = flag(root["ok"]);
  const Value payload = root["payload"];
  if (!in.ok) return readError(root, in);
  if (string(payload["type"]) == "hello-ok") {
    in.kind = Incoming::Kind::Hello;
    in.hello = readHello(payload);
    return;
  }
  bool done = true;  // `wake` says so again in its payload; nobody else has that member
  if (!payload["ok"].get_bool().get(done) && !done) {
    in.ok = false;
    in.passing = true;
    in.sentence = "the gateway answered ok with a payload that says it was not";
  }
  // `agent` says ok even when the run timed out or failed: its status counts (§2.6).
  const std::string status = string(payload["status"]);
  in.accepted = status == "accepted" || status == "started";
  if (in.ok && !status.empty() && !in.accepted && status != "ok") {
    in.ok = false;
    in.sentence = "the run ended with status " + status;
  }
}

std::string request(std::uint64_t id, std::string_view method, std::string_view params) {
  return hks::json::Object().add("type", "req").add("id", std::to_string(id)).add("method", method).raw("params", params).str();
}

}  // namespace

Incoming read(std::string_view frame) {
  Incoming in;
  if (frame.size() > kMaxFrame) return in;
  simdjson::dom::parser parser;
  element root;
  in.kind = Incoming::Kind::Garbage;
  if (frame.empty() || parser.parse(frame.data(), frame.size()).get(root) || !root.is_object()) return in;
  const std::string type = string(root["type"]);
  if (type == "res") readAnswer(value(root), in);
  if (type != "event") return in;
  in.kind = Incoming::Kind::Ignored;
  const std::string event = string(root["event"]);
  if (event == "connect.challenge") in.kind = Incoming::Kind::Challenge;
  if (event == "shutdown") {
    in.kind = Incoming::Kind::Shutdown;
    in.after_ms = milliseconds(root["payload"]["restartExpectedMs"]);
    in.sentence = string(root["payload"]["reason"]);
  }
  return in;
}

std::string connectFrame(const Config& config, std::uint64_t id, std::string_view version, std::string_view instance) {
  // The pair gateway-client/backend needs no pairing and no device key on loopback, and keeps the scopes (§2.3).
  const std::string client = hks::json::Object().add("id", "gateway-client").add("displayName", "Hookswitch")
                                 .add("version", version.empty() ? "0" : version).add("platform", "linux")
                                 .add("mode", "backend").add("instanceId", instance).str();
  return request(id, "connect", hks::json::Object().add("minProtocol", 3).add("maxProtocol", 4).raw("client", client)
                                    .add("role", "operator").raw("scopes", R"(["operator.read","operator.write"])")
                                    .raw("caps", R"(["session-scoped-events"])")
                                    .raw("auth", hks::json::Object().add("token", config.token).str()).str());
}

bool byAgent(const Config& config, const Hello& hello, const Event& event) {
  return config.ended_by_agent && event.kind == Event::Kind::Ended && hello.model_configured && hello.has_agent;
}

std::string eventFrame(const Config& config, const Hello& hello, std::uint64_t id, const Event& event) {
  std::string frame;
  for (std::size_t room = kMaxText;; room /= 2) {
    const std::string text = oneLine(event, room);
    hks::json::Object params;
    if (byAgent(config, hello, event)) {
      params.add("message", text).add("idempotencyKey", event.call_id + ":call_ended");
      if (!config.agent_id.empty()) params.add("agentId", config.agent_id);
      else if (!config.session_key.empty()) params.add("sessionKey", config.session_key);
      else params.add("sessionKey", hello.main_session.empty() ? "agent:main:main" : hello.main_session);
      params.add("deliver", false);
      frame = request(id, "agent", params.str());
    } else {
      params.add("mode", config.wake_mode).add("text", text);
      if (!config.agent_id.empty()) params.add("agentId", config.agent_id);
      if (!config.session_key.empty()) params.add("sessionKey", config.session_key);
      frame = request(id, "wake", params.str());
    }
    // JSON may double what it quotes; a frame above the limit would cost the connection.
    if (frame.size() <= hello.max_payload || room <= 1024) return frame;
  }
}

}  // namespace hookswitch::gateway::openclaw
