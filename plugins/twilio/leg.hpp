// What Twilio says of a leg: one Call object, a page of them, the log of its callbacks; and our mark in any of these
// (twilio.md §1.3, §1.5). Pure. [any]
#pragma once

#include <hookswitch/plugin.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hookswitch::twilio {

/// Every callback URL that this gateway hands out is <base_url>/twilio/<route>?gw_call=<call>.
struct Mark {
  std::string call, base_url;
};
/// nullopt: not such an URL.
std::optional<Mark> markOf(std::string_view url);

struct Leg {
  std::string sid, to, from, status, direction;
  std::optional<std::int64_t> created_s;  ///< date_created; Twilio leaves it out while a call is queued
  hks::LegTimes times;                    ///< in whole seconds; of a leg that runs, only the answer
  std::optional<Mark> mark;               ///< Twilio's own Call object has none; a peer that shows one is believed
};

struct LegPage {
  std::vector<Leg> legs;  ///< newest first; without those whose sid is malformed
  std::string next_uri;   ///< as Twilio gave it; empty: this was the last page
};
/// nullopt: not a list.
std::optional<LegPage> parseLegs(std::string_view body);

/// The log of a leg: every request that made it or that was made for it.
struct LegLog {
  std::optional<Mark> mark;
  bool telling = false;  ///< it names callback URLs: without a mark, the leg is no gateway's
};
/// nullopt: not a log. A log may still be empty: Twilio promises it for 15 minutes after the end of a call.
std::optional<LegLog> parseLog(std::string_view body);

enum class FetchVerdict : std::uint8_t {
  leg = 1,      ///< `leg` is filled in
  gone = 2,     ///< Twilio has no such call (any more)
  unasked = 3,  ///< no answer, or one that says nothing about the leg
};
struct Fetched {
  FetchVerdict verdict;
  Leg leg;
};
Fetched judgeFetch(const hks_http& response);

/// The times of a leg by Twilio's clock. What it calls a start may be the dialling: of a leg that is over, end and
/// duration tell when it was answered.
hks::LegTimes legTimes(std::optional<std::int64_t> start_s, std::optional<std::int64_t> end_s,
                       std::optional<std::uint64_t> duration_s);

/// What a status means for the leg; state 0: nothing to report (queued, initiated, unknown).
struct LegState {
  std::uint32_t state = 0, outcome = 0;
};
LegState legState(std::string_view call_status);

}  // namespace hookswitch::twilio
