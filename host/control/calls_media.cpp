// Attaching a media stream, and what the loops report. The MediaEvents come from any loop and only post.
#include <algorithm>

#include "host/base/log.hpp"
#include "host/control/calls.hpp"
#include "host/plugin/start_record.hpp"
#include "host/plugin/wire.hpp"
#include "host/test_points.hpp"

namespace hookswitch::control {

using call::Action;
using call::Call;
using call::EndedBy;
using call::HookRow;
using call::Status;
using plugin::str;
using plugin::view;

namespace {
constexpr const char* component = "calls";
constexpr std::uint64_t tool_ms = 20'000;
}  // namespace

void Calls::attach(const std::string& id, std::unique_ptr<net::Stream> stream, std::string leftover) {
  Call* found = table_.find(id);
  if (!found || found->teardown->begun()) return;  // the stream closes by going out of scope
  Call& call = *found;
  media::MediaJob job;
  std::string reason;
  job.terms = call.record.terms;
  job.remote_id = call.record.remote_id;
  if (!plugins_.source(job.terms->carrier, HKS_ROLE_CARRIER, job.carrier, reason))
    return begin(call, EndedBy::fault, reason, std::nullopt);
  for (auto& voice : {job.terms->voice, defaults_.voice_fallback}) {
    media::SessionSource source;
    if (voice.empty() || (!job.voices.empty() && job.voices[0].plugin == voice)) continue;
    if (plugins_.source(voice, HKS_ROLE_VOICE, source, reason))
      job.voices.push_back(std::move(source));
    else
      log::warn(component, reason, call.id());
  }
  if (job.voices.empty()) return begin(call, EndedBy::fault, "no speech model: " + reason, std::nullopt);
  job.tools = plugins_.tools();
  job.public_url = defaults_.public_url;
  job.version = defaults_.version;
  job.resampler = defaults_.resampler;
  job.media_idle_s = defaults_.media_idle_s;
  call.has_media = true;
  control_.cancel(call.connect_timer);
  call.connect_timer = 0;
  plane_->attach(std::move(job), std::move(stream), std::move(leftover));
}

void Calls::mediaStreamStarted(const std::string& id) {
  control_.post([this, id] {
    if (Call* c = table_.find(id))
      if (c->record.status < Status::ending) answered(*c);
  });
}

void Calls::mediaTranscript(const std::string& id, call::Line line) {
  control_.post([this, id, line = std::move(line)]() mutable {
    Call* c = table_.find(id);
    if (!c || c->record.ended_unix_ms) return;  // sealed
    hks_transcript m{};
    m.msg = {sizeof m, HKS_TRANSCRIPT, 0};
    const std::string text = line.text, item = line.item;
    m.call = str(id);
    m.text = str(text);
    m.item = str(item);
    m.speaker = line.speaker;
    m.at_unix_ms = line.at_unix_ms;
    std::uint32_t number = 0;
    const bool kept = c->record.addLine(line, number);
    if (number) {
      // As the record has it now: a correction keeps the time of its line, and an empty text removes it.
      auto& lines = c->record.transcript;
      const auto now =
          std::find_if(lines.rbegin(), lines.rend(), [&](const call::Line& l) { return l.number == number; });
      call::Line written =
          now != lines.rend() ? *now : call::Line{line.speaker, line.at_unix_ms, {}, line.item, number};
      HOOKSWITCH_CUT("line.before_save", "");
      ledger_.write(std::vector<store::Write>{store::SaveLine{id, std::move(written)}}, {});
    }
    if (!kept) {
      if (!c->record.transcript_cut)
        log::warn(component, "the transcript has reached its bound; further lines are not kept", id);
      c->record.transcript_cut = true;
    }
    plugins_.fanOut(m.msg, {});
  });
}

void Calls::mediaEndRequested(const std::string& id, EndedBy by, const std::string& reason) {
  control_.post([this, id, by, reason] {
    if (Call* c = table_.find(id)) begin(*c, by, reason, std::nullopt);
  });
}

void Calls::mediaFarEndLeft(const std::string& id) {
  control_.post([this, id] {
    Call* c = table_.find(id);
    if (!c || c->witness.stream_stopped) return;
    c->witness.stream_stopped = true;
    witnessed(*c);
  });
}

void Calls::mediaVoiceChanged(const std::string& id, const std::string& voice) {
  control_.post([this, id, voice] {
    Call* c = table_.find(id);
    if (!c || c->record.terms->voice == voice) return;
    auto terms = std::make_shared<call::Terms>(*c->record.terms);
    terms->voice = voice;
    c->record.terms = std::move(terms);
    ledger_.write(*c);
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

void Calls::mediaToolCall(const std::string& id, std::uint64_t voice_id, const std::string& name,
                          const std::string& arguments) {
  control_.post([this, id, voice_id, name, arguments] {
    const std::string owner = plugins_.toolOwner(name);
    Session* session = owner.empty() ? nullptr : plugins_.session(owner);
    if (session && plugins_.heldMs(owner, "TOOL_CALL")) session = nullptr;
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
    plugins_.worked(owner, "TOOL_CALL");
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
    // Both have carried a call from its beginning to its end.
    plugins_.worked(c->record.terms->carrier, "carrier", id);
    plugins_.worked(c->record.terms->voice, "voice", id);
    run(*c, c->teardown->mediaStopped(Thread::nowMs()));
  });
}

}  // namespace hookswitch::control
