// Twilio's Call resource: requests as values, answers judged (twilio.md §1). No state, no I/O. [any]
#pragma once

#include "plugins/twilio/config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookswitch::twilio {

/// A request with storage of its own.
struct Request {
  std::string method, url, body;
  std::uint32_t timeout_ms = 0;
  bool form = false;
  hks::Http http(const Config& config) const;  ///< borrows from this object; adds Basic authorisation
};

/// Both URLs carry our call id as gw_call: it identifies the call before Twilio's answer does, and after a lost one.
/// `from` is not empty.
Request createCall(const Config& config, const hks_call& call, std::string_view from);
/// Ends ringing and running legs alike.
Request completeCall(const Config& config, std::string_view call_sid, std::uint32_t timeout_ms);
/// Another document for a leg that runs; its stream ends for it.
Request updateCall(const Config& config, std::string_view call_sid, std::string_view document,
                   std::uint32_t timeout_ms);
Request fetchCall(const Config& config, std::string_view call_sid, std::uint32_t timeout_ms);
/// The requests that made a call and that were made for it.
Request callLog(const Config& config, std::string_view call_sid);
/// Calls between two numbers since `day` (2026-01-31, UTC), newest first.
Request listCalls(const Config& config, std::string_view to, std::string_view from, std::string_view day);
/// All calls of the account in this status, newest first.
Request listLegs(const Config& config, std::string_view status);
/// The legs that were rung for this one.
Request listChildren(const Config& config, std::string_view parent_sid, std::uint32_t timeout_ms);
/// The page that a list names as its next one; nullopt: it leads elsewhere than to the account's calls.
std::optional<Request> nextPage(const Config& config, std::string_view next_uri);

/// base + "/twilio/<route>?gw_call=<call>"
std::string callbackUrl(std::string_view base, std::string_view route, std::string_view call);

/// Twilio's error body, as far as there is one.
struct ApiError {
  std::uint64_t code = 0;  ///< 0: none was given
  std::string message;     ///< cleaned; empty: none was given
};
ApiError parseError(std::string_view body);

/// "Twilio API error: <message>": Twilio's own words where it gave some. `response.status` 0: the host's reason.
std::string errorSentence(const hks_http& response);

enum class CreateVerdict : std::uint8_t {
  accepted = 1,  ///< `sid` is filled in
  refused = 2,   ///< final
  repeat = 3,    ///< certainly not executed: a repetition is safe
  unknown = 4,   ///< may or may not exist
};
struct CreateResult {
  CreateVerdict verdict;
  std::string sid;
};
CreateResult judgeCreate(const hks_http& response);

enum class HangUpVerdict : std::uint8_t {
  taken = 1,
  repeat = 2,
  refused = 3,
  over = 5,     ///< the leg was over before
  unknown = 4,  ///< this account has no such leg: over, or alive in another one
};
/// What is told of a leg that the account does not know.
inline constexpr const char* kUnknownLeg = "Twilio API error: Unable to fetch record";
HangUpVerdict judgeHangUp(const hks_http& response);

enum class UpdateVerdict : std::uint8_t {
  taken = 1,
  repeat = 2,   ///< certainly not executed: a repetition is safe
  refused = 3,  ///< final, and nothing has changed
  over = 4,     ///< the leg does not run (any more)
  unknown = 5,  ///< may or may not have been executed
};
UpdateVerdict judgeUpdate(const hks_http& response);

/// Seconds that the answer asks to wait, in ms; nullopt when it does not say. At most 300 s.
std::optional<std::uint64_t> retryAfterMs(const hks_http& response);

}  // namespace hookswitch::twilio
