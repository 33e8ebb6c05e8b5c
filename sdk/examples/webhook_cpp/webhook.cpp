// webhook - tells a URL of yours about every call that ended.
//
//   POST <url>    Content-Type: application/json    Idempotency-Key: <the same for every attempt at one call>
//   {"event":"call_ended","call_id":"...","remote_id":"...","direction":"outbound","to_number":"+1555...",
//    "from_number":"+1555...","far_number":"+1555...","carrier":"twilio","voice":"openai",
//    "outcome":"completed","ended_by":"api","reason":"...",
//    "started_at_ms":1700000000000,"answered_at_ms":...,"ended_at_ms":...,"duration_ms":75500,
//    "metadata":{...},"transcript":[{"speaker":"assistant","text":"...","at_ms":...}]}
//   far_number is the other party, whoever called whom.
//
// With a `secret` it is signed: X-Webhook-Signature: t=<seconds since 1970>,v1=<hex>, where v1 is the HMAC-SHA256 of
// "<t>.<body>". The receiver computes the same, and refuses a t that is more than five minutes old.
// Any 2xx means delivered. No answer, 408, 429 and 5xx are tried again, later each time (2 s, 4 s, 8 s, ... up to a
// minute, with jitter, or as Retry-After says), `attempts` times in all; any other answer is final. The gateway keeps
// the clock and repeats the hook, so this plugin holds no queue: everything it needs is in the message.
// GET /webhook/status, with the gateway's API key, answers how it went so far.
//
//   [webhook]
//   ; required: without it the plugin is loaded but idle
//   url = https://example.com/calls
//   ; signs what is sent
//   secret = ...
//   ; sent as the Authorization header, kept out of logs
//   authorization = Bearer ...
//   ; false leaves out what was said
//   transcript = true
//   attempts = 5
//   timeout_ms = 5000
//
// What it shows: settings, a hook with retries, an HTTP request that continues in a lambda, a signature, a protected
// route.
//
// Build:
//   cmake -S . -B build -DCMAKE_PREFIX_PATH=<where the SDK is installed>
//   cmake --build build && ctest --test-dir build
// Use: copy build/plugins/webhook.so into the gateway's plugin directory and restart it.
#include <hookswitch/hmac.hpp>
#include <hookswitch/json.hpp>
#include <hookswitch/plugin.hpp>
#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>

namespace {

constexpr uint32_t hook_deadline_ms = 15000;
constexpr uint64_t first_pause_ms = 2000, longest_pause_ms = 60000;

constexpr hks_key keys[] = {
    hks::key("enabled", HKS_BOOLEAN, "true", "Whether this plugin works at all"),
    hks::key("url", HKS_URL, "", "Where ended calls are posted to", HKS_REQUIRED),
    hks::key("secret", HKS_TEXT, "", "Signs what is sent; empty: it is not signed", HKS_SECRET),
    hks::key("authorization", HKS_TEXT, "", "Value of the Authorization header; empty: none", HKS_SECRET),
    hks::key("transcript", HKS_BOOLEAN, "true", "Send what was said along"),
    hks::key("attempts", HKS_INTEGER, "5", "How often one call is tried, 1 to 20"),
    hks::key("timeout_ms", HKS_INTEGER, "5000", "How long one attempt may take, 100 to 12000"),
};

const char* outcomeWord(uint32_t outcome) {
  switch (outcome) {
    case HKS_COMPLETED: return "completed";
    case HKS_BUSY: return "busy";
    case HKS_NO_ANSWER: return "no-answer";
    case HKS_CANCELED: return "canceled";
    default: return "failed";
  }
}

const char* enderWord(uint32_t by) {
  switch (by) {
    case HKS_BY_API: return "api";
    case HKS_BY_CARRIER: return "carrier";
    case HKS_BY_AGENT: return "agent";
    case HKS_BY_LIMIT: return "limit";
    case HKS_BY_SHUTDOWN: return "shutdown";
    case HKS_BY_RECOVERY: return "recovery";
    default: return "fault";
  }
}

/// JSON wants valid UTF-8, and who knows what a caller's number or a model's words contain.
std::string clean(hks_str s) { return hks::utf8::clean(hks::text(s)); }

std::string summary(const hks_record& record, bool with_transcript) {
  const auto call = hks::record<hks_call>(record.call);
  hks::json::Object body;
  body.add("event", "call_ended")
      .add("call_id", clean(call.call))
      .add("remote_id", clean(call.remote_id))
      .add("direction", call.direction == HKS_INCOMING ? "incoming" : "outbound")
      .add("to_number", clean(call.to_number))
      .add("from_number", clean(call.from_number))
      .add("far_number", hks::utf8::clean(hks::farNumber(call)))
      .add("carrier", clean(call.carrier))
      .add("voice", clean(call.voice))
      .add("outcome", outcomeWord(record.outcome))
      .add("ended_by", enderWord(record.ended_by))
      .add("reason", clean(record.reason))
      .add("started_at_ms", record.started_unix_ms)
      .add("answered_at_ms", record.answered_unix_ms)
      .add("ended_at_ms", record.ended_unix_ms)
      .add("duration_ms", record.duration_ms)
      .raw("metadata", call.metadata_json.size ? hks::text(call.metadata_json) : hks::Text("{}"));
  if (with_transcript) {
    hks::json::Array lines;
    for (uint64_t i = 0; i < record.line_count; ++i) {
      const auto line = hks::element(record.lines, record.line_size, i);
      lines.raw(hks::json::Object()
                    .add("speaker", line.speaker == HKS_USER ? "user" : "assistant")
                    .add("text", clean(line.text))
                    .add("at_ms", line.at_unix_ms)
                    .str());
    }
    body.raw("transcript", lines.str());
  }
  return body.str();
}

class Webhook : public hks::Session {
 public:
  void onStart(const hks_start& start, hks::Out& out) override {
    settings_ = hks::Settings(start);
    attempts_ = uint32_t(std::clamp(settings_.number("attempts", 5), 1LL, 20LL));
    timeout_ms_ = uint32_t(std::clamp(settings_.number("timeout_ms", 5000), 100LL, 12000LL));
    random_.seed(start.seed);
    out.hook(HKS_PHASE_NOTIFY, hook_deadline_ms);
    out.route("GET", "/webhook/status");  // without HKS_ROUTE_OPEN: the gateway asks for the API key first
  }

  void onPhase(const hks_phase& phase, hks::Out& out) override {
    const uint64_t hook = phase.msg.id;
    const uint32_t attempt = phase.attempt;
    const std::string body = summary(hks::record<hks_record>(phase.record), settings_.on("transcript"));
    hks::Headers headers = {{"Content-Type", "application/json"},
                            {"Idempotency-Key", std::string(hks::text(phase.event_id))}};
    if (!settings_["authorization"].empty()) headers.emplace_back("Authorization", settings_["authorization"]);
    if (!settings_["secret"].empty()) {
      const std::string t =
          std::to_string(phase.unix_ms / 1000);  // of this attempt, so that a late one is not an old one
      headers.emplace_back("X-Webhook-Signature",
                           "t=" + t + ",v1=" + hks::hmacSha256Hex(settings_["secret"], t + "." + body));
    }
    // The lambda outlives this step, the message does not: it takes copies.
    const bool sent =
        call(out, {"POST", settings_["url"], headers, body, timeout_ms_},
             [this, hook, attempt](const hks_http& answer, hks::Out& o) { onAnswer(hook, attempt, answer, o); });
    if (!sent) retry(hook, attempt, "the gateway took no more requests", 0, out);
  }

  void onHttpRequest(const hks_http& request, hks::Out& out) override {
    out.reply(request.msg.id, 200, "application/json",
              hks::json::Object()
                  .add("delivered", delivered_)
                  .add("retried", retried_)
                  .add("given_up", given_up_)
                  .add("last_error", last_error_)
                  .str());
  }

 private:
  void onAnswer(uint64_t hook, uint32_t attempt, const hks_http& answer, hks::Out& out) {
    if (answer.status >= 200 && answer.status < 300) {
      ++delivered_;
      out.hookDone(hook);
      return;
    }
    const std::string why = answer.status
                                ? "the webhook answered " + std::to_string(answer.status)
                                : "the webhook did not answer: " + hks::utf8::line(hks::text(answer.body), 200);
    const bool passing = answer.status == 0 || answer.status == 408 || answer.status == 429 || answer.status >= 500;
    if (passing) return retry(hook, attempt, why, retryAfterMs(answer), out);
    giveUp(hook, why, out);
  }

  void retry(uint64_t hook, uint32_t attempt, const std::string& why, uint64_t after_ms, hks::Out& out) {
    if (attempt >= attempts_) return giveUp(hook, why + ", " + std::to_string(attempt) + " times", out);
    ++retried_;
    last_error_ = why;
    if (!after_ms) {  // half of the pause is certain, half is chance: receivers that come back are not hit at once
      const uint64_t pause = std::min(first_pause_ms << std::min<uint32_t>(attempt - 1, 10), longest_pause_ms);
      after_ms = pause / 2 + random_() % (pause / 2 + 1);
    }
    out.hookDone(hook, HKS_HOOK_RETRY, why, after_ms);
  }

  void giveUp(uint64_t hook, const std::string& why, hks::Out& out) {
    ++given_up_;
    last_error_ = why;
    out.hookDone(hook, HKS_HOOK_GIVE_UP, why);
  }

  /// Retry-After in seconds, at most an hour; 0 when absent or a date.
  static uint64_t retryAfterMs(const hks_http& answer) {
    uint64_t seconds = 0;
    for (char c : hks::header(answer, "Retry-After")) {
      if (c < '0' || c > '9' || seconds > 3600) return 0;
      seconds = seconds * 10 + uint64_t(c - '0');
    }
    return std::min<uint64_t>(seconds, 3600) * 1000;
  }

  hks::Settings settings_;
  uint32_t attempts_ = 5, timeout_ms_ = 5000;
  std::minstd_rand random_;
  uint64_t delivered_ = 0, retried_ = 0, given_up_ = 0;  // since the gateway started or its configuration changed
  std::string last_error_;
};

}  // namespace

HKS_PLUGIN("webhook", "Webhook", "1.0.0", hks::Keys<keys>, hks::Control<Webhook>);
