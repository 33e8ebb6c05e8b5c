// A call while the carrier does something else with its leg: the model is kept and quiet, the stream that ends for it
// is no end of the call.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "host/base/loop.hpp"
#include "host/media/gap.hpp"

namespace hookswitch::media {

class Bridge;
class CallSessions;
class MediaEvents;
class Recorder;
class Voices;

/// begin(), mediaQuiet() follows; then one of the verdicts, or keys(). mediaBack() follows when the stream is there
/// again, or still. Of a call that ends meanwhile nothing more is heard. [loop]
class Interlude {
 public:
  /// All of it outlives this.
  struct Place {
    base::Loop& loop;
    MediaEvents& events;
    const std::string& call;
    Recorder& recorder;
    CallSessions& sessions;
    Bridge& bridge;
    Voices& voices;
  };
  explicit Interlude(const Place& place) : place_(place) {}

  void begin();
  /// The carrier does it. `back_ms`: the stream comes back within; else the call ends, and `why` says so. 0: whenever.
  void taken(std::uint32_t back_ms, const std::string& why);
  /// Nobody knows whether it does: what becomes of the stream will tell.
  void unsure(std::uint32_t back_ms, const std::string& why);
  void refused();
  /// The agent has left: no voice talks any more, and the stream need not come back.
  void leave();
  /// The keys as sound, instead of an act of the carrier's.
  void keys(const std::string& digits);

  bool active() const { return gap_.active(); }
  bool agentLeft() const { return agent_left_; }
  /// The carrier's stream has ended. True: that is our own doing, and the session is closed.
  bool carrierLeft(bool far_end_left, std::string_view reason);
  /// The carrier's stream is ready.
  void carrierReady() { over(); }
  /// When untilUs() has come; sooner does no harm.
  void look(std::int64_t now_us);
  std::int64_t untilUs() const { return gap_.untilUs(); }  ///< 0: there is nothing to wait for

 private:
  void over();
  const Place place_;
  Gap gap_;
  bool held_ = false, agent_left_ = false;
};

}  // namespace hookswitch::media
