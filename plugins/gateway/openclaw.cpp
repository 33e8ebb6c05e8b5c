#include "plugins/gateway/openclaw.hpp"

#include <hookswitch/json.hpp>
#include <hookswitch/read_json.hpp>
#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace hookswitch::gateway::openclaw {
namespace {

constexpr std::size_t kMaxSentence = 300;
constexpr std::size_t kMaxToken = 4096;  // of what we keep
constexpr std::size_t kMaxMark = 256;    // of a queued event: it begins with the call's id

using hks::json::flagAt;
using hks::json::numberAt;
using Value = simdjson::simdjson_result<hks::json::Value>;  // absent and of another type are the same: not there

std::string string(const Value& at, std::string_view key) {
  return hks::utf8::line(hks::json::textAt(at, key), kMaxSentence);
}
std::string wordOf(const hks::json::Value& one) {
  std::string_view text;
  return one.get(text) == simdjson::SUCCESS ? hks::utf8::line(text, kMaxSentence) : std::string();
}
std::uint64_t milliseconds(const Value& at, std::string_view key) {
  return std::uint64_t(std::clamp<std::int64_t>(numberAt(at, key), 0, 86400000));
}

/// Our ids are decimal numbers as strings; anything else is nobody's.
std::uint64_t requestId(std::string_view s) {
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), id);
  return error == std::errc() && end == s.data() + s.size() ? id : 0;
}

Hello readHello(const Value& payload) {
  Hello h;
  h.protocol = numberAt(payload, "protocol", 0);
  h.tick_ms =
      std::uint64_t(std::clamp<std::int64_t>(numberAt(payload["policy"], "tickIntervalMs", 30000), 1000, 300000));
  h.max_payload =
      std::uint64_t(std::clamp<std::int64_t>(numberAt(payload["policy"], "maxPayload", 26214400), 4096, 26214400));
  h.model_configured = flagAt(payload["snapshot"]["sessionDefaults"], "modelConfigured");
  h.default_agent = string(payload["snapshot"]["sessionDefaults"], "defaultAgentId");
  const std::string_view token = hks::json::textAt(payload["auth"], "deviceToken");
  if (token.size() <= kMaxToken) h.device_token = token;
  h.main_session = string(payload["snapshot"]["sessionDefaults"], "mainSessionKey");
  hks::json::Values list;
  if (hks::json::arrayAt(payload["auth"], "scopes", list))
    for (const hks::json::Value scope : list) {
      const std::string name = wordOf(scope);
      h.can_write = h.can_write || name == "operator.write" || name == "operator.admin";
      if (h.scopes.size() < kMaxSentence) h.scopes += (h.scopes.empty() ? "" : " ") + name;
    }
  if (hks::json::arrayAt(payload["features"], "methods", list)) {
    h.has_wake = false;
    for (const hks::json::Value method : list) {
      const std::string name = wordOf(method);
      h.has_wake = h.has_wake || name == "wake";
      h.has_agent = h.has_agent || name == "agent";
      h.has_status = h.has_status || name == "status";
    }
  }
  return h;
}

/// What the owner of the gateway, or of this one, can do about it; empty: nothing that we know.
std::string remedy(const std::string& code, const std::string& message) {
  const auto says = [&](const char* words) { return message.find(words) != std::string::npos; };
  // Protocol 3 has no details: there the words are all there is.
  if (code == "MISSING_SCOPE" || says("missing scope"))
    return "approve this gateway's device there (openclaw devices list), or check gateway.token";
  if (says("unknown agent") || says("agent is unavailable"))
    return "name an agent that exists there in gateway.session";
  if (code == "AUTH_TOKEN_MISMATCH" || code == "AUTH_TOKEN_MISSING")
    return "gateway.token must be gateway.auth.token of the gateway";
  return {};
}

void readError(const Value& root, Incoming& in) {
  const Value error = root["error"];
  const std::string code = string(error, "code"), details = string(error["details"], "code"),
                    message = string(error, "message");
  in.code = details.empty() ? code : details;
  in.retryable = flagAt(error, "retryable");
  in.passing = in.retryable || code == "UNAVAILABLE";
  in.after_ms = milliseconds(error, "retryAfterMs");
  std::string s = code.empty() ? "refused" : code;
  if (!details.empty() && details != code) s += " " + details;
  if (!message.empty()) s += ": " + message;
  in.unpaired = in.code == "PAIRING_REQUIRED";
  const std::string pairing = string(error["details"], "requestId");
  const bool plain =
      !pairing.empty() && pairing.size() <= 64 &&
      std::all_of(pairing.begin(), pairing.end(), [](unsigned char c) { return std::isalnum(c) || c == '-'; });
  const std::string mend = in.unpaired && plain ? "approve it there with: openclaw devices approve " + pairing
                           : in.unpaired        ? "approve it there: openclaw devices list"
                                                : remedy(in.code, message);
  in.sentence = hks::utf8::line(s, kMaxSentence) + (mend.empty() ? "" : " (" + mend + ")");
}

void readQueue(const Value& payload, Incoming& in) {
  hks::json::Values texts;
  if (!hks::json::arrayAt(payload, "queuedSystemEvents", texts)) return;
  in.has_queue = true;
  for (const hks::json::Value text : texts) {
    std::string_view line;
    if (!text.get_string().get(line)) in.queue.emplace_back(line.substr(0, kMaxMark));
  }
}

void readAnswer(const Value& root, Incoming& in) {
  in.kind = Incoming::Kind::Answer;
  in.id = requestId(hks::json::textAt(root, "id"));
  in.ok = flagAt(root, "ok");
  const Value payload = root["payload"];
  const std::string status = string(payload, "status");
  in.accepted = in.ok && (status == "accepted" || status == "started");
  in.outcome = !status.empty() && !in.accepted;
  if (!in.ok) return readError(root, in);
  if (string(payload, "type") == "hello-ok") {
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
  if (in.ok && !status.empty() && !in.accepted && status != "ok") {
    in.ok = false;
    in.sentence = "the run ended with status " + status;
  }
  readQueue(payload, in);
}

}  // namespace

Incoming read(std::string_view frame) {
  Incoming in;
  if (frame.size() > kMaxFrame) return in;
  hks::json::Reader reader;
  hks::json::Value object;
  in.kind = Incoming::Kind::Garbage;
  if (!reader.read(frame, object)) return in;
  const Value root(std::move(object));
  const std::string type = string(root, "type");
  if (type == "res") readAnswer(root, in);
  if (type != "event") return in;
  in.kind = Incoming::Kind::Ignored;
  const std::string event = string(root, "event");
  const Value payload = root["payload"];
  if (event == "connect.challenge") {
    in.kind = Incoming::Kind::Challenge;
    in.nonce = string(payload, "nonce");
    in.challenge_ms = std::uint64_t(std::max<std::int64_t>(numberAt(payload, "ts", 0), 0));
  }
  if (event == "heartbeat") {
    const std::string status = string(payload, "status"), reason = string(payload, "reason"),
                      preview = string(payload, "preview");
    in.kind = Incoming::Kind::Turn;
    in.ok = status != "failed";
    // Skipped for want of somewhere to send the reply: the turn itself was made.
    in.idle = status == "skipped" && preview.empty() && reason != "no-route";
    if (!in.ok)
      in.sentence = hks::utf8::line(
          "the agent's turn failed" + (reason.empty() ? "" : ": " + reason) + (preview.empty() ? "" : ": " + preview),
          kMaxSentence);
  }
  if (event == "shutdown") {
    in.kind = Incoming::Kind::Shutdown;
    in.after_ms = milliseconds(root["payload"], "restartExpectedMs");
    in.sentence = string(root["payload"], "reason");
  }
  return in;
}

}  // namespace hookswitch::gateway::openclaw
