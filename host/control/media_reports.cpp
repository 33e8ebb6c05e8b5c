#include "host/control/media_reports.hpp"

#include <utility>

#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/control/driver.hpp"
#include "host/control/leg_acts.hpp"
#include "host/control/media_health.hpp"
#include "host/control/plugins.hpp"
#include "host/control/tool_runs.hpp"
#include "host/plugin/flood.hpp"

namespace hookswitch::control {

using call::Call;

void MediaReports::mediaStreamStarted(const std::string& id) {
  driver_.later(id, [this](Call& call) {
    driver_.note(call, call::What::stream_started);
    return call.life.streamStarted(driver_.now());
  });
}

void MediaReports::mediaTranscript(const std::string& id, call::Line line) {
  control_.post([this, id, line = std::move(line)] { heard(id, line); });
}

void MediaReports::heard(const std::string& id, const call::Line& line) {
  Call* call = table_.find(id);
  if (!call) return;
  auto heard = call->life.hear(line);
  if (!heard) return;
  if (heard->full) log::warn(component::calls, "the transcript has reached its bound; further lines are not kept", id);
  if (heard->changed) ledger_.write(std::vector<store::Write>{store::SaveLine{id, *std::move(heard->changed)}}, {});
  withTranscript(id, line, [this](const hks_msg& message) { plugins_.fanOut(message, {}); });
}

void MediaReports::mediaEndRequested(const std::string& id, call::EndedBy by, const std::string& reason) {
  driver_.later(id, [this, by, reason](Call& call) { return call.life.end(by, reason, std::nullopt, driver_.now()); });
}

void MediaReports::mediaFarEndLeft(const std::string& id) {
  driver_.later(id, [this](Call& call) { return call.life.streamStopped(driver_.now()); });
}

void MediaReports::mediaVoiceChanged(const std::string& id, const std::string& voice) {
  driver_.later(id, [voice](Call& call) {
    call.life.voiceIs(voice);
    return call::Effects{};
  });
}

void MediaReports::mediaNotice(const std::string& id, const std::string& plugin, unsigned level,
                               const std::string& text) {
  control_.post([this, plugin, words = Words{id, text, level}] { noticed(plugin, words); });
}

void MediaReports::noticed(const std::string& from, const Words& words) {
  plugin::FloodGate::of(from).line(log::fromPlugin(words.level), words.call, words.text);
  withNotice(words, [&](const hks_msg& message) { plugins_.fanOut(message, from); });
}

void MediaReports::mediaToolCall(const std::string& id, std::uint64_t voice_id, const std::string& name,
                                 const std::string& arguments) {
  control_.post([this, id, voice_id, name, arguments] {
    if (Call* call = table_.find(id)) driver_.note(*call, call::What::tool, name);
    tools_.run(id, voice_id, name, arguments);
  });
}

void MediaReports::mediaQuiet(const std::string& id) {
  control_.post([this, id] { acts_.quiet(id); });
}

void MediaReports::mediaBack(const std::string& id) {
  control_.post([this, id] { acts_.back(id); });
}

void MediaReports::mediaLoop(std::size_t loop, const media::LoopReport& report) {
  control_.post([this, loop, report] { health_.report(loop, report); });
}

void MediaReports::mediaRecorded(const std::string& id, call::Recording recording) {
  control_.post([this, id, kept = std::make_shared<call::Recording>(std::move(recording))] {
    if (Call* call = table_.find(id)) call->media = std::make_unique<const call::Recording>(std::move(*kept));
  });
}

void MediaReports::mediaStopped(const std::string& id) {
  driver_.later(id, [this, id](Call& call) {
    // Both have carried a call from its beginning to its end.
    plugins_.suspects().worked(call.record.terms->carrier, "carrier", id);
    plugins_.suspects().worked(call.record.terms->voice, "voice", id);
    return call.life.mediaDown(driver_.now());
  });
}

}  // namespace hookswitch::control
