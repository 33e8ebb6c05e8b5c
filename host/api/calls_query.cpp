#include "host/api/calls_query.hpp"

#include <Poco/DateTime.h>
#include <Poco/DateTimeParser.h>

#include <optional>

#include "host/api/fields.hpp"
#include "host/api/parameters.hpp"
#include "host/base/ids.hpp"

namespace hookswitch::api {
namespace {

constexpr std::size_t max_limit = 1000;

/// Milliseconds since 1970; 0: it is no time, or one before them.
std::uint64_t parseTime(const std::string& text) {
  Poco::DateTime time;
  int zone = 0;
  for (const char* format : {"%Y-%m-%dT%H:%M:%s%z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"})
    if (Poco::DateTimeParser::tryParse(format, text, time, zone)) {
      const auto ms = time.timestamp().epochMicroseconds() / 1000 - zone * 1000ll;
      return ms > 0 ? std::uint64_t(ms) : 0;
    }
  return 0;
}

std::optional<call::Outcome> outcomeNamed(const std::string& text) {
  for (auto o : {call::Outcome::completed, call::Outcome::failed, call::Outcome::busy, call::Outcome::no_answer,
                 call::Outcome::canceled})
    if (text == call::name(o)) return o;
  return std::nullopt;
}

bool takeState(CallsQuery& q, const std::string& value) {
  q.state = value == "ended" ? CallsQuery::State::ended : CallsQuery::State::live;
  return value == "live" || value == "ended";
}

bool takeLimit(CallsQuery& q, const std::string& value) {
  q.limited = true;
  const auto limit = parseLimit(value, max_limit);
  q.history.limit = limit.value_or(max_limit);
  return limit.has_value();
}

bool takeBefore(CallsQuery& q, const std::string& value) {
  q.history.before = value;
  return base::isId(value);
}

bool takeNumber(CallsQuery& q, const std::string& value) {
  // An unescaped + arrives as a space.
  q.history.number = !value.empty() && value[0] == ' ' ? "+" + value.substr(1) : value;
  return !q.history.number.empty() && q.history.number.size() <= 64;
}

bool takeOutcome(CallsQuery& q, const std::string& value) {
  q.history.outcome = outcomeNamed(value);
  return q.history.outcome.has_value();
}

bool takeFormat(CallsQuery& q, const std::string& value) {
  q.lines = value == "jsonl";
  return value == "json" || value == "jsonl";
}

/// A parameter that goes with state=ended alone.
Parameter<CallsQuery> filter(const char* name, const char* type, const char* expected,
                             bool (*take)(CallsQuery&, const std::string&)) {
  return {{name, type, expected}, [take](CallsQuery& q, const std::string& value) {
            q.filtered = true;
            return take(q, value);
          }};
}

const std::vector<Parameter<CallsQuery>>& parameters() {
  static const std::vector<Parameter<CallsQuery>> table = {
      {{"state", "string", "live or ended"}, takeState},
      filter("limit", "integer", "a whole number from 1 to 1000", takeLimit),
      filter("before", "string", "the call_id of a call", takeBefore),
      filter("number", "string", "a phone number such as +15550001111", takeNumber),
      filter("outcome", "string", "completed, failed, busy, no-answer or canceled", takeOutcome),
      filter("since", "string", "a time such as 2026-01-31T14:03:22Z",
             [](CallsQuery& q, const std::string& value) { return (q.history.from_unix_ms = parseTime(value)) > 0; }),
      filter("until", "string", "a time such as 2026-01-31T14:03:22Z",
             [](CallsQuery& q, const std::string& value) { return (q.history.to_unix_ms = parseTime(value)) > 0; }),
      filter("format", "string", "json or jsonl", takeFormat)};
  return table;
}

}  // namespace

base::Result<CallsQuery> parseCallsQuery(std::string_view query) {
  CallsQuery out;
  if (const auto known = knownOnly(query, callsParameters()); !known) return base::Failure(known.error());
  if (const auto read = readQuery(query, parameters(), out); !read) return base::Failure(read.error());
  if (out.filtered && out.state == CallsQuery::State::live)
    return base::Failure("limit, before, number, outcome, since, until and format go with state=ended");
  out.history.transcripts = out.lines;
  out.everything = out.lines && !out.limited;
  Poco::URI next;
  const auto list = readParameters(query);
  for (auto& [name, value] : *list)
    if (name != "before") next.addQueryParameter(name, value);
  out.next = next.getRawQuery();
  return out;
}

std::vector<Described> callsParameters() { return described(parameters()); }

}  // namespace hookswitch::api
