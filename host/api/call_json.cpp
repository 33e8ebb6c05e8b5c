#include "host/api/call_json.hpp"

#include "host/base/json.hpp"

namespace hookswitch::api {

using control::CallView;
using control::Why;

std::string liveJson(const std::vector<CallView>& calls) {
  json::Array list;
  for (auto& c : calls) list.raw(call::toJson(*c.record, nullptr, c.now_unix_ms, false, c.stored));
  return json::Object().raw("calls", list.str()).add("count", std::uint64_t(calls.size())).str();
}

std::string detailJson(const CallView& c) {
  const std::vector<call::HookRow> hooks(c.hooks.begin(), c.hooks.end());
  return call::toJson(*c.record, &hooks, c.now_unix_ms, true, c.stored);
}

std::string placedJson(const call::Terms& terms) {
  json::Object o;
  o.add("success", true).add("call_id", terms.id).add("to", terms.to_number).add("webhook_url", terms.base_url);
  return o.str();
}

std::string failedJson(const std::string& error, const std::string& call) {
  return json::Object().add("success", false).add("error", error).add("call_id", call).str();
}

int statusOf(const control::Refusal& refusal) {
  switch (refusal.why) {
    case Why::nothing: return 200;
    case Why::bad_request: return 400;
    case Why::not_allowed: return 403;
    case Why::unknown: return 404;
    case Why::conflict: return 409;
    case Why::gone: return 410;
    case Why::too_many: return 429;
    case Why::broken: return 500;
    case Why::unavailable: return 503;
    case Why::carrier: return refusal.carrier_code ? int(refusal.carrier_code) : 502;
  }
  return 500;
}

}  // namespace hookswitch::api
