#include "tests/plugins/openai/call.hpp"

namespace openai_test {
namespace {

TEST(OpenAiSession, ConnectsWithTheModelInTheQueryAndTheKeyInAHeader) {
  Voice v;
  const auto out = v.step(v.start);
  const auto& connect = out.only(HKS_CONNECT);
  EXPECT_EQ(connect.url, "wss://api.openai.com/v1/realtime?model=gpt-realtime");
  EXPECT_EQ(header(connect, "Authorization"), "Bearer sk-secret");
  EXPECT_EQ(header(connect, "OpenAI-Beta"), "");
}

TEST(OpenAiSession, KeepsAQueryThatTheUrlHasAndEscapesTheModel) {
  Voice v;
  v.with("url", "wss://h.example/v1/realtime?x=1").with("model", "a b&c").with("auth", "api-key");
  const auto out = v.step(v.start);
  EXPECT_EQ(out.only(HKS_CONNECT).url, "wss://h.example/v1/realtime?x=1&model=a%20b%26c");
  EXPECT_EQ(header(out.only(HKS_CONNECT), "api-key"), "sk-secret");
  EXPECT_EQ(header(out.only(HKS_CONNECT), "Authorization"), "");
}

TEST(OpenAiSession, ConfiguresTheSessionAsTheGaProtocolHasIt) {
  Voice v;
  v.start.about->prompt = "You sell \"shoes\".";
  const auto events = Voice::sent(v.open());
  ASSERT_EQ(events.size(), 1u);
  const Json& session = events[0]["session"];
  EXPECT_EQ(events[0]["type"], "session.update");
  EXPECT_EQ(session["type"], "realtime");
  EXPECT_EQ(session["instructions"], "You sell \"shoes\".");
  EXPECT_EQ(session["audio"]["input"]["format"], Json({{"type", "audio/pcmu"}}));
  EXPECT_EQ(session["audio"]["output"]["format"], Json({{"type", "audio/pcmu"}}));
  EXPECT_EQ(session["audio"]["output"]["voice"], "marin");
  EXPECT_EQ(session["audio"]["input"]["turn_detection"]["threshold"], 0.6);
  EXPECT_EQ(session["audio"]["input"]["transcription"]["model"], "gpt-4o-mini-transcribe");
  EXPECT_EQ(session["tools"][0]["name"], "end_call");
  EXPECT_FALSE(session.contains("temperature"));
  EXPECT_FALSE(session.contains("model"));
}

TEST(OpenAiSession, EverySettingGivesAValidConfiguration) {
  Voice v;
  v.with("audio_format", "pcm24")
      .with("voice", "voice_abc")
      .with("turn_detection", "semantic_vad")
      .with("vad_eagerness", "high")
      .with("noise_reduction", "near_field")
      .with("transcription_model", "")
      .with("speed", "1.25")
      .with("max_output_tokens", "1024")
      .with("reasoning_effort", "low");
  const Json session = Voice::sent(v.open()).at(0)["session"];
  EXPECT_EQ(session["audio"]["input"]["format"], Json({{"type", "audio/pcm"}, {"rate", 24000}}));
  EXPECT_EQ(session["audio"]["output"]["voice"], Json({{"id", "voice_abc"}}));
  EXPECT_EQ(session["audio"]["input"]["turn_detection"]["type"], "semantic_vad");
  EXPECT_TRUE(session["audio"]["input"]["transcription"].is_null());
  EXPECT_EQ(session["max_output_tokens"], 1024);
  EXPECT_EQ(session["audio"]["output"]["speed"], 1.25);
}

TEST(OpenAiSession, AnUnreadableSettingIsReplacedWithAWarning) {
  Voice v;
  v.with("speed", "fast").with("vad_threshold", "7");
  const auto out = v.step(v.start);
  EXPECT_EQ(out.count(HKS_LOG), 2u) << out;
  v.conn = out.only(HKS_CONNECT).id;
  EXPECT_EQ(Voice::sent(v.step(In::opened(v.conn))).at(0)["session"]["audio"]["output"]["speed"], 1);
}

TEST(OpenAiSession, IsReadyOnlyWhenTheFormatsAreConfirmed) {
  Voice v;
  v.open();
  EXPECT_FALSE(v.says({{"type", "session.created"}, {"session", {{"id", "s"}}}}).has(HKS_READY));
  const auto out = v.says(Voice::updated());
  EXPECT_EQ(out.only(HKS_READY).takes, unsigned(HKS_PCMU_8K));
  EXPECT_EQ(out.only(HKS_READY).gives, unsigned(HKS_PCMU_8K));
}

TEST(OpenAiSession, GivesUpWhenAnotherFormatIsInEffect) {
  Voice v;
  const auto out = v.ready(Voice::updated("audio/pcmu", "audio/pcm"));
  EXPECT_FALSE(out.has(HKS_READY));
  EXPECT_NE(out.only(HKS_GONE).reason.find("audio/pcm"), std::string::npos);
  EXPECT_EQ(out.only(HKS_CLOSE).id, v.conn);
}

TEST(OpenAiSession, GivesUpWhenTheConfigurationIsRefused) {
  Voice v;
  v.open();
  const auto out = v.error("missing_required_parameter", "cfg-1", "Missing required parameter: 'session.type'.");
  EXPECT_NE(out.only(HKS_GONE).reason.find("Missing required parameter"), std::string::npos);
  EXPECT_TRUE(v.says(Voice::updated()).empty());
}

TEST(OpenAiSession, GivesUpWhenNothingIsConfirmedInTime) {
  Voice v;
  v.open();
  ASSERT_EQ(v.player.timers().at(1), 5000u);
  EXPECT_TRUE(v.step(In::timer(1)).has(HKS_GONE));
}

TEST(OpenAiSession, NamesTheKeyWhenTheHandshakeIsRefused) {
  Voice v;
  v.conn = v.step(v.start).only(HKS_CONNECT).id;
  const auto out = v.step(In::closed(v.conn, 401, "Unauthorized"));
  EXPECT_EQ(out.only(HKS_GONE).reason,
            "OpenAI refused the connection with HTTP 401: Unauthorized; check openai.api_key");
  EXPECT_EQ(out.only(HKS_GONE).http_status, 401u);
  EXPECT_FALSE(out.has(HKS_CLOSE));
}

TEST(OpenAiSession, AnUnplannedCloseIsTheEndOfTheVoice) {
  Voice v;
  v.ready();
  const auto out = v.step(In::closed(v.conn, 1011, "keepalive\x01 ping timeout"));
  EXPECT_EQ(out.only(HKS_GONE).reason, "OpenAI closed the connection (code 1011): keepalive ping timeout");
  EXPECT_TRUE(v.callerAudio().empty());
}

TEST(OpenAiSession, MuLawGoesThroughByteForByteBothWays) {
  Voice v;
  v.greeting("").ready();
  std::string all;
  for (int i = 0; i < 256; ++i) all += char(i);
  const auto up = Voice::sent(v.step(In::audio(HKS_PCMU_8K, all, 20000)));
  ASSERT_EQ(up.size(), 1u);
  EXPECT_EQ(up[0]["audio"], base64(all));
  v.created("resp_1");
  v.item("item_1", "resp_1");
  std::string got, wanted;
  for (std::size_t size : {1u, 159u, 161u, 4001u, 2u}) {
    std::string piece;
    for (std::size_t i = 0; i < size; ++i) piece += char(wanted.size() + i * 7);
    wanted += piece;
    const auto out = v.delta(piece, "item_1", "resp_1");
    EXPECT_EQ(out.only(HKS_AUDIO).item, "item_1");
    EXPECT_EQ(out.only(HKS_AUDIO).format, unsigned(HKS_PCMU_8K));
    got += out.only(HKS_AUDIO).bytes;
  }
  EXPECT_EQ(got, wanted);
  EXPECT_EQ(v.audioDone("item_1", "resp_1").only(HKS_AUDIO_END).name, "item_1");
  EXPECT_FALSE(v.done("resp_1").has(HKS_AUDIO_END));
}

TEST(OpenAiSession, HalfASampleWaitsForItsOtherHalf) {
  Voice v;
  v.with("audio_format", "pcm24").greeting("");
  EXPECT_EQ(v.ready(Voice::updated("audio/pcm", "audio/pcm")).only(HKS_READY).gives, unsigned(HKS_S16_24K));
  v.created("r");
  v.item("i", "r");
  EXPECT_EQ(v.delta("abc", "i", "r").only(HKS_AUDIO).bytes, "ab");
  EXPECT_EQ(v.delta("d", "i", "r").only(HKS_AUDIO).bytes, "cd");
}

TEST(OpenAiSession, TheOldNamesOfAudioEventsAreUnderstood) {
  Voice v;
  v.greeting("").ready();
  v.created("r");
  EXPECT_TRUE(
      v.says({{"type", "response.audio.delta"}, {"response_id", "r"}, {"item_id", "i"}, {"delta", base64("xyz")}})
          .has(HKS_AUDIO));
  EXPECT_TRUE(v.says({{"type", "response.audio.done"}, {"response_id", "r"}, {"item_id", "i"}}).has(HKS_AUDIO_END));
}

TEST(OpenAiSession, UnknownEventsNullsAndGarbageAreSurvived) {
  Voice v;
  v.greeting("").ready();
  EXPECT_TRUE(v.says({{"type", "something.new"}, {"x", nullptr}}).empty());
  EXPECT_TRUE(v.says({{"type", "response.done"}, {"response", nullptr}}).empty());
  EXPECT_TRUE(v.says({{"type", nullptr}}).empty());
  EXPECT_TRUE(v.says({{"type", "response.output_audio.delta"}, {"item_id", nullptr}, {"delta", 7}}).empty());
  EXPECT_TRUE(v.step(In::data(v.conn, "{\"type\":")).has(HKS_LOG));
  EXPECT_TRUE(v.step(In::data(v.conn, "[]")).has(HKS_LOG));
  EXPECT_TRUE(
      v.says({{"type", "response.output_audio.delta"}, {"response_id", "r"}, {"item_id", "i"}, {"delta", "***"}})
          .has(HKS_LOG));
  EXPECT_TRUE(v.says({{"type", "session.updated"}, {"pad", std::string(2 << 20, 'x')}}).empty());
  EXPECT_TRUE(v.callerAudio().has(HKS_DATA));
}

TEST(OpenAiSession, TheSameWarningIsNotRepeatedForEver) {
  Voice v;
  v.greeting("").ready();
  std::size_t logged = 0;
  for (int i = 0; i < 1000; ++i) logged += v.step(In::data(v.conn, "nonsense")).count(HKS_LOG);
  EXPECT_LE(logged, 50u);
}

TEST(OpenAiSession, SilenceIsAppendedWhenFramesStopWhileTheCallerSpeaks) {
  Voice v;
  v.greeting("").ready();
  v.callerAudio();
  v.says({{"type", "input_audio_buffer.speech_started"}, {"item_id", "u"}, {"audio_start_ms", 0}});
  v.callerAudio();
  EXPECT_TRUE(Voice::sent(v.step(In::timer(7))).empty());
  const auto out = Voice::sent(v.step(In::timer(7)));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0]["audio"], base64(std::string(8000, '\xff')));
  v.says({{"type", "input_audio_buffer.speech_stopped"}, {"item_id", "u"}, {"audio_end_ms", 0}});
  EXPECT_TRUE(v.step(In::timer(7)).empty());
}

}  // namespace
}  // namespace openai_test
