// The calls: placing, answering, following and ending them. The one door through which every call ends is end().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "host/call/table.hpp"
#include "host/control/dial_guard.hpp"
#include "host/control/hook_line.hpp"
#include "host/control/idempotency.hpp"
#include "host/control/ledger.hpp"
#include "host/control/plugins.hpp"
#include "host/media/plane.hpp"

namespace hookswitch::control {

/// The [calls] section and what else decides about a call; replaced as a whole at a reload.
struct CallDefaults {
  std::string carrier = "twilio", voice = "openai", voice_fallback, prompt, greeting, public_url, version;
  std::uint32_t max_concurrent = 1000, max_duration_s = 3600, ring_timeout_s = 30;
  std::uint32_t media_idle_s = 30;       ///< 0: never
  std::uint32_t connect_timeout_s = 15;  ///< from the answer to the media stream
  media::ResamplerKind resampler = media::ResamplerKind::polyphase;
  DialLimits dial;  ///< of POST /api/call alone
};

/// POST /api/call, checked by the REST side; empty fields take their defaults.
struct PlaceRequest {
  std::string to, from, voice, webhook_url, metadata_json = "{}";
  std::optional<std::string> prompt, greeting;
  std::uint32_t max_duration_s = 0;
  std::string key, body_digest;  ///< Idempotency-Key and what was asked under it; empty: none
};

/// What became of a request; status 0: fine.
struct Refusal {
  int status = 0;
  std::string error = {};
  std::uint64_t retry_after_s = 0;  ///< until it would be allowed; 0: nobody knows
  std::string call = {};            ///< what was begun before it failed
};

/// What the gauges show; a snapshot.
struct CallCounts {
  std::size_t live = 0, table = 0, parked = 0, unconfirmed = 0, hooks_pending = 0, hooks_dead = 0, placing = 0,
              tool_runs = 0, keys = 0, timers = 0, media_sessions = 0, sweeps = 0;
  std::uint64_t placed = 0, ended = 0, recovered = 0;
  std::uint64_t refused_allow_to = 0, refused_per_minute = 0, refused_per_number = 0,
                refused_concurrent = 0;  ///< of POST /api/call
};

/// [control], except for the MediaEvents, which come from the loops and only post.
class Calls final : public media::MediaEvents {
 public:
  Calls(Thread& control, Plugins& plugins, call::Table& table, Ledger& ledger, CallDefaults defaults,
        call::TeardownLimits limits = {});
  void setPlane(media::Plane& plane) { plane_ = &plane; }
  void setDefaults(CallDefaults defaults);
  const CallDefaults& defaults() const { return defaults_; }

  /// Take up what an earlier run left: calls that were live are settled with the carrier and ended, what was under way
  /// goes on. Then every carrier is asked for legs that nobody knows. Once, when the plugins are there.
  void recover(store::Unfinished unfinished);

  /// Dial. `done` comes once: after the carrier took the call (status 0), or with the refusal.
  void place(PlaceRequest request, std::function<void(const Refusal&, const call::Terms* terms)> done);

  /// The one door. The first reason wins, everybody else joins. `waiter`, if any, hears the carrier's error (empty: the
  /// hang-up went well) when the call has left the list. False: unknown or already over.
  bool end(const std::string& id, call::EndedBy by, const std::string& reason,
           std::function<void(const std::string& error)> waiter = {});
  struct Failed {
    std::string call, error;
  };
  void endAll(call::EndedBy by, const std::string& reason,
              std::function<void(std::size_t ended, std::vector<Failed> failed)> done);

  /// No new calls from now on.
  void drain();
  bool draining() const { return draining_; }
  /// Live calls, ended ones whose hooks are under way or due within `soon_ms`, and notifications that get through. What
  /// waits longer is in the store. When the last call is over, notifications have `linger_ms` more.
  std::size_t unfinished(std::uint64_t soon_ms = 5'000);
  /// The same in words, for the log; empty when nothing is.
  std::string waitsFor(std::uint64_t soon_ms = 5'000) const;
  void sayLeft() const;  ///< to the log: what the next start takes up
  static constexpr std::uint64_t linger_ms = 5'000;

  /// The carrier's socket for a call whose token was accepted; the token is used up now.
  void attach(const std::string& id, std::unique_ptr<net::Stream> stream, std::string leftover);
  void onCallMessage(Session& session, const hks_msg& message);

  enum class HookAct : std::uint8_t { retry = 1, discard = 2 };
  /// POST /api/hooks/{id}/retry and /discard. `done`: 0 fine, 404 unknown, 409 not in a state for it.
  void actOnHook(const std::string& hook_id, HookAct act, std::function<void(const Refusal&)> done,
                 bool in_turn = false);
  /// Of one plugin, or, with an empty name, the notifications of all of them: those that wait, those that are dead.
  void actOnHooks(HookAct act, const std::string& plugin, bool waiting, bool dead,
                  std::function<void(const Refusal&, std::size_t hooks)> over);

  /// The plugin has a session, of a new configuration perhaps: what waits for it is tried again.
  void sessionOpened(const std::string& plugin);
  struct LineState {
    std::string plugin;
    std::size_t waiting = 0, in_hand = 0, to_mend = 0;
    std::string mend;
    std::uint64_t next_unix_ms = 0;
  };
  /// Plugins whose notifications wait.
  std::vector<LineState> lineStates() const;

  /// Hooks of the plugin that wait for their next attempt have it now.
  void retryHooksOf(const std::string& plugin);

  std::size_t liveCount() const { return table_.live().size(); }
  std::string liveJson() const;
  /// Of a call that is in memory; others are in the store.
  std::optional<std::string> detailJson(const std::string& id) const;
  /// Ended calls that are in memory, for while the store cannot be asked: the newest 1,000 at most, and any that has
  /// work.
  store::HistoryPage endedInMemory(const store::HistoryQuery& query) const;
  CallCounts counts() const;
  Idempotency& idempotency() { return idempotency_; }
  Ledger& ledger() { return ledger_; }

  static constexpr unsigned hook_id_bits =
      24;  ///< attempts of one call's hooks: a leg that stays up for 72 h takes 100,000
  static constexpr std::uint64_t ring_grace_ms = 15'000;  ///< the carrier's own ring timeout comes first

 private:
  // MediaEvents [loop]
  void mediaStreamStarted(const std::string& call) override;
  void mediaTranscript(const std::string& call, call::Line line) override;
  void mediaEndRequested(const std::string& call, call::EndedBy by, const std::string& reason) override;
  void mediaFarEndLeft(const std::string& call) override;
  void mediaVoiceChanged(const std::string& call, const std::string& voice) override;
  void mediaNotice(const std::string& call, const std::string& plugin, unsigned level,
                   const std::string& text) override;
  void mediaToolCall(const std::string& call, std::uint64_t id, const std::string& name,
                     const std::string& arguments) override;
  void mediaStopped(const std::string& call) override;

  Refusal admit(const std::string& carrier, const std::string& voice) const;
  Refusal guard(const std::string& number);
  std::size_t unconfirmed() const;
  call::Call& create(call::Terms terms, const std::string& remote_id, call::Status status);
  void equip(call::Call& call);
  void dial(const std::string& id, std::uint64_t message_id);
  void noAnswer(std::uint64_t message_id);
  void announce(call::Call& call);
  void answered(call::Call& call, const hks_state* said = nullptr);
  void noteAnswer(call::Call& call, const hks_state& said);
  void noteTalk(call::Call& call, const hks_state& said);
  void begin(call::Call& call, call::EndedBy by, const std::string& reason, std::optional<call::Outcome> outcome,
             bool recovery = false);
  void run(call::Call& call, std::vector<call::Action> actions);
  void perform(const std::string& id, const std::vector<call::Action>& actions);
  void sendHook(call::Call& call, const call::Action& action);
  bool othersBusy(const std::string& plugin) const;
  void seal(call::Call& call);
  void leave(call::Call& call, const std::string& error);
  void schedule(call::Call& call);
  void armLimit(call::Call& call, std::uint64_t ms, const std::string& reason, std::optional<call::Outcome> outcome,
                bool ask = false);
  void armRing(call::Call& call, std::uint64_t more_ms);
  void armConnect(call::Call& call);

  // recovery
  call::Call& adoptEnded(store::StoredCall stored);
  void sweep();
  void sweep(const std::string& carrier);
  void swept(Session& session, const hks_swept& message);
  void sweepAgain(const std::string& carrier, const std::string& why);
  void found(Session& session, const hks_call& leg);
  void orphan(const std::string& carrier, const std::string& id, const std::string& remote_id,
              const std::string& base_url, const std::string& to, const std::string& from, call::Direction direction);
  /// Ask the carrier before a limit counts: its word wins over our timer.
  void ask(call::Call& call, std::function<void(call::Call&)> still_open);
  void finishKey(const std::string& call, const std::string& key);
  void alarm();
  void park();

  // lines
  struct Bulk;
  HookLine& line(const std::string& plugin);
  bool mayGive() const;
  void lineUp(call::Call& call, std::vector<call::Action>& actions);
  void pumpSoon();
  void pumpLines();
  void giveNext(const std::string& plugin, const HookLine::Next& next);
  std::size_t tryAgain(const std::string& plugin);
  void nextPage(const std::shared_ptr<Bulk>& bulk);
  std::size_t awaitedOf(const HookLine& line, std::uint64_t now, std::uint64_t soon_ms) const;
  void sayWaiting();

  /// Legs that are offered and that the store is asked for.
  struct Offer {
    std::string carrier, remote_id, to, from;
    std::vector<std::uint64_t> ids = {};  // of the same leg, whose webhook came more than once
    Thread::TimerId timer = 0;
    bool over = false;  // the carrier says so meanwhile
  };
  void offered(Session& session, const hks_call& message);
  void judgeOffer(const std::string& leg, const store::Answer<bool>& known);
  void open(const Offer& offer);
  void acceptOffer(const call::Call& call, std::uint64_t offer_id);
  void refuseOffer(const std::string& carrier, std::uint64_t offer_id, const Refusal& why);
  void rememberLeg(const Offer& offer);
  void placed(Session& session, std::uint64_t id, const std::string& remote_id);
  void taken(call::Call& call, const std::string& remote_id,
             std::function<void(const Refusal&, const call::Terms*)> done);
  void legNamed(call::Call& call, const std::string& remote_id);
  void failed(const std::string& carrier, const hks_refusal& message);
  void stateChanged(Session& session, const hks_state& state);
  void legOver(call::Call& call, const hks_state& state);
  void witnessed(call::Call& call);
  void hookDone(Session& session, const hks_hook_done& done);
  void endRequested(Session& session, const hks_call_end& message);
  void toolDone(const hks_tool_call& message);
  void noticed(const std::string& from, const hks_msg& message);
  call::Call* named(Session& session, hks_str id_or_remote);

  struct Placing {
    std::string call;
    std::function<void(const Refusal&, const call::Terms*)> done;
    Thread::TimerId timer = 0;
  };
  struct ToolRun {
    std::string call;
    std::uint64_t voice_id = 0;
    Thread::TimerId timer = 0;
    std::string plugin;
  };
  struct Sweep {
    std::uint64_t message = 0, first_ms = 0;
    Thread::TimerId timer = 0;
    unsigned attempts = 0;
    std::string said;
  };
  struct Question {
    std::function<void()> over;
    Thread::TimerId timer = 0;
  };

  Thread& control_;
  Plugins& plugins_;
  call::Table& table_;
  Ledger& ledger_;
  Idempotency idempotency_;
  CallDefaults defaults_;
  DialGuard guard_;
  std::unordered_map<std::string, Offer> offers_;  // by carrier and remote id
  const call::TeardownLimits limits_;
  media::Plane* plane_ = nullptr;
  bool draining_ = false, trimming_ = false, recovering_ = false, pump_posted_ = false;
  Thread::TimerId lines_timer_ = 0;
  std::uint64_t quiet_since_ = 0;  // draining, and the last call is over
  std::string waits_said_;
  std::uint64_t waits_said_ms_ = 0;
  std::unordered_map<std::uint64_t, Placing> placing_;     // by message id
  std::unordered_map<std::uint64_t, std::string> by_seq_;  // hook id >> hook_id_bits to call
  std::unordered_map<std::uint64_t, ToolRun> tool_runs_;
  std::unordered_map<std::uint64_t, Question> questions_;  // by message id
  std::map<std::string, HookLine> lines_;                  // notifications, by plugin
  std::unordered_set<std::string> parked_;                 // ended calls that wait in the store alone
  std::unordered_map<std::string, Sweep> sweeps_;          // by carrier, until all of its legs were listed
  std::unordered_set<std::string> orphans_;                // ids that are being looked up in the store
  std::uint64_t next_seq_ = 1, next_message_ = (std::uint64_t(1) << 63) | (std::uint64_t(1) << 61);
  std::uint64_t placed_ = 0, ended_ = 0, recovered_ = 0;
  std::uint64_t refused_[4] = {};  // by DialGuard::Rule; none: at max_concurrent
  std::uint64_t last_alarm_ms_ = 0;
};

std::string withoutSlash(std::string url);  ///< at its end
/// What time it is for this call (call::Record::clockMs). [control]
inline std::uint64_t clockOf(const call::Call& call) { return call.record.clockMs(Thread::allMs(), Thread::unixMs()); }
/// The body of the 201.
std::string placedJson(const call::Terms& terms);
/// The body of an error after which there is a call to look at.
std::string failedJson(const std::string& error, const std::string& call);
/// "<call>:<phase>:<plugin>": the event id of a hook, and its id in the API.
std::string hookId(const std::string& call, call::Phase phase, const std::string& plugin);

}  // namespace hookswitch::control
