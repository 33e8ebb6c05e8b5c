// The calls: placing, answering, following and ending them. The one door through which every call ends is end().
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "host/call/table.hpp"
#include "host/control/plugins.hpp"
#include "host/media/plane.hpp"

namespace hookswitch::control {

/// The [calls] section and what else decides about a call; replaced as a whole at a reload.
struct CallDefaults {
  std::string carrier = "twilio", voice = "openai", voice_fallback, prompt, greeting, public_url, version;
  std::uint32_t max_concurrent = 1000, max_duration_s = 3600, ring_timeout_s = 30;
  media::ResamplerKind resampler = media::ResamplerKind::polyphase;
};

/// POST /api/call, checked by the REST side; empty fields take their defaults.
struct PlaceRequest {
  std::string to, from, voice, webhook_url, metadata_json = "{}";
  std::optional<std::string> prompt, greeting;
  std::uint32_t max_duration_s = 0;
};

/// What became of a request; status 0: fine.
struct Refusal {
  int status = 0;
  std::string error;
};

/// [control], except for the MediaEvents, which come from the loops and only post.
class Calls final : public media::MediaEvents {
 public:
  Calls(Thread& control, Plugins& plugins, call::Table& table, CallDefaults defaults, call::TeardownLimits limits = {});
  void setPlane(media::Plane& plane) { plane_ = &plane; }
  void setDefaults(CallDefaults defaults) { defaults_ = std::move(defaults); }
  const CallDefaults& defaults() const { return defaults_; }

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
  /// Live calls, and ended ones with hooks or hang-ups still under way.
  std::size_t unfinished() const { return table_.live().size() + table_.unreleased(); }

  /// The carrier's socket for a call whose token was accepted; the token is used up now.
  void attach(const std::string& id, std::unique_ptr<net::Stream> stream, std::string leftover);
  void onCallMessage(Session& session, const hks_msg& message);

  std::size_t liveCount() const { return table_.live().size(); }
  std::string liveJson() const;
  std::optional<std::string> detailJson(const std::string& id) const;

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
  void announce(call::Call& call);
  void answered(call::Call& call);
  void begin(call::Call& call, call::EndedBy by, const std::string& reason, std::optional<call::Outcome> outcome);
  void run(call::Call& call, const std::vector<call::Action>& actions);
  void sendHook(call::Call& call, const call::Action& action);
  void seal(call::Call& call);
  void leave(call::Call& call, const std::string& error);
  void schedule(call::Call& call);
  void armLimit(call::Call& call, std::uint64_t ms, const std::string& reason, std::optional<call::Outcome> outcome);

  void offered(Session& session, const hks_call& offer);
  void placed(Session& session, std::uint64_t id, const std::string& remote_id);
  void failed(Session& session, const hks_end& message);
  void stateChanged(Session& session, const hks_state& state);
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

  Thread& control_;
  Plugins& plugins_;
  call::Table& table_;
  CallDefaults defaults_;
  const call::TeardownLimits limits_;
  media::Plane* plane_ = nullptr;
  bool draining_ = false, trimming_ = false;
  std::unordered_map<std::uint64_t, Placing> placing_;      // by message id
  std::unordered_map<std::uint64_t, std::string> by_seq_;   // hook id >> 16 to call
  std::unordered_map<std::uint64_t, ToolRun> tool_runs_;
  std::uint64_t next_seq_ = 1, next_message_ = (std::uint64_t(1) << 63) | (std::uint64_t(1) << 61);
};

}  // namespace hookswitch::control
