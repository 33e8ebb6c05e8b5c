// The session's state machine without a network: a clock that only tests move.
#include "tests/fakes/gemini_session.hpp"
#include "tests/fakes/test_time.hpp"
#include "tests/places.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace fakes {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string dataFile() { return std::string(HOOKSWITCH_TEST_DATA) + "/gemini_live_messages.json"; }

class GeminiSessionTest : public testing::Test {
 protected:
  GeminiSessionTest() : shared_(dataFile()) { begin(); }

  void begin() {
    if (session_ && closed_.first == 0) session_->onClose(1000, "");
    GeminiWire wire;
    wire.send = [this](const std::string& text, bool as_text) {
      json message = json::parse(text);
      const auto bad = shared_.schema.checkServer(message);
      EXPECT_FALSE(bad) << bad->detail << " in " << text;
      EXPECT_FALSE(as_text);
      sent_.push_back(std::move(message));
    };
    wire.close = [this](unsigned code, const std::string& reason) {
      closed_ = {code, reason};
      EXPECT_LE(reason.size(), 123U);
    };
    wire.after = [this](std::uint32_t ms, std::function<void()> task) { time_.after(ms, std::move(task)); };
    wire.now_ms = [this] { return time_.now(); };
    closed_ = {0, ""};
    sent_.clear();
    session_ = std::make_shared<GeminiSession>("s" + std::to_string(++count_), false, shared_, wire);
    session_->open();
  }
  void advance(std::uint64_t ms) { time_.advance(ms); }
  void say(const json& message) { session_->onMessage(message.dump(), true); }
  static json setup(const json& more = json::object()) {
    json body = {
        {"model", "models/gemini-3.8-live"},
        {"generationConfig", {{"responseModalities", {"AUDIO"}}}},
        {"inputAudioTranscription", json::object()},
        {"outputAudioTranscription", json::object()},
        {"sessionResumption", json::object()},
        {"tools",
         {{{"functionDeclarations", {{{"name", "end_call"}, {"behavior", "BLOCKING"}}, {{"name", "lookup"}}}}}}}};
    body.update(more);
    return {{"setup", body}};
  }
  void ready(const json& more = json::object()) {
    say(setup(more));
    advance(shared_.settings.setup_delay_ms);
  }
  void append(const speech::Samples& audio, std::uint32_t rate = 16000) {
    const std::string bytes = speech::encode({speech::Code::Pcm16, rate}, audio);
    const std::size_t step = rate / 25 * 2;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      say({{"realtimeInput",
            {{"audio",
              {{"mimeType", "audio/pcm;rate=" + std::to_string(rate)},
               {"data", encodeBase64(bytes.substr(at, step))}}}}}});
      advance(40);
    }
  }
  static speech::Samples silence(std::uint32_t ms) { return speech::Samples(ms * 16, 0); }
  static json greet() {
    return {{"clientContent",
             {{"turns", {{{"role", "user"}, {"parts", {{{"text", "Greet."}}}}}}}, {"turnComplete", true}}}};
  }
  json contents(const char* key) const {
    json out = json::array();
    for (const auto& message : sent_) {
      if (message.contains("serverContent") && message["serverContent"].contains(key))
        out.push_back(message["serverContent"][key]);
    }
    return out;
  }
  std::string heard() const {
    std::string out, piece;
    for (const auto& turn : contents("modelTurn")) {
      for (const auto& part : turn["parts"]) {
        if (!part.contains("inlineData")) continue;
        EXPECT_TRUE(decodeBase64(part["inlineData"]["data"].get<std::string>(), piece));
        out += piece;
      }
    }
    return out;
  }
  std::string said(const char* which) const {
    std::string out;
    for (const auto& fragment : contents(which)) out += fragment["text"].get<std::string>();
    return out;
  }
  std::size_t indexOf(const std::function<bool(const json&)>& wanted) const {
    return static_cast<std::size_t>(std::find_if(sent_.begin(), sent_.end(), wanted) - sent_.begin());
  }

  GeminiShared shared_;
  TestTime time_;
  int count_ = 0;
  std::vector<json> sent_;
  std::pair<unsigned, std::string> closed_;
  std::shared_ptr<GeminiSession> session_;
};

TEST_F(GeminiSessionTest, CompletesASetupAndIssuesAHandle) {
  ready();
  EXPECT_TRUE(sent_[0].contains("setupComplete"));
  EXPECT_TRUE(sent_[1]["sessionResumptionUpdate"]["resumable"]);
  EXPECT_TRUE(session_->protocolErrors().empty());
}

TEST_F(GeminiSessionTest, ClosesOnAnythingBeforeSetupCompleteAndOnUnknownKeys) {
  say(greet());
  EXPECT_EQ(closed_.first, 1007U);
  begin();
  say(setup());
  say(greet());
  EXPECT_EQ(closed_.first, 1007U);
  begin();
  say(setup({{"toolConfig", json::object()}}));
  EXPECT_EQ(closed_.first, 1007U);
  EXPECT_THAT(closed_.second, HasSubstr("Unknown name \"toolConfig\""));
  begin();
  say(setup({{"explicitVadSignal", true}}));  // a Vertex field
  EXPECT_EQ(closed_.first, 1007U);
  begin();
  ready();
  say({{"realtimeInput", json::object()}});
  EXPECT_EQ(closed_.first, 1008U);
  begin();
  ready();
  say({{"realtimeInput", {{"audio", {{"mimeType", "audio/pcm"}, {"data", "AAAA"}}}}}});
  EXPECT_EQ(closed_.first, 1007U);
  begin();
  ready();
  say(setup());
  EXPECT_EQ(closed_.first, 1007U);
  begin();
  say(setup({{"model", "models/gemini-live-2.5-flash-native-audio"}}));
  EXPECT_EQ(closed_.first, 1008U);
  EXPECT_EQ(session_->protocolErrors().size(), 1U);
}

TEST_F(GeminiSessionTest, GreetsInBurstsAndHoldsTurnCompleteBackUntilPlayed) {
  ready();
  sent_.clear();
  say(greet());
  advance(100);
  EXPECT_EQ(heard().size(), shared_.settings.greeting_ms * 48);
  EXPECT_EQ(said("outputTranscription"), shared_.settings.greeting_text);
  EXPECT_EQ(contents("generationComplete").size(), 1U);
  EXPECT_TRUE(contents("turnComplete").empty());
  advance(499);
  EXPECT_TRUE(contents("turnComplete").empty());
  advance(2);
  EXPECT_EQ(contents("turnComplete").size(), 1U);
  EXPECT_EQ(sent_.front()["sessionResumptionUpdate"], json::object());
  EXPECT_TRUE(sent_.back()["sessionResumptionUpdate"]["resumable"]);
}

TEST_F(GeminiSessionTest, MessagesCarrySeveralPartsAndKeysAndOddLengths) {
  ready();
  session_->respond(GeminiTurn::parse({{"audio_ms", 3000}}));
  advance(4000);
  std::size_t most = 0, odd = 0, bundled = 0;
  for (const auto& message : sent_) {
    if (!message.contains("serverContent") || !message["serverContent"].contains("modelTurn")) continue;
    const auto& parts = message["serverContent"]["modelTurn"]["parts"];
    most = std::max(most, parts.size());
    bundled += message["serverContent"].contains("outputTranscription");
    for (const auto& part : parts)
      odd += part.contains("inlineData") && base64Bytes(part["inlineData"]["data"].get<std::string>()) % 6 != 0;
  }
  EXPECT_GE(most, 2U);
  EXPECT_GT(odd, 5U);
  EXPECT_GT(bundled, 0U);
  EXPECT_EQ(heard().size(), 3000U * 48);
}

TEST_F(GeminiSessionTest, EchoesTheCallerAt24kHzWithoutHarm) {
  for (const std::uint32_t rate : {16000U, 8000U}) {
    begin();
    ready();
    speech::Samples audio(rate, 0);
    const auto talk = speech::tone(rate, 500, 800, 6000);
    audio.insert(audio.end(), talk.begin(), talk.end());
    audio.insert(audio.end(), rate, 0);
    append(audio, rate);
    advance(3000);
    const auto out = speech::decode({speech::Code::Pcm16, 24000}, heard());
    ASSERT_EQ(out.size(), (200U + 800 + 500) * 24);  // run-up, speech, the silence that ended it
    const auto wanted = speech::tone(24000, 500, 800, 6000);
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 240; i + 240 < wanted.size(); ++i) {
      const double a = out[200 * 24 + i], b = wanted[i];
      ab += a * b, aa += a * a, bb += b * b;
    }
    EXPECT_GT(ab / std::sqrt(aa * bb), 0.9999) << rate;
    EXPECT_EQ(said("inputTranscription"), " " + shared_.settings.user_text);
  }
}

TEST_F(GeminiSessionTest, SpeechInterruptsAnAnswerThatIsStillPlaying) {
  ready();
  session_->respond(GeminiTurn::parse({{"audio_ms", 5000}}));
  advance(1000);
  ASSERT_EQ(contents("generationComplete").size(), 1U);
  append(speech::tone(16000, 400, 200, 6000));
  EXPECT_EQ(contents("interrupted").size(), 1U);
  EXPECT_EQ(contents("turnComplete").size(), 1U);
  advance(10000);
  EXPECT_EQ(contents("turnComplete").size(), 1U);
}

TEST_F(GeminiSessionTest, AnInterruptedGenerationStopsAndLateAudioMayFollow) {
  ready();
  shared_.settings.speed = 1;
  shared_.settings.late_messages = 2;
  shared_.settings.turn_complete_after_interrupt = false;
  session_->respond(GeminiTurn::parse({{"audio_ms", 5000}}));
  advance(400);
  append(speech::tone(16000, 400, 120, 6000));
  const std::size_t at =
      indexOf([](const json& m) { return m.value("/serverContent/interrupted"_json_pointer, false); });
  ASSERT_LT(at, sent_.size());
  std::size_t after = 0;
  for (std::size_t i = at; i < sent_.size(); ++i)
    after += sent_[i].contains("serverContent") && sent_[i]["serverContent"].contains("modelTurn");
  EXPECT_EQ(after, 2U);
  advance(9000);
  EXPECT_TRUE(contents("generationComplete").empty());
  EXPECT_TRUE(contents("turnComplete").empty());
}

TEST_F(GeminiSessionTest, NoInterruptionLeavesTheAnswerAlone) {
  ready({{"realtimeInputConfig", {{"activityHandling", "NO_INTERRUPTION"}}}});
  session_->respond(GeminiTurn::parse({{"audio_ms", 3000}}));
  append(speech::tone(16000, 400, 300, 6000));
  EXPECT_TRUE(contents("interrupted").empty());
}

TEST_F(GeminiSessionTest, InterruptedOnCommandComesEvenWithoutATurn) {
  ready();
  session_->interrupted();
  EXPECT_EQ(contents("interrupted").size(), 1U);
}

TEST_F(GeminiSessionTest, ABlockingCallHoldsTheTurnUntilItsAnswer) {
  ready();
  shared_.settings.after_tool = "speak";
  session_->respond(
      GeminiTurn::parse({{"tools", {{{"name", "end_call"}, {"args", {{"reason", "done"}}}, {"id", "fc-1"}}}}}));
  EXPECT_EQ(sent_.back()["toolCall"]["functionCalls"][0]["args"]["reason"], "done");
  advance(5000);
  EXPECT_TRUE(contents("generationComplete").empty());
  const auto answer = [](const char* id) {
    return json{{"toolResponse",
                 {{"functionResponses", {{{"id", id}, {"name", "end_call"}, {"response", {{"output", "ok"}}}}}}}}};
  };
  say(answer("fc-9"));
  EXPECT_EQ(session_->protocolErrors().size(), 1U);
  say(answer("fc-1"));
  advance(5000);
  EXPECT_EQ(heard().size(), shared_.settings.tone_ms * 48);
  EXPECT_EQ(contents("turnComplete").size(), 1U);
  EXPECT_EQ(session_->describe()["tool_calls"]["fc-1"]["response"]["output"], "ok");
  say({{"toolResponse", {{"functionResponses", {{{"name", "end_call"}, {"response", json::object()}}}}}}});  // no id
  EXPECT_EQ(closed_.first, 1007U);
}

TEST_F(GeminiSessionTest, TheCallersSpeechCancelsABlockingCall) {
  ready();
  session_->respond(GeminiTurn::parse({{"tools", {{{"name", "end_call"}, {"id", "fc-1"}}}}}));
  append(speech::tone(16000, 400, 200, 6000));
  const std::size_t cancelled = indexOf([](const json& m) { return m.contains("toolCallCancellation"); });
  const std::size_t interrupted =
      indexOf([](const json& m) { return m.value("/serverContent/interrupted"_json_pointer, false); });
  EXPECT_LT(cancelled, interrupted);
  EXPECT_LT(interrupted, sent_.size());
}

TEST_F(GeminiSessionTest, ResumesOnlyWithAKnownHandleAndOnlyWhenTheOldConnectionIsGone) {
  ready();
  say(greet());
  advance(3000);
  const std::string handle = sent_.back()["sessionResumptionUpdate"]["newHandle"];
  const json resume = {{"sessionResumption", {{"handle", handle}}}};
  const auto old = session_;
  session_.reset();
  begin();
  say(setup(resume));
  EXPECT_EQ(closed_.first, 1011U);
  old->onClose(1000, "");
  begin();
  say(setup({{"sessionResumption", {{"handle", "h-invented"}}}}));
  EXPECT_EQ(closed_.first, 1007U);
  begin();
  ready(resume);
  EXPECT_TRUE(sent_.at(0).contains("setupComplete"));
  const json seen = session_->describe();
  EXPECT_EQ(seen["resumed_from"], handle);
  EXPECT_EQ(seen["conversation"]["history"].size(), 2U);
}

TEST_F(GeminiSessionTest, GoAwayMayBeFollowedBySilenceAndThenClose1011) {
  ready();
  session_->goAway(9500, 3000, true);
  EXPECT_EQ(sent_.back()["goAway"]["timeLeft"], "9.500s");
  const std::size_t before = sent_.size();
  say(greet());
  advance(2999);
  EXPECT_EQ(sent_.size(), before);
  EXPECT_EQ(closed_.first, 0U);
  advance(1);
  EXPECT_EQ(closed_.first, 1011U);
}

TEST_F(GeminiSessionTest, ManualActivityIsOnlyForManualDetection) {
  ready({{"realtimeInputConfig", {{"automaticActivityDetection", {{"disabled", true}}}}}});
  append(speech::tone(16000, 400, 400, 6000));
  say({{"realtimeInput", {{"activityStart", json::object()}}}});
  append(speech::tone(16000, 400, 400, 6000));
  say({{"realtimeInput", {{"activityEnd", json::object()}}}});
  advance(1000);
  EXPECT_EQ(heard().size(), 400U * 48);
  begin();
  ready();
  say({{"realtimeInput", {{"activityStart", json::object()}}}});
  EXPECT_EQ(closed_.first, 1007U);
}

TEST_F(GeminiSessionTest, ASeededHistoryIsNotAQuestionAndTextWaitsForTheModel) {
  ready({{"historyConfig", {{"initialHistoryInClientContent", true}}}});
  say(greet());
  advance(3000);
  EXPECT_TRUE(heard().empty());
  session_->respond(GeminiTurn::parse({{"audio_ms", 1000}}));
  say({{"realtimeInput", {{"text", "The caller pressed 2."}}}});
  advance(100);
  EXPECT_EQ(heard().size(), 1000U * 48);
  EXPECT_THAT(said("inputTranscription"), HasSubstr("pressed 2."));
  advance(4000);
  EXPECT_EQ(heard().size(), 1000U * 48 + shared_.settings.tone_ms * 48);
}

TEST_F(GeminiSessionTest, TurnsCanBeSilentRejectedOrNeverCome) {
  ready();
  session_->respond(GeminiTurn::parse({{"audio_ms", 0}, {"reason", "RESPONSE_REJECTED"}}));
  advance(10);
  EXPECT_EQ(sent_[sent_.size() - 2]["serverContent"]["turnCompleteReason"], "RESPONSE_REJECTED");
  EXPECT_TRUE(heard().empty());
  shared_.settings.mode = "silent";
  session_->respond({});
  advance(2000);
  EXPECT_EQ(heard(), std::string(shared_.settings.tone_ms * 48, '\0'));
  sent_.clear();
  session_->respond(GeminiTurn::parse({{"status", "never"}}));
  advance(60000);
  EXPECT_TRUE(sent_.empty());
}

TEST_F(GeminiSessionTest, LoopbackReturnsEveryMessageAtOnce) {
  shared_.settings.mode = "loopback";
  ready();
  append(speech::tone(16000, 500, 400, 6000));
  EXPECT_EQ(contents("modelTurn").size(), 10U);
  EXPECT_NEAR(static_cast<double>(heard().size()), 400.0 * 48, 48 * 4);
}

}  // namespace
}  // namespace fakes
