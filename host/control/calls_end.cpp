// The end of calls, and what their media report. See host/call/README.md for who ends what in which order.
#include <malloc.h>

#include <algorithm>

#include "host/app/log.hpp"
#include "host/control/calls.hpp"
#include "host/plugin/start_record.hpp"
#include "host/plugin/wire.hpp"

namespace hookswitch::control {

using call::Action;
using call::Call;
using call::EndedBy;
using call::HookRow;
using call::Outcome;
using call::Status;
using plugin::str;
using plugin::view;

namespace {

constexpr const char* component = "calls";
constexpr std::uint64_t tool_ms = 20'000;
constexpr std::uint64_t trim_ms = 2'000;

Outcome outcomeOf(const Call& call, EndedBy by) {
  const bool answered = call.record.answered_unix_ms != 0;
  if (answered) return by == EndedBy::fault ? Outcome::failed : Outcome::completed;
  switch (by) {
    case EndedBy::limit: return Outcome::no_answer;
    case EndedBy::carrier: case EndedBy::fault: return Outcome::failed;
    default: return Outcome::canceled;
  }
}

/// Our own limit and the carrier's fuse are the same number of seconds: whichever burns first, it was the limit.
bool atLimit(const Call& call) {
  if (!call.record.answered_unix_ms) return false;
  const std::uint64_t limit_ms = call.record.terms->max_duration_s * 1000ull;
  return Thread::unixMs() - call.record.answered_unix_ms + std::min<std::uint64_t>(1500, limit_ms / 10) >= limit_ms;
}

}  // namespace

bool Calls::end(const std::string& id, EndedBy by, const std::string& reason, std::function<void(const std::string&)> waiter) {
  Call* call = table_.find(id);
  if (!call || call->record.status == Status::ended) return false;
  if (waiter) call->waiters.push_back(std::move(waiter));
  begin(*call, by, reason, std::nullopt);
  return true;
}

void Calls::begin(Call& call, EndedBy by, const std::string& reason, std::optional<Outcome> outcome) {
  if (call.teardown->begun()) return;
  control_.cancel(call.limit_timer);
  call.limit_timer = 0;
  if (by == EndedBy::carrier && atLimit(call)) by = EndedBy::limit;
  call.record.ended_by = by;
  call.record.reason = reason;
  call.record.outcome = outcome.value_or(outcomeOf(call, by));
  call.record.status = Status::ending;
  log::info(component, std::string("ending, by ") + call::name(by) + ": " + reason, call.id());
  call::Situation situation;
  situation.carrier = call.record.terms->carrier;
  situation.leg_named = !call.record.remote_id.empty();
  situation.leg_over = call.leg_over;
  situation.dialling = call.dialling;
  situation.has_media = call.has_media;
  run(call, call.teardown->begin(plugins_.hooks(), situation, Thread::nowMs()));
}

void Calls::run(Call& call, const std::vector<Action>& actions) {
  const std::string id = call.id();
  for (auto& action : actions) {
    switch (action.kind) {
      case Action::Kind::send_hook: sendHook(call, action); break;
      case Action::Kind::stop_media: plane_->stopCall(id, call.record.reason); break;
      case Action::Kind::seal: seal(call); break;
      case Action::Kind::leave: leave(call, action.answer); break;
      case Action::Kind::release: log::debug(component, "released: nothing runs for this call any more", id); break;
    }
  }
  schedule(call);
}

void Calls::schedule(Call& call) {
  control_.cancel(call.timer);
  call.timer = 0;
  const auto next = call.teardown->nextTick();
  if (!next) return;
  const std::uint64_t now = Thread::nowMs();
  call.timer = control_.after(*next > now ? *next - now : 0, [this, id = call.id()] {
    Call* c = table_.find(id);
    if (!c) return;
    c->timer = 0;
    run(*c, c->teardown->tick(Thread::nowMs()));
  });
}

void Calls::sendHook(Call& call, const Action& action) {
  Session* session = plugins_.session(action.plugin);
  // What a plugin answers in the same step must find the machine at rest, so the verdict is posted.
  auto verdict = [this, id = call.id(), hook = action.id](HookRow::State state, const std::string& why) {
    control_.post([this, id, hook, state, why] {
      if (Call* c = table_.find(id)) run(*c, c->teardown->hookDone(hook, state, 0, why, Thread::nowMs()));
    });
  };
  if (!session) return verdict(HookRow::State::failed, "the plugin is not active any more");

  const call::Record& r = call.record;
  const hks_call terms = plugin::callRecord(*r.terms, r.remote_id);
  std::vector<hks_line> lines;
  if (action.phase == call::Phase::notify)
    for (auto& line : r.transcript) lines.push_back({sizeof(hks_line), line.speaker, line.at_unix_ms, str(line.text)});
  hks_record record{};
  record.size = sizeof record;
  record.outcome = std::uint32_t(r.outcome);
  record.ended_by = std::uint32_t(r.ended_by);
  record.line_size = sizeof(hks_line);
  record.call = &terms;
  record.reason = str(r.reason);
  record.started_unix_ms = r.started_unix_ms;
  record.answered_unix_ms = r.answered_unix_ms;
  record.ended_unix_ms = r.ended_unix_ms;
  record.duration_ms = r.durationMs(Thread::unixMs());
  record.lines = lines.empty() ? nullptr : lines.data();
  record.line_count = lines.size();
  const std::string event_id = call.id() + ":" + call::name(action.phase) + ":" + action.plugin;
  hks_phase phase{};
  phase.msg = {sizeof phase, HKS_CALL_PHASE, action.id};
  phase.phase = std::uint32_t(action.phase);
  phase.deadline_ms = action.deadline_ms;
  phase.attempt = action.attempt;
  phase.event_id = str(event_id);
  phase.record = &record;
  log::debug(component, std::string("hook ") + call::name(action.phase) + " to " + action.plugin + ", attempt " + std::to_string(action.attempt), call.id());
  if (session->step(phase.msg) < 0) verdict(HookRow::State::fault, "the plugin failed on the hook; see its log lines");
}

void Calls::hookDone(Session& session, const hks_hook_done& done) {
  const std::uint64_t id = done.msg.id;
  HookRow::State state = HookRow::State::done;
  switch (done.state) {
    case HKS_HOOK_RETRY: state = HookRow::State::retrying; break;
    case HKS_HOOK_GIVE_UP: state = HookRow::State::failed; break;
    case HKS_HOOK_SKIP: state = HookRow::State::skipped; break;
    default: break;
  }
  control_.post([this, id, state, plugin = session.id(), after_ms = done.after_ms, reason = std::string(view(done.reason))] {
    auto seq = by_seq_.find((id & ~(std::uint64_t(1) << 63)) >> 16);
    Call* call = seq == by_seq_.end() ? nullptr : table_.find(seq->second);
    if (!call) return;
    for (auto& row : call->teardown->rows()) {
      if (row.id != id || row.plugin != plugin) continue;
      if (state == HookRow::State::retrying || state == HookRow::State::failed)
        log::warn(component, std::string("hook ") + call::name(row.phase) + " of " + plugin + (state == HookRow::State::failed ? " was given up: " : " will be tried again: ") + reason, call->id());
      // A copy of the row's phase is all that is needed from here on: the rows may move.
      return run(*call, call->teardown->hookDone(id, state, after_ms, reason, Thread::nowMs()));
    }
  });
}

void Calls::seal(Call& call) {
  call.record.ended_unix_ms = Thread::unixMs();
  log::info(component, std::string("over: ") + call::name(call.record.outcome) + ", by " + call::name(call.record.ended_by) + ", " +
                           std::to_string(call.record.durationMs(0) / 1000) + " s, " + std::to_string(call.record.transcript.size()) + " lines", call.id());
}

void Calls::leave(Call& call, const std::string& error) {
  call.record.status = Status::ended;
  for (auto& row : call.teardown->rows())
    if (row.state == HookRow::State::timed_out || row.state == HookRow::State::fault)
      log::warn(component, std::string("hook ") + call::name(row.phase) + " of " + row.plugin + ": " + row.error, call.id());
  auto waiters = std::move(call.waiters);
  call.waiters.clear();
  std::vector<std::uint64_t> gone;
  table_.leave(call);   // may forget older calls
  for (auto& [seq, id] : by_seq_)
    if (by_seq_.size() > table_.endedCount() + table_.live().size() + 64 && !table_.find(id)) gone.push_back(seq);
  for (auto seq : gone) by_seq_.erase(seq);
  for (auto& waiter : waiters) waiter(error);
  // After a busy hour the allocator keeps what it had; when nobody is on the phone it is given back.
  if (table_.live().empty() && !trimming_) {
    trimming_ = true;
    control_.after(trim_ms, [this] {
      trimming_ = false;
      if (table_.live().empty()) ::malloc_trim(0);
    });
  }
}

void Calls::endAll(EndedBy by, const std::string& reason, std::function<void(std::size_t, std::vector<Failed>)> done) {
  struct Gather { std::size_t open = 1, ended = 0; std::vector<Failed> failed; std::function<void(std::size_t, std::vector<Failed>)> done; };
  auto gather = std::make_shared<Gather>();
  gather->done = std::move(done);
  auto finish = [gather] { if (--gather->open == 0 && gather->done) gather->done(gather->ended, std::move(gather->failed)); };
  std::vector<std::string> ids;
  for (auto* call : table_.live()) ids.push_back(call->id());
  for (auto& id : ids) {
    ++gather->open;
    const bool known = end(id, by, reason, [gather, id, finish](const std::string& error) {
      if (error.empty()) ++gather->ended; else gather->failed.push_back({id, error});
      finish();
    });
    if (!known) finish();
  }
  finish();
}

// ------------------------------------------------------------------------------------------------------- media

void Calls::attach(const std::string& id, std::unique_ptr<net::Stream> stream, std::string leftover) {
  Call* found = table_.find(id);
  if (!found || found->teardown->begun()) return;   // the stream closes by going out of scope
  Call& call = *found;
  media::MediaJob job;
  std::string reason;
  job.terms = call.record.terms;
  job.remote_id = call.record.remote_id;
  if (!plugins_.source(job.terms->carrier, HKS_ROLE_CARRIER, job.carrier, reason)) return begin(call, EndedBy::fault, reason, std::nullopt);
  for (auto& voice : {job.terms->voice, defaults_.voice_fallback}) {
    media::SessionSource source;
    if (voice.empty() || (!job.voices.empty() && job.voices[0].plugin == voice)) continue;
    if (plugins_.source(voice, HKS_ROLE_VOICE, source, reason)) job.voices.push_back(std::move(source));
    else log::warn(component, reason, call.id());
  }
  if (job.voices.empty()) return begin(call, EndedBy::fault, "no speech model: " + reason, std::nullopt);
  job.tools = plugins_.tools();
  job.public_url = defaults_.public_url;
  job.version = defaults_.version;
  job.resampler = defaults_.resampler;
  call.has_media = true;
  plane_->attach(std::move(job), std::move(stream), std::move(leftover));
}

void Calls::mediaStreamStarted(const std::string& id) {
  control_.post([this, id] { if (Call* c = table_.find(id)) if (c->record.status < Status::ending) answered(*c); });
}

void Calls::mediaTranscript(const std::string& id, call::Line line) {
  control_.post([this, id, line = std::move(line)]() mutable {
    Call* c = table_.find(id);
    if (!c || c->record.ended_unix_ms) return;   // sealed
    hks_transcript m{};
    m.msg = {sizeof m, HKS_TRANSCRIPT, 0};
    const std::string text = line.text, item = line.item;
    m.call = str(id);
    m.text = str(text);
    m.item = str(item);
    m.speaker = line.speaker;
    m.at_unix_ms = line.at_unix_ms;
    if (!c->record.addLine(std::move(line))) {
      if (!c->record.transcript_cut) log::warn(component, "the transcript has reached its bound; further lines are not kept", id);
      c->record.transcript_cut = true;
    }
    plugins_.fanOut(m.msg, {});
  });
}

void Calls::mediaEndRequested(const std::string& id, EndedBy by, const std::string& reason) {
  control_.post([this, id, by, reason] { if (Call* c = table_.find(id)) begin(*c, by, reason, std::nullopt); });
}

void Calls::mediaVoiceChanged(const std::string& id, const std::string& voice) {
  control_.post([this, id, voice] {
    Call* c = table_.find(id);
    if (!c || c->record.terms->voice == voice) return;
    auto terms = std::make_shared<call::Terms>(*c->record.terms);
    terms->voice = voice;
    c->record.terms = std::move(terms);
  });
}

void Calls::mediaNotice(const std::string& id, const std::string& plugin, unsigned level, const std::string& text) {
  control_.post([this, id, plugin, level, text] {
    hks_notice m{};
    m.msg = {sizeof m, HKS_NOTICE, 0};
    m.call = str(id);
    m.text = str(text);
    m.level = level;
    noticed(plugin, m.msg);
  });
}

void Calls::mediaToolCall(const std::string& id, std::uint64_t voice_id, const std::string& name, const std::string& arguments) {
  control_.post([this, id, voice_id, name, arguments] {
    const std::string owner = plugins_.toolOwner(name);
    Session* session = owner.empty() ? nullptr : plugins_.session(owner);
    if (!session) return plane_->toolResult(id, voice_id, "{\"error\":\"there is no such tool\"}", true);
    const std::uint64_t run_id = next_message_++;
    ToolRun run;
    run.call = id;
    run.voice_id = voice_id;
    run.plugin = owner;
    run.timer = control_.after(tool_ms, [this, run_id] {
      auto it = tool_runs_.find(run_id);
      if (it == tool_runs_.end()) return;
      plane_->toolResult(it->second.call, it->second.voice_id, "{\"error\":\"timeout\"}", true);
      tool_runs_.erase(it);
    });
    tool_runs_[run_id] = run;
    hks_tool_call m{};
    m.msg = {sizeof m, HKS_TOOL_CALL, run_id};
    m.call = str(id);
    m.name = str(name);
    m.json = str(arguments);
    session->step(m.msg);
  });
}

void Calls::toolDone(const hks_tool_call& message) {
  auto it = tool_runs_.find(message.msg.id);
  if (it == tool_runs_.end()) return;
  control_.cancel(it->second.timer);
  plane_->toolResult(it->second.call, it->second.voice_id, std::string(view(message.json)), message.failed);
  tool_runs_.erase(it);
}

void Calls::mediaStopped(const std::string& id) {
  control_.post([this, id] {
    Call* c = table_.find(id);
    if (!c) return;
    c->has_media = false;
    run(*c, c->teardown->mediaStopped(Thread::nowMs()));
  });
}

}  // namespace hookswitch::control
