// The body of POST /api/call.
#include <simdjson.h>

#include <cmath>

#include "host/api/rest_api.hpp"
#include "host/net/url.hpp"

namespace hookswitch::api {
namespace {

constexpr std::size_t max_prompt = 32 * 1024, max_greeting = 2048, max_url = 1024, max_metadata = 8 * 1024;

net::HttpReply bad(const std::string& sentence) { return net::errorReply(400, sentence); }

/// Text without control characters; `multiline` allows tab and line breaks.
bool clean(std::string_view text, bool multiline) {
  for (unsigned char c : text)
    if ((c < 0x20 && !(multiline && (c == '\n' || c == '\r' || c == '\t'))) || c == 0x7f) return false;
  return true;
}

}  // namespace

const char* const no_webhook_url =
    "Missing 'webhook_url': give it in the request, or set server.public_url, so that the carrier knows where to reach "
    "the gateway";

net::HttpReply parsePlaceRequest(const std::string& body, bool has_public_url, control::PlaceRequest& out) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (body.empty()) return bad("The body is empty; expected a JSON object with 'to'");
  if (auto error = parser.parse(simdjson::padded_string(body)).get(document))
    return bad(std::string("The body is not JSON: ") + simdjson::error_message(error));
  simdjson::dom::object object;
  if (document.get(object)) return bad("The body must be a JSON object");

  bool has_to = false;
  for (auto field : object) {
    const std::string_view key = field.key;
    const simdjson::dom::element value = field.value;
    std::string_view text;
    auto string = [&](const char* name, std::size_t limit, bool multiline) -> std::string {
      if (value.get(text)) return std::string("'") + name + "' must be a string";
      if (text.size() > limit) return std::string("'") + name + "' is longer than " + std::to_string(limit) + " bytes";
      if (!clean(text, multiline)) return std::string("'") + name + "' contains control characters";
      return {};
    };
    std::string error;
    if (key == "to") {
      if (value.is_null()) continue;
      if (error = string("to", 64, false); error.empty()) {
        out.to = std::string(text);
        has_to = !out.to.empty();
      }
    } else if (key == "from") {
      if (error = string("from", 64, false); error.empty()) out.from = std::string(text);
      if (error.empty() && !out.from.empty() && !call::isE164(out.from))
        error = "'from' must be a phone number in E.164 form, such as +15550100001";
    } else if (key == "prompt") {
      if (error = string("prompt", max_prompt, true); error.empty()) out.prompt = std::string(text);
    } else if (key == "greeting") {
      if (error = string("greeting", max_greeting, true); error.empty()) out.greeting = std::string(text);
    } else if (key == "voice") {
      if (error = string("voice", 32, false); error.empty()) out.voice = std::string(text);
    } else if (key == "webhook_url") {
      if (error = string("webhook_url", max_url, false); error.empty()) out.webhook_url = std::string(text);
      if (error.empty() && !out.webhook_url.empty()) {
        const bool http =
            out.webhook_url.compare(0, 7, "http://") == 0 || out.webhook_url.compare(0, 8, "https://") == 0;
        net::Url url;
        std::string ignored;
        if (!http || !net::parseUrl(out.webhook_url, url, ignored) ||
            out.webhook_url.find_first_of("?# \"<>\\") != std::string::npos)
          error = "'webhook_url' must be an http or https address without query, such as https://gateway.example.com";
      }
    } else if (key == "metadata") {
      simdjson::dom::object metadata;
      if (value.get(metadata))
        error = "'metadata' must be an object";
      else
        out.metadata_json = simdjson::minify(metadata);
      if (error.empty() && out.metadata_json.size() > max_metadata)
        error = "'metadata' is longer than " + std::to_string(max_metadata) + " bytes";
    } else if (key == "max_duration_s") {
      std::int64_t number = 0;
      if (value.get(number))
        error = "'max_duration_s' must be a whole number of seconds";
      else if (number < 1 || number > 86'400)
        error = "'max_duration_s' must be between 1 and 86400";
      else
        out.max_duration_s = std::uint32_t(number);
    } else {
      error = "Unknown field '" + std::string(key.substr(0, 64)) +
              "'; known are to, from, prompt, greeting, voice, webhook_url, metadata, max_duration_s";
    }
    if (!error.empty()) return bad(error);
  }
  if (!has_to) return bad("Missing 'to' phone number");
  if (!call::isE164(out.to)) return bad("'to' must be a phone number in E.164 form, such as +15550100002");
  if (out.webhook_url.empty() && !has_public_url) return bad(no_webhook_url);
  net::HttpReply good;
  good.status = 0;
  return good;
}

}  // namespace hookswitch::api
