#include "host/control/streams.hpp"

#include <utility>

#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/control/driver.hpp"
#include "host/control/plugins.hpp"
#include "host/control/toolbox.hpp"

namespace hookswitch::control {

using call::Call;

base::Result<void> Streams::choose(const Call& call, media::MediaJob& job) {
  auto carrier = plugins_.source(job.terms->carrier, HKS_ROLE_CARRIER);
  if (!carrier) return base::Failure(carrier.error());
  job.carrier = *std::move(carrier);
  std::string reason;
  for (auto& voice : {job.terms->voice, defaults_.voice_fallback}) {
    if (voice.empty() || (!job.voices.empty() && job.voices[0].plugin == voice)) continue;
    if (auto source = plugins_.source(voice, HKS_ROLE_VOICE)) {
      job.voices.push_back(*std::move(source));
    } else {
      reason = source.error();
      log::warn(component::calls, reason, call.id());
    }
  }
  if (job.voices.empty()) return base::Failure("no speech model: " + reason);
  return {};
}

void Streams::attach(const std::string& id, media::CarrierSocket socket) {
  Call* call = table_.find(id);
  if (!call || call->life.ending()) return;  // the socket closes by going out of scope
  if (call->life.hasMedia())                 // instead of the one that has ended for an act of ours
    return plane_->comeBack(call->record.terms, std::move(socket.stream), std::move(socket.leftover));
  media::MediaJob job;
  job.terms = call->record.terms;
  job.remote_id = call->record.remote_id;
  if (const auto chosen = choose(*call, job); !chosen)
    return driver_.run(*call, call->life.end(call::EndedBy::fault, chosen.error(), std::nullopt, driver_.now()));
  job.tools = toolbox_.of(*call->record.terms);
  job.voice_may_end = toolbox_.mayEnd(*call->record.terms);
  job.public_url = defaults_.public_url;
  job.version = defaults_.version;
  job.resampler = defaults_.resampler;
  job.media_idle_s = defaults_.media_idle_s;
  job.dtmf_interrupts = defaults_.dtmf_interrupts;
  job.voice_retry_s = defaults_.voice_retry_s;
  call->life.mediaUp();
  driver_.look(*call);
  plane_->attach(std::move(job), std::move(socket.stream), std::move(socket.leftover));
}

void Streams::say(const Call& call, const std::string& text, bool interrupt) {
  if (call.life.hasMedia()) plane_->say(call.id(), text, interrupt);
}

}  // namespace hookswitch::control
