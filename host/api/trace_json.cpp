#include "host/api/trace_json.hpp"

#include "host/base/json.hpp"
#include "host/base/time.hpp"
#include "host/control/traces.hpp"

namespace hookswitch::api {
namespace {

std::string entryJson(const control::CallTrace::Entry& entry) {
  const call::TraceEvent& event = entry.event;
  json::Object o;
  o.add("ms", entry.ms).add("unix_ms", entry.unix_ms).add("plane", entry.media ? "media" : "control");
  o.add("event", name(event.what));
  if (const std::string_view unit = valueName(event.what); !unit.empty()) o.add(unit, event.value);
  if (event.text) o.add("text", *event.text);
  if (event.count > 1) o.add("count", event.count).add("lasted_ms", event.lasted_ms);
  return o.str();
}

std::string latenessJson(const call::Lateness& late) {
  json::Array buckets;
  for (std::size_t i = 0; i < late.counts().size(); ++i) {
    json::Object bucket;
    if (i < call::Lateness::bounds_ms.size())
      bucket.add("up_to_ms", call::Lateness::bounds_ms[i]);
    else
      bucket.raw("up_to_ms", "null");
    buckets.raw(bucket.add("frames", late.counts()[i]).str());
  }
  return json::Object()
      .add("frames", late.frames())
      .add("late", late.late())
      .add("p99_ms", late.quantileMs(990))
      .add("worst_ms", late.worstUs() / 1000)
      .raw("buckets", buckets.str())
      .str();
}

}  // namespace

std::string traceJson(const control::CallTrace& trace) {
  json::Array events;
  for (auto& entry : trace.entries) events.raw(entryJson(entry));
  json::Object o;
  o.add("call_id", trace.call)
      .add("status", name(trace.status))
      .add("started_at", base::isoTime(trace.started_unix_ms))
      .add("started_unix_ms", trace.started_unix_ms)
      .raw("events", events.str())
      .raw("forgotten",
           json::Object().add("control", trace.forgotten_control).add("media", trace.forgotten_media).str())
      .raw("lateness", trace.lateness ? latenessJson(*trace.lateness) : "null");
  return o.str();
}

}  // namespace hookswitch::api
