// hookswitch/testing/names.hpp - the words of abi.h for messages, phases, formats and so on, for printing and for
// transcripts: 9 <-> "CALL_PHASE", 4 <-> "NOTIFY".
#ifndef HKS_TESTING_NAMES_HPP
#define HKS_TESTING_NAMES_HPP
#include <hookswitch/abi.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace hks::testing {

struct Named {
  uint64_t value;
  const char* name;
};

/// All words of one enumeration, in the order of abi.h.
struct Names {
  const Named* first;
  size_t count;
  /// NULL when the number has no word.
  const char* nameOf(uint64_t value) const {
    for (size_t i = 0; i < count; ++i)
      if (first[i].value == value) return first[i].name;
    return nullptr;
  }
  /// 0 when the word is unknown: no enumeration uses 0.
  uint64_t valueOf(std::string_view name) const {
    for (size_t i = 0; i < count; ++i)
      if (name == first[i].name) return first[i].value;
    return 0;
  }
};

namespace detail {
template <size_t N>
constexpr Names names(const Named (&table)[N]) {
  return {table, N};
}
}  // namespace detail

inline Names messageNames() {
  static constexpr Named t[] = {{HKS_START, "START"},
                                {HKS_HTTP_REQUEST, "HTTP_REQUEST"},
                                {HKS_HTTP_RESPONSE, "HTTP_RESPONSE"},
                                {HKS_CONN_OPENED, "CONN_OPENED"},
                                {HKS_CONN_CLOSED, "CONN_CLOSED"},
                                {HKS_TIMER_FIRED, "TIMER_FIRED"},
                                {HKS_CALL_ACCEPTED, "CALL_ACCEPTED"},
                                {HKS_CALL_REFUSED, "CALL_REFUSED"},
                                {HKS_CALL_PHASE, "CALL_PHASE"},
                                {HKS_CALL_PLACE, "CALL_PLACE"},
                                {HKS_HEARD, "HEARD"},
                                {HKS_DATA, "DATA"},
                                {HKS_AUDIO, "AUDIO"},
                                {HKS_FLUSH, "FLUSH"},
                                {HKS_NOTICE, "NOTICE"},
                                {HKS_TRANSCRIPT, "TRANSCRIPT"},
                                {HKS_SAY, "SAY"},
                                {HKS_MARK, "MARK"},
                                {HKS_DTMF, "DTMF"},
                                {HKS_TOOL_CALL, "TOOL_CALL"},
                                {HKS_TOOL_RESULT, "TOOL_RESULT"},
                                {HKS_LOG, "LOG"},
                                {HKS_ROUTE, "ROUTE"},
                                {HKS_ENDPOINT, "ENDPOINT"},
                                {HKS_HOOK, "HOOK"},
                                {HKS_HOOK_DONE, "HOOK_DONE"},
                                {HKS_HTTP_CALL, "HTTP_CALL"},
                                {HKS_HTTP_REPLY, "HTTP_REPLY"},
                                {HKS_CONNECT, "CONNECT"},
                                {HKS_CLOSE, "CLOSE"},
                                {HKS_TIMER, "TIMER"},
                                {HKS_CALL_OFFER, "CALL_OFFER"},
                                {HKS_CALL_END, "CALL_END"},
                                {HKS_CALL_PLACED, "CALL_PLACED"},
                                {HKS_CALL_FAILED, "CALL_FAILED"},
                                {HKS_CALL_STATE, "CALL_STATE"},
                                {HKS_READY, "READY"},
                                {HKS_SPEECH_STARTED, "SPEECH_STARTED"},
                                {HKS_AUDIO_END, "AUDIO_END"},
                                {HKS_GONE, "GONE"},
                                {HKS_TOOL, "TOOL"},
                                {HKS_CALL_SWEEP, "CALL_SWEEP"},
                                {HKS_CALL_FOUND, "CALL_FOUND"},
                                {HKS_SWEPT, "SWEPT"},
                                {HKS_KEPT, "KEPT"},
                                {HKS_KEEP, "KEEP"},
                                {HKS_RECALL, "RECALL"}};
  return detail::names(t);
}

/// The words of an enumerated field of a message of this type; empty (count 0) for plain numbers.
inline Names fieldNames(uint32_t type, std::string_view field) {
  static constexpr Named phases[] = {{HKS_PHASE_HANGUP, "HANGUP"},   {HKS_PHASE_DISCONNECT, "DISCONNECT"},
                                     {HKS_PHASE_RECORD, "RECORD"},   {HKS_PHASE_NOTIFY, "NOTIFY"},
                                     {HKS_PHASE_STARTED, "STARTED"}, {HKS_PHASE_CONFIRM, "CONFIRM"},
                                     {HKS_PHASE_SETTLE, "SETTLE"}};
  static constexpr Named formats[] = {{HKS_PCMU_8K, "PCMU_8K"},
                                      {HKS_PCMA_8K, "PCMA_8K"},
                                      {HKS_S16_8K, "S16_8K"},
                                      {HKS_S16_16K, "S16_16K"},
                                      {HKS_S16_24K, "S16_24K"}};
  static constexpr Named levels[] = {
      {HKS_DEBUG, "DEBUG"}, {HKS_INFO, "INFO"}, {HKS_WARN, "WARN"}, {HKS_ERROR, "ERROR"}};
  static constexpr Named speakers[] = {{HKS_USER, "USER"}, {HKS_ASSISTANT, "ASSISTANT"}};
  static constexpr Named directions[] = {{HKS_OUTBOUND, "OUTBOUND"}, {HKS_INCOMING, "INCOMING"}};
  static constexpr Named states[] = {
      {HKS_RINGING, "RINGING"}, {HKS_IN_PROGRESS, "IN_PROGRESS"}, {HKS_OVER, "OVER"}, {HKS_UNKNOWN_LEG, "UNKNOWN_LEG"}};
  static constexpr Named outcomes[] = {{HKS_COMPLETED, "COMPLETED"},
                                       {HKS_FAILED, "FAILED"},
                                       {HKS_BUSY, "BUSY"},
                                       {HKS_NO_ANSWER, "NO_ANSWER"},
                                       {HKS_CANCELED, "CANCELED"}};
  static constexpr Named enders[] = {
      {HKS_BY_API, "API"},           {HKS_BY_CARRIER, "CARRIER"}, {HKS_BY_AGENT, "AGENT"},      {HKS_BY_LIMIT, "LIMIT"},
      {HKS_BY_SHUTDOWN, "SHUTDOWN"}, {HKS_BY_FAULT, "FAULT"},     {HKS_BY_RECOVERY, "RECOVERY"}};
  static constexpr Named answers[] = {
      {HKS_HOOK_OK, "OK"}, {HKS_HOOK_RETRY, "RETRY"}, {HKS_HOOK_GIVE_UP, "GIVE_UP"}, {HKS_HOOK_SKIP, "SKIP"}};
  static constexpr Named never[] = {{HKS_NEVER, "NEVER"}};
  if (field == "phase") return detail::names(phases);
  if (field == "format" || field == "takes" || field == "gives" || field == "carrier_format")
    return detail::names(formats);
  if (field == "level") return detail::names(levels);
  if (field == "speaker") return detail::names(speakers);
  if (field == "direction") return detail::names(directions);
  if (field == "outcome") return detail::names(outcomes);
  if (field == "by" || field == "ended_by") return detail::names(enders);
  if (field == "state") return type == HKS_HOOK_DONE ? detail::names(answers) : detail::names(states);
  if (field == "after_ms" && type == HKS_TIMER) return detail::names(never);
  return {nullptr, 0};
}

inline std::string messageName(uint32_t type) {
  const char* name = messageNames().nameOf(type);
  return name ? name : "type " + std::to_string(type);
}

}  // namespace hks::testing
#endif
