// How calls and REST answers are to go: normal by default, wrong on command.
#pragma once

#include "tests/fakes/twilio_signature.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fakes {

/// The course of one call. Every member is a field of the commands `plan`, `incoming` and
/// `misbehave` (with "on":"call").
/// A time of 0 in a member that ends in `_after_ms` means never; such times count from the start of the media stream.
struct CallPlan {
  // The far end.
  std::uint32_t queue_ms = 5;         ///< from the create to `initiated`
  std::uint32_t ring_ms = 20;         ///< from `initiated` to `ringing`
  std::uint32_t answer_ms = 50;       ///< from `ringing` to the outcome
  std::string outcome = "answered";   ///< answered | busy | no-answer | failed | never (rings until Timeout)
  std::uint32_t hangup_after_ms = 0;  ///< the far end hangs up this long after the answer
  bool limit_after_start = false;     ///< the time limit is not looked at before the media stream has begun
  // What the far end says, once; then silence. The first that is set counts.
  std::string caller_wav;    ///< file
  std::string caller_mulaw;  ///< file of bare mu-law
  double tone_hz = 0;
  std::uint32_t tone_ms = 1000;
  std::uint32_t caller_delay_ms = 0;  ///< silence before it
  bool caller_repeat = false;         ///< from the beginning again for ever
  bool stamp = false;                 ///< silence whose frames begin with their time of departure: for measuring
  std::string dtmf;                   ///< keys pressed, 100 ms apart
  std::uint32_t dtmf_after_ms = 0;    ///< 0: with the first frame
  // The media stream.
  bool media_never = false;                        ///< never open it
  bool media_no_start = false;                     ///< open it, say `connected`, nothing more
  bool media_silent = false;                       ///< `start`, then not one frame; marks are echoed
  std::vector<std::uint32_t> frame_bytes = {160};  ///< sizes of the frames in turn
  std::uint32_t gap_every = 0;                     ///< drop every n-th frame; its time stays missing
  std::uint32_t swap_every = 0;                    ///< every n-th frame comes behind the one after it
  std::uint32_t overtake_every = 0;                ///< every n-th frame comes `overtake_ms` late
  std::uint32_t overtake_ms = 200;
  std::uint32_t stall_after_ms = 0;  ///< nothing comes from then on for `stall_ms`, then all of it at once
  std::uint32_t stall_ms = 3000;
  bool echo_at_once = false;                 ///< marks come back the moment they arrive, whatever still plays
  std::uint32_t media_close_after_ms = 0;    ///< close frame without `stop`
  std::uint32_t media_reset_after_ms = 0;    ///< TCP reset without `stop`
  bool media_loss_keeps_call = false;        ///< the call stays up, silent, when the stream is lost or closed
  bool dial_outlives = false;                ///< a leg that a <Dial> rings goes on when this one ends
  std::string sip_code = {};                 ///< SipResponseCode of the end; empty: the usual one
  bool media_no_stop = false;                ///< close without `stop` when the call ends
  std::uint32_t media_deaf_after_ms = 0;     ///< stop reading from the socket
  std::uint32_t media_slow_after_ms = 0;     ///< from then on one byte a second
  std::uint32_t media_garbage_after_ms = 0;  ///< send `media_garbage` once
  std::string media_garbage = "text";        ///< text | json | binary | event | types | base64 | huge | frame
  std::uint32_t media_second_after_ms = 0;   ///< a second socket for the same URL and parameters
  // Requests to the gateway.
  std::uint32_t webhook_timeout_ms = 15000;
  std::uint32_t webhook_delay_ms = 0;    ///< before the voice request
  std::string unreachable;               ///< voice | all: requests to the gateway that never get there
  std::uint32_t error_ms = 0;            ///< how long the error announcement is that a document costs which was not got
  std::string webhook_signing = "good";  ///< good | bad | missing | port | slash | shared; also of the next two
  std::string callback_signing = "good";
  std::string upgrade_signing = "good";
  std::uint32_t callback_delay_ms = 0;
  std::vector<std::string> callback_missing;  ///< CallStatus values that are not sent; "*": none is
  bool callback_twice = false;
  bool callback_shuffled = false;    ///< neighbours change places
  bool callback_parallel = false;    ///< do not wait for the answer to one before the next
  bool callback_before_201 = false;  ///< the first is answered before the create is
  std::string log = "live";          ///< Events.json: live | late (empty for now) | none (404)

  template <class Visitor>
  void visit(Visitor&& v) {
    v("queue_ms", queue_ms), v("ring_ms", ring_ms), v("answer_ms", answer_ms), v("outcome", outcome);
    v("hangup_after_ms", hangup_after_ms), v("limit_after_start", limit_after_start);
    v("caller_wav", caller_wav), v("caller_mulaw", caller_mulaw);
    v("tone_hz", tone_hz), v("tone_ms", tone_ms), v("caller_delay_ms", caller_delay_ms);
    v("caller_repeat", caller_repeat), v("stamp", stamp), v("dtmf", dtmf), v("dtmf_after_ms", dtmf_after_ms);
    v("media_never", media_never), v("media_no_start", media_no_start), v("media_silent", media_silent);
    v("frame_bytes", frame_bytes);
    v("gap_every", gap_every), v("swap_every", swap_every), v("overtake_every", overtake_every);
    v("overtake_ms", overtake_ms), v("stall_after_ms", stall_after_ms), v("stall_ms", stall_ms);
    v("echo_at_once", echo_at_once), v("media_close_after_ms", media_close_after_ms);
    v("media_reset_after_ms", media_reset_after_ms), v("media_loss_keeps_call", media_loss_keeps_call);
    v("dial_outlives", dial_outlives), v("sip_code", sip_code);
    v("media_no_stop", media_no_stop), v("media_deaf_after_ms", media_deaf_after_ms);
    v("media_slow_after_ms", media_slow_after_ms), v("media_garbage_after_ms", media_garbage_after_ms);
    v("media_garbage", media_garbage), v("media_second_after_ms", media_second_after_ms);
    v("unreachable", unreachable), v("error_ms", error_ms);
    v("webhook_timeout_ms", webhook_timeout_ms), v("webhook_delay_ms", webhook_delay_ms);
    v("webhook_signing", webhook_signing), v("callback_signing", callback_signing);
    v("upgrade_signing", upgrade_signing), v("callback_delay_ms", callback_delay_ms);
    v("callback_missing", callback_missing), v("callback_twice", callback_twice);
    v("callback_shuffled", callback_shuffled), v("callback_parallel", callback_parallel);
    v("callback_before_201", callback_before_201), v("log", log);
  }
};

/// What goes wrong with one REST request.
struct RestFault {
  std::uint32_t delay_ms = 0;
  std::string drop;     ///< before (nothing was done) | after (done, the answer is lost)
  unsigned status = 0;  ///< 0: the real answer
  int code = 0;         ///< Twilio's code in the body; 0: the usual one of the status
  std::string message;
  std::string body;  ///< instead of the JSON body, whatever it is
  std::string type = "application/json";
  int retry_after = -1;         ///< seconds in a Retry-After header; -1: none
  bool act = false;             ///< with `status` or `body`: do what was asked all the same
  std::uint32_t drip_ms = 0;    ///< one byte every so many ms
  std::int64_t cut_after = -1;  ///< cut the connection after so many bytes of the answer

  template <class Visitor>
  void visit(Visitor&& v) {
    v("delay_ms", delay_ms), v("drop", drop), v("status", status), v("code", code), v("message", message);
    v("body", body), v("type", type), v("retry_after", retry_after), v("act", act), v("drip_ms", drip_ms);
    v("cut_after", cut_after);
  }
};

/// Which operation a rule is about.
enum class Operation { create = 1, fetch = 2, update = 3, list = 4, remove = 5, events = 6 };
const char* nameOf(Operation operation);

Signing signingFrom(const std::string& name);  ///< throws std::invalid_argument

/// [loop] The rules in force. Rules about calls all apply, in order; of rules about REST the first that fits does.
class Rules {
 public:
  Rules();
  ~Rules();
  /// {"on": create|fetch|update|list|delete|events|rest|call, "number": "+1555*", "times": N, ...members}
  /// Throws std::invalid_argument.
  void add(const nlohmann::json& rule);
  void clear();
  /// `far_party`: the number called or calling; empty when the operation has none.
  bool take(Operation operation, const std::string& far_party, RestFault& fault);
  void apply(const std::string& far_party, CallPlan& plan);
  nlohmann::json dump() const;

 private:
  struct Rule;
  std::vector<std::unique_ptr<Rule>> rules_;
};

/// Members of `changes` into `plan`; throws std::invalid_argument with a sentence and then changes nothing.
void changePlan(CallPlan& plan, const nlohmann::json& changes);
nlohmann::json dumpPlan(const CallPlan& plan);

}  // namespace fakes
