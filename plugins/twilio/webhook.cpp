#include "plugins/twilio/webhook.hpp"

#include "plugins/twilio/scheme.hpp"
#include "plugins/twilio/text.hpp"

namespace hookswitch::twilio {
namespace {

Webhook refuse(Webhook webhook, std::uint32_t status, std::string why) {
  webhook.refusal = status;
  webhook.why = std::move(why);
  return webhook;
}

std::string join(std::string_view base, std::string_view target) {
  std::string url(base);
  while (!url.empty() && url.back() == '/') url.pop_back();
  url += target;
  return url;
}

}  // namespace

Route routeOf(std::string_view target) {
  std::string_view path = target.substr(0, target.find('?'));
  if (!path.empty() && path.back() == '/') path.remove_suffix(1);
  if (path == "/twilio/voice") return Route::voice;
  if (path == "/twilio/status") return Route::status;
  if (path == "/twilio/stream-status") return Route::stream_status;
  if (path == "/twilio/after-dial") return Route::after_dial;
  if (path == "/twilio/dial-status") return Route::dial_status;
  return Route::other;
}

Webhook readWebhook(const Config& config, std::string_view public_url, const hks_http& request) {
  Webhook webhook;
  const std::string_view target = hks::text(request.url), body = hks::text(request.body);
  webhook.gw_call = queryValue(target, "gw_call");
  if (!webhook.form.parse(body))
    return refuse(std::move(webhook), 413,
                  "a form of more than " + std::to_string(Form::kMaxFields) + " fields or " +
                      std::to_string(Form::kMaxBytes) + " bytes");
  const std::string_view type = hks::header(request, "Content-Type");
  const bool form =
      type.empty() || sameIgnoringCase(type.substr(0, type.find(';')), "application/x-www-form-urlencoded");
  if (config.verify_signature) {
    const hks_call call = hks::record<hks_call>(request.call);
    const std::string_view base = call.base_url.size ? hks::text(call.base_url) : public_url;
    if (base.empty())
      return refuse(std::move(webhook), 403,
                    "no signature can be checked without knowing our own address: set server.public_url");
    const std::string url = join(base, target);
    SignedRequest signed_request{url, form ? &webhook.form : nullptr, form ? std::string_view() : body};
    if (std::string fault = signatureFault(config, request, signed_request); !fault.empty())
      return refuse(std::move(webhook), 403, std::move(fault));
  }
  if (!form) return refuse(std::move(webhook), 415, "expected application/x-www-form-urlencoded");
  const std::string_view account = webhook.form["AccountSid"];
  if (!account.empty() && account != config.account_sid)
    return refuse(std::move(webhook), 403, "AccountSid is not twilio.account_sid");
  webhook.call_sid = webhook.form["CallSid"];
  if (!looksLikeSid(webhook.call_sid)) webhook.call_sid.clear();
  return webhook;
}

bool upgradeIsSigned(const Config& config, std::string_view base_url, const hks_http& request) {
  std::string url = join(base_url, hks::text(request.url));
  // Twilio signs the URL of the TwiML, which is ws or wss; urlCandidates() adds the http forms.
  if (url.compare(0, 4, "http") == 0) url.replace(0, 4, "ws");
  return signatureFault(config, request, {url, nullptr, {}}).empty();
}

}  // namespace hookswitch::twilio
