// The session's state machine without a network: a clock that only tests move.
#include "tests/fakes/openai_session.hpp"
#include "tests/places.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <queue>

namespace fakes {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

const json kPhone = {
    {"type", "session.update"},
    {"event_id", "cfg-1"},
    {"session",
     {{"type", "realtime"},
      {"output_modalities", {"audio"}},
      {"instructions", "Be brief."},
      {"audio",
       {{"input",
         {{"format", {{"type", "audio/pcmu"}}},
          {"transcription", {{"model", "whisper-1"}}},
          {"turn_detection", {{"type", "server_vad"}, {"prefix_padding_ms", 300}, {"silence_duration_ms", 500}}}}},
        {"output", {{"format", {{"type", "audio/pcmu"}}}, {"voice", "marin"}}}}},
      {"tools", {{{"type", "function"}, {"name", "end_call"}, {"parameters", {{"type", "object"}}}}}}}}};

class OpenAiSessionTest : public testing::Test {
 protected:
  OpenAiSessionTest() : shared_(std::string(HOOKSWITCH_TEST_DATA) + "/openai_realtime_events.json") { begin(); }

  void begin(const std::string& model = "gpt-realtime") {
    OpenAiWire wire;
    wire.send = [this](std::string text) { take(json::parse(text)); };
    wire.close = [this](unsigned code, const std::string& reason) { closed_ = {code, reason}; };
    wire.after = [this](std::uint32_t ms, std::function<void()> task) { timers_.emplace(now_ + ms, std::move(task)); };
    wire.now_ms = [this] { return now_; };
    session_ = std::make_shared<OpenAiSession>("s1", model, shared_, wire);
    sent_.clear();
    session_->open(false);
  }
  void take(json event) {
    if (event["type"].get<std::string>().find("fake.") != 0) {
      const auto bad = shared_.schema.checkServer(event);
      EXPECT_FALSE(bad) << bad->message << " in " << event.dump();
    }
    sent_.push_back(std::move(event));
  }
  void advance(std::uint64_t ms) {
    const std::uint64_t end = now_ + ms;
    while (!timers_.empty() && timers_.begin()->first <= end) {
      auto [at, task] = *timers_.begin();
      timers_.erase(timers_.begin());
      now_ = at;
      task();
    }
    now_ = end;
  }
  void say(const json& event) { session_->onMessage(event.dump(), true); }
  /// Append mu-law audio in 20 ms frames, in real time.
  void append(const std::string& audio) {
    for (std::size_t at = 0; at < audio.size(); at += 160) {
      say({{"type", "input_audio_buffer.append"}, {"audio", speech::base64Encode(audio.substr(at, 160))}});
      advance(20);
    }
  }
  static std::string speech(std::uint32_t ms, double hz = 300) {
    return speech::encode({speech::Code::Pcmu, 8000}, speech::tone(8000, hz, ms, 6000));
  }
  static std::string silence(std::uint32_t ms) { return std::string(ms * 8, '\xFF'); }
  std::vector<json> of(const std::string& type) const {
    std::vector<json> out;
    for (const auto& event : sent_) {
      if (event["type"] == type) out.push_back(event);
    }
    return out;
  }
  std::vector<std::string> types() const {
    std::vector<std::string> out;
    for (const auto& event : sent_) {
      const std::string type = event["type"];
      if (out.empty() || out.back() != type) out.push_back(type);
    }
    return out;
  }
  std::string heard() const {
    std::string out, piece;
    for (const auto& event : of("response.output_audio.delta")) {
      EXPECT_TRUE(speech::base64Decode(event["delta"].get<std::string>(), piece));
      out += piece;
    }
    return out;
  }
  json lastError() const { return of("error").empty() ? json() : of("error").back()["error"]; }

  OpenAiShared shared_;
  std::multimap<std::uint64_t, std::function<void()>> timers_;
  std::uint64_t now_ = 0;
  std::vector<json> sent_;
  std::pair<unsigned, std::string> closed_;
  std::shared_ptr<OpenAiSession> session_;
};

TEST_F(OpenAiSessionTest, CreatesASessionWithPcmAndEchoesWhatAnUpdateChanged) {
  EXPECT_EQ(of("session.created")[0]["session"]["audio"]["input"]["format"],
            (json{{"type", "audio/pcm"}, {"rate", 24000}}));
  say(kPhone);
  const json session = of("session.updated").at(0)["session"];
  EXPECT_EQ(session["audio"]["input"]["format"], (json{{"type", "audio/pcmu"}}));
  EXPECT_EQ(session["audio"]["output"]["format"], (json{{"type", "audio/pcmu"}}));
  EXPECT_EQ(session["audio"]["input"]["turn_detection"]["interrupt_response"], true);
  EXPECT_EQ(session["instructions"], "Be brief.");
  EXPECT_TRUE(session_->protocolErrors().empty());
}

TEST_F(OpenAiSessionTest, RefusesABadUpdateAsAWhole) {
  const auto with = [](const char* pointer, const json& value) {
    json event = kPhone;
    event[json::json_pointer(pointer)] = value;
    return event;
  };
  const std::vector<std::tuple<json, std::string, std::string>> cases = {
      {with("/session/temperature", 0.8), "unknown_parameter", "session.temperature"},
      {with("/session/audio/input/format", {{"type", "audio/pcm"}}), "missing_required_parameter",
       "session.audio.input.format.rate"},
      {with("/session/audio/input/format/rate", 8000), "unknown_parameter", "session.audio.input.format.rate"},
      {with("/session/audio/input/format/type", "g711_ulaw"), "invalid_value", "session.audio.input.format.type"},
      {with("/session/audio/output/voice", "nobody"), "invalid_value", "session.audio.output.voice"},
      {with("/session/audio/output/speed", 9), "invalid_value", "session.audio.output.speed"},
      {with("/session/instructions", 7), "invalid_type", "session.instructions"},
      {with("/session/instructions", nullptr), "invalid_type", "session.instructions"},
      {with("/session/tools/0/meta", 1), "unknown_parameter", "session.tools[0].meta"},
      {with("/session/audio/input/turn_detection/threshold", 2), "invalid_value",
       "session.audio.input.turn_detection.threshold"},
      {with("/session/output_modalities", {"audio", "text"}), "invalid_value", "session.output_modalities"},
      {with("/session/reasoning", {{"effort", "low"}}), "invalid_value", "session.reasoning"},
      {with("/extra", 1), "unknown_parameter", "extra"},
      {{{"type", "session.update"}, {"event_id", "cfg-1"}, {"session", {{"instructions", "x"}}}},
       "missing_required_parameter",
       "session.type"}};
  for (const auto& [event, code, param] : cases) {
    say(event);
    EXPECT_EQ(lastError()["code"], code) << param;
    EXPECT_EQ(lastError()["param"], param);
    EXPECT_EQ(lastError()["event_id"], "cfg-1");
  }
  EXPECT_TRUE(of("session.updated").empty());
  EXPECT_EQ(session_->protocolErrors().size(), cases.size());
  EXPECT_EQ(session_->describe()["config"]["audio"]["input"]["format"]["type"], "audio/pcm");
}

TEST_F(OpenAiSessionTest, AcceptsNullWhereTheServiceTakesIt) {
  json event = kPhone;
  event["session"]["audio"]["input"].update(
      {{"noise_reduction", nullptr}, {"transcription", nullptr}, {"turn_detection", nullptr}});
  say(event);
  ASSERT_EQ(of("session.updated").size(), 1U);
  EXPECT_TRUE(of("session.updated")[0]["session"]["audio"]["input"]["turn_detection"].is_null());
}

TEST_F(OpenAiSessionTest, EchoesAnUtteranceByteForByteInTheServicesOrder) {
  say(kPhone);
  sent_.clear();
  const std::string before = silence(1000), talk = speech(1200), after = silence(900);
  append(before + talk + after);
  advance(2000);
  const json started = of("input_audio_buffer.speech_started").at(0),
             stopped = of("input_audio_buffer.speech_stopped").at(0);
  EXPECT_EQ(started["audio_start_ms"], 700);
  EXPECT_EQ(stopped["audio_end_ms"], 2700);
  EXPECT_EQ(heard(), (before + talk + after).substr(700 * 8, 2000 * 8));
  EXPECT_EQ(of("input_audio_buffer.committed").at(0)["item_id"], started["item_id"]);
  EXPECT_EQ(of("conversation.item.input_audio_transcription.completed").at(0)["item_id"], started["item_id"]);
  const json done = of("response.done").at(0)["response"];
  EXPECT_EQ(done["status"], "completed");
  EXPECT_EQ(done["output"][0]["content"][0]["transcript"], shared_.settings.assistant_text);
  EXPECT_EQ(done["usage"]["output_token_details"]["audio_tokens"], 40);
}

TEST_F(OpenAiSessionTest, SendsTheEventsOfAResponseInTheServicesOrder) {
  say(kPhone);
  shared_.settings.speed = 0;
  sent_.clear();
  say({{"type", "response.create"}, {"response", {{"instructions", "Greet the caller."}}}});
  std::vector<std::string> order;
  for (const auto& type : types()) {
    if (std::find(order.begin(), order.end(), type) == order.end()) order.push_back(type);
  }
  EXPECT_THAT(order, ElementsAre("response.created", "rate_limits.updated", "response.output_item.added",
                                 "conversation.item.added", "response.content_part.added",
                                 "response.output_audio_transcript.delta", "response.output_audio.delta",
                                 "response.output_audio.done", "response.output_audio_transcript.done",
                                 "response.content_part.done", "conversation.item.done", "response.output_item.done",
                                 "response.done"));
  EXPECT_EQ(heard().size(), shared_.settings.greeting_ms * 8);
  std::string said;
  for (const auto& event : of("response.output_audio_transcript.delta")) said += event["delta"];
  EXPECT_EQ(said, shared_.settings.greeting_text);
}

TEST_F(OpenAiSessionTest, AudioLeavesFasterThanItPlaysInTheSizesThatWereSet) {
  say(kPhone);
  shared_.settings.speed = 10;
  shared_.settings.delta_bytes = {1, 159, 161, 4001};
  say({{"type", "response.create"}});
  advance(20 * 2);
  EXPECT_EQ(heard().size(), 600U * 8);  // 600 ms at ten times real time: the third tick ends it
  std::vector<std::size_t> sizes;
  for (const auto& event : of("response.output_audio.delta"))
    sizes.push_back(speech::base64Bytes(event["delta"].get<std::string>()));
  EXPECT_THAT((std::vector<std::size_t>(sizes.begin(), sizes.begin() + 3)), ElementsAre(1, 159, 161));
}

TEST_F(OpenAiSessionTest, SpeechCancelsTheRunningResponseAndLateDeltasMayFollow) {
  say(kPhone);
  shared_.settings.speed = 2;
  shared_.settings.late_deltas = 2;
  shared_.settings.late_ms = 100;
  session_->respond(OpenAiTurn::parse({{"audio_ms", 5000}}));
  advance(400);
  sent_.clear();
  append(speech(100));
  const auto started = std::find_if(sent_.begin(), sent_.end(),
                                    [](const json& e) { return e["type"] == "input_audio_buffer.speech_started"; });
  ASSERT_NE(started, sent_.end());
  EXPECT_EQ(
      std::count_if(started, sent_.end(), [](const json& e) { return e["type"] == "response.output_audio.delta"; }), 2);
  EXPECT_TRUE(of("response.done").empty());
  advance(100);
  const json done = of("response.done").at(0)["response"];
  EXPECT_EQ(done["status"], "cancelled");
  EXPECT_EQ(done["status_details"]["reason"], "turn_detected");
  EXPECT_EQ(done["output"][0]["status"], "incomplete");
}

TEST_F(OpenAiSessionTest, AnInterruptedResponseIsOverBeforeTheNextOneStarts) {
  say(kPhone);
  shared_.settings.speed = 1;
  shared_.settings.late_ms = 60000;
  session_->respond(OpenAiTurn::parse({{"audio_ms", 20000}}));
  append(speech(400) + silence(600));
  EXPECT_EQ(of("response.done").size(), 1U);
  EXPECT_EQ(of("response.created").size(), 2U);
}

TEST_F(OpenAiSessionTest, TruncationIsCheckedAgainstTheAudioThatWasSent) {
  say(kPhone);
  shared_.settings.speed = 0;
  say({{"type", "response.create"}});
  const std::string item = of("response.output_item.added")[0]["item"]["id"];
  const auto truncate = [&](const json& id, int ms) {
    say({{"type", "conversation.item.truncate"}, {"item_id", id}, {"content_index", 0}, {"audio_end_ms", ms}});
  };
  truncate(item, 601);
  EXPECT_THAT(lastError()["message"].get<std::string>(), HasSubstr("already shorter than 601ms"));
  truncate(item, -1);
  EXPECT_EQ(lastError()["param"], "audio_end_ms");
  truncate("item_nobody", 0);
  EXPECT_EQ(lastError()["code"], "item_truncate_invalid_item_id");
  truncate(item, 600);
  EXPECT_EQ(of("conversation.item.truncated").size(), 1U);
  EXPECT_EQ(session_->describe()["truncates"].size(), 4U);
  EXPECT_EQ(session_->protocolErrors().size(), 3U);
}

TEST_F(OpenAiSessionTest, ASecondResponseAndACancelOfNothingAreRefusedHarmlessly) {
  say(kPhone);
  say({{"type", "response.cancel"}});
  EXPECT_EQ(lastError()["code"], "response_cancel_not_active");
  say({{"type", "response.create"}});
  say({{"type", "response.create"}, {"event_id", "rc-2"}});
  EXPECT_EQ(lastError()["code"], "conversation_already_has_active_response");
  EXPECT_EQ(lastError()["event_id"], "rc-2");
  EXPECT_TRUE(session_->protocolErrors().empty());
  say({{"type", "response.cancel"}});
  EXPECT_EQ(of("response.done").at(0)["response"]["status_details"]["reason"], "client_cancelled");
}

TEST_F(OpenAiSessionTest, AToolCallWantsItsOutputUnderItsOwnCallId) {
  say(kPhone);
  shared_.settings.speed = 0;
  session_->respond(OpenAiTurn::parse(
      {{"tools", {{{"name", "end_call"}, {"arguments", {{"reason", "done"}}}, {"call_id", "call_7"}}}}}));
  EXPECT_EQ(of("response.function_call_arguments.done").at(0)["arguments"], "{\"reason\":\"done\"}");
  EXPECT_EQ(of("response.done").at(0)["response"]["output"][0]["type"], "function_call");
  EXPECT_TRUE(heard().empty());
  const auto output = [&](const char* call) {
    say({{"type", "conversation.item.create"},
         {"item", {{"type", "function_call_output"}, {"call_id", call}, {"output", "ok"}}}});
  };
  output("call_8");
  EXPECT_EQ(lastError()["code"], "invalid_tool_call_id");
  output("call_7");
  EXPECT_EQ(session_->describe()["tool_calls"]["call_7"]["output"], "ok");
}

TEST_F(OpenAiSessionTest, AFailedResponseComesWithoutAnErrorEventAndAnEndlessOneNeverEnds) {
  say(kPhone);
  session_->respond(OpenAiTurn::parse({{"status", "failed"}, {"error_code", "rate_limit_exceeded"}}));
  const json done = of("response.done").at(0)["response"];
  EXPECT_EQ(done["status_details"]["error"]["code"], "rate_limit_exceeded");
  EXPECT_TRUE(done["usage"].is_null());
  EXPECT_TRUE(of("error").empty());
  session_->respond(OpenAiTurn::parse({{"status", "never"}}));
  advance(60000);
  EXPECT_EQ(of("response.created").size(), 2U);
  EXPECT_EQ(of("response.done").size(), 1U);
}

TEST_F(OpenAiSessionTest, AnOutOfBandTextResponseRunsBesideTheCall) {
  say(kPhone);
  session_->respond(OpenAiTurn::parse({{"audio_ms", 3000}}));
  say({{"type", "response.create"},
       {"response",
        {{"conversation", "none"}, {"output_modalities", {"text"}}, {"metadata", {{"purpose", "summary"}}}}}});
  const json done = of("response.done").at(0)["response"];
  EXPECT_TRUE(done["conversation_id"].is_null());
  EXPECT_EQ(done["metadata"]["purpose"], "summary");
  EXPECT_EQ(of("response.output_text.done").size(), 1U);
  EXPECT_TRUE(of("error").empty());
}

TEST_F(OpenAiSessionTest, VoiceIsLockedOnceAudioWasHeard) {
  say(kPhone);
  shared_.settings.speed = 0;
  say({{"type", "response.create"}});
  json event = kPhone;
  event["session"]["audio"]["output"]["voice"] = "cedar";
  say(event);
  EXPECT_EQ(lastError()["code"], "cannot_update_voice");
}

TEST_F(OpenAiSessionTest, ManualTurnsNeedACommitAndACreate) {
  json event = kPhone;
  event["session"]["audio"]["input"]["turn_detection"] = nullptr;
  say(event);
  append(speech(60));
  say({{"type", "input_audio_buffer.commit"}});
  EXPECT_EQ(lastError()["code"], "input_audio_buffer_commit_empty");
  append(speech(400));
  say({{"type", "input_audio_buffer.commit"}});
  say({{"type", "response.create"}});
  advance(1000);
  EXPECT_EQ(heard(), speech(60) + speech(400));
  EXPECT_TRUE(of("input_audio_buffer.speech_started").empty());
}

TEST_F(OpenAiSessionTest, LoopbackReturnsEveryAppendAtOnceInOneItem) {
  shared_.settings.mode = "loopback";
  say(kPhone);
  const std::string audio = speech(200);
  append(audio);
  EXPECT_EQ(of("response.output_audio.delta").size(), 10U);
  EXPECT_EQ(heard(), audio);
  EXPECT_EQ(of("response.output_item.added").size(), 1U);
  EXPECT_TRUE(of("input_audio_buffer.speech_started").empty());
}

TEST_F(OpenAiSessionTest, UpdateRepliesMisbehaveWhenTold) {
  shared_.settings.update_reply = "silent";
  say(kPhone);
  EXPECT_TRUE(of("session.updated").empty());
  shared_.settings.update_reply = "refuse";
  say(kPhone);
  EXPECT_EQ(lastError()["event_id"], "cfg-1");
  shared_.settings.update_reply = "pcm";
  say(kPhone);
  EXPECT_EQ(of("session.updated").at(0)["session"]["audio"]["output"]["format"]["type"], "audio/pcm");
  EXPECT_TRUE(session_->protocolErrors().empty());
}

TEST_F(OpenAiSessionTest, ExpiresWithAnErrorAndClose1001) {
  advance(shared_.settings.session_ms);
  EXPECT_EQ(lastError()["code"], "session_expired");
  EXPECT_EQ(closed_.first, 1001U);
}

TEST_F(OpenAiSessionTest, NotesGarbageFromTheClient) {
  session_->onMessage("{\"type\":", true);
  session_->onMessage("\x01\x02", false);
  say({{"type", "input_audio_buffer.append"}, {"audio", "not base64"}});
  say({{"type", "input_audio_buffer.append"}, {"audio", "AAAA"}, {"stream", 1}});
  say({{"type", "no.such.event"}});
  EXPECT_EQ(session_->protocolErrors().size(), 5U);
  EXPECT_EQ(of("error").size(), 5U);
}

TEST_F(OpenAiSessionTest, ItemsKeepTheOrderTheyWerePlacedIn) {
  const auto create = [&](const char* id, json previous) {
    json event = {
        {"type", "conversation.item.create"},
        {"item",
         {{"id", id}, {"type", "message"}, {"role", "user"}, {"content", {{{"type", "input_text"}, {"text", id}}}}}}};
    if (!previous.is_null()) event["previous_item_id"] = previous;
    say(event);
  };
  create("a", nullptr), create("c", nullptr), create("b", "a"), create("first", "root"), create("x", "nobody"),
      create("a", nullptr);
  std::vector<std::string> ids;
  const json items = session_->describe()["items"];
  for (const auto& item : items) ids.push_back(item["id"]);
  EXPECT_THAT(ids, ElementsAre("first", "a", "b", "c"));
  EXPECT_EQ(of("error").size(), 2U);
  say({{"type", "conversation.item.create"},
       {"item",
        {{"type", "message"}, {"role", "assistant"}, {"content", {{{"type", "output_audio"}, {"transcript", "x"}}}}}}});
  EXPECT_EQ(lastError()["param"], "item.content[0].text");
}

}  // namespace
}  // namespace fakes
