// What people ask of a call that runs: be quiet, say this, other instructions.
#pragma once

#include <string>

#include "host/call/table.hpp"
#include "host/control/call_requests.hpp"

namespace hookswitch::control {

class Driver;
class Plugins;
class Streams;

/// Each answers at once: the call is unknown, is in no state for it (and the sentence says in which), or the act is on
/// its way. A call that has ended and left memory is unknown here; the store may know it. [control]
class Acts {
 public:
  Acts(Driver& driver, Plugins& plugins, call::Table& table, Streams& streams)
      : driver_(driver), plugins_(plugins), table_(table), streams_(streams) {}

  /// While a call is muted, nothing that the caller says or presses reaches the model; it hears silence.
  Accepted mute(const std::string& id, bool on);
  /// `interrupt`: what the agent is saying is broken off for it.
  Accepted say(const std::string& id, const std::string& text, bool interrupt);
  /// Other instructions for the model, at once and for whichever takes over.
  Accepted prompt(const std::string& id, const std::string& text);

 private:
  Driver& driver_;
  Plugins& plugins_;
  call::Table& table_;
  Streams& streams_;
};

/// The call, when two can talk in it; else why the act cannot be done. [control]
base::Result<call::Call*, Refusal> talking(call::Table& table, const std::string& id, const char* act);
/// The sentence for a call whose state does not allow the act: "The call is ringing; only a call in progress can be
/// muted".
std::string notNow(const std::string& state, const char* act);

}  // namespace hookswitch::control
