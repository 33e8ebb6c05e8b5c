// POST /api/call: the request, its key, and what became of the dial.
#include <algorithm>
#include <utility>

#include "host/api/call_json.hpp"
#include "host/api/context.hpp"
#include "host/api/place_request.hpp"
#include "host/api/reply.hpp"
#include "host/api/routes.hpp"
#include "host/base/log.hpp"
#include "host/net/url.hpp"

namespace hookswitch::api {
namespace {

using control::Idempotency;
using control::PlaceRequest;
using Kind = Idempotency::Verdict::Kind;

/// The request with its Idempotency-Key, if it has one; else the sentence of the 400.
base::Result<PlaceRequest> read(const net::HttpRequest& request, bool has_public_url) {
  auto place = parsePlaceRequest(request.body, has_public_url);
  if (!place) return place;
  const auto keys = std::count_if(request.headers.begin(), request.headers.end(),
                                  [](auto& h) { return net::equalsIgnoreCase(h.first, "Idempotency-Key"); });
  if (!keys) return place;
  place->key = std::string(request.header("Idempotency-Key"));
  if (keys > 1 || !Idempotency::isKey(place->key))
    return base::Failure("'Idempotency-Key' is expected once, with 1 to 255 visible ASCII characters");
  place->body_digest = Idempotency::digest(request.body);
  return place;
}

net::HttpReply retryLater(net::HttpReply reply, std::uint64_t seconds) {
  reply.headers.emplace_back("Retry-After", std::to_string(seconds));
  return reply;
}

/// Once: that somebody passes requests on to a gateway whose API is open. [control]
void noteOutside(Context& context, const std::string& webhook_url) {
  if (!context.access.open()) return;
  const auto url = net::parseUrl(webhook_url);
  if (!url || net::isLoopbackName(url->host) || std::exchange(context.outside_noted, true)) return;
  log::warn("api",
            "a call has the webhook_url " + url->origin() +
                ", which is not this machine, so something passes requests on to a gateway that is set up for this "
                "machine alone and whose /api needs no key. Point that proxy or tunnel at server.public_port, which "
                "serves no /api, and set server.api_key "
                "or server.public_url");
}

net::HttpReply answerOf(const control::Placed& placed) {
  if (placed) {
    net::HttpReply answer = reply(201, placedJson(**placed));
    answer.headers.emplace_back("Location", "/api/calls/" + (*placed)->id);
    return answer;
  }
  const control::Refusal& no = placed.error();
  const int status = statusOf(no);
  net::HttpReply refused = net::errorReply(status, no.error);
  if (!no.call.empty()) refused.body = failedJson(no.error, no.call);
  if (status != 503 && status != 429) return refused;
  return retryLater(std::move(refused), no.retry_after_s ? no.retry_after_s : 5);
}

/// [control]
void dial(Context& context, PlaceRequest place, net::HttpResponder respond) {
  const std::string key = place.key;
  context.calls.place(std::move(place), [&context, respond = std::move(respond), key](const control::Placed& placed) {
    net::HttpReply answer = answerOf(placed);
    if (key.empty()) return respond(std::move(answer));
    // Answers that say "not now" or "not so" are no results: the key stays free for the real attempt.
    if (answer.status != 201 && answer.status != 502) {
      context.calls.idempotency().release(key);
      return respond(std::move(answer));
    }
    const Idempotency::Answer kept{answer.status, answer.body};
    context.calls.idempotency().finish(key, kept, [respond, answer = std::move(answer)] { respond(answer); });
  });
}

/// [control]
void placeKeyed(Context& context, const Idempotency::Verdict& verdict, PlaceRequest place, net::HttpResponder respond) {
  switch (verdict.kind) {
    case Kind::other_body: return respond(net::errorReply(409, "This Idempotency-Key was used with another body"));
    case Kind::in_progress:
      return respond(
          retryLater(net::errorReply(409, "The request with this Idempotency-Key is still in progress; try again"), 1));
    case Kind::replay: {
      net::HttpReply again = reply(verdict.answer.number, verdict.answer.text);
      if (verdict.answer.number == 201) again.headers.emplace_back("Location", "/api/calls/" + verdict.call);
      again.headers.emplace_back("Idempotent-Replayed", "true");
      return respond(std::move(again));
    }
    default: return dial(context, std::move(place), std::move(respond));
  }
}

/// What memory has forgotten the store may know. [control]
void lookUpKey(Context& context, PlaceRequest place, net::HttpResponder respond) {
  const std::string key = place.key;
  context.calls.ledger().store().findKey(key, [&context, place = std::move(place), respond = std::move(respond)](
                                                  store::Answer<std::optional<store::SaveKey>> stored) {
    // What waits to be written is not found either.
    if (!stored.readable || (!stored.value && !context.calls.ledger().store().health().ok))
      return respond(retryLater(unreadable(), 5));
    const auto verdict =
        context.calls.idempotency().take(place.key, place.body_digest, context.control.unixMs(), stored.value);
    placeKeyed(context, verdict, place, respond);
  });
}

void placeCall(Context& context, Asked asked) {
  auto place = read(*asked.request, context.has_public_url);
  if (!place) return asked.respond(badRequest(place.error()));
  context.control.post([&context, place = *std::move(place), respond = std::move(asked.respond)]() mutable {
    if (place.webhook_url.empty()) place.webhook_url = context.calls.defaults().public_url;
    if (place.webhook_url.empty())
      return respond(badRequest(no_webhook_url));  // a reload has just taken the other away
    noteOutside(context, place.webhook_url);
    if (place.key.empty()) return dial(context, std::move(place), std::move(respond));
    const auto verdict = context.calls.idempotency().take(place.key, place.body_digest, context.control.unixMs());
    if (verdict.kind == Kind::forgotten) return lookUpKey(context, std::move(place), std::move(respond));
    placeKeyed(context, verdict, std::move(place), std::move(respond));
  });
}

}  // namespace

std::vector<Route> placeRoutes() {
  return {{"POST", "/api/call", Who::key, placeCall, "places a call", {}, placeFields()}};
}

}  // namespace hookswitch::api
