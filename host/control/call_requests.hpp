// What is asked of the calls and what they answer: plain values, without a word of HTTP.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/base/result.hpp"
#include "host/call/call.hpp"
#include "host/call/hooks.hpp"
#include "host/call/lateness.hpp"
#include "host/control/dial_guard.hpp"
#include "host/control/tool_terms.hpp"
#include "host/media/resample.hpp"

namespace hookswitch::control {

/// A [number.+E164] section: what incoming calls to one number get. What is not set comes from [calls].
struct NumberTerms {
  std::optional<std::string> prompt, greeting, voice;
  std::optional<std::vector<std::string>> tools;  ///< exactly these
  bool answer = true;                             ///< false: its calls are rejected
};

/// The [calls] section and what else decides about a call; replaced as a whole at a reload.
struct CallDefaults {
  std::string carrier = "twilio", voice = "openai", voice_fallback, prompt, greeting, public_url, version;
  std::uint32_t max_concurrent = 1000, max_duration_s = 3600, ring_timeout_s = 30;
  std::uint32_t media_idle_s = 30;  ///< 0: never
  bool dtmf_interrupts = true;
  std::uint32_t connect_timeout_s = 15;  ///< from the answer to the media stream
  std::uint32_t voice_retry_s = 10;      ///< for so long a lost model is tried again before the fallback; 0: not at all
  std::uint32_t greeting_shield_ms = call::whole_greeting;
  std::string apology;  ///< what the carrier speaks when a call ends by fault; empty: nothing
  media::ResamplerKind resampler = media::ResamplerKind::polyphase;
  /// New calls are refused while the turns of a media loop begin so late, until it is half of that. 0: never.
  std::uint32_t shed_lag_ms = 50;
  DialLimits dial;                              ///< of POST /api/call alone
  std::map<std::string, NumberTerms> numbers;   ///< our own, E.164
  std::vector<std::string> tools = {end_call};  ///< the host's own that a model is offered
  EndpointTools endpoints;
};

/// A call that somebody wants, checked; empty fields take their defaults.
struct PlaceRequest {
  std::string to, from, voice, webhook_url, metadata_json = "{}";
  std::optional<std::string> prompt, greeting;
  std::uint32_t max_duration_s = 0;
  std::optional<std::uint32_t> greeting_shield_ms;
  std::optional<std::vector<std::string>> tools;  ///< exactly these
  std::string key, body_digest;                   ///< Idempotency-Key and what was asked under it; empty: none
};

/// Why something is not done. What that is in HTTP the API decides, and call_messages for a carrier's plugin.
enum class Why : std::uint8_t {
  bad_request = 1,  ///< what was asked makes no sense
  not_allowed = 2,  ///< calls.allow_to
  unknown = 3,      ///< there is no such thing
  conflict = 4,     ///< it is not in a state for it
  gone = 5,         ///< the call is over
  too_many = 6,     ///< a limit is reached
  unavailable = 7,  ///< not now: draining, a plugin that is away, a store that cannot be read
  broken = 8,       ///< a plugin failed on it
  carrier = 9,      ///< the carrier did not take it; `carrier_code` may say more
};

struct Refusal {
  Why why = Why::broken;
  std::string error = {};
  std::uint64_t retry_after_s = 0;  ///< until it would be allowed; 0: nobody knows
  std::string call = {};            ///< what was begun before it failed
  std::uint32_t carrier_code = 0;   ///< the status that the carrier's plugin gives, 400..599; 0: none
};
inline base::Failure<Refusal> refused(Why why, std::string error) {
  return base::Failure(Refusal{why, std::move(error)});
}
/// What was asked is done, or on its way.
using Accepted = base::Result<void, Refusal>;
/// The terms of a call that the carrier took.
using Placed = base::Result<std::shared_ptr<const call::Terms>, Refusal>;
/// How many hooks were changed.
using Changed = base::Result<std::size_t, Refusal>;

enum class HookAct : std::uint8_t { retry = 1, discard = 2 };

/// A plugin whose notifications wait.
struct LineState {
  std::string plugin;
  std::size_t waiting = 0, in_hand = 0, to_mend = 0;
  std::string mend;
  std::uint64_t next_unix_ms = 0;
};

/// A call as it stands, for whoever prints it. What it points to may go when the control thread goes on.
struct CallView {
  const call::Record* record;
  call::HookRows hooks;
  std::uint64_t now_unix_ms;  ///< by the call's own clock
  bool stored;                ///< nothing of it waits to be written
  bool muted = false;         ///< what the caller says does not reach the model
};

/// What the gauges show; a snapshot.
struct CallCounts {
  std::size_t live = 0, table = 0, parked = 0, unconfirmed = 0, hooks_pending = 0, hooks_dead = 0, placing = 0,
              tool_runs = 0, keys = 0, timers = 0, media_sessions = 0, sweeps = 0;
  std::uint64_t placed = 0, ended = 0, recovered = 0;
  std::uint64_t refused_allow_to = 0, refused_per_minute = 0, refused_per_number = 0,
                refused_concurrent = 0;  ///< of POST /api/call
  std::uint64_t rejected_number = 0;     ///< incoming calls to a number with answer = false
  std::uint64_t shed_outbound = 0, shed_incoming = 0, lag_us = 0;
  bool overloaded = false;
  call::Lateness lateness;  ///< of every frame of every call
};

/// "<call>:<phase>:<plugin>": the event id of a hook, and its id in the API.
std::string hookId(const std::string& call, call::Phase phase, const std::string& plugin);

}  // namespace hookswitch::control
