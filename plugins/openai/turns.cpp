// Answers, what was heard of them, tools and keys.
#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <utility>

#include "plugins/openai/messages.hpp"
#include "plugins/openai/session.hpp"
#include "plugins/speech/wording.hpp"

namespace hookswitch::openai {
namespace {

constexpr std::uint64_t kGateMs = 10000;
constexpr std::uint64_t kToolMs = 30000;
constexpr std::uint64_t kDigitsMs = 1200;  // keys pressed within this time of each other are one entry
constexpr std::size_t kMaxDigits = 32;
constexpr std::size_t kMaxCalls = 32;
constexpr std::size_t kMaxSeen = 128;
constexpr std::size_t kMaxOutput = 8 * 1024;
constexpr std::size_t kMaxDiscarded = 16;

}  // namespace

void Voice::pump(Out& out) {
  if (!ready_ || live_.state != Link::State::Ready) return;
  if (const auto create = gate_.next()) {
    send(responseCreate(create->overrides, create->id), out);
    out.timer(kGate, kGateMs);
  }
}

void Voice::discard(std::string_view response) {
  if (isDiscarded(response)) return;
  if (discarded_.size() >= kMaxDiscarded) discarded_.pop_front();
  discarded_.emplace_back(response);
}

bool Voice::isDiscarded(std::string_view response) const {
  return !discarded_.empty() && std::find(discarded_.begin(), discarded_.end(), response) != discarded_.end();
}

/// Takes back what the caller did not hear of an item (§5 step 5). Never more than was received of it.
void Voice::onHeard(const hks_heard& heard, Out& out) {
  Item* item = items_.find(hks::text(heard.item));
  if (gone_ || !item || item->cut || item->rx_bytes == 0) return;
  const std::uint64_t received_ms = item->rx_bytes / options_.bytesPerMs();
  item->heard_ms = std::min(heard.heard_ms, received_ms);
  const bool whole =
      item->heard_ms == received_ms && item->ended && item->dropped_bytes == 0 && !isDiscarded(item->response);
  item->ended = true;
  if (whole) return;
  item->cut = true;
  if (live_.state == Link::State::Ready)
    send(truncate(item->id, item->content_index, item->heard_ms, nextEventId("tr-")), out);
  if (!item->told) return;
  const std::uint64_t total_ms = (item->rx_bytes + item->dropped_bytes) / options_.bytesPerMs();
  const std::string said = speech::cutInProportion(item->text, item->heard_ms, total_ms);
  if (lines_.replace(item->id, said)) return;
  memory_.put(HKS_ASSISTANT, said, item->id);
  out.transcript(HKS_ASSISTANT, said, item->id);  // the same item again: takes the place of the line told before
}

void Voice::toolAsked(const Json& json, std::string_view response, Out& out) {
  const std::string call_id = hks::utf8::line(speech::textAt(json, "call_id"), 128);
  if (call_id.empty() || std::find(seen_calls_.begin(), seen_calls_.end(), call_id) != seen_calls_.end()) return;
  if (seen_calls_.size() >= kMaxSeen) seen_calls_.pop_front();
  seen_calls_.push_back(call_id);

  Call call;
  call.call_id = call_id;
  call.name = hks::utf8::line(speech::textAt(json, "name"), 64);
  call.arguments = speech::textAt(json, "arguments");
  call.response = response;
  call.epoch = epoch_;
  if (call.arguments.empty()) call.arguments = "{}";
  const char* refuse = nullptr;
  const bool known = std::any_of(options_.tools.begin(), options_.tools.end(),
                                 [&](const speech::Tool& t) { return t.name == call.name; });
  if (calls_.size() >= kMaxCalls)
    refuse = R"({"error":"too many calls at once"})";
  else if (!known)
    refuse = R"({"error":"there is no such tool"})";
  else if (call.name == speech::kEndCall)
    call.ends_call = true;
  else if (!speech::isJsonObject(call.arguments))
    refuse = R"({"error":"the arguments were not a JSON object"})";
  if (refuse && calls_.size() >= 2 * kMaxCalls) return;
  if (call.ends_call) end_reason_ = speech::endCallReason(call.arguments);
  if (!refuse && !call.ends_call) {
    call.id = ++last_call_;
    out.toolCall(call.id, call.name, call.arguments);
    out.timer(kTool + call.id, kToolMs);
  }
  calls_.push_back(std::move(call));
  if (refuse) answerCall(calls_.back(), refuse, out);
}

void Voice::answerCall(Call& call, std::string_view output, Out& out) {
  if (std::exchange(call.answered, true)) return;
  if (call.id) out.cancelTimer(kTool + call.id);
  if (live_.state != Link::State::Ready) {
    call.answered = false;
    call.late_output = output;
    return;
  }
  // A fresh session does not know the call: tell it first (§7).
  if (call.epoch != epoch_) send(functionCallItem(call.call_id, call.name, call.arguments), out);
  send(functionOutputItem(call.call_id, output, nextEventId("out-")), out);
}

void Voice::onToolResult(const hks_tool_call& result, Out& out) {
  if (gone_) return;
  const auto call =
      std::find_if(calls_.begin(), calls_.end(), [&](const Call& c) { return c.id && c.id == result.msg.id; });
  if (call == calls_.end() || call->answered) return;
  const std::string_view json = hks::text(result.json);
  std::string output = hks::utf8::clean(json, kMaxOutput);
  if (output.empty()) output = "{}";
  if (result.failed) output = R"({"error":)" + speech::resultValue(json, kMaxOutput) + "}";
  answerCall(*call, output, out);
  settleCalls({}, false, out);
  pump(out);
}

/// `response` is done, or, empty, a call was answered. When every call of a finished response has its output, one
/// answer is asked for (§6). end_call takes effect here: never while its response is still being made.
void Voice::settleCalls(std::string_view response, bool completed, Out& out) {
  if (!response.empty())
    for (Call& call : calls_) {
      if (call.response != response) continue;
      call.settled = true;
      if (!call.ends_call || call.answered) continue;
      answerCall(call,
                 completed
                     ? R"({"status":"the call is ending"})"
                     : R"({"status":"not ended","reason":"the caller spoke; call end_call again if the call is over"})",
                 out);
      if (completed)
        out.endCall(end_reason_, HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
      else
        call.ends_call = false, call.quiet = true;
      end_reason_.clear();
    }
  for (std::size_t i = 0; i < calls_.size();) {
    const std::string group = calls_[i].response;
    const auto same = [&](const Call& c) { return c.response == group; };
    const bool open =
        std::any_of(calls_.begin(), calls_.end(), [&](const Call& c) { return same(c) && !(c.answered && c.settled); });
    if (open) {
      ++i;
      continue;
    }
    const bool ends =
        std::any_of(calls_.begin(), calls_.end(), [&](const Call& c) { return same(c) && (c.ends_call || c.quiet); });
    calls_.erase(std::remove_if(calls_.begin(), calls_.end(), same), calls_.end());
    if (!ends) gate_.askAnswer();
    i = 0;
  }
}

void Voice::onDtmf(hks::Text digits, Out& out) {
  if (gone_) return;
  bool end = false;
  for (char key : digits)
    if (speech::isDtmf(key) && digits_.size() < kMaxDigits) {
      digits_ += key;
      end = key == '#';
    }
  if (digits_.empty()) return;
  if (end || digits_.size() >= kMaxDigits) return sendDigits(out);
  out.timer(kDtmf, kDigitsMs);
}

void Voice::sendDigits(Out& out) {
  if (digits_.empty()) return;
  if (!ready_ || live_.state != Link::State::Ready) return void(out.timer(kDtmf, kDigitsMs));
  out.cancelTimer(kDtmf);
  const std::string sentence = speech::dtmfSentence(std::exchange(digits_, {}));
  send(messageItem("user", sentence, nextEventId("dtmf-")), out);
  memory_.put(HKS_USER, sentence, {});
  gate_.askAnswer();
  pump(out);
}

void Voice::onSay(const hks_notice& say, Out& out) {
  const std::string text = hks::utf8::clean(hks::text(say.text), 4096);
  if (gone_ || text.empty()) return;
  if (!gate_.askWith(sayOverrides(text))) return warn("too much is waiting to be said; a sentence was dropped", out);
  pump(out);
}

}  // namespace hookswitch::openai
