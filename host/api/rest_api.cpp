#include "host/api/rest_api.hpp"
#include "host/api/call_json.hpp"

#include <hookswitch/json.hpp>

#include <algorithm>
#include <future>
#include <utility>

#include "host/api/rest_query.hpp"
#include "host/base/log.hpp"
#include "host/net/url.hpp"

namespace hookswitch::api {
namespace {

using Request = std::shared_ptr<const net::HttpRequest>;

net::HttpReply json(int status, std::string body) {
  net::HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

net::HttpReply notAllowed(const std::string& allow) {
  net::HttpReply reply = net::errorReply(405, "This route takes " + allow);
  reply.headers.emplace_back("Allow", allow);
  return reply;
}

}  // namespace

RestApi::RestApi(control::Thread& control, control::Calls& calls, control::Plugins& plugins, Routes& routes,
                 Access& access, Host host, bool has_public_url)
    : control_(control),
      calls_(calls),
      plugins_(plugins),
      routes_(routes),
      access_(access),
      host_(std::move(host)),
      has_public_url_(has_public_url) {
  // A request that a restart has cut gets the answer that it would have got.
  calls.idempotency().late_answer = [](const std::string& call, const call::Terms* taken) {
    using Answer = control::Idempotency::Answer;
    if (taken) return Answer{201, placedJson(*taken)};
    return Answer{502, failedJson("The gateway was restarted before the carrier took the call; it was ended", call)};
  };
}

void RestApi::handleLater(std::shared_ptr<const net::HttpRequest> request, net::HttpResponder respond) {
  const std::string_view full = request->path();
  // With a slash at its end it is the same route.
  const std::string path(full.substr(0, full.size() - (full.size() > 1 && full.back() == '/')));
  const std::string& method = request->method;
  if (path == "/health")
    return method == "GET" || method == "HEAD" ? health(std::move(respond)) : respond(notAllowed("GET"));
  if (full.compare(0, 5, "/api/") != 0) {
    control_.post([this, request, respond = std::move(respond)] { routes_.handle(request, respond); });
    return;
  }
  net::HttpReply refusal;
  if (!access_.admits(*request, refusal)) return respond(std::move(refusal));
  // The route takes this method, and nothing in its query; else that is answered.
  const auto takes = [&](const char* allowed) {
    net::HttpReply no = method == allowed ? knownOnly(request->query(), {}) : notAllowed(allowed);
    if (!no.status) return true;
    respond(std::move(no));
    return false;
  };

  if (path == "/api/call") return takes("POST") ? placeCall(request, std::move(respond)) : void();
  if (path == "/api/plugins") {
    if (!takes("GET")) return;
    return control_.post([this, respond = std::move(respond)] { respond(json(200, plugins_.json())); });
  }
  if (const std::string plugins = "/api/plugins/", act = "/release";
      path.compare(0, plugins.size(), plugins) == 0 && path.size() > plugins.size() + act.size() &&
      path.compare(path.size() - act.size(), act.size(), act) == 0) {
    if (!takes("POST")) return;
    return releasePlugin(path.substr(plugins.size(), path.size() - plugins.size() - act.size()), std::move(respond));
  }
  if (path == "/api/calls")
    return method == "GET" ? listCalls(request, std::move(respond)) : respond(notAllowed("GET"));
  if (path == "/api/hooks")
    return method == "GET" ? listHooks(request, std::move(respond)) : respond(notAllowed("GET"));
  if (path == "/api/hooks/retry" || path == "/api/hooks/discard") {
    if (method != "POST") return respond(notAllowed("POST"));
    return actOnHooks(request,
                      path == "/api/hooks/retry" ? control::Calls::HookAct::retry : control::Calls::HookAct::discard,
                      std::move(respond));
  }
  if (path == "/api/metrics") return takes("GET") ? metrics(std::move(respond)) : void();
  if (path == "/api/drain") return takes("POST") ? drain(std::move(respond)) : void();
  if (const std::string hooks = "/api/hooks/"; path.compare(0, hooks.size(), hooks) == 0) {
    const std::size_t slash = path.rfind('/');
    const std::string act = path.substr(slash + 1),
                      id = slash > hooks.size() ? path.substr(hooks.size(), slash - hooks.size()) : std::string();
    if (!id.empty() && (act == "retry" || act == "discard")) {
      if (!takes("POST")) return;
      return actOnHook(id, act == "retry" ? control::Calls::HookAct::retry : control::Calls::HookAct::discard,
                       std::move(respond));
    }
  }
  if (path == "/api/calls/end") return takes("POST") ? endAll(std::move(respond)) : void();
  const std::string prefix = "/api/calls/";
  if (path.compare(0, prefix.size(), prefix) == 0) {
    std::string id = path.substr(prefix.size());
    const std::size_t slash = id.find('/');
    const std::string rest = slash == std::string::npos ? std::string() : id.substr(slash);
    id = id.substr(0, slash);
    if (rest == "/end") return takes("POST") ? endCall(id, std::move(respond)) : void();
    if (rest.empty() && !id.empty()) return takes("GET") ? showCall(id, std::move(respond)) : void();
  }
  // Under /api a plugin's route is as good as any other unknown one.
  respond(net::errorReply(404, "There is no such route"));
}

void RestApi::placeCall(const Request& request, net::HttpResponder respond) {
  control::PlaceRequest place;
  net::HttpReply refusal = parsePlaceRequest(request->body, has_public_url_, place);
  if (refusal.status) return respond(std::move(refusal));
  const auto keys = std::count_if(request->headers.begin(), request->headers.end(),
                                  [](auto& h) { return net::equalsIgnoreCase(h.first, "Idempotency-Key"); });
  if (keys) {
    place.key = std::string(request->header("Idempotency-Key"));
    if (keys > 1 || !control::Idempotency::isKey(place.key))
      return respond(
          net::errorReply(400, "'Idempotency-Key' is expected once, with 1 to 255 visible ASCII characters"));
    place.body_digest = control::Idempotency::digest(request->body);
  }
  control_.post([this, place = std::move(place), respond = std::move(respond)]() mutable {
    if (place.webhook_url.empty()) place.webhook_url = calls_.defaults().public_url;
    if (place.webhook_url.empty())
      return respond(net::errorReply(400, no_webhook_url));  // a reload has just taken the other away
    noteOutside(place.webhook_url);
    if (place.key.empty()) return dial(std::move(place), std::move(respond));
    const auto verdict = calls_.idempotency().take(place.key, place.body_digest, control::Thread::unixMs());
    if (verdict.kind != control::Idempotency::Verdict::Kind::forgotten)
      return placeKeyed(verdict, std::move(place), std::move(respond));
    const std::string key = place.key;
    calls_.ledger().store().findKey(key, [this, place = std::move(place), respond = std::move(respond)](
                                             store::Answer<std::optional<store::SaveKey>> stored) {
      // What waits to be written is not found either.
      if (!stored.readable || (!stored.value && !calls_.ledger().store().health().ok)) {
        net::HttpReply unknown = net::errorReply(503, control::store_unreadable);
        unknown.headers.emplace_back("Retry-After", "5");
        return respond(std::move(unknown));
      }
      placeKeyed(calls_.idempotency().take(place.key, place.body_digest, control::Thread::unixMs(), stored.value),
                 place, respond);
    });
  });
}

void RestApi::noteOutside(const std::string& webhook_url) {
  net::Url url;
  std::string error;
  if (!access_.open() || !net::parseUrl(webhook_url, url, error) || net::isLoopbackName(url.host) ||
      std::exchange(outside_noted_, true))
    return;
  log::warn("api",
            "a call has the webhook_url " + url.origin() +
                ", which is not this machine, so something passes requests on to a gateway that is set up for this "
                "machine alone and whose /api needs no key. Point that proxy or tunnel at server.public_port, which "
                "serves no /api, and set server.api_key "
                "or server.public_url");
}

void RestApi::placeKeyed(const control::Idempotency::Verdict& verdict, control::PlaceRequest place,
                         net::HttpResponder respond) {
  using Kind = control::Idempotency::Verdict::Kind;
  if (verdict.kind == Kind::other_body)
    return respond(net::errorReply(409, "This Idempotency-Key was used with another body"));
  if (verdict.kind == Kind::in_progress) {
    net::HttpReply busy = net::errorReply(409, "The request with this Idempotency-Key is still in progress; try again");
    busy.headers.emplace_back("Retry-After", "1");
    return respond(std::move(busy));
  }
  if (verdict.kind == Kind::replay) {
    net::HttpReply again = json(verdict.status, verdict.body);
    if (verdict.status == 201) again.headers.emplace_back("Location", "/api/calls/" + verdict.call);
    again.headers.emplace_back("Idempotent-Replayed", "true");
    return respond(std::move(again));
  }
  dial(std::move(place), std::move(respond));
}

void RestApi::dial(control::PlaceRequest place, net::HttpResponder respond) {
  const std::string key = place.key;
  calls_.place(std::move(place), [this, respond = std::move(respond), key](const control::Refusal& no,
                                                                           const call::Terms* terms) {
    net::HttpReply reply;
    if (terms) {
      reply = json(201, placedJson(*terms));
      reply.headers.emplace_back("Location", "/api/calls/" + terms->id);
    } else {
      const int status = statusOf(no);
      reply = net::errorReply(status, no.error);
      if (!no.call.empty()) reply.body = failedJson(no.error, no.call);
      if (status == 503 || status == 429)
        reply.headers.emplace_back("Retry-After", std::to_string(no.retry_after_s ? no.retry_after_s : 5));
    }
    if (key.empty()) return respond(std::move(reply));
    // Answers that say "not now" or "not so" are no results: the key stays free for the real attempt.
    if (reply.status != 201 && reply.status != 502) {
      calls_.idempotency().release(key);
      return respond(std::move(reply));
    }
    const int status = reply.status;
    const std::string body = reply.body;
    calls_.idempotency().finish(key, status, body, [respond, reply = std::move(reply)] { respond(reply); });
  });
}

void RestApi::endCall(const std::string& id, net::HttpResponder respond) {
  control_.post([this, id, respond = std::move(respond)] {
    const bool known =
        calls_.end(id, call::EndedBy::api, "ended through the API", [respond, id](const std::string& error) {
          if (!error.empty()) return respond(net::errorReply(502, error));
          hks::json::Object o;
          o.add("success", true).add("message", "Call " + id + " ended");
          respond(json(200, o.str()));
        });
    if (!known) respond(net::errorReply(404, "Call not found"));
  });
}

void RestApi::endAll(net::HttpResponder respond) {
  control_.post([this, respond = std::move(respond)] {
    calls_.endAll(call::EndedBy::api, "ended through the API, with all others",
                  [respond](std::size_t ended, std::vector<control::Calls::Failed> failed) {
                    hks::json::Array list;
                    for (auto& f : failed)
                      list.raw(hks::json::Object().add("call_id", f.call).add("error", f.error).str());
                    respond(json(200, hks::json::Object()
                                          .add("success", true)
                                          .add("ended", std::uint64_t(ended))
                                          .raw("failed", list.str())
                                          .str()));
                  });
  });
}

net::UpgradeReply RestApi::upgrade(const net::HttpRequest& request) {
  // The verdict is the control thread's; the wait is short and bounded, and this worker has nothing else to do.
  struct Answer {
    std::string call, plugin;
    net::HttpReply refusal;
  };
  auto promise = std::make_shared<std::promise<Answer>>();
  auto answer = promise->get_future();
  auto copy = std::make_shared<const net::HttpRequest>(request);
  control_.post([this, copy, promise] {
    routes_.upgrade(copy, [promise](call::Call* call, const std::string& plugin, net::HttpReply refusal) {
      // From here on the token is used up, even if the socket is lost on its way.
      if (call) call->media_attached = true;
      promise->set_value({call ? call->id() : std::string(), plugin, std::move(refusal)});
    });
  });
  if (answer.wait_for(std::chrono::milliseconds(Routes::reply_ms + 1000)) != std::future_status::ready)
    return net::UpgradeReply::refuse(net::errorReply(503, "The gateway is busy; try again"));
  Answer verdict = answer.get();
  if (verdict.call.empty()) return net::UpgradeReply::refuse(std::move(verdict.refusal));
  return net::UpgradeReply::accept([this, id = verdict.call](std::unique_ptr<net::Stream> stream,
                                                             std::string leftover) {
    auto parcel = std::make_shared<media::CarrierSocket>(media::CarrierSocket{std::move(stream), std::move(leftover)});
    control_.post([this, id, parcel] { calls_.attach(id, std::move(*parcel)); });
  });
}

}  // namespace hookswitch::api
