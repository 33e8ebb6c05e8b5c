#include "plugins/gemini/tools.hpp"

#include "plugins/gemini/messages.hpp"
#include "plugins/gemini/timers.hpp"
#include "plugins/speech/tools.hpp"

#include <hookswitch/utf8.hpp>

#include <utility>

namespace hookswitch::gemini {
namespace {

constexpr std::uint64_t kEndMs = 10000;      // §7: end_call waits for a farewell
constexpr std::uint64_t kFarewellMs = 3000;  // after a turn without audio
constexpr std::size_t kMaxResults = 16;
constexpr std::size_t kMaxResult = 6 * 1024;  // §7: large responses were answered with 1011

void add(std::list<std::string>& results, std::string text) {
  results.push_back(std::move(text));
  if (results.size() > kMaxResults) results.pop_front();
}

}  // namespace

void Farewell::begin(std::string_view call, std::string reason, hks::Out& out) {
  if (done_) return;
  pending_ = true;
  call_ = call;
  reason_ = std::move(reason);
  out.timer(kEnd, kEndMs);
}

void Farewell::hurry(hks::Out& out) { out.timer(kEnd, kFarewellMs); }

void Farewell::interrupted(hks::Out& out) {
  if (pending_) out.timer(kEnd, kEndMs);
  done_ = false;
}

void Farewell::cancelled(std::string_view call, hks::Out& out) {
  if (!pending_ || call != call_) return;
  pending_ = false;
  out.cancelTimer(kEnd);
}

bool Farewell::take(hks::Out& out) {
  if (!std::exchange(pending_, false) || std::exchange(done_, true)) return false;
  out.cancelTimer(kEnd);
  return true;
}

Tools::Tools(Channel& channel, Farewell& farewell) : channel_(channel), farewell_(farewell), calls_(kTool) {}

void Tools::asked(const hks::json::Values& calls, hks::Out& out) {
  for (const hks::json::Value call : calls) one(call, out);
}

void Tools::one(const hks::json::Value& asked, hks::Out& out) {
  Call call;
  call.remote_id = hks::utf8::line(hks::json::textAt(asked, "id"), 128);
  call.name = hks::utf8::line(hks::json::textAt(asked, "name"), 64);
  call.epoch = channel_.epoch;
  if (!call.remote_id.empty() && calls_.byRemoteId(call.remote_id)) return;
  hks::json::Value args;
  const std::string arguments = hks::json::objectAt(asked, "args", args) ? simdjson::minify(args) : "{}";
  const bool offered = speech::offers(channel_.options.tools, call.name);
  if (offered && call.name == speech::kEndCall) {
    answer(call, R"({"status":"ok","hint":"Say goodbye now if you have not done so."})", false, out);
    farewell_.begin(call.remote_id, speech::endCallReason(arguments), out);
  } else if (!offered) {
    answer(call, R"({"status":"there is no such tool","retryable":false})", true, out);
  } else if (calls_.full()) {
    answer(call, R"({"status":"too many calls at once","retryable":true})", true, out);
  } else {
    calls_.ask(std::move(call), arguments, out);
  }
}

void Tools::cancelled(const hks::json::Value& message, hks::Out& out) {
  hks::json::Values ids;
  if (!hks::json::arrayAt(message, "ids", ids)) return;
  for (const hks::json::Value one : ids) {
    std::string_view id;
    if (one.get(id) != simdjson::SUCCESS || id.empty()) continue;
    farewell_.cancelled(id, out);
    const Call* call = calls_.byRemoteId(id);
    if (!call) continue;
    calls_.stopClock(*call, out);
    calls_.remove([number = call->id](const Call& c) { return c.id == number; });
  }
}

void Tools::result(const hks_tool_call& result, hks::Out& out) {
  Call* call = calls_.byId(result.msg.id);
  if (!call) return;  // cancelled, answered, or not ours
  calls_.stopClock(*call, out);
  finish(*call, speech::resultValue(hks::text(result.json), kMaxResult), result.failed != 0, out);
}

void Tools::timer(std::uint64_t id, hks::Out& out) {
  Call* call = calls_.byTimer(id);
  if (!call) return;
  channel_.warn("the tool '" + call->name + "' did not answer in time", out);
  finish(*call, R"({"status":"timeout","retryable":true})", true, out);
}

void Tools::finish(Call& call, std::string_view value, bool failed, hks::Out& out) {
  const Call done = call;
  calls_.remove([&](const Call& c) { return c.id == done.id; });
  answer(done, value, failed, out);
}

void Tools::answer(const Call& call, std::string_view value, bool failed, hks::Out& out) {
  const std::string text = "The result of " + call.name + (failed ? ", which failed: " : ": ") + std::string(value);
  if (channel_.usable() && call.epoch == channel_.epoch) {
    const ModelRules& rules = *channel_.options.rules;
    const bool scheduled = rules.scheduling && rules.non_blocking && call.name != speech::kEndCall;
    channel_.send(toolResponse(call.remote_id, call.name, value, failed, scheduled ? "WHEN_IDLE" : ""), out);
    if (call.name == speech::kEndCall) return;
    add(untaken_, text);
    answered_ = awaited_ = true;
  } else {
    // The new connection may not know the call: its result comes as text (§5).
    add(results_, text);
    if (channel_.usable()) resume(out);
  }
}

void Tools::leave() {
  awaited_ = false;
  results_.splice(results_.begin(), untaken_);
  while (results_.size() > kMaxResults) results_.pop_front();
}

void Tools::resume(hks::Out& out) {
  for (const std::string& result : results_) channel_.send(userTurn(result), out);
  if (!results_.empty()) answered_ = awaited_ = true;
  untaken_.splice(untaken_.end(), results_);
}

}  // namespace hookswitch::gemini
