// What the server says (openai-realtime.md §4). Unknown events, extra fields and nulls are normal: ignored.
#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

#include "plugins/openai/session.hpp"
#include "plugins/speech/base64.hpp"
#include "plugins/speech/wording.hpp"

namespace hookswitch::openai {
namespace {

using std::string_view;

constexpr std::uint64_t kOrderMs = 4000;       // how long a line waits for the words that were said before it
constexpr std::uint64_t kCallerTurnMs = 5000;  // after the end of speech a response must have been made by then

template <std::size_t N>
bool oneOf(string_view code, const string_view (&codes)[N]) {
  return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}
/// Codes after which another attempt cannot help (§4).
bool isFatal(string_view code) {
  static constexpr string_view codes[] = {
      "invalid_api_key", "insufficient_quota", "account_deactivated", "billing_hard_limit_reached",
      "invalid_model",   "model_not_found",    "invalid_intent",      "beta_api_shape_disabled"};
  return oneOf(code, codes);
}
bool isHarmless(string_view code) {
  static constexpr string_view codes[] = {"response_cancel_not_active", "input_audio_buffer_commit_empty",
                                          "unsupported_content_type"};
  return oneOf(code, codes);
}
std::string described(const speech::Json& error) {
  std::string text = hks::utf8::line(speech::textAt(error, "message"), 200);
  const std::string code = hks::utf8::line(speech::textAt(error, "code"), 60);
  const std::string param = hks::utf8::line(speech::textAt(error, "param"), 60);
  if (text.empty()) text = "no message";
  if (!code.empty()) text += " (" + code + (param.empty() ? ")" : ", " + param + ")");
  return text;
}

}  // namespace

void Voice::event(string_view type, const Json& root, Out& out) {
  // The second names are those of look-alike servers that still speak the beta shape.
  if (type == "response.output_audio.delta" || type == "response.audio.delta") return onAudioDelta(root, out);
  if (type == "error") return onError(root, out);
  if (type == "session.created") return sessionCreated(live_, root, out);
  if (type == "session.updated") return configured(live_, root, out);
  if (!ready_) return;
  if (type == "response.output_audio.done" || type == "response.audio.done") return onAudioDone(root, out);
  if (type == "response.output_audio_transcript.done" || type == "response.audio_transcript.done")
    return assistantSaid(speech::textAt(root, "item_id"), speech::textAt(root, "transcript"), out);
  if (type == "input_audio_buffer.speech_started") return onSpeechStarted(out);
  if (type == "input_audio_buffer.speech_stopped") {
    caller_speaks_ = false;
    out.cancelTimer(kStall);
    return void(out.timer(kCallerTurn, kCallerTurnMs));
  }
  if (type == "input_audio_buffer.committed") {
    if (options_.transcribes()) lines_.expect(speech::textAt(root, "item_id"), HKS_USER);
    return;
  }
  if (type == "conversation.item.input_audio_transcription.completed" ||
      type == "conversation.item.input_audio_transcription.failed") {
    lines_.finish(speech::textAt(root, "item_id"), HKS_USER,
                  hks::utf8::line(speech::textAt(root, "transcript"), speech::kMaxSaid));
    return tellLines(out);
  }
  if (type == "response.created") {
    Json response;
    if (!speech::objectAt(root, "response", response)) return;
    gate_.created(speech::textAt(response, "id"));
    out.cancelTimer(kGate);
    return void(out.cancelTimer(kCallerTurn));
  }
  if (type == "response.output_item.added") return onItemAdded(root, out);
  if (type == "response.output_item.done") return onItemDone(root, out);
  if (type == "response.done") return onResponseDone(root, out);
  if (type == "rate_limits.updated") return onRateLimits(root);
}

void Voice::onAudioDelta(const Json& root, Out& out) {
  const string_view id = speech::textAt(root, "item_id"), response = speech::textAt(root, "response_id");
  if (!ready_ || id.empty()) return;
  Item* item = items_.find(id);
  if (!item) item = &items_.open(id, response);
  audio_.assign(item->odd);
  if (!speech::decodeBase64(audio_, speech::textAt(root, "delta")))
    return warn("OpenAI sent audio that is not base64; ignored", out);
  item->odd.clear();
  item->content_index = speech::numberAt(root, "content_index");
  if (item->ended || isDiscarded(response)) {
    item->dropped_bytes += audio_.size();
    return;
  }
  if (!options_.pcmu && audio_.size() % 2) {
    item->odd.assign(1, audio_.back());
    audio_.pop_back();
  }
  if (audio_.empty()) return;
  item->rx_bytes += audio_.size();
  played_until_us_ = std::max(played_until_us_, now_us_) + audio_.size() * 1000 / options_.bytesPerMs();
  out.audio(options_.format(), audio_, item->id);
}

void Voice::onAudioDone(const Json& root, Out& out) {
  Item* item = items_.find(speech::textAt(root, "item_id"));
  if (!item || item->ended) return;
  item->ended = true;
  item->odd.clear();
  if (item->rx_bytes && !isDiscarded(item->response)) out.audioEnd(item->id);
}

/// Barge-in (§5). The server has cancelled the answer already (interrupt_response); what it still sends of it is not
/// played. The host flushes and tells with HKS_HEARD what to truncate, also when the answer was complete long ago.
void Voice::onSpeechStarted(Out& out) {
  caller_speaks_ = true;
  stalls_ = 0;
  frames_at_tick_ = frames_;
  out.timer(kStall, 750);
  out.cancelTimer(kCallerTurn);
  gate_.callerTurn(true);
  if (!gate_.active().empty()) discard(gate_.active());
  played_until_us_ = now_us_;
  out.speechStarted();
}

void Voice::onItemAdded(const Json& root, Out&) {
  Json item;
  if (!speech::objectAt(root, "item", item)) return;
  const string_view id = speech::textAt(item, "id");
  if (id.empty() || speech::textAt(item, "type") != "message") return;
  items_.open(id, speech::textAt(root, "response_id"));
  lines_.expect(id, HKS_ASSISTANT);
}

void Voice::onItemDone(const Json& root, Out& out) {
  Json item;
  if (speech::objectAt(root, "item", item) && speech::textAt(item, "type") == "function_call" &&
      speech::textAt(item, "status") == "completed")
    toolAsked(item, speech::textAt(root, "response_id"), out);
}

void Voice::onResponseDone(const Json& root, Out& out) {
  Json response, usage;
  if (!speech::objectAt(root, "response", response)) return;
  const std::string id(speech::textAt(response, "id"));
  const std::string status = hks::utf8::line(speech::textAt(response, "status"), 40);
  const bool completed = status == "completed";
  if (speech::objectAt(response, "usage", usage)) {
    tokens_in_ += std::uint64_t(std::max<std::int64_t>(0, speech::numberAt(usage, "input_tokens")));
    tokens_out_ += std::uint64_t(std::max<std::int64_t>(0, speech::numberAt(usage, "output_tokens")));
    out.log(HKS_DEBUG, "OpenAI response " + status + "; tokens of the call so far: " + std::to_string(tokens_in_) +
                           " in, " + std::to_string(tokens_out_) + " out");
  }
  simdjson::dom::array output;
  if (speech::arrayAt(response, "output", output))
    for (const Json item : output) {
      const string_view kind = speech::textAt(item, "type"), item_id = speech::textAt(item, "id");
      simdjson::dom::array content;
      if (kind == "function_call" && completed)
        toolAsked(item, id, out);
      else if (kind == "message" && speech::arrayAt(item, "content", content))
        for (const Json part : content)
          if (!speech::textAt(part, "transcript").empty())
            assistantSaid(item_id, speech::textAt(part, "transcript"), out);
    }
  for (Item& item : items_) {
    if (item.response != id) continue;
    if (!std::exchange(item.ended, true) && item.rx_bytes && !isDiscarded(id)) out.audioEnd(item.id);
    lines_.finish(item.id, HKS_ASSISTANT, {});  // without words: nothing waits for it any longer
  }
  discarded_.erase(std::remove(discarded_.begin(), discarded_.end(), id), discarded_.end());
  tellLines(out);

  std::optional<Create> mine;
  if (gate_.done(id, mine)) out.cancelTimer(kGate);
  settleCalls(id, completed, out);
  if (status == "failed") {
    responseFailed(response, std::move(mine), out);
  } else {
    retried_ = false;
    Json details;
    if (status == "incomplete" && speech::objectAt(response, "status_details", details))
      warn("OpenAI cut an answer short: " + hks::utf8::line(speech::textAt(details, "reason"), 60), out);
  }
  if (gone_) return;
  pump(out);
  rotateIfQuiet(out);
}

/// No error event accompanies it: unless something is done the caller hears silence (§4).
void Voice::responseFailed(const Json& response, std::optional<Create> mine, Out& out) {
  Json details, error;
  std::string why = "no reason given";
  string_view code, type;
  if (speech::objectAt(response, "status_details", details) && speech::objectAt(details, "error", error)) {
    why = described(error);
    code = speech::textAt(error, "code");
    type = speech::textAt(error, "type");
  }
  if (isFatal(code)) return gone("OpenAI cannot answer: " + why, {}, out);
  const bool passing = code.find("rate_limit") != string_view::npos || type == "server_error" || code == "server_error";
  if (!passing || std::exchange(retried_, true))
    return warn("OpenAI failed to answer, the caller hears nothing: " + why, out);
  warn("OpenAI failed to answer, one more attempt in " + std::to_string(reset_ms_) + " ms: " + why, out);
  retry_ = mine ? std::move(mine) : Create{nextEventId("rc-again-"), {}};
  out.timer(kRetry, reset_ms_);
}

void Voice::onRateLimits(const Json& root) {
  simdjson::dom::array limits;
  if (!speech::arrayAt(root, "rate_limits", limits)) return;
  double longest_s = 2;
  for (const Json limit : limits) {
    double reset_s = 0;
    if (speech::numberAt(limit, "remaining", 1) <= 0 && limit["reset_seconds"].get(reset_s) == simdjson::SUCCESS)
      longest_s = std::max(longest_s, reset_s);
  }
  reset_ms_ = std::uint64_t(std::min(longest_s, 20.0) * 1000);
}

void Voice::onError(const Json& root, Out& out) {
  Json error;
  if (!speech::objectAt(root, "error", error)) error = root;
  const string_view code = speech::textAt(error, "code"), event_id = speech::textAt(error, "event_id");
  const string_view message = speech::textAt(error, "message");
  const std::string what = described(error);
  // Until it is confirmed the configuration is all that was sent: refused, it applies nothing (§0 rule 2).
  if (live_.state != Link::State::Ready) return gone("OpenAI refused the session: " + what, {}, out);
  if (isFatal(code)) return gone("OpenAI ended the service: " + what, {}, out);
  if (code == "session_expired") return sessionExpired(out);
  if (code == "conversation_already_has_active_response") {
    gate_.busy(event_id);
    return void(out.timer(kGate, 10000));
  }
  if (isHarmless(code) || event_id.substr(0, 3) == "tr-" || message.find("already shorter than") != string_view::npos)
    return void(out.log(HKS_DEBUG, "OpenAI: " + what));
  if (auto create = gate_.refused(event_id)) {
    out.cancelTimer(kGate);
    if (speech::textAt(error, "type") == "server_error" && create->attempts < 2) gate_.again(std::move(*create));
    warn("OpenAI refused to answer: " + what, out);
    return pump(out);
  }
  warn("OpenAI reports: " + what, out);
}

void Voice::assistantSaid(string_view id, string_view text, Out& out) {
  if (id.empty()) return;
  std::string said = hks::utf8::line(text, speech::kMaxSaid);
  if (Item* item = items_.find(id)) {
    if (item->told) return;
    item->told = true;
    item->text = said;
    const std::uint64_t total = (item->rx_bytes + item->dropped_bytes) / options_.bytesPerMs();
    if (item->cut)
      said = speech::cutInProportion(said, item->heard_ms, total);
    else if (item->rx_bytes == 0 && (item->dropped_bytes || isDiscarded(item->response)))
      said.clear();
  }
  lines_.finish(id, HKS_ASSISTANT, std::move(said));
  tellLines(out);
}

void Voice::tellLines(Out& out) {
  for (const Lines::Line& line : lines_.due()) {
    memory_.put(line.speaker, line.text, line.item);
    out.transcript(line.speaker, line.text, line.item);
  }
  const bool wait = lines_.blocked();
  if (wait != order_timer_) out.timer(kOrder, wait ? kOrderMs : HKS_NEVER);
  order_timer_ = wait;
}

}  // namespace hookswitch::openai
