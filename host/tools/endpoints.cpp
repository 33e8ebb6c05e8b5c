#include "host/tools/endpoints.hpp"

#include <chrono>
#include <utility>

#include "host/base/ids.hpp"
#include "host/base/log.hpp"
#include "host/tools/endpoint_request.hpp"

namespace hookswitch::tools {

namespace {

constexpr const char* component = "tools";

}  // namespace

void Endpoints::ask(const control::EndpointQuestion& question, std::function<void(control::EndpointAnswer)> then) {
  auto request = endpointRequest(question, "tool_" + base::newId(), control_.unixMs() / 1000);
  if (!request) {
    log::warn(component, "the tool " + question.name + " was not asked: " + request.error(), question.call);
    return then(endpointFailure(request.error()));
  }
  // The deadline counts from here: a request that waited for a thread has less of it.
  using Clock = std::chrono::steady_clock;
  const Clock::time_point due = Clock::now() + std::chrono::milliseconds(request->timeout_ms);
  auto work = [&control = control_, due, then, request = *std::move(request), name = question.name,
               call = question.call, began_ms = control_.nowMs()]() mutable {
    net::HttpResult result;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(due - Clock::now());
    result.timed_out = left.count() <= 0;
    if (!result.timed_out) {
      request.timeout_ms = std::uint32_t(left.count());
      result = net::perform(request);
    }
    control.post([result = std::move(result), then, name, call, began_ms, &control] {
      const std::string took = " after " + std::to_string(control.nowMs() - began_ms) + " ms";
      if (result.ok())
        log::info(component, "the tool " + name + " answered " + std::to_string(result.status) + took, call);
      else
        log::warn(component,
                  "the tool " + name + " failed" + took + ": " +
                      (result.status          ? "the service answered " + std::to_string(result.status)
                       : result.error.empty() ? "no thread was free in time"
                                              : result.error),
                  call);
      then(endpointAnswer(result));
    });
  };
  // A lane of its own: an endpoint that hangs keeps no plugin waiting, and no other endpoint.
  if (!io_.post("tool." + question.name, std::move(work))) {
    log::warn(component, "the tool " + question.name + " was not asked: too many requests wait", question.call);
    then(endpointFailure("the service is busy"));
  }
}

}  // namespace hookswitch::tools
