#include "plugins/openai/channel.hpp"

#include "plugins/openai/messages.hpp"
#include "plugins/openai/timers.hpp"
#include "plugins/speech/wording.hpp"

#include <hookswitch/utf8.hpp>

#include <utility>

namespace hookswitch::openai {
namespace {

constexpr std::uint64_t kConfigMs = 5000;  // §0 rule 2: no session.updated in about 5 s is a failed connect

}  // namespace

void Channel::sendAudio(std::string_view audio, hks::Out& out) {
  send(appendAudio(audio, room.take(appendAudioSize(audio.size()), out)), out);
}

void Channel::connect(Link& link, hks::Out& out) {
  link = Link{};
  if (!speech::open(link, ++last_connection_, options.url, options.headers, options.connect_timeout_ms, out))
    gone("the host refused to connect to OpenAI; check openai.url", {}, out);
}

void Channel::configure(Link& link, hks::Out& out) {
  link.state = Link::State::Configuring;
  out.send(link.id, sessionUpdate(options, nextEventId("cfg-")));
  out.timer(&link == &live ? kConfig : kNextConfig, kConfigMs);
}

void Channel::instruct(std::string_view prompt, hks::Out& out) {
  options.instructions = speech::instructionsOr(prompt);
  // One that is not open yet is configured with them.
  for (const Link* link : {&live, &next})
    if (link->configuring() || link->usable())
      out.send(link->id, instructionsUpdate(options.instructions, nextEventId("in-")));
}

std::string Channel::otherFormat(const hks::json::Value& in, const char* side) const {
  const std::string said = hks::utf8::line(hks::json::textAt(in["audio"][side]["format"], "type"), 40);
  return said == (options.pcmu ? "audio/pcmu" : "audio/pcm") ? std::string() : said;
}

std::string Channel::refusal(const hks::json::Value& session_updated) const {
  hks::json::Value session;
  if (!hks::json::objectAt(session_updated, "session", session)) return {};
  const std::string in = otherFormat(session, "input"), back = otherFormat(session, "output");
  if (in.empty() && back.empty()) return {};
  const std::string want = options.pcmu ? "audio/pcmu" : "audio/pcm";
  return "OpenAI did not accept the audio format: asked for " + want + ", got '" + (in.empty() ? want : in) +
         "' in and '" + (back.empty() ? want : back) + "' out; set openai.audio_format to pcm24 or check the model";
}

void Channel::gone(std::string_view why, const hks_closed& lost, hks::Out& out) {
  if (gone_) return;
  leave(out);
  out.gone(why, lost);
}

void Channel::finish(hks::Out& out) {
  finished_ = true;
  leave(out);
}

void Channel::goesOn(hks::Out& out) {
  if (std::exchange(finished_, false)) out.gone("the model was lost during its good-bye");
}

void Channel::leave(hks::Out& out) {
  gone_ = true;
  if (live.exists()) out.close(live.id, 1000);
  if (next.exists()) out.close(next.id, 1000);
  live = next = Link{};
}

std::string closedSentence(const hks_closed& lost, bool opened) {
  std::string text = speech::lossSentence("OpenAI", lost, opened);
  if (!opened && (lost.http_status == 401 || lost.http_status == 403)) text += "; check openai.api_key";
  if (!opened && lost.http_status == 404) text += "; check openai.url and openai.model";
  return text;
}

}  // namespace hookswitch::openai
