// The media streams of calls: attached when the carrier's socket comes, spoken to, stopped.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "host/base/result.hpp"
#include "host/call/table.hpp"
#include "host/control/call_requests.hpp"
#include "host/media/plane.hpp"

namespace hookswitch::control {

class Driver;
class Plugins;
class Toolbox;

/// [control]
class Streams {
 public:
  Streams(Driver& driver, Plugins& plugins, call::Table& table, const Toolbox& toolbox, const CallDefaults& defaults)
      : driver_(driver), plugins_(plugins), table_(table), toolbox_(toolbox), defaults_(defaults) {}
  void setPlane(media::Plane& plane) { plane_ = &plane; }

  /// The carrier's socket for a call whose token was accepted; the token is used up now.
  void attach(const std::string& id, media::CarrierSocket socket);
  /// A deed of the call's machine; the loop reports when the media have stopped.
  void stop(const call::Call& call) { plane_->stopCall(call.id(), call.record.reason); }
  void say(const call::Call& call, const std::string& text, bool interrupt = false);
  /// An act of ours on the leg.
  void interlude(const std::string& call, std::function<void(media::Interlude&)> act) {
    plane_->interlude(call, std::move(act));
  }
  void mute(const std::string& call, bool on) { plane_->mute(call, on); }
  void prompt(const std::string& call, const std::string& text) { plane_->prompt(call, text); }
  void recording(const std::string& call, std::function<void(const call::Recording*)> answer) {
    plane_->recording(call, std::move(answer));
  }
  void toolResult(const std::string& call, std::uint64_t voice_id, const std::string& json, bool failed) {
    plane_->toolResult(call, voice_id, json, failed);
  }

 private:
  /// Who carries and voices the call; fails with why nobody can.
  base::Result<void> choose(const call::Call& call, media::MediaJob& job);

  Driver& driver_;
  Plugins& plugins_;
  call::Table& table_;
  const Toolbox& toolbox_;
  const CallDefaults& defaults_;
  media::Plane* plane_ = nullptr;
};

}  // namespace hookswitch::control
