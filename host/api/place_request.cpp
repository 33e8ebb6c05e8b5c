#include "host/api/place_request.hpp"

#include "host/api/fields.hpp"
#include "host/call/types.hpp"
#include "host/net/url.hpp"

namespace hookswitch::api {
namespace {

using control::PlaceRequest;

bool isPhoneNumber(const std::string& text) { return call::isE164(text); }

bool isWebhookUrl(const std::string& text) {
  return (text.compare(0, 7, "http://") == 0 || text.compare(0, 8, "https://") == 0) &&
         text.find_first_of("?# \"<>\\") == std::string::npos && net::parseUrl(text);
}

const std::vector<Field<PlaceRequest>>& fields() {
  using R = PlaceRequest;
  // `to` has its own sentences, behind the loop.
  static const std::vector<Field<R>> table = {
      needed(textField("to", &R::to, 64, Lines::one, "the number to call, E.164")),
      textField("from", &R::from, 64, Lines::one, "the number that is shown to who is called, E.164", isPhoneNumber,
                "a phone number in E.164 form, such as +15550100001"),
      textField("prompt", &R::prompt, 32 * 1024, Lines::several, "system instruction of the speech model"),
      textField("greeting", &R::greeting, 2048, Lines::several,
                "what the agent says first; empty: it waits for the caller"),
      textField("voice", &R::voice, 32, Lines::one, "plugin of the speech model"),
      textField("webhook_url", &R::webhook_url, 1024, Lines::one, "base address by which the carrier reaches us",
                isWebhookUrl, "an http or https address without query, such as https://gateway.example.com"),
      listField("tools", &R::tools, 64, 64,
                "exactly these tools for the speech model; without it those of calls.tools and of plugins"),
      objectField("metadata", &R::metadata_json, 8 * 1024, "whatever belongs to the call; shown with it"),
      wholeField("max_duration_s", &R::max_duration_s, 1, 86'400, " of seconds", "the call is ended after this long"),
      wholeField("greeting_shield_ms", &R::greeting_shield_ms, 0, 60'000, " of milliseconds",
                 "so much of the greeting cannot be interrupted")};
  return table;
}

}  // namespace

const char* const no_webhook_url =
    "Missing 'webhook_url': give it in the request, or set server.public_url, so that the carrier knows where to reach "
    "the gateway";

base::Result<PlaceRequest> parsePlaceRequest(std::string_view body, bool has_public_url) {
  PlaceRequest request;
  if (const auto read = readBody(body, fields(), request); !read) return base::Failure(read.error());
  if (request.to.empty()) return base::Failure("Missing 'to' phone number");
  if (!call::isE164(request.to))
    return base::Failure("'to' must be a phone number in E.164 form, such as +15550100002");
  if (request.webhook_url.empty() && !has_public_url) return base::Failure(no_webhook_url);
  return request;
}

std::vector<Described> placeFields() { return described(fields()); }

}  // namespace hookswitch::api
