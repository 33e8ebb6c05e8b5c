#include "plugins/gateway/jsonrpc.hpp"

#include "plugins/gateway/text.hpp"

#include <hookswitch/json.hpp>
#include <hookswitch/read_json.hpp>
#include <hookswitch/utf8.hpp>

namespace hookswitch::gateway::jsonrpc {
namespace {

constexpr std::size_t kMaxSentence = 300;

std::string request(std::uint64_t id, const hks::json::Object& message) {
  const std::string params = hks::json::Object().raw("message", message.str()).str();
  return hks::json::Object()
      .add("jsonrpc", "2.0")
      .add("id", id)
      .add("method", "sessions_send")
      .raw("params", params)
      .str();
}

/// Parse error, invalid request, unknown method, bad parameters: the same request will never be taken.
bool isFinal(std::int64_t code) { return code == -32700 || (code <= -32600 && code >= -32602); }

}  // namespace

Incoming read(std::string_view frame) {
  Incoming in;
  if (frame.size() > kMaxFrame) return in;
  hks::json::Reader reader;
  hks::json::Value root, error;
  in.kind = Incoming::Kind::Garbage;
  if (!reader.read(frame, root)) return in;
  in.kind = Incoming::Kind::Ignored;  // a notification, or a request of the other side: not acted upon
  if (root["id"].get_uint64().get(in.id)) return in;
  if (hks::json::objectAt(root, "error", error)) {
    in.kind = Incoming::Kind::Answer;
    const std::int64_t code = hks::json::numberAt(error, "code");
    const std::string_view message = hks::json::textAt(error, "message");
    in.passing = !isFinal(code);
    in.sentence = "error " + std::to_string(code) + ": " +
                  hks::utf8::line(message.empty() ? "no message" : message, kMaxSentence - 32);
  } else if (hks::json::has(root, "result")) {
    in.kind = Incoming::Kind::Answer;
    in.ok = true;
  }
  return in;
}

std::string eventFrame(std::uint64_t id, const Event& e) {
  hks::json::Object m;
  if (e.kind == Event::Kind::Started) {
    const bool incoming = e.direction == "incoming";
    m.add("message_type", "call_started")
        .add("call_id", e.call_id)
        .add("to_number", incoming ? e.own_number : e.far_number)
        .add("prompt", e.prompt);
    m.raw("metadata", e.metadata_json.empty() ? "{}" : e.metadata_json);
  } else {
    m.add("message_type", "call_ended").add("call_id", e.call_id).raw("duration", seconds(e.duration_ms));
    m.add("outcome", e.outcome).add("full_transcript", e.transcript).add("summary", e.summary);
  }
  return request(id, m.add("timestamp", timestamp(e.at_unix_ms)));
}

std::string heartbeatFrame(std::uint64_t id, std::uint64_t unix_ms) {
  return request(id, hks::json::Object().add("message_type", "heartbeat").add("timestamp", timestamp(unix_ms)));
}

}  // namespace hookswitch::gateway::jsonrpc
