#include "plugins/twilio/control.hpp"

#include "plugins/twilio/text.hpp"
#include "plugins/twilio/twiml.hpp"

#include <hookswitch/utf8.hpp>

#include <vector>

namespace hookswitch::twilio {
namespace {

constexpr std::string_view kXml = "text/xml; charset=utf-8";
constexpr std::size_t kMaxNumber = 128;  // of a caller as Twilio names it: E.164, client:..., sip:..., "anonymous"

std::string about(const hks_http& request, const Webhook& webhook) {
  const hks_call call = hks::record<hks_call>(request.call);
  if (call.call.size) return "call " + std::string(hks::text(call.call)) + ": ";
  return webhook.call_sid.empty() ? std::string() : "leg " + webhook.call_sid + ": ";
}

/// Another leg that carries our call's id: nothing it says or wants is about this call.
bool isForeignLeg(const hks_call& call, const Webhook& webhook) {
  return call.remote_id.size != 0 && hks::text(call.remote_id) != webhook.call_sid;
}

/// The query's id as it is when the host did not resolve it.
std::string_view nameOf(const hks_call& call, const Webhook& webhook) {
  return call.call.size ? hks::text(call.call) : std::string_view(webhook.gw_call);
}

std::string field(const Webhook& webhook, std::string_view name, std::size_t limit = 200) {
  return hks::utf8::line(webhook.form[name], limit);
}

}  // namespace

void Control::onStart(const hks_start& start, hks::Out& out) {
  std::vector<std::string> problems;
  config_ = Config::read(hks::Settings(start), problems);
  public_url_ = hks::text(start.public_url);
  chance_.seed(start.seed);
  look_up_.noteTime(std::int64_t(start.unix_ms / 1000));
  for (const auto& problem : problems) out.log(HKS_WARN, problem);
  out.route("POST", "/twilio/voice", HKS_ROUTE_OPEN, "gw_call");
  out.route("POST", "/twilio/status", HKS_ROUTE_OPEN, "gw_call");
  out.route("POST", "/twilio/stream-status", HKS_ROUTE_OPEN, "gw_call");
  out.route("POST", "/twilio/after-dial", HKS_ROUTE_OPEN, "gw_call");
  out.route("POST", "/twilio/dial-status", HKS_ROUTE_OPEN, "gw_call");
  out.endpoint("/twilio/media-stream/{token}", HKS_ROUTE_ASK);
  for (const std::uint32_t phase : {HKS_PHASE_HANGUP, HKS_PHASE_CONFIRM, HKS_PHASE_SETTLE})
    out.hook(phase, Settler::kDeadline_ms);
}

void Control::onPlace(const hks_call& call, hks::Out& out) {
  progress_.begin(hks::text(call.call), hks::text(call.base_url), false);
  dialler_.place(call, out);
}

/// Every phase that is hooked is one of a call that ends.
void Control::onPhase(const hks_phase& phase, hks::Out& out) {
  const hks_record record = hks::record<hks_record>(phase.record);
  transfers_.forget(hks::text(hks::record<hks_call>(record.call).call));
  settler_.onPhase(phase, out);
}

void Control::onHttpRequest(const hks_http& request, hks::Out& out) {
  if (request.flags & HKS_HTTP_UPGRADE) return onUpgrade(request, out);
  const Route route = routeOf(hks::text(request.url));
  if (route == Route::other) return void(out.reply(request.msg.id, 404));
  const Webhook webhook = readWebhook(config_, public_url_, request);
  if (webhook.refusal) {
    // Anybody may knock: the 1st, 2nd, 4th, 8th... refusal is worth a line.
    ++refusals_;
    if ((refusals_ & (refusals_ - 1)) == 0)
      out.log(HKS_WARN, "refused a webhook with " + std::to_string(webhook.refusal) + ": " + webhook.why + " (" +
                            std::to_string(refusals_) + " so far)");
    if (route == Route::voice) progress_.refused(hks::text(hks::record<hks_call>(request.call).call), webhook.why);
    return void(out.reply(request.msg.id, webhook.refusal));
  }
  if (const auto sent = parseMailDate(webhook.form["Timestamp"])) look_up_.noteTime(*sent);
  progress_.heard(webhook.gw_call);
  bool wanted = true;
  // A leg that is rung for a transfer bears the call's mark, and is not the call's.
  if (!webhook.gw_call.empty() && !webhook.call_sid.empty() && route != Route::dial_status) {
    const hks_call call = hks::record<hks_call>(request.call);
    const std::string_view base = call.base_url.size ? hks::text(call.base_url) : std::string_view(public_url_);
    look_up_.note(webhook.call_sid, {webhook.gw_call, std::string(base)});
    wanted = dialler_.named(webhook.gw_call, webhook.call_sid, out);
  }
  switch (route) {
    case Route::voice: return onVoice(request, webhook, wanted, out);
    case Route::status: return onStatus(request, webhook, out);
    case Route::after_dial: return onAfterDial(request, webhook, out);
    case Route::dial_status:
      out.reply(request.msg.id, 204);
      return transfers_.status(hks::record<hks_call>(request.call), webhook, out);
    default: return onStreamStatus(request, webhook, out);
  }
}

void Control::onVoice(const hks_http& request, const Webhook& webhook, bool wanted, hks::Out& out) {
  const std::uint64_t id = request.msg.id;
  if (webhook.call_sid.empty()) {
    out.log(HKS_WARN, "refused a voice webhook with 400: CallSid is missing or malformed");
    return void(out.reply(id, 400));
  }
  if (webhook.gw_call.empty()) {
    if (webhook.form["Direction"].substr(0, 8) != "outbound") return offer(request, webhook, out);
    out.log(HKS_WARN, "leg " + webhook.call_sid + " was not placed by this gateway: hung up");
    return void(out.reply(id, 200, kXml, hangUp()));
  }
  const hks_call call = hks::record<hks_call>(request.call);
  // A call that the host no longer knows, or knows without a stream to connect to, has nobody who could talk.
  if (!wanted || call.media_url.size == 0 || isForeignLeg(call, webhook)) {
    out.log(HKS_INFO, about(request, webhook) + "leg " + webhook.call_sid +
                          " was answered, but its call is over, unknown or has another leg: hung up");
    out.reply(id, 200, kXml, hangUp());
    // The host decides what becomes of a leg that has our mark; another leg of a call is no news about it.
    if (!isForeignLeg(call, webhook)) out.state(nameOf(call, webhook), webhook.call_sid, HKS_IN_PROGRESS);
    return;
  }
  const hks::Text name = hks::text(call.call);
  progress_.asked(name);
  out.reply(
      id, 200, kXml,
      connectStream(hks::text(call.media_url), name, callbackUrl(hks::text(call.base_url), "stream-status", name)));
  out.state(name, webhook.call_sid, HKS_IN_PROGRESS, 0, progress_.missing(name));
}

void Control::offer(const hks_http& request, const Webhook& webhook, hks::Out& out) {
  if (offers_.size() >= kMaxOffers) {
    out.log(HKS_WARN, "too many incoming calls wait for an answer: the oldest is rejected as busy");
    out.reply(offers_.begin()->second, 200, kXml, rejectBusy());
    offers_.erase(offers_.begin());
  }
  const std::uint64_t offer = ++last_offer_;
  offers_.emplace(offer, request.msg.id);
  // A repeated webhook makes a second offer of the same leg; the host answers it with the same call.
  if (out.offer(offer, field(webhook, "From", kMaxNumber), field(webhook, "To", kMaxNumber), webhook.call_sid)) return;
  offers_.erase(offer);
  out.reply(request.msg.id, 200, kXml, rejectBusy());
}

void Control::onAccepted(const hks_call& call, hks::Out& out) {
  const auto it = offers_.find(call.msg.id);
  if (it == offers_.end()) return;
  const hks::Text name = hks::text(call.call);
  progress_.begin(name, hks::text(call.base_url), true);
  out.reply(it->second, 200, kXml,
            call.media_url.size == 0
                ? hangUp()
                : connectStream(hks::text(call.media_url), name,
                                call.base_url.size ? callbackUrl(hks::text(call.base_url), "stream-status", name)
                                                   : std::string()));
  offers_.erase(it);
}

void Control::onRefused(const hks_refusal& end, hks::Out& out) {
  const auto it = offers_.find(end.msg.id);
  if (it == offers_.end()) return;
  // An old leg whose webhook comes again is hung up; a caller who cannot be taken now hears that we are busy.
  // One that nobody here wants is told so.
  const bool over = end.http_status == 410, unwanted = end.http_status == 403;
  out.log(HKS_DEBUG, "an incoming call was refused: " + hks::utf8::line(hks::text(end.reason), 200));
  out.reply(it->second, 200, kXml, over ? hangUp() : unwanted ? reject() : rejectBusy());
  offers_.erase(it);
}

void Control::onStatus(const hks_http& request, const Webhook& webhook, hks::Out& out) {
  out.reply(request.msg.id, 204);
  LegState leg = legState(webhook.form["CallStatus"]);
  const hks_call call = hks::record<hks_call>(request.call);
  // A leg with our mark and a call that the host does not know: that it lives is news, however young it is.
  const std::string_view status = webhook.form["CallStatus"];
  if ((status == "queued" || status == "initiated") && call.call.size == 0 && !webhook.gw_call.empty())
    leg.state = HKS_RINGING;
  if (leg.state == 0 || webhook.call_sid.empty() || isForeignLeg(call, webhook)) return;
  // An incoming call's own status callbacks carry no mark.
  std::string_view name = nameOf(call, webhook);
  if (const Mark* mark = name.empty() ? look_up_.known(webhook.call_sid) : nullptr) name = mark->call;
  std::string reason;
  const auto at_s = parseMailDate(webhook.form["Timestamp"]);
  hks::LegTimes times;
  if (leg.state == HKS_OVER) {
    // CallDuration counts seconds; Duration, beside it, billed minutes.
    times = legTimes({}, at_s, parseNumber(webhook.form["CallDuration"]));
    reason = "the carrier reported " + field(webhook, "CallStatus", 32);
    std::string detail;
    const auto add = [&detail](const char* label, const std::string& value) {
      if (!value.empty()) detail += (detail.empty() ? " (" : ", ") + std::string(label) + value;
    };
    if (leg.outcome != HKS_COMPLETED) add("SIP ", field(webhook, "SipResponseCode", 16));
    add("error ", field(webhook, "ErrorCode", 16));
    add("", field(webhook, "ErrorMessage"));
    if (!detail.empty()) reason += detail + ")";
    progress_.judge(name, times.duration_ms, leg.outcome, reason);
  } else if (leg.state == HKS_IN_PROGRESS) {
    times = legTimes(at_s, {}, {});
    reason = progress_.missing(name);
  }
  out.state(nameOf(call, webhook), webhook.call_sid, leg.state, leg.outcome, reason, times);
  if (leg.state != HKS_OVER) return;
  transfers_.forget(name);
  children_.endWith(name, out);
}

void Control::onAfterDial(const hks_http& request, const Webhook& webhook, hks::Out& out) {
  const hks_call call = hks::record<hks_call>(request.call);
  const hks::Text name = hks::text(call.call);
  const std::string status =
      call.base_url.size ? callbackUrl(hks::text(call.base_url), "stream-status", name) : std::string();
  out.reply(request.msg.id, 200, kXml,
            isForeignLeg(call, webhook) ? hangUp() : transfers_.after(call, webhook, status, out));
}

void Control::onStreamStatus(const hks_http& request, const Webhook& webhook, hks::Out& out) {
  out.reply(request.msg.id, 204);
  const std::string event = field(webhook, "StreamEvent", 32);
  const bool bad = event == "stream-error";
  // Besides Twilio's own debugger nothing else says why a stream's handshake failed.
  if (bad)
    progress_.streamFailed(nameOf(hks::record<hks_call>(request.call), webhook),
                           "Twilio: " + field(webhook, "StreamError"));
  out.log(bad ? HKS_WARN : HKS_DEBUG,
          about(request, webhook) + "Twilio reports " + event + (bad ? ": " + field(webhook, "StreamError") : ""));
}

void Control::onUpgrade(const hks_http& request, hks::Out& out) {
  const hks_call call = hks::record<hks_call>(request.call);
  if (call.call.size == 0) return void(out.reply(request.msg.id, 403));
  bool let_in = true;
  if (config_.stream_signature != SignaturePolicy::off) {
    const hks::Text base = call.base_url.size ? hks::text(call.base_url) : hks::Text(public_url_);
    if (!upgradeIsSigned(config_, base, request)) {
      let_in = config_.stream_signature == SignaturePolicy::log;
      // Worth one line; a carrier that never signs its upgrades would otherwise write one for every call.
      if (!let_in || !upgrade_noted_)
        out.log(HKS_WARN,
                "call " + std::string(hks::text(call.call)) +
                    ": the media stream's upgrade has no valid X-Twilio-Signature" +
                    (let_in ? "; its one-use token is good, so it is let in (twilio.stream_signature is log); "
                              "said once"
                            : ": refused with 403 (twilio.stream_signature is enforce)"));
      upgrade_noted_ = true;
    }
  }
  if (let_in)
    progress_.upgraded(hks::text(call.call));
  else
    progress_.streamFailed(hks::text(call.call), "its upgrade has no valid signature and was refused with 403");
  out.reply(request.msg.id, let_in ? 101 : 403);
}

void Control::onDraft(const hks_msg* in, hks::Out& out) {
  switch (in->type) {
    case HKS_DRAFT_KEYS: return acts_.keys(hks::as<hks_draft_act>(in), out);
    case HKS_DRAFT_TRANSFER: {
      const auto act = hks::as<hks_draft_act>(in);
      const hks_call call = hks::record<hks_call>(act.call);
      children_.expect(hks::text(call.call), hks::text(call.remote_id));
      transfers_.begin(hks::text(call.call));
      return acts_.transfer(act, out);
    }
    case HKS_DRAFT_TRANSFERRED: {
      const auto news = hks::as<hks_draft_transferred>(in);
      return children_.expect(hks::text(news.call), {});
    }
    default: return;
  }
}

void Control::onTimer(std::uint64_t id, hks::Out& out) {
  const auto it = timers_.find(id);
  if (it == timers_.end()) return;
  const auto then = std::move(it->second);
  timers_.erase(it);
  then(out);
}

bool Control::perform(hks::Out& out, const Request& request, Ports::Then then) {
  return call(out, request.http(config_), std::move(then));
}

bool Control::after(hks::Out& out, std::uint64_t ms, std::function<void(hks::Out&)> then) {
  const std::uint64_t id = ++last_timer_;
  timers_.emplace(id, std::move(then));
  if (out.timer(id, ms)) return true;
  timers_.erase(id);
  return false;
}

std::uint64_t Control::random(std::uint64_t below) { return below ? chance_() % below : 0; }

}  // namespace hookswitch::twilio
