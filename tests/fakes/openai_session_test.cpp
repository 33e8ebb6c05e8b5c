// What a client may ask of a session, and how it begins and ends.
#include "tests/fakes/openai_session_support.hpp"

namespace fakes {
namespace {

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

TEST_F(OpenAiSessionTest, VoiceIsLockedOnceAudioWasHeard) {
  say(kPhone);
  shared_.settings.speed = 0;
  say({{"type", "response.create"}});
  json event = kPhone;
  event["session"]["audio"]["output"]["voice"] = "cedar";
  say(event);
  EXPECT_EQ(lastError()["code"], "cannot_update_voice");
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
