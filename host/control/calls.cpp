#include "host/control/calls.hpp"

#include <hookswitch/json.hpp>

#include <algorithm>

#include "host/base/ids.hpp"
#include "host/base/log.hpp"
#include "host/base/secret.hpp"
#include "host/plugin/start_record.hpp"
#include "host/plugin/wire.hpp"
#include "host/test_points.hpp"

namespace hookswitch::control {

using call::Call;
using call::EndedBy;
using call::Outcome;
using call::Status;
using plugin::str;
using plugin::view;

namespace {

constexpr const char* component = "calls";
constexpr std::uint64_t create_answer_ms = 60'000;  // a carrier plugin that never answers a dial request
constexpr std::uint64_t late_name_ms = 600'000;  // how long a leg may still appear whose request seemed to have failed

/// http becomes ws, https becomes wss: carriers are given the address of a WebSocket.
std::string mediaUrl(const std::string& base_url, const std::string& prefix) {
  const bool tls = base_url.compare(0, 8, "https://") == 0;
  const std::size_t host = base_url.find("://");
  return (tls ? "wss" : "ws") + (host == std::string::npos ? "://" + base_url : base_url.substr(host)) + prefix +
         base::newToken();
}

}  // namespace

std::string withoutSlash(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

std::string placedJson(const call::Terms& terms) {
  hks::json::Object o;
  o.add("success", true).add("call_id", terms.id).add("to", terms.to_number).add("webhook_url", terms.base_url);
  return o.str();
}

std::string failedJson(const std::string& error, const std::string& call) {
  return hks::json::Object().add("success", false).add("error", error).add("call_id", call).str();
}

std::string hookId(const std::string& call, call::Phase phase, const std::string& plugin) {
  return call + ":" + call::name(phase) + ":" + plugin;
}

Calls::Calls(Thread& control, Plugins& plugins, call::Table& table, Ledger& ledger, CallDefaults defaults,
             call::TeardownLimits limits)
    : control_(control),
      plugins_(plugins),
      table_(table),
      ledger_(ledger),
      idempotency_(ledger),
      defaults_(std::move(defaults)),
      limits_(limits) {
  guard_.configure(defaults_.dial, Thread::nowMs());
  table_.on_forget = [this](const Call& call) { by_seq_.erase(call.seq); };
}

void Calls::setDefaults(CallDefaults defaults) {
  defaults_ = std::move(defaults);
  guard_.configure(defaults_.dial, Thread::nowMs());
}

/// Calls that have left the list though their leg may still run, and cost money.
std::size_t Calls::unconfirmed() const {
  return std::size_t(std::count_if(table_.ended().begin(), table_.ended().end(),
                                   [](const Call* c) { return c->unconfirmed_since != 0; }));
}

/// The last thing that is asked before a call is begun: a dial that is refused elsewhere counts for nothing.
Refusal Calls::guard(const std::string& number) {
  const auto no = guard_.take(number, Thread::nowMs());
  if (no.rule == DialGuard::Rule::none) return {};
  ++refused_[std::size_t(no.rule)];
  const DialLimits& limits = defaults_.dial;
  if (no.rule == DialGuard::Rule::allow_to) return {403, "calls.allow_to does not allow calls to " + number};
  const std::uint64_t wait_s = (no.wait_ms + 999) / 1000;
  const std::string until = " is reached; this call is possible in " + std::to_string(wait_s) + " s";
  if (no.rule == DialGuard::Rule::per_minute)
    return {429, "The limit of " + std::to_string(limits.per_minute) + " calls a minute (calls.per_minute)" + until,
            wait_s};
  return {429,
          "The limit of " + std::to_string(limits.per_number_per_hour) +
              " calls an hour to one number (calls.per_number_per_hour)" + until,
          wait_s};
}

Refusal Calls::admit(const std::string& carrier, const std::string& voice) const {
  if (draining_) return {503, "The gateway is draining and takes no new calls"};
  if (table_.live().size() >= defaults_.max_concurrent)
    return {429, "The limit of " + std::to_string(defaults_.max_concurrent) +
                     " concurrent calls (calls.max_concurrent) is reached"};
  if (const std::size_t legs = unconfirmed(); table_.live().size() + legs >= defaults_.max_concurrent)
    return {429, "The limit of " + std::to_string(defaults_.max_concurrent) +
                     " concurrent calls (calls.max_concurrent) is reached: " + std::to_string(legs) +
                     (legs == 1 ? " leg is" : " legs are") + " not confirmed over"};
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
  terms.id = base::newId();
  terms.media_url = mediaUrl(terms.base_url, prefix.empty() ? "/" + terms.carrier + "/" : prefix);
  call::Record record;
  record.terms = std::make_shared<const call::Terms>(std::move(terms));
  record.remote_id = remote_id;
  record.status = status;
  record.started_unix_ms = Thread::unixMs();
  record.started_ms = Thread::allMs();
  record.boot = Thread::boot();
  Call& call = table_.add(std::move(record));
  equip(call);
  return call;
}

void Calls::equip(Call& call) {
  call.seq = next_seq_++;
  by_seq_[call.seq] = call.id();
  call.teardown = std::make_unique<call::Teardown>(limits_, (std::uint64_t(1) << 63) | (call.seq << hook_id_bits));
}

void Calls::place(PlaceRequest request, std::function<void(const Refusal&, const call::Terms*)> done) {
  call::Terms terms;
  terms.carrier = defaults_.carrier;
  terms.voice = request.voice.empty() ? defaults_.voice : request.voice;
  if (!request.voice.empty() && !plugins_.offers(request.voice, HKS_ROLE_VOICE))
    return done({400, "'voice': there is no voice plugin '" + request.voice + "'"}, nullptr);
  if (Refusal no = admit(terms.carrier, terms.voice); no.status) {
    refused_[0] += no.status == 429;
    return done(no, nullptr);
  }
  Session* carrier = plugins_.session(terms.carrier);
  if (!carrier) return done({503, "No carrier: the plugin '" + terms.carrier + "' cannot dial"}, nullptr);
  if (std::string held; plugins_.heldMs(terms.carrier, "CALL_PLACE", &held))
    return done({503, "No carrier: " + held}, nullptr);
  if (Refusal no = guard(request.to); no.status) return done(no, nullptr);
  terms.to_number = request.to;
  terms.from_number = request.from;
  if (terms.from_number.empty()) {
    auto it = carrier->settings().find("from_number");
    if (it != carrier->settings().end()) terms.from_number = it->second;
  }
  terms.base_url = withoutSlash(request.webhook_url);
  terms.prompt = request.prompt.value_or(defaults_.prompt);
  terms.greeting = request.greeting.value_or(defaults_.greeting);
  terms.metadata_json = request.metadata_json;
  terms.max_duration_s =
      request.max_duration_s ? std::min(request.max_duration_s, defaults_.max_duration_s) : defaults_.max_duration_s;
  terms.ring_timeout_s = defaults_.ring_timeout_s;

  Call& call = create(std::move(terms), {}, Status::initiating);
  call.dialling = true;
  const std::string id = call.id();
  log::info(component,
            "dialling " + call.record.terms->to_number + " through " + call.record.terms->carrier + " for " +
                call.record.terms->voice,
            id);
  const std::uint64_t message_id = next_message_++;
  placing_[message_id] = {id, std::move(done),
                          control_.after(create_answer_ms, [this, message_id] { noAnswer(message_id); })};
  std::vector<store::Write> extra;
  if (!request.key.empty()) extra.push_back(idempotency_.pending(request.key, id));
  HOOKSWITCH_CUT("place.before_intent", "");
  // Whoever finds the call after a crash can look for its leg; a leg without a call could not be found.
  ledger_.write(
      call, [this, id, message_id] { dial(id, message_id); }, std::move(extra));
}

void Calls::dial(const std::string& id, std::uint64_t message_id) {
  auto it = placing_.find(message_id);
  Call* call = table_.find(id);
  if (it == placing_.end() || !call) return;
  HOOKSWITCH_CUT("place.after_intent", "");
  const auto shared = call->record.terms;
  Session* carrier = plugins_.session(shared->carrier);
  hks_refusal bad{};
  bad.msg = {sizeof bad, HKS_CALL_FAILED, message_id};
  bad.http_status = 503;
  if (call->teardown->begun()) {
    bad.reason = str("The call was ended before it was dialled");
    return failed(shared->carrier, bad);
  }
  if (!carrier) {
    bad.reason = str("The carrier plugin is not active any more");
    return failed(shared->carrier, bad);
  }
  armRing(*call, create_answer_ms / 2);  // the answer to the request may take its time; placed() counts anew
  const hks_call record = plugin::callRecord(*shared, {}, HKS_CALL_PLACE, message_id);
  const auto alive = carrier->shared_from_this();  // a step may break the plugin, and with it the session
  if (carrier->step(record.msg) < 0 && placing_.count(message_id)) {
    bad.reason = str("the carrier plugin failed on the dial request");
    bad.http_status = 500;
    failed(shared->carrier, bad);
  }
  plugins_.worked(shared->carrier, "CALL_PLACE");
  HOOKSWITCH_CUT("place.after_dial", "");
}

void Calls::noAnswer(std::uint64_t message_id) {
  auto it = placing_.find(message_id);
  if (it == placing_.end()) return;
  // The entry stays for a while: should the plugin name the leg after all, it is hung up.
  auto late = std::move(it->second.done);
  it->second.done = nullptr;
  const std::string id = it->second.call;
  it->second.timer = control_.after(late_name_ms, [this, message_id] { placing_.erase(message_id); });
  Call* c = table_.find(id);
  // A callback has named the leg meanwhile: the carrier took the call, only its answer is missing.
  if (c && !c->record.remote_id.empty() && !c->teardown->begun())
    return taken(*c, c->record.remote_id, std::move(late));
  if (late) late({502, "The carrier plugin did not answer in time", 0, id}, nullptr);
  if (c) begin(*c, EndedBy::fault, "the carrier plugin did not answer the dial request", Outcome::failed);
}

void Calls::placed(Session& session, std::uint64_t id, const std::string& remote_id) {
  auto it = placing_.find(id);
  if (it == placing_.end()) return;
  const std::string call_id = it->second.call;
  Call* call = table_.find(call_id);
  if (call && call->record.terms->carrier != session.id()) return;
  auto done = std::move(it->second.done);
  control_.cancel(it->second.timer);
  placing_.erase(it);
  // A request that seemed to have failed, and whose call is no more in memory.
  if (!call) return orphan(session.id(), call_id, remote_id, {}, {}, {}, call::Direction::outbound);
  taken(*call, remote_id, std::move(done));
}

void Calls::taken(Call& call, const std::string& remote_id,
                  std::function<void(const Refusal&, const call::Terms*)> done) {
  call.dialling = false;
  log::info(component, call.record.terms->carrier + " took the call as " + remote_id, call.id());
  ++placed_;
  HOOKSWITCH_CUT("placed.before_save", "");
  legNamed(call, remote_id);
  HOOKSWITCH_CUT("placed.before_answer", "");
  if (done) done({}, call.record.terms.get());
  HOOKSWITCH_CUT("placed.after_answer", "");
  if (call.teardown->begun()) return;
  if (call.record.status < Status::in_progress) armRing(call, 0);
  announce(call);
}

/// One write: a name without the hang-up that it makes possible would be forgotten by whoever finds both after a crash.
void Calls::legNamed(Call& call, const std::string& remote_id) {
  table_.setRemote(call, remote_id);
  if (call.teardown->begun() && !call.leg_over)
    run(call, call.teardown->legNamed(Thread::nowMs()));
  else
    ledger_.write(call);
}

void Calls::failed(const std::string& carrier, const hks_refusal& message) {
  auto it = placing_.find(message.msg.id);
  if (it == placing_.end()) return;
  Call* call = table_.find(it->second.call);
  if (call && call->record.terms->carrier != carrier) return;
  auto done = std::move(it->second.done);
  control_.cancel(it->second.timer);
  // A look-up may still find the leg of a request whose answer was lost; then CALL_PLACED follows, see placed().
  const std::string id = it->second.call;
  placing_[message.msg.id] =
      Placing{id, nullptr, control_.after(late_name_ms, [this, mid = message.msg.id] { placing_.erase(mid); })};
  const std::string reason(view(message.reason));
  log::warn(component, "the call could not be placed: " + reason, id);
  HOOKSWITCH_CUT("place.failed", "");
  const Refusal refusal{message.http_status >= 400 && message.http_status < 600 ? int(message.http_status) : 502,
                        reason, 0, id};
  if (!call || call->teardown->begun()) {
    if (done) done(refusal, nullptr);
  } else if (done) {
    // Whoever hears of the failure finds no call any more.
    call->waiters.push_back([done = std::move(done), refusal](const std::string&) { done(refusal, nullptr); });
  }
  if (!call) return;
  call->dialling = false;
  if (call->teardown->begun()) {
    // A leg that a callback has named exists, whatever became of the answer to the request.
    if (call->record.remote_id.empty()) run(*call, call->teardown->legOver(Thread::nowMs()));
    return;
  }
  begin(*call, EndedBy::carrier, reason, Outcome::failed);
}

}  // namespace hookswitch::control
