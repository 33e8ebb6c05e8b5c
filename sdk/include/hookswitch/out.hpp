// hookswitch/out.hpp - hks::Out: every message a plugin can send, as a function. Included by plugin.hpp.
#ifndef HKS_OUT_HPP
#define HKS_OUT_HPP
#include <hookswitch/abi.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hks {

using Text = std::string_view;
using Headers = std::vector<std::pair<std::string, std::string>>;
inline Text text(hks_str s) { return s.size ? Text{s.data, s.size} : Text{}; }
/// The other party of a call and our own number, whoever called whom. [any]
inline Text farNumber(const hks_call& c) { return text(c.direction == HKS_INCOMING ? c.from_number : c.to_number); }
inline Text ownNumber(const hks_call& c) { return text(c.direction == HKS_INCOMING ? c.to_number : c.from_number); }
inline hks_str str(Text t) { return {t.data(), t.size()}; }

/// One outgoing request or handshake; the host does the I/O. `ms` covers the whole exchange.
struct Http {
  Text method = {}, url = {};
  Headers headers = {};
  Text body = {};
  uint32_t ms = 5000;
};

/// When the two talked, as the carrier counts it; 0: it does not say. `resolution_ms`: 1000 when it counts seconds.
struct LegTimes {
  uint64_t duration_ms = 0, answered_unix_ms = 0, ended_unix_ms = 0;
  uint32_t resolution_ms = 0;
};

/// Where a session's answers go. Valid only inside the callback that received it. [session]
/// Every function returns false when the host refused the message (too much for one step, or malformed).
class Out {
 public:
  explicit Out(const hks_sink* sink) : sink_(sink) {}

  /// Does this host know messages of this type, and may this session put them or is it given them? The size of the
  /// record there, 0: no. A field that was appended later is read when it ends within that size.
  uint32_t knows(uint32_t type) const {
    auto* messages = static_cast<const hks_messages*>(extension(HKS_MESSAGES));
    return messages ? messages->size(sink_, type) : 0;
  }
  /// A table of the host by its id, as hks_entry.get is asked for the plugin's; NULL: it has none.
  const void* extension(const char* id) const { return sink_->get(sink_, id); }
  const hks_sink* sink() const { return sink_; }  ///< what functions of such a table are called with
  /// A message that has no function here: a draft, or a vendor's own.
  hks_status put(const hks_msg& message) { return sink_->put(sink_, &message); }

  // any session
  bool log(uint32_t level, Text t) { return notice(HKS_LOG, {}, t, level); }
  bool notice(Text call, Text t, uint32_t level = HKS_INFO) { return notice(HKS_NOTICE, call, t, level); }
  bool call(uint64_t id, const Http& h) { return http(HKS_HTTP_CALL, id, h, 0); }
  bool connect(uint64_t id, const Http& h) { return http(HKS_CONNECT, id, h, 0); }
  bool send(uint64_t conn, Text t) { return data(conn, t, 1); }
  bool sendBinary(uint64_t conn, Text t) { return data(conn, t, 0); }
  bool close(uint64_t conn, uint32_t code, Text why = {}) {
    hks_closed m{};
    m.close_code = code;
    m.reason = str(why);
    return put(HKS_CLOSE, conn, m);
  }
  bool timer(uint64_t id, uint64_t after_ms) {
    hks_timer m{};
    m.after_ms = after_ms;
    return put(HKS_TIMER, id, m);
  }
  bool cancelTimer(uint64_t id) { return timer(id, HKS_NEVER); }
  /// Ask for the end of a call; `call` empty: the session's own. `by`: HKS_BY_API, _CARRIER, _AGENT or _FAULT.
  bool endCall(Text why, uint32_t by, Text call = {}, uint32_t flags = 0) {
    hks_call_end m{};
    m.reason = str(why);
    m.call = str(call);
    m.by = by;
    m.flags = flags;
    return put(HKS_CALL_END, 0, m);
  }
  bool say(Text call, Text t) { return notice(HKS_SAY, call, t, HKS_INFO); }

  // control and notifier sessions
  bool route(Text method, Text path, uint32_t flags = 0, Text call_query = {}) {
    return route(HKS_ROUTE, method, path, flags, call_query);
  }
  bool endpoint(Text path, uint32_t flags = 0) { return route(HKS_ENDPOINT, {}, path, flags, {}); }
  bool hook(uint32_t phase, uint32_t deadline_ms) {
    hks_hook m{};
    m.phase = phase;
    m.deadline_ms = deadline_ms;
    return put(HKS_HOOK, 0, m);
  }
  bool hookDone(uint64_t id, uint32_t state = HKS_HOOK_OK, Text reason = {}, uint64_t after_ms = 0, uint32_t flags = 0,
                Text memo = {}) {
    hks_hook_done m{};
    m.state = state;
    m.reason = str(reason);
    m.after_ms = after_ms;
    m.flags = flags;
    m.memo = str(memo);
    return put(HKS_HOOK_DONE, id, m);
  }
  bool reply(uint64_t id, uint32_t status, Text type = {}, Text body = {}) {
    Headers headers;
    if (!type.empty()) headers.emplace_back("Content-Type", std::string(type));
    return http(HKS_HTTP_REPLY, id, Http{{}, {}, std::move(headers), body}, status);
  }
  bool offer(uint64_t id, Text caller, Text own_number, Text remote_id) {
    hks_call m{};
    m.from_number = str(caller);
    m.to_number = str(own_number);
    m.remote_id = str(remote_id);
    m.direction = HKS_INCOMING;
    return put(HKS_CALL_OFFER, id, m);
  }
  bool placed(uint64_t id, Text remote_id) {
    hks_call m{};
    m.remote_id = str(remote_id);
    return put(HKS_CALL_PLACED, id, m);
  }
  /// `why` is the sentence the API answers with, `http_status` its status.
  bool failed(uint64_t id, Text why, uint32_t http_status = 502) {
    hks_refusal m{};
    m.reason = str(why);
    m.http_status = http_status;
    return put(HKS_CALL_FAILED, id, m);
  }
  /// At least one of `call` and `remote_id` names the call. `outcome` counts with HKS_OVER.
  bool state(Text call, Text remote_id, uint32_t state, uint32_t outcome = 0, Text reason = {},
             uint64_t duration_ms = 0) {
    hks_state m{};
    m.call = str(call);
    m.remote_id = str(remote_id);
    m.state = state;
    m.outcome = outcome;
    m.reason = str(reason);
    m.duration_ms = duration_ms;
    return put(HKS_CALL_STATE, 0, m);
  }
  /// The same with the carrier's own times.
  bool state(Text call, Text remote_id, uint32_t state, uint32_t outcome, Text reason, const LegTimes& times) {
    hks_state m{};
    m.call = str(call);
    m.remote_id = str(remote_id);
    m.state = state;
    m.outcome = outcome;
    m.reason = str(reason);
    m.duration_ms = times.duration_ms;
    m.answered_unix_ms = times.answered_unix_ms;
    m.ended_unix_ms = times.ended_unix_ms;
    m.resolution_ms = times.resolution_ms;
    return put(HKS_CALL_STATE, 0, m);
  }
  /// A leg of a sweep: `call` as its mark says, `base_url` as its callbacks say; who is called, who calls.
  bool found(uint64_t sweep, Text call, Text remote_id, Text base_url, Text to_number = {}, Text from_number = {},
             uint32_t direction = HKS_OUTBOUND) {
    hks_call m{};
    m.call = str(call);
    m.remote_id = str(remote_id);
    m.base_url = str(base_url);
    m.to_number = str(to_number);
    m.from_number = str(from_number);
    m.direction = direction;
    return put(HKS_CALL_FOUND, sweep, m);
  }
  /// `incomplete`: what could not be looked at; empty: nothing.
  bool swept(uint64_t sweep, Text incomplete = {}) {
    hks_swept m{};
    m.reason = str(incomplete);
    return put(HKS_SWEPT, sweep, m);
  }
  /// Durably, for this plugin alone: onKept follows with the same id. Empty bytes: forget it.
  bool keep(uint64_t id, Text name, Text bytes) {
    hks_keep m{};
    m.name = str(name);
    m.bytes = str(bytes);
    return put(HKS_KEEP, id, m);
  }
  /// What is kept under the name? onKept follows.
  bool recall(uint64_t id, Text name) {
    hks_keep m{};
    m.name = str(name);
    return put(HKS_RECALL, id, m);
  }
  bool tool(Text name, Text description, Text parameters_json) {
    hks_tool m{};
    m.name = str(name);
    m.description = str(description);
    m.parameters_json = str(parameters_json);
    return put(HKS_TOOL, 0, m);
  }
  bool toolResult(uint64_t id, Text json, bool failed = false) {
    hks_tool_call m{};
    m.json = str(json);
    m.failed = failed;
    return put(HKS_TOOL_RESULT, id, m);
  }

  // carrier and voice sessions
  bool ready(uint32_t takes, uint32_t gives) {
    hks_ready m{};
    m.takes = takes;
    m.gives = gives;
    return put(HKS_READY, 0, m);
  }
  bool audio(uint32_t format, Text bytes, Text item = {}, uint64_t pts_us = 0) {
    hks_audio m{};
    m.bytes = str(bytes);
    m.item = str(item);
    m.format = format;
    m.pts_us = pts_us;
    return put(HKS_AUDIO, 0, m);
  }
  bool audioEnd(Text item) { return mark(HKS_AUDIO_END, item); }
  bool mark(Text name) { return mark(HKS_MARK, name); }
  bool dtmf(Text digits) { return mark(HKS_DTMF, digits); }
  bool flush() {
    hks_msg m{};
    return raw(HKS_FLUSH, 0, m, sizeof m);
  }
  bool speechStarted() {
    hks_msg m{};
    return raw(HKS_SPEECH_STARTED, 0, m, sizeof m);
  }
  bool transcript(uint32_t speaker, Text t, Text item = {}) {
    hks_transcript m{};
    m.text = str(t);
    m.item = str(item);
    m.speaker = speaker;
    return put(HKS_TRANSCRIPT, 0, m);
  }
  bool toolCall(uint64_t id, Text name, Text arguments_json) {
    hks_tool_call m{};
    m.name = str(name);
    m.json = str(arguments_json);
    return put(HKS_TOOL_CALL, id, m);
  }
  /// `lost`: the connection whose end was the cause, if one was; only its codes are told on.
  bool gone(Text why, const hks_closed& lost = {}) {
    hks_closed m{};
    m.reason = str(why);
    m.close_code = lost.close_code;
    m.http_status = lost.http_status;
    return put(HKS_GONE, 0, m);
  }

 private:
  bool notice(uint32_t type, Text call, Text t, uint32_t level) {
    hks_notice m{};
    m.call = str(call);
    m.text = str(t);
    m.level = level;
    return put(type, 0, m);
  }
  bool data(uint64_t conn, Text t, uint32_t is_text) {
    hks_data m{};
    m.bytes = str(t);
    m.is_text = is_text;
    return put(HKS_DATA, conn, m);
  }
  bool mark(uint32_t type, Text name) {
    hks_mark m{};
    m.name = str(name);
    return put(type, 0, m);
  }
  bool route(uint32_t type, Text method, Text path, uint32_t flags, Text call_query) {
    hks_route m{};
    m.method = str(method);
    m.path = str(path);
    m.flags = flags;
    m.call_query = str(call_query);
    return put(type, 0, m);
  }
  bool http(uint32_t type, uint64_t id, const Http& h, uint32_t status) {
    std::vector<hks_pair> headers;
    for (auto& [name, value] : h.headers) headers.push_back({str(name), str(value)});
    hks_http m{};
    m.method = str(h.method);
    m.url = str(h.url);
    m.body = str(h.body);
    m.status = status;
    m.timeout_ms = h.ms;
    m.headers = headers.data();
    m.header_count = headers.size();
    return put(type, id, m);
  }
  template <class M>
  bool put(uint32_t type, uint64_t id, M& m) {
    return raw(type, id, m.msg, sizeof m);
  }
  bool raw(uint32_t type, uint64_t id, hks_msg& m, size_t size) {
    m.size = uint32_t(size);
    m.type = type;
    m.id = id;
    return sink_->put(sink_, &m) == HKS_OK;
  }
  const hks_sink* sink_;
};

}  // namespace hks
#endif
