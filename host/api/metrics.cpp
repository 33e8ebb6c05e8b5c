#include "host/api/metrics.hpp"

#include <set>
#include <stdexcept>

#include "host/plugin/session.hpp"

namespace hookswitch::api {
namespace {

using S = Sample;

Metric::Values refusedCalls(const Sample& s) {
  return {{"by=\"allow_to\"", s.calls.refused_allow_to},
          {"by=\"per_minute\"", s.calls.refused_per_minute},
          {"by=\"per_number_per_hour\"", s.calls.refused_per_number},
          {"by=\"max_concurrent\"", s.calls.refused_concurrent},
          {"by=\"number_answer\"", s.calls.rejected_number}};
}

Metric::Values shedCalls(const Sample& s) {
  return {{"direction=\"outbound\"", s.calls.shed_outbound}, {"direction=\"incoming\"", s.calls.shed_incoming}};
}

/// "0.0500", in as few digits as it takes.
std::string inSeconds(std::uint64_t us) {
  std::string digits = std::to_string(us);
  if (digits.size() < 7) digits.insert(0, 7 - digits.size(), '0');
  digits.insert(digits.size() - 6, 1, '.');
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

/// The samples of a histogram: each bucket counts what the ones before it count.
void printLateness(std::string& out, const std::string& name, const call::Lateness& late) {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < late.counts().size(); ++i) {
    const bool last = i == call::Lateness::bounds_ms.size();
    seen += late.counts()[i];
    out += name + "_bucket{le=\"" + (last ? "+Inf" : inSeconds(call::Lateness::bounds_ms[i] * std::uint64_t{1000})) +
           "\"} " + std::to_string(seen) + "\n";
  }
  out += name + "_sum " + inSeconds(late.sumUs()) + "\n" + name + "_count " + std::to_string(seen) + "\n";
}

const char* kindOf(Metric::Kind kind) {
  switch (kind) {
    case Metric::Kind::counter: return "counter";
    case Metric::Kind::histogram: return "histogram";
    default: return "gauge";
  }
}

std::vector<Metric> own() {
  return {
      gauge("calls_live", "Calls that are dialling, ringing, in progress or ending.",
            [](const S& s) { return s.calls.live; }),
      gauge("legs_unconfirmed", "Legs whose end was asked for and that the carrier has not confirmed over.",
            [](const S& s) { return s.calls.unconfirmed; }),
      gauge("plugins_quarantined", "Plugins of which something is held back because the gateway has died in it.",
            [](const S& s) { return s.plugins_quarantined; }),
      gauge("hooks_pending", "Hooks under way or waiting for their next attempt.",
            [](const S& s) { return s.calls.hooks_pending; }),
      gauge("hooks_dead", "Background hooks that were given up, of calls in memory.",
            [](const S& s) { return s.calls.hooks_dead; }),
      gauge("store_ok", "1 while the store takes what it is given.", [](const S& s) { return s.store.ok; }),
      gauge("store_backlog", "Writes that wait for a commit.", [](const S& s) { return s.store.backlog; }),
      counter("store_commits_total", "Transactions committed.", [](const S& s) { return s.store.commits; }),
      counter("store_writes_total", "Rows written.", [](const S& s) { return s.store.writes; }),
      counter("store_failures_total", "Transactions that failed.", [](const S& s) { return s.store.failures; }),
      counter("calls_placed_total", "Outbound calls that the carrier took.", [](const S& s) { return s.calls.placed; }),
      {"calls_refused_total", Metric::Kind::counter,
       "Requests for a call that a guard refused, and incoming calls to a number that is not answered.", refusedCalls},
      {"calls_shed_total", Metric::Kind::counter, "Calls that were refused because the media loops were overloaded.",
       shedCalls},
      gauge("overloaded", "1 while new calls are refused because the media loops are overloaded.",
            [](const S& s) { return s.calls.overloaded; }),
      {"media_lag_seconds", Metric::Kind::gauge, "How late the turns of the media loop that is worst off begin.",
       [](const S& s) {
         return Metric::Values{{"", s.calls.lag_us}};
       },
       true},
      {"frame_lateness_seconds",
       Metric::Kind::histogram,
       "Frames to callers by the gap that was heard before them; 0 for those that were in time.",
       {},
       true,
       [](const S& s) { return s.calls.lateness; }},
      counter("calls_ended_total", "Calls that have left the list.", [](const S& s) { return s.calls.ended; }),
      counter("calls_recovered_total", "Calls of an earlier run, or unknown ones, that a start has ended.",
              [](const S& s) { return s.calls.recovered; }),
      gauge("media_sessions", "Calls with a bridge on a media loop.",
            [](const S& s) { return s.calls.media_sessions; }),
      gauge("table_entries", "Calls in memory, the newest ended ones included.",
            [](const S& s) { return s.calls.table; }),
      gauge("calls_parked", "Ended calls whose hooks wait long: the store alone has them until they are due.",
            [](const S& s) { return s.calls.parked; }),
      gauge("timers", "Timers of the control thread.", [](const S& s) { return s.calls.timers; }),
      gauge("dials_open", "Dial requests that may still name a leg.", [](const S& s) { return s.calls.placing; }),
      gauge("sweeps_open",
            "Carriers that have not listed all of their legs since the start, which may hide one that nobody knows.",
            [](const S& s) { return s.calls.sweeps; }),
      gauge("tool_runs", "Tool calls under way.", [](const S& s) { return s.calls.tool_runs; }),
      gauge("idempotency_keys", "Idempotency keys that are kept.", [](const S& s) { return s.calls.keys; }),
      gauge("sessions", "Plugin sessions that are open: one per active plugin, two or three per bridged call.",
            [](const S&) { return plugin::Session::openCount(); }),
  };
}

Metric one(const char* name, Metric::Kind kind, const char* help, std::function<std::uint64_t(const S&)> read) {
  return {name, kind, help, [read = std::move(read)](const S& s) { return Metric::Values{{"", read(s)}}; }};
}

}  // namespace

Metric gauge(const char* name, const char* help, std::function<std::uint64_t(const Sample&)> read) {
  return one(name, Metric::Kind::gauge, help, std::move(read));
}

Metric counter(const char* name, const char* help, std::function<std::uint64_t(const Sample&)> read) {
  return one(name, Metric::Kind::counter, help, std::move(read));
}

Metrics::Metrics(std::vector<Metric> more) : metrics_(own()) {
  for (auto& metric : more) metrics_.push_back(std::move(metric));
  std::set<std::string> names;
  for (auto& metric : metrics_)
    if (!names.insert(metric.name).second)
      throw std::logic_error("the metric " + std::string(metric.name) + " is declared twice");
}

std::string Metrics::text(const Sample& sample) const {
  std::string out;
  for (auto& metric : metrics_) {
    const std::string name = "hookswitch_" + std::string(metric.name);
    out += "# HELP " + name + " " + metric.help + "\n# TYPE " + name + " " + kindOf(metric.kind) + "\n";
    if (metric.lateness) {
      printLateness(out, name, metric.lateness(sample));
      continue;
    }
    for (auto& [labels, value] : metric.read(sample))
      out += name + (labels.empty() ? "" : "{" + labels + "}") + " " +
             (metric.in_seconds ? inSeconds(value) : std::to_string(value)) + "\n";
  }
  return out;
}

}  // namespace hookswitch::api
