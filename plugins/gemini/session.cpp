#include "plugins/gemini/session.hpp"

#include "plugins/gemini/timers.hpp"
#include "plugins/speech/wording.hpp"

#include <hookswitch/utf8.hpp>

#include <string>

namespace hookswitch::gemini {

void Voice::onStart(const hks_start& start, hks::Out& out) {
  channel_.options = optionsOf(start, out);
  conversation_.take(start);
  swap_.allow(start.retry_ms);
  if (!channel_.options.bad_model.empty()) return conversation_.gone(channel_.options.bad_model, {}, out);
  swap_.connect(out);
}

void Voice::onOpened(std::uint64_t conn, hks::Out& out) { swap_.opened(conn, out); }

void Voice::onClosed(const hks_closed& lost, hks::Out& out) { swap_.closed(lost, out); }

void Voice::onData(const hks_data& data, hks::Out& out) {
  if (channel_.gone() || !channel_.live.is(data.msg.id) || channel_.live.connecting()) return;
  if (channel_.usable() && conversation_.modelAudio(hks::text(data.bytes), out)) {
    swap_.spoke();
    return swap_.ifQuiet(out);
  }
  hks::json::Reader reader;
  hks::json::Value root;
  if (!reader.read(hks::text(data.bytes), root))
    return channel_.warn("Gemini sent a message that is not a JSON object; ignored", out);
  message(root, out);
}

/// The order within one message is that of §4.
void Voice::message(const hks::json::Value& root, hks::Out& out) {
  hks::json::Value part;
  if (hks::json::has(root, "setupComplete")) swap_.setupComplete(out);
  if (hks::json::objectAt(root, "error", part))
    return conversation_.gone("Gemini reports an error: " + hks::utf8::line(hks::json::textAt(part, "message"), 300),
                              {}, out);
  if (!channel_.usable()) return;
  if (hks::json::objectAt(root, "serverContent", part)) {
    const std::string stuck = conversation_.content(part, out);
    if (!stuck.empty()) swap_.startFresh(stuck, out);
  }
  if (channel_.usable() && hks::json::objectAt(root, "toolCall", part)) conversation_.toolCall(part, out);
  if (conversation_.hasSpoken()) swap_.spoke();
  if (hks::json::objectAt(root, "toolCallCancellation", part)) conversation_.toolCallCancellation(part, out);
  if (hks::json::objectAt(root, "usageMetadata", part)) conversation_.usage(part, out);
  if (hks::json::objectAt(root, "sessionResumptionUpdate", part)) channel_.handle.update(part, conversation_.busy());
  if (channel_.usable() && hks::json::objectAt(root, "goAway", part)) swap_.goAway(part, out);
  swap_.ifQuiet(out);
}

void Voice::onTimer(std::uint64_t id, hks::Out& out) {
  if (channel_.gone() || swap_.timer(id, out)) return;
  conversation_.timer(id, out);
  if (id == kCallerQuiet) swap_.ifQuiet(out);
}

void Voice::onAudio(const hks_audio& audio, hks::Out& out) {
  if (!channel_.gone() && conversation_.started()) conversation_.audio(hks::text(audio.bytes), out);
}

void Voice::onDtmf(hks::Text digits, hks::Out& out) {
  if (!channel_.gone()) conversation_.keys(digits, out);
}

void Voice::onSay(const hks_notice& say, hks::Out& out) {
  const std::string text = hks::utf8::clean(hks::text(say.text), speech::kMaxSay);
  if (!channel_.gone() && !text.empty()) conversation_.say(text, out);
}

void Voice::onDraft(const hks_msg* in, hks::Out& out) {
  if (channel_.gone()) return;
  const hks_notice words = hks::as<hks_notice>(in);
  if (in->type == HKS_DRAFT_PROMPT) return swap_.instruct(hks::text(words.text), out);
  if (in->type != HKS_DRAFT_SAY_NOW) return;
  const std::string text = hks::utf8::clean(hks::text(words.text), speech::kMaxSay);
  if (!text.empty()) conversation_.sayNow(text, out);
}

void Voice::onHeard(const hks_heard& heard, hks::Out& out) {
  if (!channel_.gone()) return conversation_.heard(heard, out);
  if (heard.item.size == 0) channel_.goesOn(out);
}

void Voice::onToolResult(const hks_tool_call& result, hks::Out& out) {
  if (channel_.gone()) return;
  conversation_.toolResult(result, out);
  swap_.ifQuiet(out);
}

}  // namespace hookswitch::gemini
