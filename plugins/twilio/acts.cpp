#include "plugins/twilio/acts.hpp"

#include "plugins/twilio/rest.hpp"
#include "plugins/twilio/text.hpp"
#include "plugins/twilio/twiml.hpp"

#include <utility>

namespace hookswitch::twilio {
namespace {

void done(std::uint64_t id, std::uint32_t state, std::string_view reason, hks::Out& out) {
  hks_draft_act_done m{};
  m.msg = {sizeof m, HKS_DRAFT_ACT_DONE, id};
  m.state = state;
  m.reason = hks::str(reason);
  out.put(m.msg);
}

}  // namespace

void Acts::keys(const hks_draft_act& act, hks::Out& out) {
  const hks_call call = hks::record<hks_call>(act.call);
  if (ports_.config().dtmf == Dtmf::inband) return done(act.msg.id, HKS_DRAFT_INBAND, {}, out);
  const std::string sid(hks::text(call.remote_id));
  if (!looksLikeSid(sid)) return done(act.msg.id, HKS_DRAFT_REFUSED, "the leg has no id at Twilio yet", out);
  const hks::Text name = hks::text(call.call);
  const std::string status =
      call.base_url.size ? callbackUrl(hks::text(call.base_url), "stream-status", name) : std::string();
  send({act.msg.id, sid, playKeys(hks::text(act.digits), hks::text(call.media_url), name, status)}, out);
}

void Acts::transfer(const hks_draft_act& act, hks::Out& out) {
  const hks_call call = hks::record<hks_call>(act.call);
  const std::string sid(hks::text(call.remote_id));
  if (!looksLikeSid(sid)) return done(act.msg.id, HKS_DRAFT_REFUSED, "the leg has no id at Twilio yet", out);
  if (!call.base_url.size)
    return done(act.msg.id, HKS_DRAFT_REFUSED, "Twilio cannot say how a transfer goes: set server.public_url", out);
  const hks::Text base = hks::text(call.base_url), name = hks::text(call.call);
  std::string document = dialNumber(hks::text(act.to), hks::text(act.announce), act.timeout_s,
                                    callbackUrl(base, "after-dial", name), callbackUrl(base, "dial-status", name));
  if (document.size() > kMaxDocument)
    return done(act.msg.id, HKS_DRAFT_REFUSED, "what is to be announced is too long for Twilio", out);
  send({act.msg.id, sid, std::move(document)}, out);
}

void Acts::send(Update update, hks::Out& out) {
  ++update.tries;
  const Request request = updateCall(ports_.config(), update.sid, update.document, kUpdate_ms);
  const std::uint64_t id = update.id;
  const auto judge = [this, update = std::move(update)](const hks_http& response, hks::Out& o) {
    switch (judgeUpdate(response)) {
      case UpdateVerdict::taken: return done(update.id, HKS_DRAFT_TAKEN, {}, o);
      case UpdateVerdict::over: return done(update.id, HKS_DRAFT_LEFT, errorSentence(response), o);
      case UpdateVerdict::refused: return done(update.id, HKS_DRAFT_REFUSED, errorSentence(response), o);
      case UpdateVerdict::unknown: return done(update.id, HKS_DRAFT_UNSURE, errorSentence(response), o);
      case UpdateVerdict::repeat: break;
    }
    const std::uint64_t wait_ms = retryAfterMs(response).value_or(500);
    const auto again = [this, update](hks::Out& later) { send(update, later); };
    if (update.tries >= kTries || wait_ms > 3'000 || !ports_.after(o, wait_ms, again))
      done(update.id, HKS_DRAFT_REFUSED, errorSentence(response), o);
  };
  if (!ports_.perform(out, request, judge)) done(id, HKS_DRAFT_REFUSED, kTooBusy, out);
}

}  // namespace hookswitch::twilio
