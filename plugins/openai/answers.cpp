#include "plugins/openai/answers.hpp"

#include "plugins/openai/errors.hpp"
#include "plugins/openai/messages.hpp"
#include "plugins/openai/timers.hpp"

#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <utility>

namespace hookswitch::openai {
namespace {

constexpr std::uint64_t kGateMs = 3500;          // an answer that was asked for, or begun, must show something by then
constexpr std::uint64_t kThinkingMs = 10000;     // ... of a model that thinks first
constexpr std::uint64_t kCallerTurnMs = 3500;    // after the end of speech a response must have been made by then
constexpr std::uint64_t kLongestResetMs = 3500;  // the caller waits no longer for a limit
constexpr std::uint64_t kAtOnceMs = 1;

/// What a response had instead of sound, for people.
std::string seenIn(const hks::json::Value& response) {
  hks::json::Values outputs, content;
  if (!hks::json::arrayAt(response, "output", outputs) || outputs.begin() == outputs.end()) return "nothing at all";
  std::string seen;
  for (const hks::json::Value item : outputs) {
    seen += (seen.empty() ? "" : ", ") + std::string(hks::json::textAt(item, "type"));
    if (!hks::json::arrayAt(item, "content", content)) continue;
    for (const hks::json::Value part : content) seen += " of " + std::string(hks::json::textAt(part, "type"));
  }
  return hks::utf8::line(seen, 200);
}

}  // namespace

bool Answers::say(std::string_view text, bool first) { return gate_.askWith(sayOverrides(text), first); }

void Answers::pump(hks::Out& out) {
  if (!channel_.usable()) return;
  if (const auto create = gate_.next()) {
    if (create->overrides.empty()) answered(out);
    channel_.send(responseCreate(create->overrides, create->id), out);
    watch(out);
    watched_ = false;
  }
}

void Answers::answered(hks::Out& out) {
  if (!retriesAnswer()) return;
  retry_.reset();
  out.cancelTimer(kRetry);
}

void Answers::watch(hks::Out& out) {
  watched_ = out.timer(kGate, channel_.options.reasoning.empty() ? kGateMs : kThinkingMs);
}

void Answers::created(std::string_view response, hks::Out& out) {
  if (!gate_.requested()) answered(out);  // the server makes one by itself
  gate_.created(response);
  watch(out);
  out.cancelTimer(kCallerTurn);
}

void Answers::cancel(hks::Out& out) {
  if (channel_.usable()) channel_.send(responseCancel(gate_.active(), channel_.nextEventId("rx-")), out);
}

void Answers::count(const hks::json::Value& response, std::string_view status, hks::Out& out) {
  hks::json::Value usage;
  if (!hks::json::objectAt(response, "usage", usage)) return;
  tokens_in_ += std::uint64_t(std::max<std::int64_t>(0, hks::json::numberAt(usage, "input_tokens")));
  tokens_out_ += std::uint64_t(std::max<std::int64_t>(0, hks::json::numberAt(usage, "output_tokens")));
  out.log(HKS_DEBUG, "OpenAI response " + std::string(status) + "; tokens of the call so far: " +
                         std::to_string(tokens_in_) + " in, " + std::to_string(tokens_out_) + " out");
}

std::optional<Create> Answers::done(std::string_view response, hks::Out& out) {
  std::optional<Create> mine;
  if (gate_.done(response, mine)) {
    watched_ = false;
    out.cancelTimer(kGate);
  }
  return mine;
}

void Answers::outcome(const hks::json::Value& response, std::string_view status, Had had, std::optional<Create> mine,
                      hks::Out& out) {
  if (status == "failed") return failed(response, had.cut, std::move(mine), out);
  hks::json::Value details;
  const bool incomplete = status == "incomplete";
  const std::string cut_by = incomplete && hks::json::objectAt(response, "status_details", details)
                                 ? hks::utf8::line(hks::json::textAt(details, "reason"), 60)
                                 : std::string();
  if ((incomplete || status == "completed") && !had.sound && !had.cut && !had.call) {
    const std::string what = incomplete ? "cut an answer short before its first sound (" + cut_by + ")"
                                        : "completed an answer without sound";
    return bad("OpenAI " + what + ": " + seenIn(response), kAtOnceMs, std::move(mine), out);
  }
  // One that we have cancelled because it stalled ends here, too: it is no proof that the model can be heard.
  if (had.sound) retried_ = false;
  if (incomplete) channel_.warn("OpenAI cut an answer short: " + cut_by, out);
}

/// No error event accompanies it: unless something is done the caller hears silence (§4).
void Answers::failed(const hks::json::Value& response, bool unwanted, std::optional<Create> mine, hks::Out& out) {
  hks::json::Value error;
  std::string why = "no reason given";
  std::string_view code;
  if (hks::json::objectAt(response["status_details"], "error", error)) {
    why = described(error);
    code = hks::json::textAt(error, "code");
  }
  if (isFatal(code)) return channel_.gone("OpenAI cannot answer: " + why, {}, out);
  if (unwanted) return;
  bad("OpenAI failed to answer: " + why, reset_ms_, std::move(mine), out);
}

/// The caller hears nothing. Once may happen; a model that does it twice in a row is gone.
void Answers::bad(const std::string& why, std::uint64_t pause_ms, std::optional<Create> mine, hks::Out& out) {
  if (std::exchange(retried_, true)) {
    channel_.warn(why + "; for the second time in a row", out);
    return channel_.gone(why + "; for the second time in a row", {}, out);
  }
  channel_.warn(why + "; one more attempt in " + std::to_string(pause_ms) + " ms", out);
  retry_ = mine ? std::move(mine) : Create{channel_.nextEventId("rc-again-"), {}};
  out.timer(kRetry, pause_ms);
}

/// An answer that was asked for, or begun, shows nothing.
void Answers::stalled(hks::Out& out) {
  const std::string active = gate_.active();
  if (!active.empty()) channel_.send(responseCancel(active, channel_.nextEventId("rx-")), out);
  std::optional<Create> mine = gate_.takeSent();
  gate_.expired();
  bad(active.empty() ? "OpenAI has neither begun nor refused an answer that it was asked for"
                     : "OpenAI has begun an answer, and nothing of it comes",
      kAtOnceMs, std::move(mine), out);
}

void Answers::limits(const hks::json::Value& root) {
  hks::json::Values limits;
  if (!hks::json::arrayAt(root, "rate_limits", limits)) return;
  double longest_s = 2;
  for (const hks::json::Value limit : limits) {
    double reset_s = 0;
    if (hks::json::numberAt(limit, "remaining", 1) <= 0 && limit["reset_seconds"].get(reset_s) == simdjson::SUCCESS)
      longest_s = std::max(longest_s, reset_s);
  }
  reset_ms_ = std::uint64_t(std::min(longest_s * 1000, double(kLongestResetMs)));
}

void Answers::busy(std::string_view event_id, hks::Out& out) {
  gate_.busy(event_id);
  watch(out);
}

bool Answers::refused(std::string_view event_id, std::string_view type, std::string_view what, hks::Out& out) {
  auto create = gate_.refused(event_id);
  if (!create) return false;
  unwanted_ = false;
  out.cancelTimer(kGate);
  if (type == "server_error" && create->attempts < 2) gate_.again(std::move(*create));
  channel_.warn("OpenAI refused to answer: " + std::string(what), out);
  pump(out);
  return true;
}

void Answers::callerBegan(hks::Out& out) {
  out.cancelTimer(kCallerTurn);
  gate_.callerTurn(true);
}

void Answers::callerEnded(hks::Out& out) { out.timer(kCallerTurn, kCallerTurnMs); }

bool Answers::leave(hks::Out& out) {
  unwanted_ = false;
  out.cancelTimer(kGate);
  out.cancelTimer(kCallerTurn);
  answered(out);
  return gate_.leave();
}

void Answers::timer(std::uint64_t id, hks::Out& out) {
  if (id == kGate) {
    watched_ = false;
    if (gate_.idle()) return;
    unwanted_ = false;
    stalled(out);
    if (channel_.gone()) return;
  } else if (id == kRetry) {
    auto retry = std::exchange(retry_, std::nullopt);
    if (retry && retry->overrides.empty())
      ask();  // one that waits already serves for both
    else if (retry)
      gate_.again(std::move(*retry));
  } else {
    // The turn detection should have answered by now.
    gate_.callerTurn(false);
    if (gate_.idle()) ask();
  }
  pump(out);
}

}  // namespace hookswitch::openai
