#include "tests/plugins/gateway/claw.hpp"

#include <set>

namespace hookswitch::gateway {

json helloPayload() {
  return json::parse(R"({"type":"hello-ok","protocol":4,"server":{"version":"2026.9.6","connId":"x"},
    "features":{"methods":["health","wake","agent","status"],"events":["tick"]},
    "snapshot":{"suspension":{"phase":"accepting"},"sessionDefaults":{"defaultAgentId":"main","modelConfigured":true,
      "mainSessionKey":"agent:main:main"},"note":"connect.challenge"},
    "auth":{"method":"token","role":"operator","scopes":["operator.read","operator.write"]},
    "policy":{"maxPayload":26214400,"maxBufferedBytes":52428800,"tickIntervalMs":30000}})");
}

void checkRequest(const json& f) {
  static const std::map<std::string, std::map<std::string, std::string>> methods{
      {"connect",
       {{"minProtocol", "number!"},
        {"maxProtocol", "number!"},
        {"client", "object!"},
        {"role", "string"},
        {"scopes", "array"},
        {"caps", "array"},
        {"auth", "object"},
        {"device", "object"}}},
      {"status", {}},
      {"wake", {{"mode", "string!"}, {"text", "string!"}, {"agentId", "string"}, {"sessionKey", "string"}}},
      {"agent",
       {{"message", "string!"},
        {"idempotencyKey", "string!"},
        {"sessionKey", "string"},
        {"agentId", "string"},
        {"deliver", "boolean"}}}};
  ASSERT_TRUE(f.is_object() && f.size() == 4 && f.value("type", "") == "req" && f["id"].is_string() &&
              !f["id"].get<std::string>().empty())
      << f;
  const auto method = methods.find(f["method"]);
  ASSERT_NE(method, methods.end()) << f["method"];
  for (auto& [name, value] : f["params"].items()) {
    ASSERT_TRUE(method->second.count(name)) << "unexpected property '" << name << "'";
    EXPECT_EQ(method->second.at(name).find(value.type_name()), 0u) << name;
  }
  for (auto& [name, type] : method->second)
    EXPECT_TRUE(type.back() != '!' || f["params"].contains(name)) << name << " is missing";
  if (f["method"] != "connect") return;
  for (const char* name : {"id", "version", "platform", "mode"})
    EXPECT_TRUE(f["params"]["client"].contains(name)) << name;
  for (auto& [name, value] : f["params"]["client"].items())
    EXPECT_TRUE((std::set<std::string>{"id", "displayName", "version", "platform", "mode", "instanceId"}.count(name)))
        << name;
}

Claw::Claw(Values settings) : player(hks_plugin_entry, HKS_ROLE_NOTIFIER) {
  std::map<std::string, std::string> all{{"enabled", "true"}, {"token", kSecret}};
  for (auto& [name, value] : settings) all[name] = value;
  jsonrpc = all.count("dialect") && all["dialect"] == "jsonrpc";
  start_settings_.assign(all.begin(), all.end());
  player.on_output = [this](const Message& m) { take(m); };
}
Outputs Claw::start() {
  Outputs out = player.step(In::start(start_settings_));
  for (const Message& m : player.advance(0)) out.push_back(m);
  return out;
}

void Claw::event(const std::string& name, json payload) {
  say({{"type", "event"}, {"event", name}, {"payload", std::move(payload)}});
}

void Claw::res(const json& id, bool ok, json payload_or_error) {
  say({{"type", "res"}, {"id", id}, {"ok", ok}, {ok ? "payload" : "error", std::move(payload_or_error)}});
}

void Claw::turn(bool good) {
  queue.clear();
  event("heartbeat", good ? json{{"status", "skipped"}, {"reason", "no-route"}, {"preview", "Noted."}}
                          : json{{"status", "failed"}, {"reason", "agent-runner-failure"}, {"preview", "no key"}});
  wait(1000);
}

std::vector<Claw::Done> Claw::doneOf(std::uint64_t hook) const {
  std::vector<Done> found;
  for (auto& d : done)
    if (d.hook == hook) found.push_back(d);
  return found;
}

std::vector<std::string> Claw::texts() const {
  std::vector<std::string> out;
  for (auto& f : frames) {
    const json& p = f.body.contains("params") ? f.body["params"] : json();
    if (p.contains("text"))
      out.push_back(p["text"]);
    else if (p.contains("message") && p["message"].is_string())
      out.push_back(p["message"]);
    else if (p.contains("message") && p["message"].contains("call_id"))
      out.push_back(p["message"]["message_type"].get<std::string>() +
                    " id=" + p["message"]["call_id"].get<std::string>());
  }
  return out;
}

int Claw::told(const std::string& what) const {
  int n = 0;
  for (auto& t : texts()) n += t.find(what) != std::string::npos;
  return n;
}

void Claw::phase(std::uint64_t hook, const std::string& call, std::uint32_t phase, std::uint32_t attempt) {
  player.step(In::phase(hook, phase, callRecord(call), attempt, 15000));
  wait(0);
}

void Claw::take(const Message& m) {
  EXPECT_EQ(m.reason.find(kSecret), std::string::npos) << m.reason;
  if (m.type == HKS_LOG) {
    EXPECT_EQ(m.text.find(kSecret), std::string::npos) << "the token is in the log";
    logs.push_back(m.text);
  }
  if (m.type == HKS_KEEP && keep_trouble.empty()) kept[m.name] = m.bytes;
  if (m.type == HKS_KEEP || m.type == HKS_RECALL)
    player.later(0, In::kept(m.id, m.name, keep_trouble.empty() ? kept[m.name] : "", keep_trouble));
  if (m.type == HKS_HOOK_DONE) done.push_back({player.now(), m.id, m.state, m.reason, m.after_ms});
  if (m.type == HKS_CLOSE) closes.push_back(m);
  if (m.type == HKS_CONNECT) {
    connects.push_back({player.now(), m.id});
    EXPECT_TRUE(hks::testing::header(m, "origin").empty());
    player.later(0, accepts ? In::opened(m.id) : In::closed(m.id, 0, "connection refused"));
    if (accepts && greets && !jsonrpc)
      player.later(
          0,
          In::data(m.id, R"({"type":"event","event":"connect.challenge","payload":{"nonce":"n","ts":1795368395128}})"));
  }
  if (m.type != HKS_DATA) return;
  EXPECT_EQ(m.is_text, 1u);
  EXPECT_EQ(m.id, conn()) << "written to a connection that is gone";
  const json f = json::parse(m.bytes);
  if (jsonrpc) {
    frames.push_back({player.now(), m.id, f});
    if (answers)
      player.later(latency_ms,
                   In::data(m.id, json({{"jsonrpc", "2.0"}, {"id", f["id"]}, {"result", json::object()}}).dump()));
    return;
  }
  checkRequest(f);
  if (f["method"] == "status") {
    asks.push_back({player.now(), m.id, f});
    if (shows)
      player.later(
          latency_ms,
          In::data(m.id,
                   json({{"type", "res"}, {"id", f["id"]}, {"ok", true}, {"payload", {{"queuedSystemEvents", queue}}}})
                       .dump()));
    return;
  }
  if (f["method"] == "wake" && answers) queue.push_back(f["params"]["text"]);
  const bool connect = f["method"] == "connect";
  (connect ? handshakes : frames).push_back({player.now(), m.id, f});
  if (connect ? greets : answers)
    player.later(
        connect ? 0 : latency_ms,
        In::data(
            m.id,
            json({{"type", "res"}, {"id", f["id"]}, {"ok", true}, {"payload", connect ? hello : json({{"ok", true}})}})
                .dump()));
}

Claw& Claw::withoutModel(Claw& claw) {
  claw.hello["snapshot"]["sessionDefaults"]["modelConfigured"] = false;
  return claw;
}

void Claw::say(const json& frame) { player.step(In::data(conn(), frame.dump())); }

}  // namespace hookswitch::gateway
