// What becomes of a call when a session of it breaks, fails, or finds and loses its connection.
#include <functional>
#include <string>

#include "host/base/barrier.hpp"
#include "host/media/call_media.hpp"
#include "host/plugin/blame.hpp"

namespace hookswitch::media {

using call::EndedBy;
using call::What;

void CallMedia::onSessionBroken(plugin::SessionHost& session) {
  if (stopped_) return;
  if (&session == sessions_.voice.get()) {
    voices_.gone("its plugin " + plugin::blame::broken(plugin::Session::max_faults), true);
    return settle(loop_.pacingUs());
  }
  if (&session == sessions_.carrier.get())
    events_.mediaEndRequested(
        id_, EndedBy::fault,
        "the carrier plugin " + job_.carrier.plugin + " " + plugin::blame::broken(plugin::Session::max_faults));
}

void CallMedia::onSessionFault(plugin::SessionHost& session, const std::string& what, const std::string& why) {
  fault(what + " of the plugin " + session.source().plugin, why);
}

void CallMedia::onSessionConnected(plugin::SessionHost& session, std::size_t number) {
  if (&session == sessions_.carrier.get()) return recorder_.note(What::carrier_up);
  // A model whose connections have an end gets the next one under the running call.
  recorder_.note(number > 1 ? What::model_rotated : What::model_up, number);
}

void CallMedia::onSessionDisconnected(plugin::SessionHost& session, std::uint32_t code) {
  recorder_.note(&session == sessions_.carrier.get() ? What::carrier_down : What::model_down, code);
  if (&session == sessions_.voice.get()) greeting_.broken(loop_.pacingUs());
}

void CallMedia::onSessionDropped(plugin::SessionHost& session, std::size_t bytes) {
  recorder_.note(&session == sessions_.carrier.get() ? What::dropped_to_carrier : What::dropped_to_model, bytes);
}

void CallMedia::voiceTurn(const char* what, const std::function<void()>& turn) {
  guarded(what, turn);
  settle(loop_.pacingUs());
}

bool CallMedia::failed(const std::string& why) {
  fault("a turn of the pacing", why);
  return true;
}

/// A call that goes on without what has failed would be half alive: its caller would wait in silence.
void CallMedia::fault(const std::string& what, const std::string& why) {
  if (stopped_ || failed_) return;
  failed_ = true;
  recorder_.note(What::fault);
  base::logFault("media", what, why, id_);
  loop_.removePaced(*this);
  events_.mediaEndRequested(id_, EndedBy::fault, "an internal error of the gateway");
}

}  // namespace hookswitch::media
