#include "host/api/call_json.hpp"

#include <cstdio>

#include "host/base/json.hpp"
#include "host/base/time.hpp"

namespace hookswitch::api {

using call::HookRow;
using call::Phase;
using call::Record;
using call::Status;
using call::Terms;
using control::CallView;
using control::Why;

namespace {

std::string seconds(std::uint64_t ms) {
  char text[32];
  std::snprintf(text, sizeof text, "%llu.%03u", static_cast<unsigned long long>(ms / 1000), unsigned(ms % 1000));
  return text;
}

std::string transcriptJson(const std::vector<call::Line>& lines) {
  json::Array array;
  for (auto& line : lines) {
    json::Object o;
    o.add("speaker", line.speaker == 2 ? "assistant" : "user")
        .add("text", line.text)
        .add("at", base::isoTime(line.at_unix_ms));
    if (line.cut) o.add("cut", true);
    array.raw(o.str());
  }
  return array.str();
}

enum class Part { started, leg, teardown };

Part partOf(Phase phase) {
  switch (phase) {
    case Phase::started: return Part::started;
    case Phase::settle:
    case Phase::confirm: return Part::leg;
    default: return Part::teardown;
  }
}

std::string hooksJson(const std::vector<HookRow>& rows, Part part) {
  json::Array array;
  for (auto& row : rows) {
    if (partOf(row.phase) != part) continue;
    json::Object o;
    o.add("phase", name(row.phase))
        .add("plugin", row.plugin)
        .add("state", name(row.state))
        .add("ms", row.ms)
        .add("attempts", row.attempts);
    const bool receipt =
        row.state == HookRow::State::done && (row.phase == Phase::notify || row.phase == Phase::started);
    o.add("error", receipt ? std::string() : row.error);
    if (receipt && !row.error.empty()) o.add("receipt", row.error);
    array.raw(o.str());
  }
  return array.str();
}

}  // namespace

std::string callJson(const Record& r, const std::vector<HookRow>* teardown, std::uint64_t now_unix_ms, bool detail,
                     bool stored, bool muted) {
  const Terms& t = *r.terms;
  json::Object o;
  o.add("call_id", t.id)
      .add("to_number", t.to_number)
      .add("from_number", t.from_number)
      .add("far_number", t.farNumber())
      .add("status", name(r.status))
      .add("direction", name(t.direction))
      .add("carrier", t.carrier)
      .add("voice", t.voice)
      .add("started_at", base::isoTime(r.started_unix_ms));
  if (r.answered_unix_ms)
    o.add("answered_at", base::isoTime(r.answered_unix_ms));
  else
    o.raw("answered_at", "null");
  o.raw("duration_s", seconds(r.durationMs(now_unix_ms)));
  if (!detail && r.status == Status::ended)
    o.add("outcome", name(r.outcome))
        .add("ended_by", name(r.ended_by))
        .add("reason", r.reason)
        .add("ended_at", base::isoTime(r.ended_unix_ms));
  if (detail) {
    o.raw("metadata", t.metadata_json).raw("transcript", transcriptJson(r.transcript));
    if (r.status == Status::ended || r.status == Status::ending) {
      o.add("outcome", name(r.outcome)).add("ended_by", name(r.ended_by)).add("reason", r.reason);
      if (r.ended_unix_ms) o.add("ended_at", base::isoTime(r.ended_unix_ms));
    }
    if (!r.transfer.to.empty())
      o.raw("transfer", json::Object().add("to", r.transfer.to).add("state", name(r.transfer.state)).str());
    if (teardown)
      o.raw("started_hooks", hooksJson(*teardown, Part::started))
          .raw("leg_hooks", hooksJson(*teardown, Part::leg))
          .raw("teardown", hooksJson(*teardown, Part::teardown));
  }
  if (!stored) o.add("stored", false);
  if (muted) o.add("muted", true);
  return o.str();
}

std::string liveJson(const std::vector<CallView>& calls) {
  json::Array list;
  for (auto& c : calls) list.raw(callJson(*c.record, nullptr, c.now_unix_ms, false, c.stored));
  return json::Object().raw("calls", list.str()).add("count", std::uint64_t(calls.size())).str();
}

std::string detailJson(const CallView& c) {
  const std::vector<call::HookRow> hooks(c.hooks.begin(), c.hooks.end());
  return callJson(*c.record, &hooks, c.now_unix_ms, true, c.stored, c.muted);
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
