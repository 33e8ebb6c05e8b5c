#include "plugins/openai/tools.hpp"

#include "plugins/openai/messages.hpp"
#include "plugins/openai/timers.hpp"
#include "plugins/speech/tools.hpp"

#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace hookswitch::openai {
namespace {

constexpr std::size_t kMaxSeen = 128;
constexpr std::size_t kMaxOutput = 8 * 1024;
constexpr std::size_t kMaxUntaken = 16;

}  // namespace

Tools::Tools(Channel& channel) : channel_(channel), calls_(kTool) {}

bool Tools::seen(const std::string& call_id) {
  if (std::find(seen_.begin(), seen_.end(), call_id) != seen_.end()) return true;
  if (seen_.size() >= kMaxSeen) seen_.pop_front();
  seen_.push_back(call_id);
  return false;
}

/// What is answered in place of a result; NULL: the call may be made.
const char* Tools::refusal(Call& call) const {
  if (calls_.full()) return R"({"error":"too many calls at once"})";
  if (!speech::offers(channel_.options.tools, call.name)) return R"({"error":"there is no such tool"})";
  if (call.name == speech::kEndCall)
    call.ends_call = true;
  else if (!hks::json::isJsonObject(call.arguments))
    return R"({"error":"the arguments were not a JSON object"})";
  return nullptr;
}

void Tools::asked(const hks::json::Value& item, std::string_view response, hks::Out& out) {
  Call call;
  call.remote_id = hks::utf8::line(hks::json::textAt(item, "call_id"), 128);
  if (call.remote_id.empty() || seen(call.remote_id)) return;
  call.name = hks::utf8::line(hks::json::textAt(item, "name"), 64);
  call.arguments = hks::json::textAt(item, "arguments");
  call.response = response;
  call.epoch = channel_.epoch;
  if (call.arguments.empty()) call.arguments = "{}";
  const char* refuse = refusal(call);
  if (refuse) {
    if (calls_.size() < 2 * calls_.kMax) answer(calls_.keep(std::move(call)), refuse, out);
  } else if (call.ends_call) {
    end_reason_ = speech::endCallReason(call.arguments);
    calls_.keep(std::move(call));
  } else {
    const std::string arguments = call.arguments;
    calls_.ask(std::move(call), arguments, out);
  }
}

void Tools::answer(Call& call, std::string_view output, hks::Out& out) {
  if (call.answered) return;
  calls_.stopClock(call, out);
  call.output = output;
  if (!channel_.usable()) return;
  call.answered = true;
  // A fresh session does not know the call: tell it first (§7).
  if (call.epoch != channel_.epoch) channel_.send(functionCallItem(call.remote_id, call.name, call.arguments), out);
  channel_.send(functionOutputItem(call.remote_id, output, channel_.nextEventId("out-")), out);
}

std::optional<bool> Tools::result(const hks_tool_call& result, hks::Out& out) {
  Call* call = calls_.byId(result.msg.id);
  if (!call || call->answered) return {};
  const std::string_view json = hks::text(result.json);
  std::string output = hks::utf8::clean(json, kMaxOutput);
  if (output.empty()) output = "{}";
  if (result.failed) output = R"({"error":)" + speech::resultValue(json, kMaxOutput) + "}";
  answer(*call, output, out);
  return answerDue();
}

bool Tools::timer(std::uint64_t id, hks::Out& out) {
  Call* call = calls_.byTimer(id);
  if (!call || call->answered) return false;
  channel_.warn("the tool '" + call->name + "' did not answer in time", out);
  answer(*call, R"({"error":"timeout"})", out);
  return answerDue();
}

bool Tools::responseDone(std::string_view response, bool completed, hks::Out& out) {
  for (Call& call : calls_)
    if (call.response == response) settle(call, completed, out);
  return answerDue();
}

/// The response of a call is done. Cut off, it has not ended the call.
void Tools::settle(Call& call, bool completed, hks::Out& out) {
  call.settled = true;
  if (!call.ends_call || call.answered) return;
  answer(call,
         completed ? R"({"status":"the call is ending"})"
                   : R"({"status":"not ended","reason":"the caller spoke; call end_call again if the call is over"})",
         out);
  if (completed)
    endCall(out);
  else
    call.ends_call = false, call.quiet = true;
  end_reason_.clear();
}

void Tools::endCall(hks::Out& out) {
  ended_ = out.endCall(std::exchange(end_reason_, {}), HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
}

/// Responses whose calls all have their output are forgotten; one answer serves for all of them (§6).
bool Tools::answerDue() {
  bool due = false;
  for (auto call = calls_.begin(); call != calls_.end();) {
    const std::string group = call->response;
    const auto same = [&](const Call& c) { return c.response == group; };
    if (std::any_of(calls_.begin(), calls_.end(),
                    [&](const Call& c) { return same(c) && !(c.answered && c.settled); })) {
      ++call;
      continue;
    }
    const bool ends =
        std::any_of(calls_.begin(), calls_.end(), [&](const Call& c) { return same(c) && (c.ends_call || c.quiet); });
    if (!ends) std::copy_if(calls_.begin(), calls_.end(), std::back_inserter(untaken_), same);
    while (untaken_.size() > kMaxUntaken) untaken_.pop_front();
    calls_.remove(same);
    due = due || !ends;
    call = calls_.begin();
  }
  return due;
}

bool Tools::resume(hks::Out& out) {
  for (Call& call : calls_)
    if (!call.answered && !call.output.empty()) answer(call, std::string(call.output), out);
  return answerDue();
}

void Tools::leave(hks::Out& out) {
  calls_.remove([](const Call& c) { return c.ends_call; });
  for (; !untaken_.empty(); untaken_.pop_front()) calls_.keep(std::move(untaken_.front()));
  for (Call& call : calls_) {
    call.settled = true;
    call.answered = false;  // the next connection knows nothing of it
  }
  if (!end_reason_.empty()) endCall(out);
}

bool Tools::calledBy(std::string_view response) const {
  return std::any_of(calls_.begin(), calls_.end(), [&](const Call& c) { return c.response == response; });
}

bool Tools::quiet() const {
  return end_reason_.empty() && std::all_of(calls_.begin(), calls_.end(), [](const Call& c) { return c.answered; });
}

}  // namespace hookswitch::openai
