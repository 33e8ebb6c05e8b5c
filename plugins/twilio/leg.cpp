#include "plugins/twilio/leg.hpp"

#include "plugins/twilio/rest.hpp"
#include "plugins/twilio/text.hpp"

#include <hookswitch/read_json.hpp>

namespace hookswitch::twilio {
namespace {

constexpr std::size_t kMaxCall = 128, kMaxBase = 2048;  // of a mark
constexpr unsigned kMaxDepth = 8;
constexpr std::string_view kRoute = "/twilio/";
constexpr std::string_view kApi = "/2010-04-01/Accounts/";

using hks::json::wordAt;

bool isHttp(std::string_view text) { return text.substr(0, 7) == "http://" || text.substr(0, 8) == "https://"; }

/// Calls `see` with every string inside.
template <class See>
void strings(const hks::json::Value& element, See& see, unsigned depth = 0) {
  std::string_view text;
  simdjson::dom::object object;
  simdjson::dom::array array;
  if (depth > kMaxDepth) return;
  if (element.get(text) == simdjson::SUCCESS)
    see(text);
  else if (element.get(object) == simdjson::SUCCESS)
    for (const auto& member : object) strings(member.value, see, depth + 1);
  else if (element.get(array) == simdjson::SUCCESS)
    for (const auto& one : array) strings(one, see, depth + 1);
}

std::optional<Leg> readLeg(const hks::json::Value& call) {
  Leg leg;
  leg.sid = wordAt(call, "sid");
  if (!looksLikeSid(leg.sid)) return std::nullopt;
  leg.to = wordAt(call, "to");
  leg.from = wordAt(call, "from");
  leg.status = wordAt(call, "status");
  leg.direction = wordAt(call, "direction");
  leg.created_s = parseMailDate(wordAt(call, "date_created"));
  const auto start_s = parseMailDate(wordAt(call, "start_time")), end_s = parseMailDate(wordAt(call, "end_time"));
  leg.times = legTimes(start_s, end_s, parseNumber(wordAt(call, "duration")));
  auto see = [&leg](std::string_view text) {
    if (!leg.mark) leg.mark = markOf(text);
  };
  strings(call, see);
  return leg;
}

}  // namespace

std::optional<Mark> markOf(std::string_view url) {
  if (!isHttp(url)) return std::nullopt;
  const std::string_view path = url.substr(0, url.find('?'));
  const auto route = path.rfind(kRoute);
  if (route == std::string_view::npos || route > kMaxBase) return std::nullopt;
  Mark mark{queryValue(url, "gw_call"), std::string(path.substr(0, route))};
  if (mark.call.empty() || mark.call.size() > kMaxCall) return std::nullopt;
  return mark;
}

std::optional<LegPage> parseLegs(std::string_view body) {
  hks::json::Reader reader;
  hks::json::Value page;
  hks::json::Values calls;
  if (!reader.read(body, page) || !hks::json::arrayAt(page, "calls", calls)) return std::nullopt;
  LegPage out;
  for (const hks::json::Value element : calls)
    if (auto leg = readLeg(element)) out.legs.push_back(std::move(*leg));
  out.next_uri = wordAt(page, "next_page_uri");
  return out;
}

std::optional<LegLog> parseLog(std::string_view body) {
  hks::json::Reader reader;
  hks::json::Value page;
  hks::json::Values events;
  if (!reader.read(body, page) || !hks::json::arrayAt(page, "events", events)) return std::nullopt;
  LegLog log;
  auto see = [&log](std::string_view text) {
    if (!isHttp(text)) return;
    if (!log.mark) log.mark = markOf(text);
    // The request that made the call is in the log, too: the address of the API tells nothing.
    if (text.find(kApi) == std::string_view::npos) log.telling = true;
  };
  // What was answered is not looked at: a document may name the URLs of anybody.
  for (const hks::json::Value event : events)
    if (hks::json::Value request; event["request"].get(request) == simdjson::SUCCESS) strings(request, see);
  return log;
}

Fetched judgeFetch(const hks_http& response) {
  const std::string_view body = hks::text(response.body);
  if (response.status == 200) {
    hks::json::Reader reader;
    hks::json::Value root;
    if (reader.read(body, root))
      if (auto leg = readLeg(root); leg && !leg->status.empty()) return {FetchVerdict::leg, std::move(*leg)};
    return {FetchVerdict::unasked, {}};
  }
  // A 404 that Twilio did not write (a proxy, a wrong address) says nothing about the leg.
  return {parseError(body).code == 20404 ? FetchVerdict::gone : FetchVerdict::unasked, {}};
}

hks::LegTimes legTimes(std::optional<std::int64_t> start_s, std::optional<std::int64_t> end_s,
                       std::optional<std::uint64_t> duration_s) {
  const auto ms = [](std::int64_t s) { return s > 0 ? std::uint64_t(s) * 1000 : 0; };
  hks::LegTimes times;
  times.resolution_ms = 1000;
  if (end_s) times.ended_unix_ms = ms(*end_s);
  if (duration_s)
    times.duration_ms = *duration_s * 1000;
  else if (start_s && end_s && *end_s > *start_s)
    times.duration_ms = ms(*end_s - *start_s);
  if (!end_s && start_s)
    times.answered_unix_ms = ms(*start_s);
  else if (times.duration_ms && times.ended_unix_ms > times.duration_ms)
    times.answered_unix_ms = times.ended_unix_ms - times.duration_ms;
  return times;
}

LegState legState(std::string_view call_status) {
  if (call_status == "ringing") return {HKS_RINGING, 0};
  if (call_status == "in-progress") return {HKS_IN_PROGRESS, 0};
  if (call_status == "completed") return {HKS_OVER, HKS_COMPLETED};
  if (call_status == "busy") return {HKS_OVER, HKS_BUSY};
  if (call_status == "no-answer") return {HKS_OVER, HKS_NO_ANSWER};
  if (call_status == "failed") return {HKS_OVER, HKS_FAILED};
  if (call_status == "canceled") return {HKS_OVER, HKS_CANCELED};
  return {};
}

}  // namespace hookswitch::twilio
