#include "host/tools/endpoint_request.hpp"

#include <Poco/JSON/Object.h>

#include <hookswitch/hmac.hpp>
#include <string_view>
#include <utility>

#include "host/base/base64.hpp"
#include "host/base/json.hpp"
#include "host/base/json_document.hpp"
#include "host/base/well_formed.hpp"
#include "host/control/call_messages.hpp"

namespace hookswitch::tools {

namespace {

constexpr std::string_view prefix = "whsec_";

}  // namespace

std::string webhookSignature(const std::string& key, const std::string& id, std::uint64_t unix_s,
                             const std::string& body) {
  const hks::Digest digest = hks::hmacSha256(key, id + "." + std::to_string(unix_s) + "." + body);
  return "v1," + base::toBase64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

base::Result<std::string> signingKey(const std::string& secret) {
  if (secret.compare(0, prefix.size(), prefix) != 0) return secret;
  if (auto key = base::fromBase64(std::string_view(secret).substr(prefix.size()))) return *std::move(key);
  return base::Failure("expected Base64 behind whsec_");
}

base::Result<net::HttpCall> endpointRequest(const control::EndpointQuestion& question, const std::string& id,
                                            std::uint64_t unix_s) {
  const std::string arguments = question.arguments_json.empty() ? "{}" : question.arguments_json;
  const auto document = json::parse(arguments, {64, 2000});
  if (!document || document->type() != typeid(Poco::JSON::Object::Ptr))
    return base::Failure("the arguments are no JSON object");
  net::HttpCall request;
  request.method = "POST";
  request.url = question.tool.url;
  request.timeout_ms = question.tool.deadline_s * 1000;
  request.max_response_bytes = most_answered;
  request.body = json::Object()
                     .add("call_id", question.call)
                     .add("tool", question.name)
                     .raw("arguments", json::text(*document))
                     .add("from", question.from)
                     .add("to", question.to)
                     .add("direction", question.incoming ? "incoming" : "outbound")
                     .str();
  request.headers = {{"Content-Type", "application/json"},
                     {"User-Agent", "hookswitch"},
                     {"webhook-id", id},
                     {"webhook-timestamp", std::to_string(unix_s)}};
  if (question.tool.secret.empty()) return request;
  const auto key = signingKey(question.tool.secret);
  if (!key) return base::Failure(key.error());
  request.headers.emplace_back("webhook-signature", webhookSignature(*key, id, unix_s, request.body));
  return request;
}

control::EndpointAnswer endpointFailure(const std::string& why) { return {control::toolFailure(why), true}; }

control::EndpointAnswer endpointAnswer(const net::HttpResult& result) {
  if (result.timed_out) return endpointFailure("the service did not answer in time");
  if (result.status == 0) return endpointFailure("the service could not be reached");
  const std::string body = base::wellFormed(result.body);
  if (result.ok()) return {body.empty() ? json::Object().add("status", "ok").str() : body, false};
  const bool explains = result.status >= 400 && result.status < 500 && !body.empty() && body.size() <= most_of_refusal;
  if (!explains) return endpointFailure("the service answered " + std::to_string(result.status));
  json::Object said;
  said.add("status", result.status);
  if (json::parse(body))
    said.raw("answer", body);
  else
    said.add("answer", body);
  return {said.str(), true};
}

}  // namespace hookswitch::tools
