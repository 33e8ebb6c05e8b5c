// hookswitch/testing/inputs.hpp - hks::testing::In: every message a host sends, as a function that returns a Message.
// What a function does not take can be set in the message it returns.
#ifndef HKS_TESTING_INPUTS_HPP
#define HKS_TESTING_INPUTS_HPP
#include <hookswitch/testing/message.hpp>

namespace hks::testing {

/// Ids that the host chooses have the top bit: hostId(1), hostId(2), ...
constexpr uint64_t hostId(uint64_t n) { return n | uint64_t(1) << 63; }

/// A call with every field filled in, for tests to change what matters to them.
inline Call sampleCall() {
  Call c;
  c.call = "0f8fad5b-d9cb-469f-a165-70867728950e";
  c.remote_id = "CA0123456789abcdef0123456789abcdef";
  c.carrier = "twilio", c.voice = "openai";
  c.to_number = "+15550001111", c.from_number = "+15550002222";
  c.base_url = "https://gateway.example.com";
  c.media_url = "wss://gateway.example.com/twilio/media-stream/a-one-use-token";
  c.prompt = "You are a helpful assistant.", c.greeting = "Hello, how can I help?";
  c.metadata_json = "{}";
  c.direction = HKS_OUTBOUND, c.max_duration_s = 3600, c.ring_timeout_s = 30;
  return c;
}
/// sampleCall() after 75.5 s, completed, ended by the API, with a transcript of three lines.
inline Record sampleRecord() {
  Record r;
  r.call = sampleCall();
  r.outcome = HKS_COMPLETED, r.ended_by = HKS_BY_API, r.reason = "the API asked for it";
  r.started_unix_ms = 1700000000000, r.answered_unix_ms = 1700000004500, r.ended_unix_ms = 1700000080000;
  r.duration_ms = 75500;
  r.lines = {{HKS_ASSISTANT, 1700000005000, "Hello, how can I help?"},
             {HKS_USER, 1700000009000, "When do you open?"},
             {HKS_ASSISTANT, 1700000012000, "At nine."}};
  return r;
}

struct In {
  /// Settings that are left out get the plugin's own defaults when the Player knows its entry.
  static Message start(Pairs settings = {}, std::optional<Call> call = {}) {
    Message m = of(HKS_START);
    m.settings = std::move(settings), m.about = std::move(call);
    m.public_url = "https://gateway.example.com", m.host_version = "0.1.0", m.seed = 42, m.unix_ms = 1700000000000;
    m.host_abi_major = HKS_ABI_MAJOR, m.host_abi_minor = HKS_ABI_MINOR;
    return m;
  }
  static Message httpRequest(uint64_t id, std::string method, std::string target, Pairs headers = {},
                             std::string body = {}, std::optional<Call> call = {}) {
    Message m = of(HKS_HTTP_REQUEST, id);
    m.method = std::move(method), m.url = std::move(target), m.headers = std::move(headers), m.body = std::move(body);
    m.about = std::move(call);
    return m;
  }
  /// A WebSocket upgrade on an endpoint with HKS_ROUTE_ASK.
  static Message upgrade(uint64_t id, std::string target, Pairs headers = {}, std::optional<Call> call = {}) {
    Message m = httpRequest(id, "GET", std::move(target), std::move(headers), {}, std::move(call));
    m.flags = HKS_HTTP_UPGRADE;
    return m;
  }
  static Message httpResponse(uint64_t id, uint32_t status, std::string body = {}, Pairs headers = {}) {
    Message m = of(HKS_HTTP_RESPONSE, id);
    m.status = status, m.body = std::move(body), m.headers = std::move(headers);
    return m;
  }
  /// Status 0. `flags`: HKS_HTTP_UNSENT when nothing left the machine.
  static Message noAnswer(uint64_t id, std::string why, uint32_t flags = 0) {
    Message m = httpResponse(id, 0, std::move(why));
    m.flags = flags;
    return m;
  }
  static Message opened(uint64_t conn) { return of(HKS_CONN_OPENED, conn); }
  /// `code`: of the WebSocket, or below 1000 the HTTP status of a refused handshake; 0: there was no answer.
  static Message closed(uint64_t conn, uint32_t code = 1006, std::string reason = {}) {
    Message m = of(HKS_CONN_CLOSED, conn);
    (code >= 1000 ? m.close_code : m.http_status) = code, m.reason = std::move(reason);
    return m;
  }
  static Message timer(uint64_t id) { return of(HKS_TIMER_FIRED, id); }
  /// The answer to KEEP and RECALL. `reason`: it could not be written or read.
  static Message kept(uint64_t id, std::string name, std::string bytes, std::string reason = {}) {
    Message m = of(HKS_KEPT, id);
    m.name = std::move(name), m.bytes = std::move(bytes), m.reason = std::move(reason);
    return m;
  }
  static Message accepted(uint64_t id, const Call& call) { return ofCall(HKS_CALL_ACCEPTED, id, call); }
  static Message refused(uint64_t id, uint32_t http_status, std::string reason) {
    Message m = of(HKS_CALL_REFUSED, id);
    m.http_status = http_status, m.reason = std::move(reason);
    return m;
  }
  static Message place(uint64_t id, const Call& call) { return ofCall(HKS_CALL_PLACE, id, call); }
  static Message sweep(uint64_t id) { return of(HKS_CALL_SWEEP, id); }
  static Message phase(uint64_t id, uint32_t phase, Record record = sampleRecord(), uint32_t attempt = 1,
                       uint32_t deadline_ms = 5000) {
    Message m = of(HKS_CALL_PHASE, id);
    m.phase = phase, m.attempt = attempt, m.deadline_ms = deadline_ms, m.unix_ms = 1700000081000;
    m.event_id = record.call.call + "/" + std::to_string(phase);
    m.record = std::move(record);
    return m;
  }
  static Message heard(std::string item, uint64_t heard_ms, uint64_t received_ms) {
    Message m = of(HKS_HEARD);
    m.item = std::move(item), m.heard_ms = heard_ms, m.received_ms = received_ms;
    return m;
  }
  static Message data(uint64_t conn, std::string text) {
    Message m = of(HKS_DATA, conn);
    m.bytes = std::move(text), m.is_text = 1;
    return m;
  }
  static Message binary(uint64_t conn, std::string bytes) {
    Message m = of(HKS_DATA, conn);
    m.bytes = std::move(bytes);
    return m;
  }
  static Message audio(uint32_t format, std::string bytes, uint64_t pts_us = 0) {
    Message m = of(HKS_AUDIO);
    m.format = format, m.bytes = std::move(bytes), m.pts_us = pts_us;
    return m;
  }
  static Message flush() { return of(HKS_FLUSH); }
  static Message notice(std::string text, std::string call = {}, uint32_t level = HKS_INFO) {
    Message m = of(HKS_NOTICE);
    m.text = std::move(text), m.call = std::move(call), m.level = level;
    return m;
  }
  static Message transcript(uint32_t speaker, std::string text, std::string call = {},
                            uint64_t at_unix_ms = 1700000009000) {
    Message m = of(HKS_TRANSCRIPT);
    m.speaker = speaker, m.text = std::move(text), m.call = std::move(call), m.at_unix_ms = at_unix_ms;
    return m;
  }
  static Message say(std::string text, std::string call = {}) {
    Message m = notice(std::move(text), std::move(call));
    m.type = HKS_SAY;
    return m;
  }
  static Message mark(std::string name) { return named(HKS_MARK, std::move(name)); }
  static Message dtmf(std::string digits) { return named(HKS_DTMF, std::move(digits)); }
  static Message toolCall(uint64_t id, std::string name, std::string arguments_json, std::string call = {}) {
    Message m = named(HKS_TOOL_CALL, std::move(name));
    m.id = id, m.json = std::move(arguments_json), m.call = std::move(call);
    return m;
  }
  static Message toolResult(uint64_t id, std::string json, bool failed = false) {
    Message m = of(HKS_TOOL_RESULT, id);
    m.json = std::move(json), m.failed = failed;
    return m;
  }
  /// Any type, for what has no function here.
  static Message of(uint32_t type, uint64_t id = 0) {
    Message m;
    m.type = type, m.id = id;
    return m;
  }

 private:
  static Message ofCall(uint32_t type, uint64_t id, const Call& call) {
    Message m = of(type, id);
    static_cast<Call&>(m) = call;
    return m;
  }
  static Message named(uint32_t type, std::string name) {
    Message m = of(type);
    m.name = std::move(name);
    return m;
  }
};

}  // namespace hks::testing
#endif
