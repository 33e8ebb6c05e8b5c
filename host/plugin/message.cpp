#include "host/plugin/message.hpp"

#include <algorithm>
#include <cstring>

namespace hookswitch::plugin {
namespace {

constexpr std::size_t max_message_bytes = 32 * 1024 * 1024;
constexpr std::uint64_t max_headers = 100;

/// Copies one record and then its strings; remembers whether anything was wrong.
template <class R>
class Copy {
 public:
  /// `least`: what the record was in ABI 1.0; fields that a writer does not know are zero. See tests/abi for the
  /// layout.
  Copy(const hks_msg& in, Arena& arena, std::size_t least = sizeof(R)) : arena_(arena) {
    if (in.size < least) return;
    out_ = arena.make<R>();
    std::memcpy(static_cast<void*>(out_), &in, std::min<std::size_t>(in.size, sizeof(R)));
    reinterpret_cast<hks_msg*>(out_)->size = sizeof(R);
  }
  template <class... Fields>
  const hks_msg* strings(Fields... fields) {
    if (!out_) return nullptr;
    (own(out_->*fields), ...);
    return good_ ? reinterpret_cast<const hks_msg*>(out_) : nullptr;
  }
  R* record() { return out_; }
  void own(hks_str& s) {
    if (!good_ || s.size > max_message_bytes - total_ || (s.size && !s.data)) {
      good_ = false;
      return;
    }
    total_ += s.size;
    s.data = arena_.copy(s.data, s.size);
  }

 private:
  Arena& arena_;
  R* out_ = nullptr;
  std::size_t total_ = 0;
  bool good_ = true;
};

const hks_msg* copyHttp(const hks_msg& in, Arena& arena) {
  Copy<hks_http> copy(in, arena);
  hks_http* out = copy.record();
  if (!out || out->header_count > max_headers || (out->header_count && !out->headers)) return nullptr;
  out->call = nullptr;
  if (out->header_count) {
    auto* headers = static_cast<hks_pair*>(arena.allocate(sizeof(hks_pair) * out->header_count));
    std::memcpy(headers, out->headers, sizeof(hks_pair) * out->header_count);
    for (std::uint64_t i = 0; i < out->header_count; ++i) {
      copy.own(headers[i].name);
      copy.own(headers[i].value);
    }
    out->headers = headers;
  } else {
    out->headers = nullptr;
  }
  return copy.strings(&hks_http::method, &hks_http::url, &hks_http::body);
}

const hks_msg* copyCall(const hks_msg& in, Arena& arena) {
  return Copy<hks_call>(in, arena).strings(&hks_call::call, &hks_call::remote_id, &hks_call::carrier, &hks_call::voice,
                                           &hks_call::to_number, &hks_call::from_number, &hks_call::base_url,
                                           &hks_call::media_url, &hks_call::prompt, &hks_call::greeting,
                                           &hks_call::metadata_json);
}

}  // namespace

const hks_msg* copyFromPlugin(const hks_msg& in, Arena& arena) {
  switch (in.type) {
    case HKS_FLUSH:
    case HKS_SPEECH_STARTED: return Copy<hks_msg>(in, arena).strings();
    case HKS_DATA: return Copy<hks_data>(in, arena).strings(&hks_data::bytes);
    case HKS_AUDIO: return Copy<hks_audio>(in, arena).strings(&hks_audio::bytes, &hks_audio::item);
    case HKS_LOG:
    case HKS_NOTICE:
    case HKS_SAY: return Copy<hks_notice>(in, arena).strings(&hks_notice::call, &hks_notice::text);
    case HKS_TRANSCRIPT:
      return Copy<hks_transcript>(in, arena).strings(&hks_transcript::call, &hks_transcript::text,
                                                     &hks_transcript::item);
    case HKS_MARK:
    case HKS_DTMF:
    case HKS_AUDIO_END: return Copy<hks_mark>(in, arena).strings(&hks_mark::name);
    case HKS_TOOL_CALL:
    case HKS_TOOL_RESULT:
      return Copy<hks_tool_call>(in, arena).strings(&hks_tool_call::call, &hks_tool_call::name, &hks_tool_call::json);
    case HKS_TOOL:
      return Copy<hks_tool>(in, arena).strings(&hks_tool::name, &hks_tool::description, &hks_tool::parameters_json);
    case HKS_ROUTE:
    case HKS_ENDPOINT:
      return Copy<hks_route>(in, arena).strings(&hks_route::method, &hks_route::path, &hks_route::call_query);
    case HKS_HOOK: return Copy<hks_hook>(in, arena).strings();
    case HKS_HOOK_DONE: return Copy<hks_hook_done>(in, arena).strings(&hks_hook_done::reason, &hks_hook_done::memo);
    case HKS_HTTP_CALL:
    case HKS_HTTP_REPLY:
    case HKS_CONNECT: return copyHttp(in, arena);
    case HKS_CLOSE:
    case HKS_GONE: return Copy<hks_closed>(in, arena).strings(&hks_closed::reason);
    case HKS_CALL_END: return Copy<hks_call_end>(in, arena).strings(&hks_call_end::reason, &hks_call_end::call);
    case HKS_CALL_FAILED: return Copy<hks_refusal>(in, arena).strings(&hks_refusal::reason);
    case HKS_SWEPT: return Copy<hks_swept>(in, arena).strings(&hks_swept::reason);
    case HKS_TIMER: return Copy<hks_timer>(in, arena).strings();
    case HKS_CALL_OFFER:
    case HKS_CALL_PLACED:
    case HKS_CALL_FOUND: return copyCall(in, arena);
    case HKS_CALL_STATE:
      return Copy<hks_state>(in, arena).strings(&hks_state::call, &hks_state::remote_id, &hks_state::reason);
    case HKS_KEEP:
    case HKS_RECALL: return Copy<hks_keep>(in, arena).strings(&hks_keep::name, &hks_keep::bytes, &hks_keep::reason);
    case HKS_READY: return Copy<hks_ready>(in, arena).strings();
    default: return nullptr;
  }
}

hks_status MessageQueue::put(const hks_msg& message) {
  if (messages_.size() >= max_messages || arena_.used() >= max_bytes) {
    ++refused_;
    return HKS_FULL;
  }
  const hks_msg* copy = message.size < sizeof(hks_msg) ? nullptr : copyFromPlugin(message, arena_);
  if (!copy) {
    ++refused_;
    return HKS_INVALID;
  }
  messages_.push_back(copy);
  return HKS_OK;
}

const char* typeName(std::uint32_t type) {
  switch (type) {
    case HKS_START: return "START";
    case HKS_HTTP_REQUEST: return "HTTP_REQUEST";
    case HKS_HTTP_RESPONSE: return "HTTP_RESPONSE";
    case HKS_CONN_OPENED: return "CONN_OPENED";
    case HKS_CONN_CLOSED: return "CONN_CLOSED";
    case HKS_TIMER_FIRED: return "TIMER_FIRED";
    case HKS_CALL_ACCEPTED: return "CALL_ACCEPTED";
    case HKS_CALL_REFUSED: return "CALL_REFUSED";
    case HKS_CALL_PHASE: return "CALL_PHASE";
    case HKS_CALL_PLACE: return "CALL_PLACE";
    case HKS_HEARD: return "HEARD";
    case HKS_DATA: return "DATA";
    case HKS_AUDIO: return "AUDIO";
    case HKS_FLUSH: return "FLUSH";
    case HKS_NOTICE: return "NOTICE";
    case HKS_TRANSCRIPT: return "TRANSCRIPT";
    case HKS_SAY: return "SAY";
    case HKS_MARK: return "MARK";
    case HKS_DTMF: return "DTMF";
    case HKS_TOOL_CALL: return "TOOL_CALL";
    case HKS_TOOL_RESULT: return "TOOL_RESULT";
    case HKS_LOG: return "LOG";
    case HKS_ROUTE: return "ROUTE";
    case HKS_ENDPOINT: return "ENDPOINT";
    case HKS_HOOK: return "HOOK";
    case HKS_HOOK_DONE: return "HOOK_DONE";
    case HKS_HTTP_CALL: return "HTTP_CALL";
    case HKS_HTTP_REPLY: return "HTTP_REPLY";
    case HKS_CONNECT: return "CONNECT";
    case HKS_CLOSE: return "CLOSE";
    case HKS_TIMER: return "TIMER";
    case HKS_CALL_OFFER: return "CALL_OFFER";
    case HKS_CALL_END: return "CALL_END";
    case HKS_CALL_PLACED: return "CALL_PLACED";
    case HKS_CALL_FAILED: return "CALL_FAILED";
    case HKS_CALL_STATE: return "CALL_STATE";
    case HKS_READY: return "READY";
    case HKS_SPEECH_STARTED: return "SPEECH_STARTED";
    case HKS_AUDIO_END: return "AUDIO_END";
    case HKS_GONE: return "GONE";
    case HKS_TOOL: return "TOOL";
    case HKS_CALL_SWEEP: return "CALL_SWEEP";
    case HKS_CALL_FOUND: return "CALL_FOUND";
    case HKS_SWEPT: return "SWEPT";
    case HKS_KEPT: return "KEPT";
    case HKS_KEEP: return "KEEP";
    case HKS_RECALL: return "RECALL";
    default: return "?";
  }
}

}  // namespace hookswitch::plugin
