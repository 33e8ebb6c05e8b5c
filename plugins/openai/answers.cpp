#include "plugins/openai/answers.hpp"

#include "plugins/openai/errors.hpp"
#include "plugins/openai/messages.hpp"
#include "plugins/openai/timers.hpp"

#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <utility>

namespace hookswitch::openai {
namespace {

constexpr std::uint64_t kGateMs = 10000;
constexpr std::uint64_t kCallerTurnMs = 5000;  // after the end of speech a response must have been made by then

}  // namespace

bool Answers::say(std::string_view text, bool first) { return gate_.askWith(sayOverrides(text), first); }

void Answers::pump(hks::Out& out) {
  if (!channel_.usable()) return;
  if (const auto create = gate_.next()) {
    channel_.send(responseCreate(create->overrides, create->id), out);
    out.timer(kGate, kGateMs);
  }
}

void Answers::created(std::string_view response, hks::Out& out) {
  gate_.created(response);
  out.cancelTimer(kGate);
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
  if (gate_.done(response, mine)) out.cancelTimer(kGate);
  return mine;
}

void Answers::outcome(const hks::json::Value& response, std::string_view status, std::optional<Create> mine,
                      hks::Out& out) {
  if (status == "failed") return failed(response, std::move(mine), out);
  retried_ = false;
  hks::json::Value details;
  if (status == "incomplete" && hks::json::objectAt(response, "status_details", details))
    channel_.warn("OpenAI cut an answer short: " + hks::utf8::line(hks::json::textAt(details, "reason"), 60), out);
}

/// No error event accompanies it: unless something is done the caller hears silence (§4).
void Answers::failed(const hks::json::Value& response, std::optional<Create> mine, hks::Out& out) {
  hks::json::Value error;
  std::string why = "no reason given";
  std::string_view code, type;
  if (hks::json::objectAt(response["status_details"], "error", error)) {
    why = described(error);
    code = hks::json::textAt(error, "code");
    type = hks::json::textAt(error, "type");
  }
  if (isFatal(code)) return channel_.gone("OpenAI cannot answer: " + why, {}, out);
  const bool passing =
      code.find("rate_limit") != std::string_view::npos || type == "server_error" || code == "server_error";
  if (!passing || std::exchange(retried_, true))
    return channel_.warn("OpenAI failed to answer, the caller hears nothing: " + why, out);
  channel_.warn("OpenAI failed to answer, one more attempt in " + std::to_string(reset_ms_) + " ms: " + why, out);
  retry_ = mine ? std::move(mine) : Create{channel_.nextEventId("rc-again-"), {}};
  out.timer(kRetry, reset_ms_);
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
  reset_ms_ = std::uint64_t(std::min(longest_s, 20.0) * 1000);
}

void Answers::busy(std::string_view event_id, hks::Out& out) {
  gate_.busy(event_id);
  out.timer(kGate, kGateMs);
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

void Answers::leave(hks::Out& out) {
  gate_.expired();
  unwanted_ = false;
  gate_.callerTurn(false);
  out.cancelTimer(kGate);
  out.cancelTimer(kCallerTurn);
}

void Answers::timer(std::uint64_t id, hks::Out& out) {
  if (id == kGate) {
    if (gate_.idle()) return;
    channel_.warn("OpenAI has neither begun nor refused an answer in 10 s; asking again when something is to be said",
                  out);
    gate_.expired();
    unwanted_ = false;
  } else if (id == kRetry) {
    if (retry_) gate_.again(*std::exchange(retry_, std::nullopt));
  } else {
    gate_.callerTurn(false);
  }
  pump(out);
}

}  // namespace hookswitch::openai
