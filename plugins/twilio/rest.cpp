#include "plugins/twilio/rest.hpp"

#include "plugins/twilio/form.hpp"
#include "plugins/twilio/text.hpp"

#include <hookswitch/base64.hpp>
#include <hookswitch/read_json.hpp>
#include <hookswitch/utf8.hpp>

#include <algorithm>

namespace hookswitch::twilio {
namespace {

constexpr std::uint32_t kMaxRing_s = 600;                 // Twilio's own limit of Timeout
constexpr std::uint32_t kRing_s = 60, kLimit_s = 14'400;  // what Twilio does unasked; said all the same
constexpr std::uint32_t kAsk_ms = 10'000;
constexpr const char* kPageSize = "200";  // 0.5 MB: half of what the host takes as an answer
constexpr std::size_t kMaxUri = 2048;
constexpr std::size_t kMaxMessage = 300;
constexpr std::string_view kPrefix = "Twilio API error: ";

std::string callsUrl(const Config& config) {
  return config.api_base + "/2010-04-01/Accounts/" + percentEncode(config.account_sid) + "/Calls";
}

bool passing(std::uint32_t status) { return status == 0 || status == 408 || status == 429 || status >= 500; }

}  // namespace

hks::Http Request::http(const Config& config) const {
  hks::Http out;
  out.method = method;
  out.url = url;
  out.body = body;
  out.ms = timeout_ms;
  std::string authorization = "Basic ";
  hks::encodeBase64(authorization, config.account_sid + ":" + config.auth_token);
  out.headers.emplace_back("Authorization", std::move(authorization));
  out.headers.emplace_back("Accept", "application/json");
  if (form) out.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  return out;
}

std::string callbackUrl(std::string_view base, std::string_view route, std::string_view call) {
  std::string out(base);
  out += "/twilio/";
  out += route;
  out += "?gw_call=";
  percentEncodeTo(out, call);
  return out;
}

Request createCall(const Config& config, const hks_call& call, std::string_view from) {
  const hks::Text base = hks::text(call.base_url), id = hks::text(call.call);
  Form form;
  form.add("To", hks::text(call.to_number)).add("From", from);
  form.add("Url", callbackUrl(base, "voice", id)).add("Method", "POST");
  form.add("StatusCallback", callbackUrl(base, "status", id)).add("StatusCallbackMethod", "POST");
  for (const char* event : {"initiated", "ringing", "answered", "completed"}) form.add("StatusCallbackEvent", event);
  // Always both: they end the leg when nothing of ours is left to do it.
  form.add("Timeout", std::to_string(call.ring_timeout_s ? std::min(call.ring_timeout_s, kMaxRing_s) : kRing_s));
  form.add("TimeLimit", std::to_string(call.max_duration_s ? call.max_duration_s : kLimit_s));
  return {"POST", callsUrl(config) + ".json", form.encode(), config.create_timeout_ms, true};
}

Request completeCall(const Config& config, std::string_view call_sid, std::uint32_t timeout_ms) {
  Form form;
  form.add("Status", "completed");
  return {"POST", callsUrl(config) + "/" + percentEncode(call_sid) + ".json", form.encode(), timeout_ms, true};
}

Request updateCall(const Config& config, std::string_view call_sid, std::string_view document,
                   std::uint32_t timeout_ms) {
  Form form;
  form.add("Twiml", document);
  return {"POST", callsUrl(config) + "/" + percentEncode(call_sid) + ".json", form.encode(), timeout_ms, true};
}

Request listCalls(const Config& config, std::string_view to, std::string_view from, std::string_view day) {
  Form query;
  query.add("To", to).add("From", from).add("StartTime>", day).add("PageSize", kPageSize);
  return {"GET", callsUrl(config) + ".json?" + query.encode(), {}, kAsk_ms, false};
}

Request listLegs(const Config& config, std::string_view status) {
  Form query;
  query.add("Status", status).add("PageSize", kPageSize);
  return {"GET", callsUrl(config) + ".json?" + query.encode(), {}, kAsk_ms, false};
}

Request listChildren(const Config& config, std::string_view parent_sid, std::uint32_t timeout_ms) {
  Form query;
  query.add("ParentCallSid", parent_sid).add("PageSize", kPageSize);
  return {"GET", callsUrl(config) + ".json?" + query.encode(), {}, timeout_ms, false};
}

std::optional<Request> nextPage(const Config& config, std::string_view next_uri) {
  // Credentials go along: only the account's own resource will do, whatever the answer names.
  const std::string own = "/2010-04-01/Accounts/" + percentEncode(config.account_sid) + "/Calls.json?";
  if (next_uri.size() > kMaxUri || next_uri.substr(0, own.size()) != own) return std::nullopt;
  for (const char c : next_uri)
    if (c <= ' ' || c == 0x7f) return std::nullopt;
  return Request{"GET", config.api_base + std::string(next_uri), {}, kAsk_ms, false};
}

Request fetchCall(const Config& config, std::string_view call_sid, std::uint32_t timeout_ms) {
  return {"GET", callsUrl(config) + "/" + percentEncode(call_sid) + ".json", {}, timeout_ms, false};
}

Request callLog(const Config& config, std::string_view call_sid) {
  return {"GET", callsUrl(config) + "/" + percentEncode(call_sid) + "/Events.json", {}, kAsk_ms, false};
}

ApiError parseError(std::string_view body) {
  ApiError error;
  hks::json::Reader reader;
  hks::json::Value root;
  if (!reader.read(body, root)) return error;
  error.code = parseNumber(hks::json::wordAt(root, "code")).value_or(0);
  error.message = hks::utf8::line(hks::json::wordAt(root, "message"), kMaxMessage);
  return error;
}

std::string errorSentence(const hks_http& response) {
  std::string out(kPrefix);
  if (response.status == 0) {
    const std::string why = hks::utf8::line(hks::text(response.body), kMaxMessage);
    out += response.flags & HKS_HTTP_UNSENT ? "could not be reached" : "no answer";
    if (!why.empty()) out += " (" + why + ")";
    return out;
  }
  const ApiError error = parseError(hks::text(response.body));
  if (!error.message.empty()) return out + error.message;
  if (response.status >= 200 && response.status < 300) return out + "its answer could not be read";
  out += "HTTP " + std::to_string(response.status);
  if (error.code) out += ", code " + std::to_string(error.code);
  return out;
}

CreateResult judgeCreate(const hks_http& response) {
  if (response.status == 0)
    return {response.flags & HKS_HTTP_UNSENT ? CreateVerdict::repeat : CreateVerdict::unknown, {}};
  if (response.status == 429) return {CreateVerdict::repeat, {}};  // "not executed", says Twilio of 20429
  if (response.status >= 200 && response.status < 300) {
    hks::json::Reader reader;
    hks::json::Value root;
    std::string sid;
    if (reader.read(hks::text(response.body), root)) sid = hks::json::wordAt(root, "sid");
    if (!looksLikeSid(sid)) return {CreateVerdict::unknown, {}};
    return {CreateVerdict::accepted, std::move(sid)};
  }
  return {passing(response.status) ? CreateVerdict::unknown : CreateVerdict::refused, {}};
}

HangUpVerdict judgeHangUp(const hks_http& response) {
  if (response.status >= 200 && response.status < 300) return HangUpVerdict::taken;
  if (passing(response.status)) return HangUpVerdict::repeat;
  const std::uint64_t code = parseError(hks::text(response.body)).code;
  if (code == 21220) return HangUpVerdict::over;  // the leg ended before we asked
  if (code == 20404) return HangUpVerdict::unknown;
  if (code == 20429 || code == 20409 || response.status == 409) return HangUpVerdict::repeat;
  return HangUpVerdict::refused;
}

UpdateVerdict judgeUpdate(const hks_http& response) {
  if (response.status == 0) return response.flags & HKS_HTTP_UNSENT ? UpdateVerdict::repeat : UpdateVerdict::unknown;
  if (response.status >= 200 && response.status < 300) return UpdateVerdict::taken;
  if (response.status == 429) return UpdateVerdict::repeat;
  if (passing(response.status)) return UpdateVerdict::unknown;
  return parseError(hks::text(response.body)).code == 21220 ? UpdateVerdict::over : UpdateVerdict::refused;
}

std::optional<std::uint64_t> retryAfterMs(const hks_http& response) {
  const auto seconds = parseNumber(hks::header(response, "Retry-After"));
  if (!seconds) return std::nullopt;
  return std::min<std::uint64_t>(*seconds, 300) * 1000;
}

}  // namespace hookswitch::twilio
