#include "plugins/gemini/channel.hpp"

#include "plugins/gemini/messages.hpp"

#include <hookswitch/utf8.hpp>

#include <utility>

namespace hookswitch::gemini {
namespace {

constexpr std::size_t kMaxHandle = 16 * 1024;

}  // namespace

void Handle::update(const hks::json::Value& update, bool busy) {
  const std::string_view handle = hks::json::textAt(update, "newHandle");
  if (!hks::json::flagAt(update, "resumable") || handle.empty() || handle.size() > kMaxHandle) {
    fresh_ = false;  // the old one is kept, but misses what happened since
    return;
  }
  value_ = handle;
  fresh_ = !busy;
}

void Channel::sendAudio(std::string_view pcm, hks::Out& out) {
  send(audio(pcm, options.input_rate, room.take(audioSize(pcm.size()), out)), out);
}

bool Channel::connect(hks::Out& out) {
  opened = false;
  return speech::open(live, ++last_connection_, options.url, options.headers, options.connect_timeout_ms, out);
}

void Channel::close(hks::Out& out) {
  if (live.exists()) out.close(std::exchange(live, {}).id, 1000);
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
  close(out);
}

std::string Channel::lossSentence(const hks_closed& lost) const {
  const std::uint32_t code = lost.close_code, status = lost.http_status;
  if (live.configuring()) {
    std::string text = "Gemini refused the setup (code " + std::to_string(code) + ")";
    const std::string why = hks::utf8::line(hks::text(lost.reason), 300);
    if (!why.empty()) text += ": " + why;
    return code == 1007 || code == 1008 ? text + "; check gemini.model and gemini.voice" : text;
  }
  std::string text = speech::lossSentence("Gemini", lost, opened);
  if (!opened && (status == 400 || status == 401 || status == 403)) text += "; check gemini.api_key";
  return text;
}

}  // namespace hookswitch::gemini
