// hookswitch/testing/message.hpp - hks::testing::Message: any message of the ABI as an owning C++ value, and the two
// ways between it and the records of abi.h. One table per record (`fields`) serves copying, printing and transcripts.
#ifndef HKS_TESTING_MESSAGE_HPP
#define HKS_TESTING_MESSAGE_HPP
#include <hookswitch/abi.h>
#include <hookswitch/testing/names.hpp>

#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hks::testing {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// hks_call. Member names are those of abi.h, here and below.
struct Call {
  std::string call, remote_id, carrier, voice, to_number, from_number, base_url, media_url, prompt, greeting,
      metadata_json;
  uint32_t direction = 0, max_duration_s = 0, ring_timeout_s = 0;
};
/// hks_line
struct Line {
  uint32_t speaker = 0;
  uint64_t at_unix_ms = 0;
  std::string text;
};
/// hks_tool
struct Tool {
  std::string name, description, parameters_json;
};
/// hks_record
struct Record {
  Call call;
  uint32_t outcome = 0, ended_by = 0;
  std::string reason;
  uint64_t started_unix_ms = 0, answered_unix_ms = 0, ended_unix_ms = 0, duration_ms = 0;
  std::vector<Line> lines;
};

/// Any message. Only the members that the record of `type` has mean something; the others keep their zero.
/// Where a record is a hks_call or points to names of one, its fields are those inherited from Call; where it points
/// to a whole hks_call (START, HTTP_REQUEST), that one is `about`.
struct Message : Call {
  uint32_t type = 0;
  uint64_t id = 0;
  uint32_t size = 0;  ///< captured: as the plugin wrote it. To send: 0 is the whole record, else exactly so much of it
  std::string method, url, body, bytes, item, text, reason, name, description, parameters_json, json, path, call_query,
      event_id, public_url, host_version, memo;
  Pairs headers, settings;
  uint32_t status = 0, timeout_ms = 0, flags = 0, is_text = 0, format = 0, level = 0, speaker = 0, close_code = 0,
           http_status = 0, by = 0, state = 0, outcome = 0, phase = 0, deadline_ms = 0, attempt = 0, takes = 0,
           gives = 0, failed = 0, carrier_format = 0, host_abi_major = 0, host_abi_minor = 0;
  uint64_t pts_us = 0, at_unix_ms = 0, heard_ms = 0, received_ms = 0, duration_ms = 0, after_ms = 0, seed = 0,
           unix_ms = 0, answered_unix_ms = 0, ended_unix_ms = 0;
  uint32_t resolution_ms = 0;
  std::optional<Call> about;
  std::optional<Record> record;
  std::vector<Line> history;
  std::vector<Tool> tools;
};

/// The value of a header, compared without case; empty when absent.
inline std::string header(const Message& m, std::string name) {
  auto lower = [](std::string s) {
    for (char& c : s)
      if (c >= 'A' && c <= 'Z') c = char(c + 32);
    return s;
  };
  name = lower(std::move(name));
  for (auto& [n, value] : m.headers)
    if (lower(n) == name) return value;
  return {};
}

// fields(record, value, f) calls f(name, member of the C record, member of the value) for everything but msg, counts
// and strides. `f` decides the direction.
template <class F>
void fields(hks_call& r, Call& c, F&& f) {
  f("call", r.call, c.call), f("remote_id", r.remote_id, c.remote_id), f("carrier", r.carrier, c.carrier);
  f("voice", r.voice, c.voice), f("to_number", r.to_number, c.to_number),
      f("from_number", r.from_number, c.from_number);
  f("base_url", r.base_url, c.base_url), f("media_url", r.media_url, c.media_url), f("prompt", r.prompt, c.prompt);
  f("greeting", r.greeting, c.greeting), f("metadata_json", r.metadata_json, c.metadata_json);
  f("direction", r.direction, c.direction), f("max_duration_s", r.max_duration_s, c.max_duration_s);
  f("ring_timeout_s", r.ring_timeout_s, c.ring_timeout_s);
}
template <class F>
void fields(hks_line& r, Line& l, F&& f) {
  f("speaker", r.speaker, l.speaker), f("at_unix_ms", r.at_unix_ms, l.at_unix_ms), f("text", r.text, l.text);
}
template <class F>
void fields(hks_tool& r, Tool& t, F&& f) {
  f("name", r.name, t.name), f("description", r.description, t.description);
  f("parameters_json", r.parameters_json, t.parameters_json);
}
template <class F>
void fields(hks_record& r, Record& v, F&& f) {
  f("outcome", r.outcome, v.outcome), f("ended_by", r.ended_by, v.ended_by), f("reason", r.reason, v.reason);
  f("started_unix_ms", r.started_unix_ms, v.started_unix_ms),
      f("answered_unix_ms", r.answered_unix_ms, v.answered_unix_ms);
  f("ended_unix_ms", r.ended_unix_ms, v.ended_unix_ms), f("duration_ms", r.duration_ms, v.duration_ms);
  f("call", r.call, v.call), f("lines", r.lines, r.line_count, r.line_size, v.lines);
}
template <class F>
void fields(hks_msg&, Message&, F&&) {}
template <class F>
void fields(hks_tool& r, Message& m, F&& f) {
  f("name", r.name, m.name), f("description", r.description, m.description);
  f("parameters_json", r.parameters_json, m.parameters_json);
}
template <class F>
void fields(hks_start& r, Message& m, F&& f) {
  f("settings", r.settings, r.setting_count, m.settings), f("call", r.call, m.about);
  f("public_url", r.public_url, m.public_url), f("host_version", r.host_version, m.host_version);
  f("seed", r.seed, m.seed), f("unix_ms", r.unix_ms, m.unix_ms);
  f("history", r.history, r.history_count, r.line_size, m.history),
      f("tools", r.tools, r.tool_count, r.tool_size, m.tools);
  f("carrier_format", r.carrier_format, m.carrier_format);
  f("host_abi_major", r.host_abi_major, m.host_abi_major), f("host_abi_minor", r.host_abi_minor, m.host_abi_minor);
}
template <class F>
void fields(hks_http& r, Message& m, F&& f) {
  f("method", r.method, m.method), f("url", r.url, m.url), f("status", r.status, m.status);
  f("headers", r.headers, r.header_count, m.headers), f("body", r.body, m.body);
  f("timeout_ms", r.timeout_ms, m.timeout_ms), f("flags", r.flags, m.flags), f("call", r.call, m.about);
}
template <class F>
void fields(hks_data& r, Message& m, F&& f) {
  f("bytes", r.bytes, m.bytes), f("is_text", r.is_text, m.is_text);
}
template <class F>
void fields(hks_audio& r, Message& m, F&& f) {
  f("format", r.format, m.format), f("bytes", r.bytes, m.bytes), f("item", r.item, m.item),
      f("pts_us", r.pts_us, m.pts_us);
}
template <class F>
void fields(hks_notice& r, Message& m, F&& f) {
  f("level", r.level, m.level), f("call", r.call, m.call), f("text", r.text, m.text);
}
template <class F>
void fields(hks_transcript& r, Message& m, F&& f) {
  f("speaker", r.speaker, m.speaker), f("text", r.text, m.text), f("item", r.item, m.item), f("call", r.call, m.call);
  f("at_unix_ms", r.at_unix_ms, m.at_unix_ms);
}
template <class F>
void fields(hks_mark& r, Message& m, F&& f) {
  f("name", r.name, m.name);
}
template <class F>
void fields(hks_heard& r, Message& m, F&& f) {
  f("item", r.item, m.item), f("heard_ms", r.heard_ms, m.heard_ms), f("received_ms", r.received_ms, m.received_ms);
}
template <class F>
void fields(hks_closed& r, Message& m, F&& f) {
  f("reason", r.reason, m.reason), f("close_code", r.close_code, m.close_code);
  f("http_status", r.http_status, m.http_status);
}
template <class F>
void fields(hks_refusal& r, Message& m, F&& f) {
  f("reason", r.reason, m.reason), f("http_status", r.http_status, m.http_status);
}
template <class F>
void fields(hks_call_end& r, Message& m, F&& f) {
  f("reason", r.reason, m.reason), f("call", r.call, m.call), f("by", r.by, m.by), f("flags", r.flags, m.flags);
}
template <class F>
void fields(hks_swept& r, Message& m, F&& f) {
  f("reason", r.reason, m.reason);
}
template <class F>
void fields(hks_state& r, Message& m, F&& f) {
  f("call", r.call, m.call), f("remote_id", r.remote_id, m.remote_id), f("reason", r.reason, m.reason);
  f("state", r.state, m.state), f("outcome", r.outcome, m.outcome), f("duration_ms", r.duration_ms, m.duration_ms);
  f("answered_unix_ms", r.answered_unix_ms, m.answered_unix_ms), f("ended_unix_ms", r.ended_unix_ms, m.ended_unix_ms);
  f("resolution_ms", r.resolution_ms, m.resolution_ms);
}
template <class F>
void fields(hks_phase& r, Message& m, F&& f) {
  f("phase", r.phase, m.phase), f("deadline_ms", r.deadline_ms, m.deadline_ms), f("attempt", r.attempt, m.attempt);
  f("event_id", r.event_id, m.event_id), f("record", r.record, m.record);
  f("unix_ms", r.unix_ms, m.unix_ms), f("memo", r.memo, m.memo);
}
template <class F>
void fields(hks_hook& r, Message& m, F&& f) {
  f("phase", r.phase, m.phase), f("deadline_ms", r.deadline_ms, m.deadline_ms);
}
template <class F>
void fields(hks_hook_done& r, Message& m, F&& f) {
  f("state", r.state, m.state), f("after_ms", r.after_ms, m.after_ms), f("reason", r.reason, m.reason);
  f("flags", r.flags, m.flags), f("memo", r.memo, m.memo);
}
template <class F>
void fields(hks_route& r, Message& m, F&& f) {
  f("method", r.method, m.method), f("path", r.path, m.path), f("flags", r.flags, m.flags);
  f("call_query", r.call_query, m.call_query);
}
template <class F>
void fields(hks_timer& r, Message& m, F&& f) {
  f("after_ms", r.after_ms, m.after_ms);
}
template <class F>
void fields(hks_keep& r, Message& m, F&& f) {
  f("name", r.name, m.name), f("bytes", r.bytes, m.bytes), f("reason", r.reason, m.reason);
}
template <class F>
void fields(hks_ready& r, Message& m, F&& f) {
  f("takes", r.takes, m.takes), f("gives", r.gives, m.gives);
}
template <class F>
void fields(hks_tool_call& r, Message& m, F&& f) {
  f("call", r.call, m.call), f("name", r.name, m.name), f("json", r.json, m.json), f("failed", r.failed, m.failed);
}

/// A record type, and how long it was in ABI 1.0: what every plugin writes at least.
template <class R>
struct As {
  using Struct = R;
  size_t least;
};

/// Calls f(As<the record of this type>); an unknown type is a bare hks_msg. Returns false for an unknown type.
template <class F>
bool withRecord(uint32_t type, F&& f) {
  switch (type) {
    case HKS_START: return f(As<hks_start>{144}), true;
    case HKS_HTTP_REQUEST:
    case HKS_HTTP_RESPONSE:
    case HKS_HTTP_CALL:
    case HKS_HTTP_REPLY:
    case HKS_CONNECT: return f(As<hks_http>{104}), true;
    case HKS_CONN_OPENED:
    case HKS_TIMER_FIRED:
    case HKS_FLUSH:
    case HKS_SPEECH_STARTED:
    case HKS_CALL_SWEEP: return f(As<hks_msg>{16}), true;
    case HKS_CONN_CLOSED:
    case HKS_CLOSE:
    case HKS_GONE: return f(As<hks_closed>{40}), true;
    case HKS_CALL_REFUSED:
    case HKS_CALL_FAILED: return f(As<hks_refusal>{40}), true;
    case HKS_CALL_END: return f(As<hks_call_end>{56}), true;
    case HKS_SWEPT: return f(As<hks_swept>{32}), true;
    case HKS_CALL_ACCEPTED:
    case HKS_CALL_PLACE:
    case HKS_CALL_OFFER:
    case HKS_CALL_PLACED:
    case HKS_CALL_FOUND: return f(As<hks_call>{208}), true;
    case HKS_CALL_PHASE: return f(As<hks_phase>{80}), true;
    case HKS_HEARD: return f(As<hks_heard>{48}), true;
    case HKS_DATA: return f(As<hks_data>{40}), true;
    case HKS_AUDIO: return f(As<hks_audio>{64}), true;
    case HKS_NOTICE:
    case HKS_SAY:
    case HKS_LOG: return f(As<hks_notice>{56}), true;
    case HKS_TRANSCRIPT: return f(As<hks_transcript>{80}), true;
    case HKS_MARK:
    case HKS_DTMF:
    case HKS_AUDIO_END: return f(As<hks_mark>{32}), true;
    case HKS_TOOL_CALL:
    case HKS_TOOL_RESULT: return f(As<hks_tool_call>{72}), true;
    case HKS_ROUTE:
    case HKS_ENDPOINT: return f(As<hks_route>{72}), true;
    case HKS_HOOK: return f(As<hks_hook>{24}), true;
    case HKS_HOOK_DONE: return f(As<hks_hook_done>{64}), true;
    case HKS_KEEP:
    case HKS_RECALL:
    case HKS_KEPT: return f(As<hks_keep>{64}), true;
    case HKS_TIMER: return f(As<hks_timer>{24}), true;
    case HKS_CALL_STATE: return f(As<hks_state>{104}), true;
    case HKS_READY: return f(As<hks_ready>{24}), true;
    case HKS_TOOL: return f(As<hks_tool>{64}), true;
    default: return f(As<hks_msg>{16}), false;
  }
}

}  // namespace hks::testing
#endif
