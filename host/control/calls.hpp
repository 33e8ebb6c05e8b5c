// The calls: placing, answering, following and ending them. The one door through which every call ends is end().
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "host/call/table.hpp"
#include "host/control/idempotency.hpp"
#include "host/control/ledger.hpp"
#include "host/control/plugins.hpp"
#include "host/media/plane.hpp"

namespace hookswitch::control {

/// The [calls] section and what else decides about a call; replaced as a whole at a reload.
struct CallDefaults {
  std::string carrier = "twilio", voice = "openai", voice_fallback, prompt, greeting, public_url, version;
  std::uint32_t max_concurrent = 1000, max_duration_s = 3600, ring_timeout_s = 30;
  std::uint32_t media_idle_s = 30;        ///< 0: never
  std::uint32_t connect_timeout_s = 15;   ///< from the answer to the media stream
  media::ResamplerKind resampler = media::ResamplerKind::polyphase;
};

/// POST /api/call, checked by the REST side; empty fields take their defaults.
struct PlaceRequest {
  std::string to, from, voice, webhook_url, metadata_json = "{}";
  std::optional<std::string> prompt, greeting;
  std::uint32_t max_duration_s = 0;
  std::string key, body_digest;           ///< Idempotency-Key and what was asked under it; empty: none
};

/// What became of a request; status 0: fine.
struct Refusal {
  int status = 0;
  std::string error;
};

/// What the gauges show; a snapshot.
struct CallCounts {
  std::size_t live = 0, table = 0, parked = 0, unconfirmed = 0, hooks_pending = 0, hooks_dead = 0, placing = 0, tool_runs = 0, keys = 0, timers = 0,
              media_sessions = 0, sweeps = 0;
  std::uint64_t placed = 0, ended = 0, recovered = 0;
};

/// [control], except for the MediaEvents, which come from the loops and only post.
class Calls final : public media::MediaEvents {
 public:
  Calls(Thread& control, Plugins& plugins, call::Table& table, Ledger& ledger, CallDefaults defaults, call::TeardownLimits limits = {});
  void setPlane(media::Plane& plane) { plane_ = &plane; }
  void setDefaults(CallDefaults defaults) { defaults_ = std::move(defaults); }
  const CallDefaults& defaults() const { return defaults_; }

  /// Take up what an earlier run left: calls that were live are settled with the carrier and ended, what was under way
  /// goes on. Then every carrier is asked for legs that nobody knows. Once, when the plugins are there.
  void recover(store::Unfinished unfinished);

  /// Dial. `done` comes once: after the carrier took the call (status 0), or with the refusal.
  void place(PlaceRequest request, std::function<void(const Refusal&, const call::Terms* terms)> done);

  /// The one door. The first reason wins, everybody else joins. `waiter`, if any, hears the carrier's error (empty: the
  /// hang-up went well) when the call has left the list. False: unknown or already over.
  bool end(const std::string& id, call::EndedBy by, const std::string& reason, std::function<void(const std::string& error)> waiter = {});
  struct Failed { std::string call, error; };
  void endAll(call::EndedBy by, const std::string& reason, std::function<void(std::size_t ended, std::vector<Failed> failed)> done);

  /// No new calls from now on.
  void drain() { draining_ = true; }
  bool draining() const { return draining_; }
  /// Live calls, and ended ones whose hooks are under way or due within `soon_ms`. What waits longer is in the store.
  std::size_t unfinished(std::uint64_t soon_ms = 5'000) const;

  /// The carrier's socket for a call whose token was accepted; the token is used up now.
  void attach(const std::string& id, std::unique_ptr<net::Stream> stream, std::string leftover);
  void onCallMessage(Session& session, const hks_msg& message);

  enum class HookAct : std::uint8_t { retry = 1, discard = 2 };
  /// POST /api/hooks/{id}/retry and /discard. `done`: 0 fine, 404 unknown, 409 not in a state for it.
  void actOnHook(const std::string& hook_id, HookAct act, std::function<void(const Refusal&)> done);

  std::size_t liveCount() const { return table_.live().size(); }
  std::string liveJson() const;
  /// Of a call that is in memory; others are in the store.
  std::optional<std::string> detailJson(const std::string& id) const;
  CallCounts counts() const;
  Idempotency& idempotency() { return idempotency_; }
  Ledger& ledger() { return ledger_; }

  static constexpr unsigned hook_id_bits = 24;             ///< attempts of one call's hooks: a leg that stays up for 72 h takes 100,000
  static constexpr std::uint64_t ring_grace_ms = 15'000;   ///< the carrier's own ring timeout comes first

 private:
  // MediaEvents [loop]
  void mediaStreamStarted(const std::string& call) override;
  void mediaTranscript(const std::string& call, call::Line line) override;
  void mediaEndRequested(const std::string& call, call::EndedBy by, const std::string& reason) override;
  void mediaVoiceChanged(const std::string& call, const std::string& voice) override;
  void mediaNotice(const std::string& call, const std::string& plugin, unsigned level, const std::string& text) override;
  void mediaToolCall(const std::string& call, std::uint64_t id, const std::string& name, const std::string& arguments) override;
  void mediaStopped(const std::string& call) override;

  Refusal admit(const std::string& carrier, const std::string& voice) const;
  call::Call& create(call::Terms terms, const std::string& remote_id, call::Status status);
  void equip(call::Call& call);
  void dial(const std::string& id, std::uint64_t message_id);
  void noAnswer(std::uint64_t message_id);
  void announce(call::Call& call);
  void answered(call::Call& call);
  void begin(call::Call& call, call::EndedBy by, const std::string& reason, std::optional<call::Outcome> outcome, bool recovery = false);
  void run(call::Call& call, std::vector<call::Action> actions);
  void perform(const std::string& id, const std::vector<call::Action>& actions);
  void sendHook(call::Call& call, const call::Action& action);
  void seal(call::Call& call);
  void leave(call::Call& call, const std::string& error);
  void schedule(call::Call& call);
  void armLimit(call::Call& call, std::uint64_t ms, const std::string& reason, std::optional<call::Outcome> outcome, bool ask = false);
  void armRing(call::Call& call, std::uint64_t more_ms);
  void armConnect(call::Call& call);

  // recovery
  call::Call& adoptEnded(store::StoredCall stored);
  void sweep();
  void sweep(const std::string& carrier);
  void swept(Session& session, const hks_end& message);
  void sweepAgain(const std::string& carrier, const std::string& why);
  void found(Session& session, const hks_call& leg);
  void orphan(const std::string& carrier, const std::string& id, const std::string& remote_id, const std::string& base_url,
              const std::string& to, const std::string& from, call::Direction direction);
  /// Ask the carrier before a limit counts: its word wins over our timer.
  void ask(call::Call& call, std::function<void(call::Call&)> still_open);
  void finishKey(const std::string& call, const std::string& key);
  void alarm();
  void park();
  void wakeParked();

  void offered(Session& session, const hks_call& offer);
  void placed(Session& session, std::uint64_t id, const std::string& remote_id);
  void taken(call::Call& call, const std::string& remote_id, std::function<void(const Refusal&, const call::Terms*)> done);
  void legNamed(call::Call& call, const std::string& remote_id);
  void failed(const std::string& carrier, const hks_end& message);
  void stateChanged(Session& session, const hks_state& state);
  void legOver(call::Call& call, const hks_state& state);
  void hookDone(Session& session, const hks_hook_done& done);
  void endRequested(Session& session, const hks_end& message);
  void toolDone(const hks_tool_call& message);
  void noticed(const std::string& from, const hks_msg& message);
  call::Call* named(Session& session, hks_str id_or_remote);

  struct Placing {
    std::string call;
    std::function<void(const Refusal&, const call::Terms*)> done;
    Thread::TimerId timer = 0;
  };
  struct ToolRun { std::string call; std::uint64_t voice_id = 0; Thread::TimerId timer = 0; std::string plugin; };
  struct Sweep { std::uint64_t message = 0, first_ms = 0; Thread::TimerId timer = 0; unsigned attempts = 0; std::string said; };
  struct Parked { std::uint64_t due_ms = 0; std::size_t hooks = 0; };
  struct Question { std::function<void()> over; Thread::TimerId timer = 0; };

  Thread& control_;
  Plugins& plugins_;
  call::Table& table_;
  Ledger& ledger_;
  Idempotency idempotency_;
  CallDefaults defaults_;
  const call::TeardownLimits limits_;
  media::Plane* plane_ = nullptr;
  bool draining_ = false, trimming_ = false;
  std::unordered_map<std::uint64_t, Placing> placing_;      // by message id
  std::unordered_map<std::uint64_t, std::string> by_seq_;   // hook id >> hook_id_bits to call
  std::unordered_map<std::uint64_t, ToolRun> tool_runs_;
  std::unordered_map<std::uint64_t, Question> questions_;   // by message id
  std::unordered_map<std::string, Parked> parked_;          // ended calls that wait in the store alone
  std::unordered_map<std::string, Sweep> sweeps_;           // by carrier, until all of its legs were listed
  std::unordered_set<std::string> orphans_;                 // ids that are being looked up in the store
  std::uint64_t next_seq_ = 1, next_message_ = (std::uint64_t(1) << 63) | (std::uint64_t(1) << 61);
  std::uint64_t placed_ = 0, ended_ = 0, recovered_ = 0;
  std::uint64_t last_alarm_ms_ = 0;
};

std::string withoutSlash(std::string url);   ///< at its end
/// The body of the 201.
std::string placedJson(const call::Terms& terms);
/// "<call>:<phase>:<plugin>": the event id of a hook, and its id in the API.
std::string hookId(const std::string& call, call::Phase phase, const std::string& plugin);

}  // namespace hookswitch::control
