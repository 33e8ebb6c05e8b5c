#include "host/control/traces.hpp"

#include <algorithm>
#include <utility>

#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/control/streams.hpp"

namespace hookswitch::control {

using call::Call;
using call::Recording;

namespace {

/// "+1240 ms media frame_late late_ms=80 3 times in 90 ms"
std::string line(const CallTrace::Entry& entry) {
  const call::TraceEvent& event = entry.event;
  std::string out = "+" + std::to_string(entry.ms) + " ms " + (entry.media ? "media " : "control ") + name(event.what);
  if (const std::string unit = valueName(event.what); !unit.empty())
    out += " " + unit + "=" + std::to_string(event.value);
  if (event.text) out += " " + *event.text;
  if (event.count > 1)
    out += ", " + std::to_string(event.count) + " times in " + std::to_string(event.lasted_ms) + " ms";
  return out;
}

}  // namespace

CallTrace Traces::made(const Call& call, const Recording* media) const {
  CallTrace out;
  out.call = call.id();
  out.status = call.record.status;
  out.started_unix_ms = call.record.started_unix_ms;
  const std::uint64_t all_ms = control_.allMs(), unix_ms = control_.unixMs();
  const auto take = [&](const call::Trace& trace, bool of_media) {
    for (auto& event : trace.events()) {
      const std::uint64_t ago = all_ms > event.at_ms ? all_ms - event.at_ms : 0;
      const std::uint64_t at = call.record.clockMs(event.at_ms, unix_ms - ago);
      out.entries.push_back({std::int64_t(at) - std::int64_t(out.started_unix_ms), at, of_media, event});
    }
  };
  take(call.course.trace(), false);
  out.forgotten_control = call.course.trace().forgotten();
  if (media) {
    take(media->events, true);
    out.forgotten_media = media->events.forgotten();
    out.lateness = media->lateness;
  }
  std::stable_sort(out.entries.begin(), out.entries.end(),
                   [](auto& a, auto& b) { return a.event.at_ms < b.event.at_ms; });
  return out;
}

void Traces::read(const std::string& id, std::function<void(std::optional<CallTrace>)> done) {
  const Call* call = table_.find(id);
  if (!call) return done(std::nullopt);
  if (!call->life.hasMedia()) return done(made(*call, call->media.get()));
  struct Asked {
    std::function<void(std::optional<CallTrace>)> done;
    base::Loop::TimerId timer = 0;
  };
  auto asked = std::make_shared<Asked>();
  asked->done = std::move(done);
  const auto answer = [this, id, asked](const Recording* media) {
    if (!asked->done) return;
    control_.cancel(asked->timer);
    const auto tell = std::exchange(asked->done, nullptr);
    const Call* still = table_.find(id);
    if (!still) return tell(std::nullopt);
    tell(made(*still, still->media ? still->media.get() : media));
  };
  asked->timer = control_.after(patience_ms, [answer] { answer(nullptr); });
  streams_.recording(id, [&control = control_, answer](const Recording* so_far) {
    auto copy = so_far ? std::make_shared<const Recording>(*so_far) : nullptr;
    control.post([answer, copy] { answer(copy.get()); });
  });
}

void Traces::dump(const Call& call) const {
  const CallTrace trace = made(call, call.media.get());
  const std::size_t from = trace.entries.size() > max_lines ? trace.entries.size() - max_lines : 0;
  const std::uint64_t missing = from + trace.forgotten_control + trace.forgotten_media;
  log::warn(component::trace,
            "the call ended in a fault; its last " + std::to_string(trace.entries.size() - from) + " events" +
                (missing ? ", " + std::to_string(missing) + " older ones are left out" : "") + ":",
            call.id());
  for (std::size_t i = from; i < trace.entries.size(); ++i)
    log::warn(component::trace, line(trace.entries[i]), call.id());
}

}  // namespace hookswitch::control
