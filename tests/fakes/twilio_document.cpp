// How a call follows its TwiML (twilio.md §4).
#include "tests/fakes/twilio_call.hpp"

namespace fakes {

using Json = nlohmann::json;

namespace {

constexpr unsigned most_documents = 25;         // <Redirect> and action loops end here
constexpr std::uint32_t ms_per_character = 15;  // <Say>, faster than speech: nobody wants to wait in a test
constexpr std::uint32_t longest_say_ms = 3000;
constexpr std::uint32_t play_ms = 300;
constexpr std::uint32_t key_ms = 100, wait_ms = 500;  // <Play digits>: a key, and a w

std::uint32_t number(const std::string& text, std::uint32_t otherwise) {
  return text.empty() ? otherwise : std::uint32_t(std::strtoul(text.c_str(), nullptr, 10));
}

}  // namespace

void TwilioCall::fetch(const std::string& url, const std::string& method, Form extra, bool is_fallback) {
  if (++documents_fetched_ > most_documents) return documentFailed(11200, "too many documents for one call", url, true);
  const auto document = document_;
  Form params = identity(request_.direction == "inbound" && !answered() ? "ringing" : status_);
  params.insert(params.end(), extra.begin(), extra.end());
  line_->loop.after(plan_.webhook_delay_ms, [weak = weak_from_this(), document, url, method, params, is_fallback] {
    const auto self = weak.lock();
    if (!self || self->document_ != document || self->over()) return;
    if (!self->plan_.unreachable.empty())
      return self->documentFailed(11205, "told to be unreachable", url, is_fallback);
    const auto asked_us = self->line_->loop.nowUs();
    deliverWebhook(self->line_->loop, self->line_->auth_token, signingFrom(self->plan_.webhook_signing), method, url,
                   params, self->plan_.webhook_timeout_ms,
                   [self, document, url, method, is_fallback, asked_us](ClientResult result, unsigned attempts) {
                     const auto now_us = self->line_->loop.nowUs();
                     self->webhooks_.push_back({{"kind", is_fallback ? "fallback" : "voice"},
                                                {"url", url},
                                                {"status", result.status},
                                                {"error", result.error},
                                                {"attempts", attempts},
                                                {"at_ms", asked_us / 1000},
                                                {"took_us", now_us - asked_us},
                                                {"body", result.body.substr(0, 4096)}});
                     self->line_->event("webhook", {{"sid", self->sid_}, {"status", result.status}});
                     if (self->document_ != document || self->over()) return;
                     if (result.status / 100 != 2)
                       return self->documentFailed(
                           result.connected || result.status != 0 ? 11200 : 11205,
                           result.status != 0 ? "HTTP " + std::to_string(result.status) : result.error, url,
                           is_fallback);
                     const std::string_view type = header(result.headers, "content-type");
                     self->run(result.body, type.empty() ? "missing" : std::string(type), url, method, is_fallback);
                   });
  });
}

void TwilioCall::run(const std::string& document, const std::string& type, const std::string& url,
                     const std::string& method, bool is_fallback) {
  Twiml twiml = parseTwiml(document, type);
  if (twiml.code != 0) return documentFailed(twiml.code, twiml.error, url, is_fallback);
  stream_fault_code_ = twiml.stream_code;
  stream_fault_ = twiml.stream_error;
  document_url_ = url;
  document_method_ = method;
  verbs_ = std::move(twiml.verbs);
  next_verb_ = 0;
  nextVerb();
}

void TwilioCall::documentFailed(unsigned code, const std::string& why, const std::string& url, bool is_fallback) {
  faults_.push_back({{"code", code}, {"message", why}, {"url", url}});
  line_->event("fault", {{"sid", sid_}, {"code", code}, {"message", why}});
  if (!is_fallback && !request_.fallback_url.empty())
    return fetch(request_.fallback_url, request_.fallback_method,
                 {{"ErrorCode", std::to_string(code)}, {"ErrorUrl", url}}, true);
  // The caller hears an error announcement and the call is over.
  if (plan_.error_ms == 0) return end(answered() ? "completed" : "failed", "error");
  line_->loop.after(plan_.error_ms, [weak = weak_from_this(), document = document_] {
    const auto self = weak.lock();
    if (self && self->document_ == document && !self->over())
      self->end(self->answered() ? "completed" : "failed", "error");
  });
}

void TwilioCall::continueAfter(std::uint32_t ms) {
  line_->loop.after(ms, [weak = weak_from_this(), document = document_] {
    if (auto self = weak.lock(); self && self->document_ == document && !self->over()) self->nextVerb();
  });
}

void TwilioCall::playKeys(const std::string& digits) {
  const char key = digits.front();
  line_->loop.after(key == 'w' ? wait_ms : key_ms, [weak = weak_from_this(), document = document_, key, digits] {
    const auto self = weak.lock();
    if (!self || self->document_ != document || self->over()) return;
    if (key != 'w') self->keys_ += key;
    digits.size() > 1 ? self->playKeys(digits.substr(1)) : self->nextVerb();
  });
}

void TwilioCall::nextVerb() {
  const bool first = next_verb_ == 0;
  if (next_verb_ < verbs_.size() && first && !answered() && verbs_[0].name == "Reject") {
    const bool busy = verbs_[0].attribute("reason") == "busy";
    verb_log_.push_back({{"verb", "Reject"}});
    return end(busy ? "busy" : "no-answer", "document");
  }
  if (!answered()) answer();
  if (next_verb_ >= verbs_.size()) return end("completed", "document");
  const Verb verb = verbs_[next_verb_++];
  perform(verb);
}

void TwilioCall::perform(const Verb& verb) {
  Json entry{{"verb", verb.name}, {"at_ms", line_->loop.nowUs() / 1000}};
  if (!verb.text.empty()) entry["text"] = verb.text;
  for (const auto& [name, value] : verb.attributes) entry[name] = value;
  verb_log_.push_back(entry);
  if (verb.name == "Hangup") return end("completed", "document");
  if (verb.name == "Say")
    return continueAfter(std::min(longest_say_ms, std::uint32_t(verb.text.size()) * ms_per_character));
  if (verb.name == "Play" && !verb.attribute("digits").empty()) return playKeys(verb.attribute("digits"));
  if (verb.name == "Play") return continueAfter(play_ms);
  if (verb.name == "Pause") return continueAfter(number(verb.attribute("length"), 1) * 1000);
  if (verb.name == "Redirect") return fetch(resolveUrl(document_url_, verb.text), verb.attribute("method", "POST"), {});
  if (verb.name == "Connect") return openStream(verb);
  if (verb.name == "Dial") return dialNumber(verb);
  documentFailed(
      12200, "<" + verb.name + "> cannot be performed here: only an inbound call that was not answered can be rejected",
      document_url_, true);
}

void TwilioCall::dialNumber(const Verb& dial) {
  const Verb& number = dial.children.front();
  CallRequest wanted;
  wanted.direction = "outbound-dial";
  wanted.parent_sid = sid_;
  wanted.from = request_.from;
  wanted.to = number.text;
  wanted.timeout_s = ::fakes::number(dial.attribute("timeout"), 30);
  wanted.status_callback = number.attribute("statusCallback");
  wanted.status_callback_method = number.attribute("statusCallbackMethod", "POST");
  if (const std::string events = number.attribute("statusCallbackEvent"); !events.empty()) {
    wanted.events.clear();
    for (const char* event : {"initiated", "ringing", "answered", "completed"})
      if (events.find(event) != std::string::npos) wanted.events.insert(event);
  }
  child_ = line_->ring(std::move(wanted));
  child_->watch([weak = weak_from_this(), document = document_, dial](const std::string& status) {
    const auto self = weak.lock();
    if (!self || status == "in-progress") return;
    if (self->document_ == document && !self->over()) self->dialEnded(dial, status);
  });
  child_->dial();
}

void TwilioCall::dialEnded(const Verb& dial, const std::string& status) {
  const std::string action = dial.attribute("action");
  if (action.empty()) return nextVerb();
  Form more{{"DialCallStatus", status}, {"DialCallSid", child_ ? child_->sid() : ""}};
  child_.reset();
  fetch(resolveUrl(document_url_, action), dial.attribute("method", "POST"), std::move(more));
}

void TwilioCall::openStream(const Verb& connect) {
  const Verb& stream = connect.children.front();
  if (stream_fault_code_ != 0) {
    streamStatus(stream, "stream-error", stream_fault_);
    return streamEnded(connect, stream_fault_code_, stream_fault_);
  }
  StreamRequest wanted;
  wanted.account_sid = line_->account_sid;
  wanted.auth_token = line_->auth_token;
  wanted.call_sid = sid_;
  wanted.url = stream.attribute("url");
  for (const Verb& parameter : stream.children)
    wanted.parameters.emplace_back(parameter.attribute("name"), parameter.attribute("value"));
  if (gw_call_.empty())
    if (const auto* mine = find(wanted.parameters, "gw_call")) gw_call_ = *mine;
  wanted.audio = audio_;
  wanted.audio_at = streams_.empty() ? 0 : streams_.back()->audioAt();
  wanted.keep_bytes = line_->keep_bytes;
  auto media = std::make_shared<MediaStream>(line_->loop, line_->ticker, std::move(wanted), plan_);
  streams_.push_back(media);
  MediaStream::Handlers handlers;
  const auto document = document_;
  handlers.on_start = [self = shared_from_this(), stream] {
    self->line_->event("stream", {{"sid", self->sid_}, {"state", "started"}});
    self->streamStatus(stream, "stream-started", "");
    if (self->plan_.limit_after_start && !self->over()) self->armTimeLimit();
  };
  handlers.on_end = [self = shared_from_this(), connect, document](unsigned code, const std::string& error) {
    self->line_->event("stream", {{"sid", self->sid_}, {"state", "ended"}, {"code", code}});
    self->streamStatus(connect.children.front(), code == 0 ? "stream-stopped" : "stream-error", error);
    if (self->document_ == document && !self->over()) self->streamEnded(connect, code, error);
  };
  media->open(std::move(handlers));
}

void TwilioCall::streamEnded(const Verb& connect, unsigned code, const std::string& error) {
  if (code != 0)
    faults_.push_back({{"code", code}, {"message", error}, {"url", connect.children.front().attribute("url")}});
  if (plan_.media_loss_keeps_call) return;
  const std::string action = connect.attribute("action");
  if (!action.empty()) return fetch(resolveUrl(document_url_, action), connect.attribute("method", "POST"), {});
  nextVerb();
}

void TwilioCall::streamStatus(const Verb& stream, const std::string& event, const std::string& error) {
  const std::string url = stream.attribute("statusCallback");
  if (url.empty() || plan_.unreachable == "all") return;
  Form params{{"AccountSid", line_->account_sid},
              {"CallSid", sid_},
              {"StreamSid", streams_.empty() ? "" : streams_.back()->sid()},
              {"StreamName", stream.attribute("name")},
              {"StreamEvent", event},
              {"Timestamp", iso8601(std::time(nullptr))}};
  if (!error.empty()) params.emplace_back("StreamError", error);
  deliverWebhook(line_->loop, line_->auth_token, signingFrom(plan_.callback_signing),
                 stream.attribute("statusCallbackMethod", "POST"), url, params, plan_.webhook_timeout_ms,
                 [self = shared_from_this(), url, event](ClientResult result, unsigned attempts) {
                   self->webhooks_.push_back({{"kind", event},
                                              {"url", url},
                                              {"status", result.status},
                                              {"error", result.error},
                                              {"attempts", attempts},
                                              {"at_ms", self->line_->loop.nowUs() / 1000}});
                 });
}

void TwilioCall::stopDocument() {
  ++document_;
  verbs_.clear();
  next_verb_ = 0;
  if (const auto media = stream()) media->finish();
  // Whoever is rung for this leg is not rung any more, unless the plan says that the two crossed.
  if (const auto child = std::exchange(child_, nullptr); child && !plan_.dial_outlives) child->hangUp("parent");
}

}  // namespace fakes
