#include "host/api/rest_api.hpp"

#include <future>
#include <utility>

#include "host/api/call_json.hpp"
#include "host/api/parameters.hpp"
#include "host/api/reply.hpp"
#include "host/api/routes.hpp"

namespace hookswitch::api {

RestApi::RestApi(base::Loop& control, control::Calls& calls, control::Plugins& plugins, PluginRoutes& routes,
                 Access& access, Host host, bool has_public_url)
    : plugin_routes_(routes), access_(access), table_(allRoutes()), context_{control,       calls,
                                                                             plugins,       access,
                                                                             host,          Metrics(host.metrics),
                                                                             has_public_url} {
  // A request that a restart has cut gets the answer that it would have got.
  calls.idempotency().late_answer = [](const std::string& call, const call::Terms* taken) {
    using Answer = control::Idempotency::Answer;
    if (taken) return Answer{201, placedJson(*taken)};
    return Answer{502, failedJson("The gateway was restarted before the carrier took the call; it was ended", call)};
  };
}

void RestApi::handleLater(std::shared_ptr<const net::HttpRequest> request, net::HttpResponder respond) {
  // Under /api a plugin's route is as good as any other unknown one, and nobody learns which there are without the key.
  const bool of_api = request->path().compare(0, 5, "/api/") == 0;
  if (of_api)
    if (auto in = access_.admits(*request); !in) return respond(in.error());
  auto found = table_.find(request->method, request->path());
  if (!found.route && found.allow.empty() && !of_api)
    return context_.control.post(
        [this, request, respond = std::move(respond)] { plugin_routes_.handle(request, respond); });
  if (!found.route) return respond(answerWithout(found));
  if (found.route->who == Who::key && !of_api)
    if (const auto in = access_.admits(*request); !in) return respond(in.error());
  // A probe of /health may append what it likes.
  if (found.route->who != Who::anybody)
    if (const auto known = knownOnly(request->query(), found.route->query); !known)
      return respond(badRequest(known.error()));
  found.route->handler(context_, {std::move(request), std::move(found.names), std::move(respond)});
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
  context_.control.post([this, copy, promise] {
    plugin_routes_.upgrade(copy, [promise](call::Call* call, const std::string& plugin, net::HttpReply refusal) {
      // From here on the token is used up, even if the socket is lost on its way.
      if (call) call->media_attached = true;
      promise->set_value({call ? call->id() : std::string(), plugin, std::move(refusal)});
    });
  });
  if (answer.wait_for(std::chrono::milliseconds(PluginRoutes::reply_ms + 1000)) != std::future_status::ready)
    return net::UpgradeReply::refuse(net::errorReply(503, "The gateway is busy; try again"));
  Answer verdict = answer.get();
  if (verdict.call.empty()) return net::UpgradeReply::refuse(std::move(verdict.refusal));
  return net::UpgradeReply::accept([this, id = verdict.call](std::unique_ptr<net::Stream> stream,
                                                             std::string leftover) {
    auto parcel = std::make_shared<media::CarrierSocket>(media::CarrierSocket{std::move(stream), std::move(leftover)});
    context_.control.post([this, id, parcel] { context_.calls.attach(id, std::move(*parcel)); });
  });
}

}  // namespace hookswitch::api
