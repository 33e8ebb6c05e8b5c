// What is done with a call from outside while it runs: it is muted, told otherwise, and its stream is taken away.
#include <memory>
#include <utility>

#include "host/media/call_media.hpp"

namespace hookswitch::media {

void CallMedia::interlude(const std::function<void(Interlude&)>& act) {
  if (stopped_ || failed_) return;
  act(interlude_);
  if (interlude_.agentLeft()) end_wish_.forget();  // the two who talk now have nothing to do with it
  settle(loop_.pacingUs());
}

void CallMedia::comeBack(std::shared_ptr<const call::Terms> terms, std::unique_ptr<net::Stream> stream,
                         std::string_view leftover) {
  if (stopped_ || failed_) return;
  constexpr const char* why = "another stream of the call has come";  // before the end of this one was read
  if (sessions_.carrier && !interlude_.carrierLeft(false, why)) sessions_.retire(sessions_.carrier, why);
  job_.terms = std::move(terms);
  openCarrier(std::move(stream), leftover);
  settle(loop_.pacingUs());
}

void CallMedia::say(const std::string& text, bool interrupt) {
  if (interrupt) end_wish_.forget();  // who has more to say does not end the call
  voices_.say(text, interrupt);
  settle(loop_.pacingUs());
}

void CallMedia::mute(bool on) {
  muted_ = on;
  bridge_.mute(on);
}

void CallMedia::prompt(const std::string& text) {
  auto terms = std::make_shared<call::Terms>(*job_.terms);
  terms->prompt = text;
  job_.terms = std::move(terms);
  voices_.prompt(text);
}

}  // namespace hookswitch::media
