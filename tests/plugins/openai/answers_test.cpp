// Answers that fail, have no sound, or never come.
#include "tests/plugins/openai/call.hpp"

namespace openai_test {
namespace {

TEST(OpenAiAnswers, AFailedAnswerIsTriedOnceMoreAfterTheLimitsReset) {
  Voice v;
  v.greeting("Hi").ready();
  v.says({{"type", "rate_limits.updated"},
          {"rate_limits", {{{"name", "tokens"}, {"limit", 9}, {"remaining", 0}, {"reset_seconds", 3.5}}}}});
  const Json details = {{"type", "failed"},
                        {"error", {{"type", "tokens"}, {"code", "rate_limit_exceeded"}, {"message", "slow down"}}}};
  v.created("r1");
  EXPECT_TRUE(Voice::sent(v.done("r1", "failed", Json::array(), details)).empty());
  EXPECT_EQ(v.player.timers().at(4), 3500u);
  const auto again = Voice::sent(v.step(In::timer(4)), "response.create");
  ASSERT_EQ(again.size(), 1u);
  EXPECT_TRUE(again[0].contains("response"));  // the greeting again, not a plain answer
  v.created("r2");
  const auto out = v.done("r2", "failed", Json::array(), details);
  EXPECT_NE(out.only(HKS_LOG).text.find("slow down"), std::string::npos);
  EXPECT_EQ(v.player.timers().count(4), 0u);
}

TEST(OpenAiAnswers, TwoFailuresInARowAreAModelThatIsGone) {
  for (const char* code : {"server_error", "rate_limit_exceeded", "something_new"}) {
    Voice v;
    v.greeting("Hi").ready();
    const Json details = {{"type", "failed"}, {"error", {{"type", "server_error"}, {"code", code}}}};
    v.created("r1");
    EXPECT_FALSE(v.done("r1", "failed", Json::array(), details).has(HKS_GONE));
    EXPECT_LE(v.player.timers().at(4), 3500u);
    v.step(In::timer(4));
    v.created("r2");
    EXPECT_TRUE(v.done("r2", "failed", Json::array(), details).has(HKS_GONE)) << code;
  }
}

const Json kServerError = {{"type", "failed"}, {"error", {{"type", "server_error"}, {"code", "server_error"}}}};

/// The caller has spoken, and the answer to it has failed: another attempt waits.
struct Retrying : Voice {
  Retrying() {
    start.retry_ms = 10'000;
    greeting("").ready();
    says(kSpeechStarted);
    says(kSpeechStopped);
    created("r1");
    done("r1", "failed", Json::array(), kServerError);
    EXPECT_EQ(player.timers().count(4), 1u);
  }
};

TEST(OpenAiAnswers, AnAttemptThatWaitsIsNotMadeBesideTheAnswerToTheNextTurn) {
  Retrying v;
  v.says(kSpeechStarted);
  v.says(kSpeechStopped);
  v.created("r2");
  EXPECT_EQ(v.player.timers().count(4), 0u);
  v.item("a2", "r2");
  v.delta("x", "a2", "r2");
  EXPECT_TRUE(Voice::sent(v.done("r2"), "response.create").empty());
}

TEST(OpenAiAnswers, AnAttemptThatWaitsIsNotMadeBesideTheAnswerToAKey) {
  Retrying v;
  EXPECT_EQ(Voice::sent(v.step(In::dtmf("1#")), "response.create").size(), 1u);
  EXPECT_EQ(v.player.timers().count(4), 0u);
  v.created("r2");
  EXPECT_TRUE(Voice::sent(v.done("r2", "cancelled"), "response.create").empty());
}

TEST(OpenAiAnswers, AnAttemptThatWaitsIsMadeBehindASentenceOfOurs) {
  Retrying v;
  EXPECT_EQ(Voice::sent(v.step(In::say("One moment.")), "response.create").size(), 1u);
  v.created("r2");
  EXPECT_TRUE(Voice::sent(v.step(In::timer(4)), "response.create").empty());
  EXPECT_EQ(Voice::sent(v.done("r2", "cancelled"), "response.create").size(), 1u) << "the caller still waits";
}

TEST(OpenAiAnswers, AnAttemptThatWaitsIsMadeOnceAfterAChangeOfConnection) {
  Retrying v;
  v.conn = v.step(In::closed(v.conn, 1006)).only(HKS_CONNECT).id;
  EXPECT_EQ(v.player.timers().count(4), 0u);
  v.step(In::opened(v.conn));
  EXPECT_EQ(Voice::sent(v.says(Voice::updated()), "response.create").size(), 1u);
  v.created("r2");
  EXPECT_TRUE(Voice::sent(v.done("r2", "cancelled"), "response.create").empty());
}

TEST(OpenAiAnswers, AnAnswerWithoutSoundIsSaidAndAskedForOnceMore) {
  const Json text = {
      {{"type", "message"}, {"id", "a1"}, {"content", Json::array({{{"type", "output_text"}, {"text", "Read me."}}})}}};
  Voice v;
  v.greeting("Hi").ready();
  v.created("r1");
  const auto out = v.done("r1", "completed", text);
  EXPECT_NE(out.only(HKS_LOG).text.find("without sound: message of output_text"), std::string::npos) << out;
  EXPECT_EQ(Voice::sent(v.step(In::timer(4)), "response.create").size(), 1u);
  v.answer("a2", "r2", 200, "Hi.");
  v.created("r3");
  EXPECT_FALSE(v.done("r3", "completed", text).has(HKS_GONE)) << "the one before was heard";
  v.step(In::timer(4));
  v.created("r4");
  EXPECT_TRUE(v.done("r4", "completed", text).has(HKS_GONE));
}

TEST(OpenAiAnswers, AnAnswerThatIsCutShortBeforeItsFirstSoundIsAskedForOnceMore) {
  const Json why = {{"type", "incomplete"}, {"reason", "content_filter"}};
  Voice v;
  v.greeting("Hi").ready();
  v.created("r1");
  const auto out = v.done("r1", "incomplete", Json::array(), why);
  EXPECT_NE(out.only(HKS_LOG).text.find("before its first sound (content_filter)"), std::string::npos) << out;
  EXPECT_EQ(Voice::sent(v.step(In::timer(4)), "response.create").size(), 1u);
  v.created("r2");
  EXPECT_TRUE(v.done("r2", "incomplete", Json::array(), why).has(HKS_GONE));
}

TEST(OpenAiAnswers, AnAnswerThatIsCutShortAfterItsFirstSoundStands) {
  Voice v;
  v.greeting("Hi").ready();
  v.created("r1");
  v.item("a1", "r1");
  v.delta("x", "a1", "r1");
  v.done("r1", "incomplete", Json::array(), {{"type", "incomplete"}, {"reason", "max_output_tokens"}});
  EXPECT_EQ(v.player.timers().count(4), 0u);
}

TEST(OpenAiAnswers, AnAnswerThatBeginsAndGoesNoFurtherIsAskedForOnceMore) {
  Voice v;
  v.greeting("Hi").ready();
  v.created("r1");
  EXPECT_EQ(v.player.timers().at(3), 3500u);
  EXPECT_EQ(Voice::sent(v.step(In::timer(3)), "response.cancel").at(0)["response_id"], "r1");
  EXPECT_TRUE(Voice::sent(v.done("r1", "cancelled")).empty()) << "by us";
  EXPECT_EQ(Voice::sent(v.step(In::timer(4)), "response.create").size(), 1u);
  v.created("r2");
  v.item("a2", "r2");
  v.delta("x", "a2", "r2");
  EXPECT_EQ(v.player.timers().count(3), 0u);
  v.done("r2");
  v.says(kSpeechStarted);
  v.says(kSpeechStopped);
  v.created("r3");
  EXPECT_FALSE(v.step(In::timer(3)).has(HKS_GONE)) << "the one before was heard";
  v.step(In::timer(4));
  v.done("r3", "cancelled");
  v.created("r4");
  EXPECT_TRUE(v.step(In::timer(3)).has(HKS_GONE)) << "that we have cancelled it is no sound";
}

TEST(OpenAiAnswers, TheLateEndOfAnAnswerThatStalledDoesNotMakeTheNextOneStall) {
  Voice v;
  v.greeting("Hi").ready();
  v.created("r1");
  v.step(In::timer(3));
  v.step(In::timer(4));
  v.created("r2");
  v.done("r1", "cancelled");
  v.item("a2", "r2");
  v.delta("x", "a2", "r2");
  EXPECT_EQ(v.player.timers().count(3), 0u);
}

TEST(OpenAiAnswers, AnAnswerThatTheCallerCutsIsNoFailureAndNoSound) {
  const Json details = {{"type", "failed"}, {"error", {{"type", "server_error"}, {"code", "server_error"}}}};
  Voice v;
  v.greeting("Hi").ready();
  v.created("r1");
  v.done("r1");
  v.step(In::timer(4));
  v.created("r2");
  v.says(kSpeechStarted);
  EXPECT_FALSE(v.done("r2", "failed", Json::array(), details).has(HKS_GONE)) << "nobody wanted it";
  v.says(kSpeechStopped);
  v.created("r3");
  EXPECT_TRUE(v.done("r3").has(HKS_GONE)) << "nothing has been heard yet";
}

TEST(OpenAiAnswers, ATurnOfTheCallerThatNobodyAnswersIsAnsweredOnDemand) {
  Voice v;
  v.greeting("").ready();
  v.says(Json{{"type", "input_audio_buffer.speech_started"}, {"item_id", "u"}});
  v.says(Json{{"type", "input_audio_buffer.speech_stopped"}, {"item_id", "u"}});
  EXPECT_LE(v.player.timers().at(11), 3500u);
  EXPECT_EQ(Voice::sent(v.step(In::timer(11)), "response.create").size(), 1u);
}

TEST(OpenAiAnswers, AudioOfNoItemIsThatOfTheNewestItemOfItsResponse) {
  Voice v;
  v.greeting("").ready();
  v.created("r1");
  v.item("a1", "r1");
  EXPECT_EQ(v.delta("abc", "", "r1").only(HKS_AUDIO).item, "a1");
  v.done("r1");
  EXPECT_EQ(v.player.timers().count(4), 0u) << "it was heard";
  v.created("r2");
  EXPECT_FALSE(v.delta("abc", "", "r2").only(HKS_AUDIO).item.empty());
}

TEST(OpenAiAnswers, AToolThatOnlyItsItemTellsOfIsAnAnswerToo) {
  Voice v;
  v.start.tools = {{"look", "Looks.", "{}"}};
  v.greeting("").ready();
  v.created("r1");
  v.says({{"type", "response.output_item.done"},
          {"response_id", "r1"},
          {"item",
           {{"type", "function_call"},
            {"status", "completed"},
            {"call_id", "c1"},
            {"name", "look"},
            {"arguments", "{}"}}}});
  v.done("r1");  // its list of outputs is empty
  EXPECT_EQ(v.player.timers().count(4), 0u);
}

TEST(OpenAiAnswers, AnAnswerInAnotherFormatIsNotPlayedAsNoise) {
  Voice v;
  v.greeting("").ready();
  v.says({{"type", "response.created"},
          {"response", {{"id", "r1"}, {"audio", {{"output", {{"format", {{"type", "audio/pcm"}}}}}}}}}});
  v.item("a1", "r1");
  EXPECT_FALSE(v.delta("abc", "a1", "r1").has(HKS_AUDIO));
  v.done("r1");
  EXPECT_EQ(v.player.timers().count(4), 1u) << "it is asked for again";
}

}  // namespace
}  // namespace openai_test
