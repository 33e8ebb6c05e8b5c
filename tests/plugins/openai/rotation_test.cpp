#include "tests/plugins/openai/call.hpp"

namespace openai_test {
namespace {

constexpr std::uint64_t kRotate = 8, kForce = 9, kReconnect = 10, kMove = 12;

/// A call with some conversation behind it, its next connection opened and configured.
std::uint64_t primed(Voice& v) {
  v.greeting("").ready();
  v.says({{"type", "conversation.item.input_audio_transcription.completed"},
          {"item_id", "u1"},
          {"transcript", "I lost my card."}});
  v.answer("a1", "r1", 200, "I can block it.");
  const auto next = v.step(In::timer(kRotate)).only(HKS_CONNECT).id;
  EXPECT_EQ(Voice::sent(v.step(In::opened(next))).at(0)["type"], "session.update");
  v.saysOn(next, {{"type", "session.created"}, {"session", {{"id", "s2"}}}});
  return next;
}

std::vector<std::string> texts(const std::vector<Json>& events) {
  std::vector<std::string> all;
  for (const auto& e : events)
    if (e["type"] == "conversation.item.create" && e["item"]["type"] == "message")
      all.push_back(e["item"]["role"].get<std::string>() + ": " + e["item"]["content"][0]["text"].get<std::string>());
  return all;
}

TEST(OpenAiRotation, WhatTheNextSessionTellsAgainIsNotRecordedTwice) {
  Voice v;
  const auto next = primed(v);
  v.saysOn(next, Voice::updated());
  v.step(In::timer(kForce));
  v.conn = next;
  const Json again = {{"type", "conversation.item.input_audio_transcription.completed"},
                      {"item_id", "h1"},
                      {"transcript", "I lost my card"}};
  EXPECT_FALSE(v.says(again).has(HKS_TRANSCRIPT));
  EXPECT_FALSE(v.transcriptDone("h2", "r", "I can block it.").has(HKS_TRANSCRIPT));
  Json said = again;
  said["item_id"] = "u2";
  v.says({{"type", "input_audio_buffer.committed"}, {"item_id", "u2"}});
  EXPECT_EQ(v.says(said).only(HKS_TRANSCRIPT).text, "I lost my card") << "this one was said";
}

TEST(OpenAiRotation, IsPlannedBeforeTheExpiryThatTheServiceNames) {
  Voice v;
  v.greeting("").ready();
  EXPECT_EQ(v.player.timers().at(kRotate), 3000u * 1000);  // the configured age comes first
  EXPECT_EQ(v.player.timers().at(kForce), 3580u * 1000);
  Voice soon;
  soon.greeting("").open();
  soon.says({{"type", "session.created"}, {"session", {{"id", "s"}, {"expires_at", 1700001800}}}});
  soon.says(Voice::updated());
  EXPECT_EQ(soon.player.timers().at(kRotate), 1680u * 1000);
  EXPECT_EQ(soon.player.timers().at(kForce), 1780u * 1000);
}

TEST(OpenAiRotation, TheTimeAConnectionWaitedForItsTurnCounts) {
  Voice v;
  const auto next = primed(v);
  v.saysOn(next, Voice::updated());
  v.says(Json{{"type", "input_audio_buffer.speech_started"}, {"item_id", "u"}});
  for (int i = 0; i < 60 * 50; ++i) v.callerAudio();  // a minute in which the caller speaks
  v.step(In::timer(kForce));
  EXPECT_NEAR(double(v.player.timers().at(kForce)), 3580e3 - 60e3, 100);
}

TEST(OpenAiRotation, MovesInAQuietMomentAndReplaysWhatWasSaid) {
  Voice v;
  const auto next = primed(v);
  auto out = v.saysOn(next, Voice::updated());
  EXPECT_FALSE(out.has(HKS_CLOSE)) << "the answer still plays";
  for (int i = 0; i < 60 && !v.player.timers().count(kMove); ++i) out = v.callerAudio();
  EXPECT_EQ(out.count(HKS_DATA), 1u) << "nothing but audio is sent when audio comes in";
  out = v.step(In::timer(kMove));
  EXPECT_EQ(out.only(HKS_CLOSE).id, v.conn);
  EXPECT_EQ(out.only(HKS_CLOSE).close_code, 1000u);
  const auto replay = texts(Voice::sent(out));
  ASSERT_EQ(replay.size(), 3u);
  EXPECT_EQ(replay[0], "user: I lost my card.");
  EXPECT_EQ(replay[1], "assistant: I can block it.");
  EXPECT_EQ(replay[2].substr(0, 7), "system:");
  EXPECT_TRUE(Voice::sent(out, "response.create").empty());
  EXPECT_FALSE(out.has(HKS_READY));
  EXPECT_EQ(v.callerAudio().only(HKS_DATA).id, next);
  EXPECT_TRUE(v.delta("late", "a1", "r1").empty()) << "the old connection is void";
  EXPECT_TRUE(v.step(In::closed(v.conn, 1000)).empty());
}

TEST(OpenAiRotation, IsForcedNearTheEndAndAnswersWhatIsOwed) {
  Voice v;
  const auto next = primed(v);
  v.saysOn(next, Voice::updated());
  v.created("r2");
  v.item("a2", "r2");
  v.delta(std::string(80000, 'x'), "a2", "r2");
  const auto out = v.step(In::timer(kForce));
  EXPECT_EQ(out.only(HKS_CLOSE).id, v.conn);
  EXPECT_EQ(out.only(HKS_AUDIO_END).name, "a2");
  EXPECT_EQ(Voice::sent(out, "response.create").size(), 1u);
}

TEST(OpenAiRotation, AFailedNextConnectionLeavesTheCallAlone) {
  Voice v;
  const auto next = primed(v);
  EXPECT_FALSE(v.step(In::closed(next, 503, "busy")).has(HKS_GONE));
  EXPECT_TRUE(v.callerAudio().has(HKS_DATA));
  EXPECT_TRUE(v.step(In::timer(kReconnect)).has(HKS_CONNECT));
}

TEST(OpenAiRotation, AnExpiredSessionIsFollowedByAnotherAndTheCallersWordsAreKept) {
  Voice v;
  v.greeting("").ready();
  v.says(
      {{"type", "conversation.item.input_audio_transcription.completed"}, {"item_id", "u1"}, {"transcript", "Hello?"}});
  auto out = v.error("session_expired", nullptr, "Your session hit the maximum duration of 60 minutes.");
  const auto next = out.only(HKS_CONNECT).id;
  EXPECT_FALSE(out.has(HKS_GONE));
  EXPECT_TRUE(v.step(In::closed(v.conn, 1001)).empty());
  for (int i = 0; i < 400; ++i) EXPECT_FALSE(v.callerAudio().has(HKS_DATA));
  v.step(In::opened(next));
  out = v.saysOn(next, Voice::updated());
  EXPECT_EQ(Voice::sent(out, "input_audio_buffer.append").size(), 250u) << "5 s of the newest";
  EXPECT_EQ(texts(Voice::sent(out)).at(0), "user: Hello?");
  EXPECT_EQ(Voice::sent(out, "response.create").size(), 1u);
  EXPECT_FALSE(out.has(HKS_READY));
}

TEST(OpenAiRotation, ReconnectingAfterTheLimitEndsInAPlainSentence) {
  Voice v;
  v.greeting("").ready();
  auto out = v.step(In::closed(v.conn, 1001, "Your session hit the maximum duration of 60 minutes."));
  int attempts = 0;
  while (!out.has(HKS_GONE) && attempts < 20) {
    const auto id = out.only(HKS_CONNECT).id;
    ++attempts;
    out = v.step(In::closed(id, 0, "connection refused"));
    if (!out.has(HKS_GONE)) out = v.step(In::timer(kReconnect));
  }
  EXPECT_EQ(attempts, 6);
  EXPECT_NE(out.only(HKS_GONE).reason.find("could not be reached again"), std::string::npos);
}

TEST(OpenAiRotation, AToolAnsweredAfterTheMoveIsToldWithItsCall) {
  Voice v;
  v.start.tools = {{"lookup", "d", "{}"}};
  const auto next = primed(v);
  v.saysOn(next, Voice::updated());
  v.created("r2");
  const auto id = v.says({{"type", "response.output_item.done"},
                          {"response_id", "r2"},
                          {"item",
                           {{"id", "f"},
                            {"type", "function_call"},
                            {"status", "completed"},
                            {"call_id", "c1"},
                            {"name", "lookup"},
                            {"arguments", "{}"}}}})
                      .only(HKS_TOOL_CALL)
                      .id;
  const auto moved = Voice::sent(v.step(In::timer(kForce)), "response.create");
  ASSERT_EQ(moved.size(), 1u);
  const auto out = Voice::sent(v.step(In::toolResult(id, "{\"ok\":1}")));
  ASSERT_GE(out.size(), 2u);
  EXPECT_EQ(out[0]["item"]["type"], "function_call");
  EXPECT_EQ(out[1]["item"]["type"], "function_call_output");
  EXPECT_EQ(out[1]["item"]["call_id"], "c1");
}

TEST(OpenAiRotation, TakingOverFromAnotherVoiceContinuesWithoutAGreeting) {
  Voice v;
  v.start.history = {{HKS_ASSISTANT, 1, "Hello, how can I help?"}, {HKS_USER, 2, "When do you open?"}};
  const auto out = v.greeting("Hello").ready();
  EXPECT_TRUE(out.has(HKS_READY));
  EXPECT_EQ(texts(Voice::sent(out)).at(1), "user: When do you open?");
  const auto creates = Voice::sent(out, "response.create");
  ASSERT_EQ(creates.size(), 1u);
  EXPECT_FALSE(creates[0].contains("response"));
}

}  // namespace
}  // namespace openai_test
