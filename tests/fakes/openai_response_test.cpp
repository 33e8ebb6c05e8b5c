// Utterances and responses: the order of events, deltas, interruptions, truncation, tools.
#include "tests/fakes/openai_session_support.hpp"

namespace fakes {
namespace {

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
    sizes.push_back(base64Bytes(event["delta"].get<std::string>()));
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

}  // namespace
}  // namespace fakes
