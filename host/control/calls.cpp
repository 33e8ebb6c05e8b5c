#include "host/control/calls.hpp"

#include <hookswitch/json.hpp>

#include <algorithm>

#include "host/app/log.hpp"
#include "host/plugin/start_record.hpp"
#include "host/plugin/wire.hpp"

namespace hookswitch::control {

using call::Call;
using call::EndedBy;
using call::Outcome;
using call::Status;
using plugin::str;
using plugin::view;

namespace {

constexpr const char* component = "calls";
constexpr std::uint64_t create_answer_ms = 60'000;   // a carrier plugin that never answers a dial request
constexpr std::uint64_t ring_grace_ms = 15'000;      // the carrier's own ring timeout comes first

std::string trimSlash(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

/// http becomes ws, https becomes wss (CONTRACT: routes).
std::string mediaUrl(const std::string& base_url, const std::string& prefix) {
  const bool tls = base_url.compare(0, 8, "https://") == 0;
  const std::size_t host = base_url.find("://");
  return (tls ? "wss" : "ws") + (host == std::string::npos ? "://" + base_url : base_url.substr(host)) + prefix + call::newToken();
}

}  // namespace

Calls::Calls(Thread& control, Plugins& plugins, call::Table& table, CallDefaults defaults, call::TeardownLimits limits)
    : control_(control), plugins_(plugins), table_(table), defaults_(std::move(defaults)), limits_(limits) {}

Refusal Calls::admit(const std::string& carrier, const std::string& voice) const {
  if (draining_) return {503, "The gateway is draining and takes no new calls"};
  if (table_.live().size() >= defaults_.max_concurrent)
    return {429, "The limit of " + std::to_string(defaults_.max_concurrent) + " concurrent calls (calls.max_concurrent) is reached"};
  media::SessionSource ignored;
  std::string reason;
  if (!plugins_.source(carrier, HKS_ROLE_CARRIER, ignored, reason)) return {503, "No carrier: " + reason};
  if (!plugins_.source(voice, HKS_ROLE_VOICE, ignored, reason)) return {503, "No voice: " + reason};
  return {};
}

Call& Calls::create(call::Terms terms, const std::string& remote_id, Status status) {
  std::string prefix;
  for (auto& endpoint : plugins_.endpoints())
    if (endpoint.plugin == terms.carrier) prefix = endpoint.prefix;
  terms.id = call::newId();
  terms.media_url = mediaUrl(terms.base_url, prefix.empty() ? "/" + terms.carrier + "/" : prefix);
  call::Record record;
  record.terms = std::make_shared<const call::Terms>(std::move(terms));
  record.remote_id = remote_id;
  record.status = status;
  record.started_unix_ms = Thread::unixMs();
  Call& call = table_.add(std::move(record));
  const std::uint64_t seq = next_seq_++;
  by_seq_[seq] = call.id();
  call.teardown = std::make_unique<call::Teardown>(limits_, (std::uint64_t(1) << 63) | (seq << 16));
  return call;
}

void Calls::place(PlaceRequest request, std::function<void(const Refusal&, const call::Terms*)> done) {
  call::Terms terms;
  terms.carrier = defaults_.carrier;
  terms.voice = request.voice.empty() ? defaults_.voice : request.voice;
  if (Refusal no = admit(terms.carrier, terms.voice); no.status) return done(no, nullptr);
  Session* carrier = plugins_.session(terms.carrier);
  if (!carrier) return done({503, "No carrier: the plugin '" + terms.carrier + "' cannot dial"}, nullptr);
  terms.to_number = request.to;
  terms.from_number = request.from;
  if (terms.from_number.empty()) {
    auto it = carrier->settings().find("from_number");
    if (it != carrier->settings().end()) terms.from_number = it->second;
  }
  terms.base_url = trimSlash(request.webhook_url);
  terms.prompt = request.prompt.value_or(defaults_.prompt);
  terms.greeting = request.greeting.value_or(defaults_.greeting);
  terms.metadata_json = request.metadata_json;
  terms.max_duration_s = request.max_duration_s ? std::min(request.max_duration_s, defaults_.max_duration_s) : defaults_.max_duration_s;
  terms.ring_timeout_s = defaults_.ring_timeout_s;

  Call& call = create(std::move(terms), {}, Status::initiating);
  call.dialling = true;
  const std::string id = call.id();
  log::info(component, "dialling " + call.record.terms->to_number + " through " + call.record.terms->carrier + " for " + call.record.terms->voice, id);
  const std::uint64_t message_id = next_message_++;
  Placing placing;
  placing.call = id;
  placing.done = std::move(done);
  placing.timer = control_.after(create_answer_ms, [this, message_id, id] {
    auto it = placing_.find(message_id);
    if (it == placing_.end()) return;
    // The entry stays: should the plugin name the leg after all, it is hung up.
    auto late = std::move(it->second.done);
    it->second.done = nullptr;
    if (late) late({502, "The carrier plugin did not answer in time"}, nullptr);
    if (Call* c = table_.find(id)) begin(*c, EndedBy::fault, "the carrier plugin did not answer the dial request", Outcome::failed);
  });
  placing_[message_id] = std::move(placing);
  armLimit(call, call.record.terms->ring_timeout_s * 1000ull + ring_grace_ms + create_answer_ms / 2, "nobody answered", Outcome::no_answer);
  const auto shared = call.record.terms;
  const hks_call record = plugin::callRecord(*shared, {}, HKS_CALL_PLACE, message_id);
  if (carrier->step(record.msg) < 0 && placing_.count(message_id)) {
    hks_end bad{};
    bad.msg = {sizeof bad, HKS_CALL_FAILED, message_id};
    bad.reason = str("the carrier plugin failed on the dial request");
    bad.code = 500;
    failed(*carrier, bad);
  }
}

void Calls::placed(Session& session, std::uint64_t id, const std::string& remote_id) {
  auto it = placing_.find(id);
  if (it == placing_.end()) return;
  Call* call = table_.find(it->second.call);
  if (!call || call->record.terms->carrier != session.id()) return;
  auto done = std::move(it->second.done);
  control_.cancel(it->second.timer);
  placing_.erase(it);
  call->dialling = false;
  table_.setRemote(*call, remote_id);
  log::info(component, session.library().name + " took the call as " + remote_id, call->id());
  if (done) done({}, call->record.terms.get());
  if (call->teardown->begun()) return run(*call, call->teardown->legNamed(Thread::nowMs()));
  announce(*call);
}

void Calls::failed(Session& session, const hks_end& message) {
  auto it = placing_.find(message.msg.id);
  if (it == placing_.end()) return;
  Call* call = table_.find(it->second.call);
  if (call && call->record.terms->carrier != session.id()) return;
  auto done = std::move(it->second.done);
  control_.cancel(it->second.timer);
  // A look-up may still find the leg of a request whose answer was lost; then CALL_PLACED follows, see placed().
  const std::string id = it->second.call;
  placing_[message.msg.id] = Placing{id, nullptr, control_.after(600'000, [this, mid = message.msg.id] { placing_.erase(mid); })};
  const std::string reason(view(message.reason));
  log::warn(component, "the call could not be placed: " + reason, id);
  if (done) done({message.code >= 400 && message.code < 600 ? int(message.code) : 502, reason}, nullptr);
  if (!call) return;
  call->dialling = false;
  if (call->teardown->begun()) return run(*call, call->teardown->legOver(Thread::nowMs()));
  call->leg_over = true;
  begin(*call, EndedBy::carrier, reason, Outcome::failed);
}

void Calls::offered(Session& session, const hks_call& offer) {
  const std::string remote_id(view(offer.remote_id));
  auto accept = [&](const Call& call) {
    const hks_call record = plugin::callRecord(*call.record.terms, call.record.remote_id, HKS_CALL_ACCEPTED, offer.msg.id);
    session.step(record.msg);
  };
  auto refuse = [&](const Refusal& why) {
    hks_end m{};
    m.msg = {sizeof m, HKS_CALL_REFUSED, offer.msg.id};
    m.reason = str(why.error);
    m.code = std::uint32_t(why.status);
    session.step(m.msg);
  };
  // A webhook that is delivered twice must not answer the caller twice.
  if (Call* known = table_.findRemote(session.id(), remote_id)) {
    if (known->teardown->begun()) return refuse({410, "the call is over"});
    return accept(*known);
  }
  call::Terms terms;
  terms.carrier = session.id();
  terms.voice = defaults_.voice;
  terms.to_number = std::string(view(offer.to_number));
  terms.from_number = std::string(view(offer.from_number));
  terms.base_url = trimSlash(defaults_.public_url);
  terms.prompt = defaults_.prompt;
  terms.greeting = defaults_.greeting;
  terms.direction = call::Direction::incoming;
  terms.max_duration_s = defaults_.max_duration_s;
  terms.ring_timeout_s = defaults_.ring_timeout_s;
  Refusal no = admit(terms.carrier, terms.voice);
  if (!no.status && terms.base_url.empty()) no = {503, "server.public_url is empty, so the carrier cannot be told where to send the audio"};
  if (no.status) {
    log::warn(component, "an incoming call from " + terms.to_number + " was refused: " + no.error);
    return refuse(no);
  }
  Call& call = create(std::move(terms), remote_id, Status::ringing);
  log::info(component, "incoming call from " + call.record.terms->to_number + " to " + call.record.terms->from_number, call.id());
  armLimit(call, call.record.terms->ring_timeout_s * 1000ull + ring_grace_ms, "the carrier never opened the media stream", std::nullopt);
  accept(call);
  announce(call);
}

void Calls::announce(Call& call) { run(call, call.teardown->announce(plugins_.hooks(), Thread::nowMs())); }

void Calls::armLimit(Call& call, std::uint64_t ms, const std::string& reason, std::optional<Outcome> outcome) {
  control_.cancel(call.limit_timer);
  call.limit_timer = control_.after(ms, [this, id = call.id(), reason, outcome] {
    if (Call* c = table_.find(id)) {
      c->limit_timer = 0;
      begin(*c, EndedBy::limit, reason, outcome);
    }
  });
}

void Calls::answered(Call& call) {
  if (call.record.status >= Status::in_progress) return;
  call.record.status = Status::in_progress;
  call.record.answered_unix_ms = Thread::unixMs();
  log::info(component, "in progress", call.id());
  armLimit(call, call.record.terms->max_duration_s * 1000ull,
           "the maximum duration of " + std::to_string(call.record.terms->max_duration_s) + " s is reached", std::nullopt);
}

void Calls::stateChanged(Session& session, const hks_state& state) {
  Call* call = state.call.size ? table_.find(view(state.call)) : nullptr;
  if (!call) call = table_.findRemote(session.id(), view(state.remote_id));
  if (!call || call->record.terms->carrier != session.id())
    return log::debug(component, session.library().name + " reported a call that is not ours: " + std::string(view(state.remote_id)));
  const std::string remote(view(state.remote_id));
  if (!remote.empty() && call->record.remote_id.empty()) {
    // A callback may be faster than the answer to the create request, or all that is left of it.
    table_.setRemote(*call, remote);
    if (state.state != HKS_OVER && call->teardown->begun()) run(*call, call->teardown->legNamed(Thread::nowMs()));
  }
  switch (state.state) {
    case HKS_RINGING:
      if (call->record.status == Status::initiating) {
        call->record.status = Status::ringing;
        log::info(component, "ringing", call->id());
      }
      return;
    case HKS_IN_PROGRESS:
      if (call->record.status < Status::ending) answered(*call);
      return;
    case HKS_OVER: {
      if (call->leg_over) return;
      call->leg_over = true;
      if (call->teardown->begun()) {
        log::info(component, "the carrier confirms that the leg is over", call->id());
        return run(*call, call->teardown->legOver(Thread::nowMs()));
      }
      const Outcome outcome = state.outcome >= HKS_COMPLETED && state.outcome <= HKS_CANCELED ? static_cast<Outcome>(state.outcome) : Outcome::completed;
      std::string reason(view(state.reason));
      if (reason.empty()) reason = std::string("the carrier reported the call ") + call::name(outcome);
      return begin(*call, EndedBy::carrier, reason, outcome);
    }
    default: return;
  }
}

Call* Calls::named(Session& session, hks_str id_or_remote) {
  Call* call = table_.find(view(id_or_remote));
  return call ? call : table_.findRemote(session.id(), view(id_or_remote));
}

void Calls::endRequested(Session& session, const hks_end& message) {
  Call* call = named(session, message.call);
  if (!call) return log::warn(session.component(), "asked for the end of a call that is unknown or over");
  const auto by = message.by >= HKS_BY_API && message.by <= HKS_BY_RECOVERY ? static_cast<EndedBy>(message.by) : EndedBy::api;
  begin(*call, by, std::string(view(message.reason)), std::nullopt);
}

void Calls::onCallMessage(Session& session, const hks_msg& message) {
  switch (message.type) {
    case HKS_CALL_OFFER: return offered(session, reinterpret_cast<const hks_call&>(message));
    case HKS_CALL_PLACED: return placed(session, message.id, std::string(view(reinterpret_cast<const hks_call&>(message).remote_id)));
    case HKS_CALL_FAILED: return failed(session, reinterpret_cast<const hks_end&>(message));
    case HKS_CALL_STATE: return stateChanged(session, reinterpret_cast<const hks_state&>(message));
    case HKS_CALL_END: return endRequested(session, reinterpret_cast<const hks_end&>(message));
    case HKS_HOOK_DONE: return hookDone(session, reinterpret_cast<const hks_hook_done&>(message));
    case HKS_TOOL_RESULT: return toolDone(reinterpret_cast<const hks_tool_call&>(message));
    case HKS_NOTICE: return noticed(session.id(), message);
    case HKS_SAY: {
      auto& say = reinterpret_cast<const hks_notice&>(message);
      Call* call = named(session, say.call);
      if (call && call->has_media) plane_->say(call->id(), std::string(view(say.text)));
      return;
    }
    default: log::debug(session.component(), std::string("sent ") + plugin::typeName(message.type) + ", which is not for a control session");
  }
}

void Calls::noticed(const std::string& from, const hks_msg& message) {
  auto& notice = reinterpret_cast<const hks_notice&>(message);
  log::write(log::fromPlugin(notice.level), "plugin." + from, view(notice.call), std::string(view(notice.text)));
  plugins_.fanOut(message, from);
}

std::string Calls::liveJson() const {
  const std::uint64_t now = Thread::unixMs();
  hks::json::Array list;
  for (auto* call : table_.live()) list.raw(call::toJson(call->record, nullptr, now, false));
  return hks::json::Object().raw("calls", list.str()).add("count", std::uint64_t(table_.live().size())).str();
}

std::optional<std::string> Calls::detailJson(const std::string& id) const {
  const Call* call = table_.find(id);
  if (!call) return std::nullopt;
  const auto& rows = call->teardown->rows();
  return call::toJson(call->record, &rows, Thread::unixMs(), true);
}

}  // namespace hookswitch::control
