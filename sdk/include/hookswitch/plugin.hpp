// hookswitch/plugin.hpp - C++17 comfort on top of hookswitch/abi.h. Header-only: nothing of it crosses the boundary,
// so the plugin may use any compiler and any standard library.
#ifndef HKS_PLUGIN_HPP
#define HKS_PLUGIN_HPP
#include <hookswitch/abi.h>
#include <hookswitch/draft.h>
#include <hookswitch/out.hpp>
#include <hookswitch/text.hpp>

#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <utility>

#if HKS_ABI_MAJOR != 1
#error "this hookswitch/plugin.hpp speaks ABI 1"
#endif

namespace hks {

/// A copy of our size: what an older host did not write reads as zero.
template <class M>
M as(const hks_msg* in) {
  if (in->size < sizeof(M)) {
    M copy{};
    std::memcpy(&copy, in, in->size);
    return copy;
  }
  M copy;  // of a size that the compiler knows: no call
  std::memcpy(&copy, in, sizeof copy);
  return copy;
}
/// The same for a record that another record points to (hks_call, hks_record, hks_line); zeroed when absent.
template <class R>
R record(const void* p) {
  R copy{};
  if (!p) return copy;
  uint32_t size;
  std::memcpy(&size, p, sizeof size);
  std::memcpy(&copy, p, size < sizeof copy ? size : sizeof copy);
  return copy;
}
/// Element `i` of an array of records whose elements are `stride` bytes apart.
template <class R>
R element(const R* first, uint32_t stride, uint64_t i) {
  return record<R>(reinterpret_cast<const char*>(first) + stride * i);
}

/// The plugin's own section of the configuration; the host has filled in defaults and checked kinds.
class Settings {
 public:
  explicit Settings(const hks_start& start) {
    for (uint64_t i = 0; i < start.setting_count; ++i)
      values_.emplace(text(start.settings[i].name), text(start.settings[i].value));
  }
  Settings() = default;
  const std::string& operator[](const std::string& name) const {
    static const std::string none;
    auto it = values_.find(name);
    return it == values_.end() ? none : it->second;
  }
  bool on(const std::string& name) const {
    auto& v = (*this)[name];
    return v == "true" || v == "yes" || v == "on" || v == "1";
  }
  long long number(const std::string& name, long long fallback = 0) const {
    auto& v = (*this)[name];
    return v.empty() ? fallback : std::strtoll(v.c_str(), nullptr, 10);
  }

 private:
  std::map<std::string, std::string> values_;
};

/// The value of a header of a request or response, compared without case; empty when absent.
inline Text header(const hks_http& m, Text name) {
  for (uint64_t i = 0; i < m.header_count; ++i)
    if (sameIgnoringCase(text(m.headers[i].name), name)) return text(m.headers[i].value);
  return {};
}

/// Base of every session. Override what you need; throw freely, nothing escapes: the host logs the sentence and
/// counts the message as failed. Calls never overlap. [session]
class Session {
 public:
  virtual ~Session() = default;
  virtual void onStart(const hks_start&, Out&) {}
  virtual void onHttpRequest(const hks_http&, Out&) {}
  virtual void onData(const hks_data&, Out&) {}
  virtual void onOpened(uint64_t /*conn*/, Out&) {}
  virtual void onClosed(const hks_closed&, Out&) {}
  virtual void onTimer(uint64_t /*id*/, Out&) {}
  virtual void onAccepted(const hks_call&, Out&) {}
  virtual void onRefused(const hks_refusal&, Out&) {}
  virtual void onPlace(const hks_call& c, Out& out) { out.failed(c.msg.id, "this plugin cannot dial"); }
  virtual void onPhase(const hks_phase& p, Out& out) { out.hookDone(p.msg.id, HKS_HOOK_SKIP); }
  virtual void onSweep(uint64_t id, Out& out) { out.swept(id, "this carrier cannot list its legs"); }
  virtual void onKept(const hks_keep&, Out&) {}
  virtual void onNotice(const hks_notice&, Out&) {}
  virtual void onTranscript(const hks_transcript&, Out&) {}
  virtual void onSay(const hks_notice&, Out&) {}
  virtual void onAudio(const hks_audio&, Out&) {}
  virtual void onFlush(Out&) {}
  virtual void onMark(Text /*name*/, Out&) {}
  virtual void onDtmf(Text /*digits*/, Out&) {}
  virtual void onHeard(const hks_heard&, Out&) {}
  virtual void onToolCall(const hks_tool_call& c, Out& out) { out.toolResult(c.msg.id, "{}", true); }
  virtual void onToolResult(const hks_tool_call&, Out&) {}
  /// A message that has no function here: a draft that the plugin listens to (Listens), or a newer host's.
  virtual void onDraft(const hks_msg* /*in*/, Out&) {}

 protected:
  using Then = std::function<void(const hks_http&, Out&)>;
  /// Perform a request and continue in `then`, which is called exactly once; status 0: no answer, body says why.
  /// False: the host refused the request (too much for one step), `then` is never called.
  bool call(Out& out, const Http& request, Then then) {
    const uint64_t id = ++last_call_;
    waiting_.emplace(id, std::move(then));
    if (out.call(id, request)) return true;
    waiting_.erase(id);
    return false;
  }

 public:  // used by Role only
  void dispatch(const hks_msg* in, Out& out) {
    switch (in->type) {
      case HKS_START: return onStart(as<hks_start>(in), out);
      case HKS_HTTP_REQUEST: return onHttpRequest(as<hks_http>(in), out);
      case HKS_HTTP_RESPONSE: return resume(as<hks_http>(in), out);
      case HKS_CONN_OPENED: return onOpened(in->id, out);
      case HKS_CONN_CLOSED: return onClosed(as<hks_closed>(in), out);
      case HKS_TIMER_FIRED: return onTimer(in->id, out);
      case HKS_CALL_ACCEPTED: return onAccepted(as<hks_call>(in), out);
      case HKS_CALL_REFUSED: return onRefused(as<hks_refusal>(in), out);
      case HKS_CALL_PHASE: return onPhase(as<hks_phase>(in), out);
      case HKS_CALL_PLACE: return onPlace(as<hks_call>(in), out);
      case HKS_CALL_SWEEP: return onSweep(in->id, out);
      case HKS_KEPT: return onKept(as<hks_keep>(in), out);
      case HKS_HEARD: return onHeard(as<hks_heard>(in), out);
      case HKS_DATA: return onData(as<hks_data>(in), out);
      case HKS_AUDIO: return onAudio(as<hks_audio>(in), out);
      case HKS_FLUSH: return onFlush(out);
      case HKS_NOTICE: return onNotice(as<hks_notice>(in), out);
      case HKS_TRANSCRIPT: return onTranscript(as<hks_transcript>(in), out);
      case HKS_SAY: return onSay(as<hks_notice>(in), out);
      case HKS_MARK: return onMark(text(as<hks_mark>(in).name), out);
      case HKS_DTMF: return onDtmf(text(as<hks_mark>(in).name), out);
      case HKS_TOOL_CALL: return onToolCall(as<hks_tool_call>(in), out);
      case HKS_TOOL_RESULT: return onToolResult(as<hks_tool_call>(in), out);
      default: return onDraft(in, out);
    }
  }

 private:
  void resume(const hks_http& response, Out& out) {
    auto it = waiting_.find(response.msg.id);
    if (it == waiting_.end()) return;
    auto then = std::move(it->second);
    waiting_.erase(it);
    then(response, out);
  }
  uint64_t last_call_ = uint64_t(1) << 32;  // above the ids a plugin is likely to choose itself for Out::call
  std::map<uint64_t, Then> waiting_;
};

/// The only place where C meets C++: three thunks and the exception barrier.
template <class S>
struct Role {
  static hks_session* HKS_CALL open() noexcept {
    try {
      return reinterpret_cast<hks_session*>(static_cast<Session*>(new S));
    } catch (...) {
      return nullptr;
    }
  }
  static hks_status HKS_CALL step(hks_session* s, const hks_msg* in, const hks_sink* sink) noexcept {
    Out out(sink);
    try {
      reinterpret_cast<Session*>(s)->dispatch(in, out);
      return HKS_OK;
    } catch (const std::exception& e) {
      out.log(HKS_ERROR, e.what());
    } catch (...) {
      out.log(HKS_ERROR, "the plugin threw something that is not a std::exception");
    }
    return HKS_FAULT;
  }
  static void HKS_CALL close(hks_session* s) noexcept { delete reinterpret_cast<Session*>(s); }
  static constexpr hks_role table{&open, &step, &close};
};
template <class S>
struct Control : Role<S> {
  static constexpr const char* id = HKS_ROLE_CONTROL;
};
template <class S>
struct Notifier : Role<S> {
  static constexpr const char* id = HKS_ROLE_NOTIFIER;
};
template <class S>
struct Carrier : Role<S> {
  static constexpr const char* id = HKS_ROLE_CARRIER;
};
template <class S>
struct Voice : Role<S> {
  static constexpr const char* id = HKS_ROLE_VOICE;
};

/// One key of the plugin's section. `fallback` is its default as it would be written in the file.
constexpr hks_key key(const char* name, uint32_t kind, const char* fallback, const char* text, uint32_t flags = 0,
                      const char* choices = "") {
  return {uint32_t(sizeof(hks_key)), kind, flags, 0, name, fallback, text, choices, "", ""};
}
/// A text whose values look alike: `pattern` is a regular expression of the whole value, `shape` says it to people
/// ("AC and 32 digits 0-9 a-f"). A value that looks otherwise is worth a note, never a refusal.
constexpr hks_key shapedKey(const char* name, const char* text, uint32_t flags, const char* pattern,
                            const char* shape) {
  return {uint32_t(sizeof(hks_key)), HKS_TEXT, flags, 0, name, "", text, "", pattern, shape};
}
/// Wraps a static array of keys for HKS_PLUGIN: `static constexpr hks_key keys[] = {...};` then `hks::Keys<keys>`.
template <const auto& K>
struct Keys {
  static constexpr const char* id = HKS_SETTINGS;
  static constexpr hks_settings table{K, sizeof(K) / sizeof(K[0]), sizeof(K[0])};
};

/// The drafts that the plugin does something with, for HKS_PLUGIN: hks::Listens<HKS_DRAFT_PROMPT>.
template <uint32_t... Types>
struct Listens {
  static constexpr const char* id = HKS_DRAFT_LISTENS;
  static constexpr uint32_t types[] = {Types...};
  static constexpr hks_draft_listens table{types, sizeof...(Types)};
};

template <class... Parts>
const void* HKS_CALL get(const char* id) noexcept {
  const void* found = nullptr;
  ((std::strcmp(id, Parts::id) == 0 ? void(found = &Parts::table) : void()), ...);
  return found;
}
}  // namespace hks

/// HKS_PLUGIN("telegram", "Telegram", "1.0.0", hks::Keys<keys>, hks::Notifier<Telegram>)
#define HKS_PLUGIN(plugin_id, plugin_name, plugin_version, ...)                                                 \
  extern "C" {                                                                                                  \
  HKS_EXPORT extern const hks_entry hks_plugin_entry;                                                           \
  const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0,                       \
                                      plugin_id,     plugin_name,   plugin_version,    &hks::get<__VA_ARGS__>}; \
  }                                                                                                             \
  static_assert(true, "")
#endif
