// What we ask of the gateway, as frames with exactly the properties that its closed schemas allow.
#include "plugins/gateway/openclaw.hpp"

#include <hookswitch/json.hpp>

namespace hookswitch::gateway::openclaw {
namespace {

constexpr std::size_t kMaxText = 32 * 1024;  // of one event: more costs the model's context

// This pair needs no approval on the gateway's own machine, and keeps its scopes there.
constexpr const char *kClient = "gateway-client", *kMode = "backend", *kRole = "operator", *kPlatform = "linux";
constexpr const char* kScopes = "operator.read,operator.write";

std::string request(std::uint64_t id, std::string_view method, std::string_view params) {
  return hks::json::Object()
      .add("type", "req")
      .add("id", std::to_string(id))
      .add("method", method)
      .raw("params", params)
      .str();
}

/// Empty: it could not be signed.
std::string deviceOf(const Proof& proof) {
  const std::string signed_at = std::to_string(proof.challenge_ms);
  std::string text =
      "v3|" + proof.device->id() + "|" + kClient + "|" + kMode + "|" + kRole + "|" + kScopes + "|" + signed_at + "|";
  text.append(proof.token).append("|").append(proof.nonce).append("|").append(kPlatform).append("|");  // no device
                                                                                                       // family
  const std::string signature = proof.device->sign(text);
  if (signature.empty()) return {};
  return hks::json::Object()
      .add("id", proof.device->id())
      .add("publicKey", proof.device->publicKey())
      .add("signature", signature)
      .raw("signedAt", signed_at)
      .add("nonce", proof.nonce)
      .str();
}

}  // namespace

std::string connectFrame(const Proof& proof, std::uint64_t id, std::string_view version, std::string_view instance) {
  const std::string client = hks::json::Object()
                                 .add("id", kClient)
                                 .add("displayName", "Hookswitch")
                                 .add("version", version.empty() ? "0" : version)
                                 .add("platform", kPlatform)
                                 .add("mode", kMode)
                                 .add("instanceId", instance)
                                 .str();
  hks::json::Object params;
  params.add("minProtocol", 3)
      .add("maxProtocol", 4)
      .raw("client", client)
      .add("role", kRole)
      .raw("scopes", R"(["operator.read","operator.write"])")
      .raw("caps", R"(["session-scoped-events"])")
      .raw("auth", hks::json::Object().add(proof.of_device ? "deviceToken" : "token", proof.token).str());
  const std::string device = proof.device && !proof.nonce.empty() ? deviceOf(proof) : std::string();
  if (!device.empty()) params.raw("device", device);
  return request(id, "connect", params.str());
}

Way wayOf(const Config& config, const Hello& hello, const Event& event) {
  if (config.ended_by_agent && event.kind == Event::Kind::Ended && hello.model_configured && hello.has_agent)
    return Way::Agent;
  return config.wake_mode == "now" || !config.session_key.empty() ? Way::Turn : Way::Queue;
}

bool showsQueue(const Config& config, const Hello& hello) {
  return hello.has_status && config.session_key.empty() &&
         (config.agent_id.empty() || config.agent_id == hello.default_agent);
}

namespace {

/// A turn of the agent: what is said, to whom, once.
std::string agentFrame(const Config& config, const Hello& hello, std::uint64_t id, const Event& event,
                       const std::string& text, std::uint32_t round) {
  hks::json::Object params;
  params.add("message", text)
      .add("idempotencyKey", event.call_id + ":call_ended" + (round ? ":" + std::to_string(round) : ""));
  if (!config.agent_id.empty())
    params.add("agentId", config.agent_id);
  else if (!config.session_key.empty())
    params.add("sessionKey", config.session_key);
  else
    params.add("sessionKey", hello.main_session.empty() ? "agent:main:main" : hello.main_session);
  params.add("deliver", false);
  return request(id, "agent", params.str());
}

std::string wakeFrame(const Config& config, std::uint64_t id, const std::string& text) {
  hks::json::Object params;
  params.add("mode", config.wake_mode).add("text", text);
  if (!config.agent_id.empty()) params.add("agentId", config.agent_id);
  if (!config.session_key.empty()) params.add("sessionKey", config.session_key);
  return request(id, "wake", params.str());
}

}  // namespace

std::string eventFrame(const Config& config, const Hello& hello, std::uint64_t id, const Event& event,
                       std::uint32_t round) {
  for (std::size_t room = kMaxText;; room /= 2) {
    const std::string text = oneLine(event, room);
    std::string frame = wayOf(config, hello, event) == Way::Agent ? agentFrame(config, hello, id, event, text, round)
                                                                  : wakeFrame(config, id, text);
    // JSON may double what it quotes; a frame above the limit would cost the connection.
    if (frame.size() <= hello.max_payload || room <= 1024) return frame;
  }
}

std::string statusFrame(std::uint64_t id) { return request(id, "status", "{}"); }

}  // namespace hookswitch::gateway::openclaw
