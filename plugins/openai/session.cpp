#include "plugins/openai/session.hpp"

#include "plugins/openai/errors.hpp"
#include "plugins/speech/wording.hpp"

#include <hookswitch/utf8.hpp>

#include <string>
#include <utility>

namespace hookswitch::openai {

void Voice::onStart(const hks_start& start, hks::Out& out) {
  channel_.options = optionsOf(start, out);
  rotation_.begin(start);
  conversation_.take(start);
  channel_.connect(channel_.live, out);
}

void Voice::onOpened(std::uint64_t conn, hks::Out& out) {
  if (channel_.gone()) return void(out.close(conn, 1000));
  if (channel_.live.is(conn) && channel_.live.connecting()) return channel_.configure(channel_.live, out);
  if (channel_.next.is(conn) && channel_.next.connecting()) return channel_.configure(channel_.next, out);
}

void Voice::onClosed(const hks_closed& lost, hks::Out& out) {
  const std::uint64_t conn = lost.msg.id;
  if (channel_.gone()) return;
  if (channel_.next.is(conn)) {
    const std::string why = closedSentence(lost, channel_.next.opened());
    channel_.next = Link{};
    return rotation_.nextFailed(why, out);
  }
  if (!channel_.live.is(conn)) return;
  const Link old = std::exchange(channel_.live, Link{});
  rotation_.lost(lost, old, out);
}

void Voice::onData(const hks_data& data, hks::Out& out) {
  const std::uint64_t conn = data.msg.id;
  if (channel_.gone() || (!channel_.live.is(conn) && !channel_.next.is(conn))) return;
  if (channel_.live.is(conn) && conversation_.audioDelta(hks::text(data.bytes), out)) return rotation_.spoke();
  hks::json::Reader reader;
  hks::json::Value root;
  if (!reader.read(hks::text(data.bytes), root))
    return channel_.warn("OpenAI sent a message that is not a JSON object; ignored", out);
  const std::string_view type = hks::json::textAt(root, "type");
  channel_.next.is(conn) ? nextSays(type, root, out) : liveSays(type, root, out);
}

/// It only has to become ready.
void Voice::nextSays(std::string_view type, const hks::json::Value& root, hks::Out& out) {
  Link& next = channel_.next;
  if (type == "session.created") return rotation_.created(next, root);
  if (type == "session.updated") return rotation_.configured(next, root, out);
  if (type != "error" || !next.configuring()) return;
  const std::string_view message = hks::json::textAt(errorOf(root), "message");
  rotation_.nextFailed("OpenAI refused the session: " + hks::utf8::line(message, 200), out);
}

void Voice::liveSays(std::string_view type, const hks::json::Value& root, hks::Out& out) {
  if (type == "session.created") return rotation_.created(channel_.live, root);
  if (type == "session.updated") return rotation_.configured(channel_.live, root, out);
  if (type == "error" && !channel_.usable() && isPassing(errorOf(root)))
    return rotation_.notNow("OpenAI refused the session: " + described(errorOf(root)), out);
  if (type == "error") return conversation_.error(root, out) ? rotation_.expired(out) : void();
  conversation_.event(type, root, out);
  if (conversation_.hasSpoken()) rotation_.spoke();
  if (type == "response.done" && !channel_.gone()) rotation_.ifQuiet(out);
}

void Voice::onTimer(std::uint64_t id, hks::Out& out) {
  if (!channel_.gone() && !rotation_.timer(id, out)) conversation_.timer(id, out);
}

void Voice::onAudio(const hks_audio& audio, hks::Out& out) {
  const hks::Text bytes = hks::text(audio.bytes);
  if (channel_.gone() || !conversation_.started() || bytes.empty()) return;
  conversation_.audio(bytes, out);
  rotation_.ifQuietSoon(out);
}

void Voice::onDtmf(hks::Text digits, hks::Out& out) {
  if (!channel_.gone()) conversation_.keys(digits, out);
}

void Voice::onSay(const hks_notice& say, hks::Out& out) {
  if (!channel_.gone()) conversation_.say(hks::utf8::clean(hks::text(say.text), speech::kMaxSay), out);
}

void Voice::onDraft(const hks_msg* in, hks::Out& out) {
  if (channel_.gone()) return;
  const hks_notice words = hks::as<hks_notice>(in);
  if (in->type == HKS_DRAFT_SAY_NOW)
    conversation_.sayNow(hks::utf8::clean(hks::text(words.text), speech::kMaxSay), out);
  else if (in->type == HKS_DRAFT_PROMPT)
    channel_.instruct(hks::text(words.text), out);
}

void Voice::onHeard(const hks_heard& heard, hks::Out& out) {
  if (!channel_.gone()) return conversation_.heard(heard, out);
  if (heard.item.size == 0) channel_.goesOn(out);
}

void Voice::onToolResult(const hks_tool_call& result, hks::Out& out) {
  if (!channel_.gone()) conversation_.toolResult(result, out);
}

}  // namespace hookswitch::openai
