#include "host/media/call_sessions.hpp"

#include "host/plugin/wire.hpp"

namespace hookswitch::media {

using plugin::str;

plugin::SessionLimits carrierLimits() {
  plugin::SessionLimits limits;
  limits.connection.max_message = 256 * 1024;
  limits.connection.max_queue = 1024 * 1024;
  // A phone line is never silent: a frame every 20 ms comes even when nobody speaks (twilio.md §5.6).
  limits.connection.idle_ms = 30'000;
  limits.connection.ping_ms = 20'000;
  return limits;
}

plugin::SessionLimits voiceLimits() {
  plugin::SessionLimits limits;
  limits.connection.max_message = 16 * 1024 * 1024;
  limits.connection.droppable_queue = 256 * 1024;
  return limits;  // no pings: one provider closes on them (gemini-live.md §9); the audio keeps the line awake
}

void CallSessions::retire(std::shared_ptr<plugin::SessionHost>& session, std::string_view reason) {
  if (!session) return;
  session->close(1000, reason);
  loop_.dispose(std::make_unique<std::shared_ptr<plugin::SessionHost>>(std::move(session)));
  session = nullptr;
}

void CallSessions::say(std::uint32_t type, const std::string& call, const std::string& text) {
  if (!voice) return;
  hks_notice m{};
  m.msg = {sizeof m, type, 0};
  m.call = str(call);
  m.text = str(text);
  m.level = HKS_INFO;
  voice->step(m.msg);
}

void CallSessions::toolResult(std::uint64_t id, const std::string& json, bool failed) {
  if (!voice) return;
  hks_tool_call m{};
  m.msg = {sizeof m, HKS_TOOL_RESULT, id};
  m.json = str(json);
  m.failed = failed;
  voice->step(m.msg);
}

void CallSessions::carrierAudio(AudioFormat format, std::string_view bytes) {
  if (!carrier) return;
  hks_audio m{};
  m.msg = {sizeof m, HKS_AUDIO, 0};
  m.bytes = str(bytes);
  m.format = std::uint32_t(format);
  carrier->step(m.msg);
}

void CallSessions::carrierMark(std::string_view name) {
  if (!carrier) return;
  hks_mark m{};
  m.msg = {sizeof m, HKS_MARK, 0};
  m.name = str(name);
  carrier->step(m.msg);
}

void CallSessions::carrierFlush() {
  if (carrier) carrier->step(plugin::message(HKS_FLUSH, 0));
}

void CallSessions::voiceAudio(AudioFormat format, std::string_view bytes) {
  if (!voice) return;
  hks_audio m{};
  m.msg = {sizeof m, HKS_AUDIO, 0};
  m.bytes = str(bytes);
  m.format = std::uint32_t(format);
  voice->step(m.msg);
}

void CallSessions::voiceHeard(std::string_view item, std::uint64_t heard_ms, std::uint64_t received_ms) {
  if (!voice) return;
  hks_heard m{};
  m.msg = {sizeof m, HKS_HEARD, 0};
  m.item = str(item);
  m.heard_ms = heard_ms;
  m.received_ms = received_ms;
  voice->step(m.msg);
}

}  // namespace hookswitch::media
