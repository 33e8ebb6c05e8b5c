#include "tests/fakes/twilio_call.hpp"

namespace fakes {

using Json = nlohmann::json;

namespace {

/// The value the gateway put into the query of one of its URLs so that it can find its call again.
std::string queryValue(const std::string& url, const std::string& name) {
  Request request;
  request.target = url;
  return request.query(name);
}

Audio audioOf(const CallPlan& plan, const Audio& otherwise) {
  if (!plan.caller_wav.empty()) return readWav(plan.caller_wav);
  if (!plan.caller_mulaw.empty()) return readMulaw(plan.caller_mulaw);
  if (plan.tone_hz > 0) return makeTone(plan.tone_hz, plan.tone_ms);
  return otherwise;
}

const char* sipCode(const std::string& status) {
  if (status == "completed") return "200";
  if (status == "busy") return "486";
  if (status == "failed") return "404";
  return "487";
}

}  // namespace

TwilioCall::TwilioCall(std::shared_ptr<TwilioLine> line, CallRequest request, CallPlan plan)
    : line_(std::move(line)),
      request_(std::move(request)),
      plan_(std::move(plan)),
      sid_(newSid("CA")),
      audio_(audioOf(plan_, line_->caller)),
      created_(std::time(nullptr)),
      updated_(created_),
      created_us_(line_->loop.nowUs()) {
  // A leg that a <Dial> rings bears the mark of a call, and is not the leg that the call is known by.
  const bool own = request_.parent_sid.empty();
  if (own) gw_call_ = queryValue(request_.status_callback, "gw_call");
  if (own && gw_call_.empty()) gw_call_ = queryValue(request_.url, "gw_call");
  callbacks_ = std::make_shared<Callbacks>(
      line_->loop, line_->auth_token, plan_, [event = line_->event, sid = sid_](const Json& record) {
        event("callback", {{"sid", sid}, {"status", record["status"]}, {"answer", record["answers"].back()["status"]}});
      });
}

void TwilioCall::after(std::uint32_t ms, void (TwilioCall::*step)()) {
  line_->loop.after(ms, [weak = weak_from_this(), step] {
    if (auto self = weak.lock(); self && !self->over()) (self.get()->*step)();
  });
}

Form TwilioCall::identity(const std::string& call_status) const {
  return {{"CallSid", sid_},
          {"AccountSid", line_->account_sid},
          {"ApiVersion", "2010-04-01"},
          {"From", request_.from},
          {"To", request_.to},
          {"Caller", request_.from},
          {"Called", request_.to},
          {"Direction", request_.direction},
          {"CallStatus", call_status},
          {"FromCity", ""},
          {"FromState", ""},
          {"FromZip", ""},
          {"FromCountry", "US"},
          {"ToCity", ""},
          {"ToState", ""},
          {"ToZip", ""},
          {"ToCountry", "US"}};
}

void TwilioCall::setStatus(const std::string& status) {
  status_ = status;
  updated_ = std::time(nullptr);
  line_->event("call", {{"sid", sid_}, {"status", status}, {"gw_call", gw_call_}, {"far_party", farParty()}});
}

void TwilioCall::fire(const std::string& event, const std::string& call_status) {
  if (request_.status_callback.empty() || request_.events.count(event) == 0) return;
  Form params = identity(call_status);
  if (!request_.parent_sid.empty()) params.emplace_back("ParentCallSid", request_.parent_sid);
  params.emplace_back("Timestamp", rfc2822(std::time(nullptr)));
  params.emplace_back("CallbackSource", "call-progress-events");
  if (event == "completed") {
    const auto seconds = answered_us_ == 0 ? 0 : (ended_us_ - answered_us_ + 999999) / 1000000;
    params.emplace_back("CallDuration", std::to_string(seconds));
    if (call_status == "completed") params.emplace_back("Duration", std::to_string((seconds + 59) / 60));
    params.emplace_back("SipResponseCode", plan_.sip_code.empty() ? sipCode(call_status) : plan_.sip_code);
  }
  callbacks_->fire(request_.status_callback_method, request_.status_callback, std::move(params), event == "completed");
}

void TwilioCall::dial() {
  line_->event("call", {{"sid", sid_}, {"status", "queued"}, {"gw_call", gw_call_}, {"far_party", farParty()}});
  after(plan_.callback_before_201 ? 0 : plan_.queue_ms, &TwilioCall::ring);
}

void TwilioCall::ring() {
  if (initiated_us_ == 0) {
    initiated_us_ = line_->loop.nowUs();
    fire("initiated", "initiated");
    return after(plan_.ring_ms, &TwilioCall::ring);
  }
  ringing_us_ = line_->loop.nowUs();
  setStatus("ringing");
  fire("ringing", "ringing");
  const std::uint32_t ring_limit_ms = request_.timeout_s * 1000;
  if (plan_.outcome != "never" && plan_.answer_ms < ring_limit_ms) return after(plan_.answer_ms, &TwilioCall::outcome);
  limit(ring_limit_ms, "no-answer", "carrier");
}

void TwilioCall::limit(std::uint64_t ms, const char* status, const char* by) {
  line_->loop.cancel(limit_timer_);
  limit_timer_ = line_->loop.after(std::uint32_t(ms), [weak = weak_from_this(), status, by] {
    if (auto self = weak.lock(); self && !self->over()) self->end(status, by);
  });
}

void TwilioCall::outcome() {
  if (plan_.outcome != "answered") return end(plan_.outcome, "carrier");
  answer();
  if (!request_.parent_sid.empty()) return;  // it is connected with the leg that rings it
  if (request_.twiml.empty())
    fetch(request_.url, request_.method, {});
  else
    run(request_.twiml, "", request_.url, "POST", false);
}

void TwilioCall::answer() {
  answered_us_ = line_->loop.nowUs();
  started_ = std::time(nullptr);
  setStatus("in-progress");
  if (request_.direction != "inbound") fire("answered", "in-progress");
  if (watcher_) watcher_("in-progress");
  if (!plan_.limit_after_start) armTimeLimit();
  if (plan_.hangup_after_ms > 0)
    line_->loop.after(plan_.hangup_after_ms, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->hangUp("caller");
    });
}

void TwilioCall::ringHere() {
  setStatus("ringing");
  ringing_us_ = line_->loop.nowUs();
  fetch(request_.url, request_.method, {});
}

void TwilioCall::armTimeLimit() {
  const std::uint64_t over_us = answered_us_ + std::uint64_t(request_.time_limit_s) * 1000000;
  const std::uint64_t now_us = line_->loop.nowUs();
  limit(over_us > now_us ? (over_us - now_us) / 1000 : 0, "completed", "time_limit");
}

void TwilioCall::setTimeLimit(std::uint32_t seconds) {
  request_.time_limit_s = seconds;
  if (answered() && !over()) armTimeLimit();
}

void TwilioCall::setStatusCallback(const std::string& url, const std::string& method) {
  request_.status_callback = url;
  request_.status_callback_method = method;
}

void TwilioCall::end(const std::string& status, const std::string& by) {
  if (over()) return;
  line_->loop.cancel(limit_timer_);
  ended_us_ = line_->loop.nowUs();
  ended_ = std::time(nullptr);
  ended_by_ = by;
  stopDocument();
  setStatus(status);
  fire("completed", status);
  if (const auto watcher = std::exchange(watcher_, {})) watcher(status);
}

bool TwilioCall::cancel() {
  if (over()) return false;
  if (!answered()) end("canceled", "rest");
  return true;
}

bool TwilioCall::hangUp(const std::string& by) {
  if (over()) return false;
  end(answered() ? "completed" : by == "caller" ? "no-answer" : "canceled", by);
  return true;
}

bool TwilioCall::replace(const std::string& url, const std::string& method, const std::string& twiml) {
  if (over() || !answered()) return false;
  stopDocument();
  if (twiml.empty())
    fetch(url, method, {});
  else
    run(twiml, "", url, method, false);
  return true;
}

void TwilioCall::drop() {
  if (!over()) ended_us_ = line_->loop.nowUs();
  line_->loop.cancel(limit_timer_);
  ++document_;
  for (const auto& one : streams_) one->drop();
}

void TwilioCall::noteRequest(Json what, bool hang_up) {
  if (hang_up) ++hang_up_requests_;
  what["at_ms"] = line_->loop.nowUs() / 1000;
  line_->event("request", {{"sid", sid_}, {"operation", what["operation"]}, {"answer", what["answer"]}});
  requests_.push_back(std::move(what));
}

Json TwilioCall::resource(bool fresh) const {
  const std::string uri = "/2010-04-01/Accounts/" + line_->account_sid + "/Calls/" + sid_;
  const auto date = [](std::time_t at) { return at == 0 ? Json() : Json(rfc2822(at)); };
  Json subresources = Json::object();
  for (const char* name : {"notifications", "recordings", "payments", "events", "siprec", "streams", "transcriptions",
                           "user_defined_message_subscriptions", "user_defined_messages"}) {
    std::string camel;
    bool upper = true;
    for (const char c : std::string(name)) {
      if (c != '_') camel += upper ? char(c - 32) : c;
      upper = c == '_';
    }
    subresources[name] = uri + "/" + camel + ".json";
  }
  const auto seconds = (ended_us_ - answered_us_ + 999999) / 1000000;
  return {{"sid", sid_},
          {"account_sid", line_->account_sid},
          {"parent_call_sid", request_.parent_sid.empty() ? Json() : Json(request_.parent_sid)},
          {"to", request_.to},
          {"from", request_.from},
          {"to_formatted", request_.to},
          {"from_formatted", request_.from},
          {"phone_number_sid", "PN00000000000000000000000000000000"},
          {"status", fresh ? "queued" : status_},
          {"direction", request_.direction},
          {"api_version", "2010-04-01"},
          {"answered_by", nullptr},
          {"forwarded_from", nullptr},
          {"caller_name", nullptr},
          {"group_sid", nullptr},
          {"trunk_sid", nullptr},
          {"queue_time", "0"},
          {"date_created", fresh ? Json() : date(created_)},
          {"date_updated", fresh ? Json() : date(updated_)},
          {"start_time", fresh ? Json() : date(started_)},
          {"end_time", date(ended_)},
          {"duration", over() && answered_us_ != 0 ? Json(std::to_string(seconds)) : Json()},
          {"price", nullptr},
          {"price_unit", "USD"},
          {"uri", uri + ".json"},
          {"subresource_uris", subresources}};
}

Json TwilioCall::events() const {
  Json list = Json::array();
  const auto add = [&list](const std::string& url, Json parameters, const Json& status, const std::string& body) {
    list.push_back({{"request", {{"method", "POST"}, {"url", url}, {"parameters", std::move(parameters)}}},
                    {"response",
                     {{"response_code", status},
                      {"request_duration", 5},
                      {"response_body", body},
                      {"content_type", body.empty() ? "" : "text/xml"},
                      {"date_created", rfc2822(std::time(nullptr))}}}});
  };
  const Json who{{"account_sid", line_->account_sid}, {"call_sid", sid_}, {"from", request_.from}, {"to", request_.to}};
  if (request_.direction != "inbound") {
    Json asked = who;
    asked["url"] = request_.url;
    asked["status_callback"] = request_.status_callback;
    add("https://api.twilio.com/2010-04-01/Accounts/" + line_->account_sid + "/Calls.json", asked, 201, "");
  }
  for (const Json& one : webhooks_) add(one["url"], who, one["status"], one.value("body", std::string()));
  for (const Json& one : callbacks_->records())
    for (const Json& answer : one["answers"]) add(one["url"], who, answer["status"], "");
  return list;
}

Json TwilioCall::brief() const {
  return {{"sid", sid_},
          {"gw_call", gw_call_},
          {"from", request_.from},
          {"to", request_.to},
          {"direction", request_.direction},
          {"status", status_},
          {"over", over()},
          {"ended_by", ended_by_},
          {"hang_up_requests", hang_up_requests_},
          {"created_ms", created_us_ / 1000},
          {"ended_ms", ended_us_ / 1000}};
}

Json TwilioCall::summary() const {
  Json streams = Json::array();
  for (const auto& one : streams_) streams.push_back(one->summary());
  return {{"sid", sid_},
          {"gw_call", gw_call_},
          {"from", request_.from},
          {"to", request_.to},
          {"direction", request_.direction},
          {"status", status_},
          {"over", over()},
          {"ended_by", ended_by_},
          {"time_limit_s", request_.time_limit_s},
          {"timeout_s", request_.timeout_s},
          {"created_ms", created_us_ / 1000},
          {"initiated_ms", initiated_us_ / 1000},
          {"ringing_ms", ringing_us_ / 1000},
          {"answered_ms", answered_us_ / 1000},
          {"ended_ms", ended_us_ / 1000},
          {"requests", requests_},
          {"hang_up_requests", hang_up_requests_},
          {"webhooks", webhooks_},
          {"callbacks", callbacks_->records()},
          {"verbs", verb_log_},
          {"keys", keys_},
          {"parent_sid", request_.parent_sid},
          {"faults", faults_},
          {"streams", streams},
          {"protocol_errors", protocolErrors()}};
}

std::uint64_t TwilioCall::protocolErrors() const {
  std::uint64_t errors = 0;
  for (const auto& one : streams_) errors += one->errorCount();
  return errors;
}

std::string TwilioCall::heard() const {
  std::string out;
  for (const auto& one : streams_) out += one->playback().heard();
  return out;
}

std::string TwilioCall::received() const {
  std::string out;
  for (const auto& one : streams_) out += one->playback().received();
  return out;
}

std::string TwilioCall::line() const {
  std::string out;
  for (const auto& one : streams_)
    if (one->startedUs() != 0)
      out += one->playback().line(one->startedUs(), one->endedUs() != 0 ? one->endedUs() : line_->loop.nowUs());
  return out;
}

}  // namespace fakes
