#include "tests/fakes/twilio_webhook.hpp"

#include <algorithm>

namespace fakes {

namespace {
constexpr std::uint32_t retry_ms = 100;
}

void sendWebhook(Loop& loop, const std::string& auth_token, Signing signing, const std::string& method,
                 const std::string& url, const Form& params, std::uint32_t timeout_ms,
                 std::function<void(ClientResult)> done) {
  std::string target = url.substr(0, url.find('#'));
  const bool get = method == "GET";
  if (get && !params.empty()) target += (target.find('?') == std::string::npos ? '?' : '&') + encodeForm(params);
  Headers headers{{"User-Agent", "TwilioProxy/1.1"}, {"Accept", "*/*"}, {"I-Twilio-Idempotency-Token", newSid("")}};
  addSignature(headers, auth_token, signing, target, get ? Form{} : params);
  UrlParts parts;
  if (splitUrl(target, parts) && !parts.user_info.empty()) {
    std::string credentials = "Basic ";
    appendBase64(credentials, percentDecode(parts.user_info));
    headers.emplace_back("Authorization", credentials);
  }
  if (!get) headers.emplace_back("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8");
  request(loop, get ? "GET" : "POST", target, std::move(headers), get ? std::string() : encodeForm(params), timeout_ms,
          std::move(done));
}

void deliverWebhook(Loop& loop, const std::string& auth_token, Signing signing, const std::string& method,
                    const std::string& url, const Form& params, std::uint32_t timeout_ms,
                    std::function<void(ClientResult, unsigned)> done) {
  sendWebhook(loop, auth_token, signing, method, url, params, timeout_ms,
              [&loop, auth_token, signing, method, url, params, timeout_ms, done](ClientResult result) {
                if (result.status != 0 || result.connected || result.error == "timed out")
                  return done(std::move(result), 1);
                loop.after(retry_ms, [&loop, auth_token, signing, method, url, params, timeout_ms, done] {
                  sendWebhook(loop, auth_token, signing, method, url, params, timeout_ms,
                              [done](ClientResult again) { done(std::move(again), 2); });
                });
              });
}

Callbacks::Callbacks(Loop& loop, std::string auth_token, const CallPlan& plan, Observer delivered)
    : loop_(loop), auth_token_(std::move(auth_token)), plan_(plan), delivered_(std::move(delivered)) {}

void Callbacks::fire(const std::string& method, const std::string& url, Form params, bool last) {
  const std::string status = *find(params, "CallStatus");
  params.emplace_back("SequenceNumber", std::to_string(sequence_));
  Item item{method, url, status, std::move(params), records_.size()};
  records_.push_back({{"status", status},
                      {"sequence", sequence_++},
                      {"url", url},
                      {"fired_ms", loop_.nowUs() / 1000},
                      {"answers", nlohmann::json::array()}});
  auto& missing = plan_.callback_missing;
  const bool lost =
      plan_.unreachable == "all" ||
      std::any_of(missing.begin(), missing.end(), [&](const std::string& one) { return one == "*" || one == status; });
  if (lost) records_.back()["lost"] = true;
  if (plan_.callback_shuffled && !last && !held_ && !lost) {
    held_ = std::make_unique<Item>(std::move(item));
    return;
  }
  if (!lost) {
    if (plan_.callback_twice) enqueue(item);
    enqueue(std::move(item));
  }
  if (held_) enqueue(std::move(*std::exchange(held_, nullptr)));
}

void Callbacks::enqueue(Item item) {
  waiting_.push_back(std::move(item));
  next();
}

void Callbacks::next() {
  while (!waiting_.empty() && (under_way_ == 0 || plan_.callback_parallel)) {
    Item item = std::move(waiting_.front());
    waiting_.pop_front();
    ++under_way_;
    if (plan_.callback_delay_ms == 0)
      send(item);
    else
      loop_.after(plan_.callback_delay_ms, [self = shared_from_this(), item] { self->send(item); });
  }
  if (under_way_ == 0 && waiting_.empty() && idle_task_) std::exchange(idle_task_, nullptr)();
}

void Callbacks::send(const Item& item) {
  deliverWebhook(loop_, auth_token_, signingFrom(plan_.callback_signing), item.method, item.url, item.params,
                 plan_.webhook_timeout_ms,
                 [self = shared_from_this(), record = item.record](ClientResult result, unsigned attempts) {
                   self->records_[record]["answers"].push_back({{"status", result.status},
                                                                {"error", result.error},
                                                                {"attempts", attempts},
                                                                {"at_ms", self->loop_.nowUs() / 1000}});
                   if (self->delivered_) self->delivered_(self->records_[record]);
                   --self->under_way_;
                   self->next();
                 });
}

void Callbacks::whenIdle(std::function<void()> task) {
  if (under_way_ == 0 && waiting_.empty()) return task();
  idle_task_ = std::move(task);
}

}  // namespace fakes
