// Tools that the model calls, end_call among them.
#include "tests/plugins/gemini/call.hpp"

namespace gemini_test {
namespace {

Voice& withTool(Voice& v) {
  v.start.tools = {{"lookup", "Find it.", R"({"type":"object","properties":{"n":{"type":"string"}}})"}};
  return v;
}
Json toolCall(const std::string& id, const std::string& name, Json args = Json::object()) {
  return {{"toolCall", {{"functionCalls", {{{"id", id}, {"name", name}, {"args", args}}}}}}};
}

TEST(GeminiTools, AToolIsCalledAndItsResultSentWithItsSchedule) {
  Voice v;
  withTool(v).ready();
  const auto out = v.says(toolCall("fc-1", "lookup", {{"n", "7"}}));
  EXPECT_EQ(out.only(HKS_TOOL_CALL).json, R"({"n":"7"})");
  const auto reply = Voice::sent(v.step(In::toolResult(out.only(HKS_TOOL_CALL).id, R"({"found":3})"))).at(0);
  const Json& r = reply["toolResponse"]["functionResponses"][0];
  EXPECT_EQ(r["id"], "fc-1");
  EXPECT_EQ(r["name"], "lookup");
  EXPECT_EQ(r["response"], Json({{"output", {{"found", 3}}}}));
  EXPECT_EQ(r["scheduling"], "WHEN_IDLE");
}

TEST(GeminiTools, AModelWithoutSchedulingGetsNone) {
  Voice v;
  withTool(v).with("model", "gemini-3.8-live-extended-thinking").ready();
  const auto id = v.says(toolCall("fc-1", "lookup")).only(HKS_TOOL_CALL).id;
  const auto reply = Voice::sent(v.step(In::toolResult(id, "boom", true))).at(0);
  const Json& r = reply["toolResponse"]["functionResponses"][0];
  EXPECT_FALSE(r.contains("scheduling"));
  EXPECT_EQ(r["response"], Json({{"error", "boom"}}));
}

TEST(GeminiTools, ACancelledCallIsNotAnsweredAndOthersAre) {
  Voice v;
  withTool(v).ready();
  const auto first = v.says(toolCall("fc-1", "lookup")).only(HKS_TOOL_CALL).id;
  const auto second = v.says(toolCall("fc-2", "lookup")).only(HKS_TOOL_CALL).id;
  v.says({{"toolCallCancellation", {{"ids", {"fc-1", "fc-9"}}}}});
  EXPECT_TRUE(v.step(In::toolResult(first, "{}")).empty());
  EXPECT_EQ(Voice::sent(v.step(In::toolResult(second, "{}"))).size(), 1u);
}

TEST(GeminiTools, UnknownToolsAndSilentToolsAreAnsweredByThePlugin) {
  Voice v;
  withTool(v).ready();
  EXPECT_TRUE(Voice::sent(v.says(toolCall("fc-1", "nothing")))
                  .at(0)["toolResponse"]["functionResponses"][0]["response"]
                  .contains("error"));
  const auto id = v.says(toolCall("fc-2", "lookup")).only(HKS_TOOL_CALL).id;
  EXPECT_TRUE(Voice::sent(v.step(In::timer(kTool + id)))
                  .at(0)["toolResponse"]["functionResponses"][0]["response"]
                  .contains("error"));
  EXPECT_TRUE(v.step(In::toolResult(id, "{}")).empty());
}

TEST(GeminiTools, AModelThatHasItsResultAndStaysSilentIsRemindedAndThenReplaced) {
  for (const bool announced : {false, true}) {
    Voice v;
    withTool(v).ready();
    v.heardCaller("Where is my parcel?");
    if (announced) v.audio("one moment");
    const auto id = v.says(toolCall("fc-1", "lookup")).only(HKS_TOOL_CALL).id;
    EXPECT_EQ(v.player.timers().count(kNoAnswer), 0u) << "while the tool works nobody is late";
    v.step(In::toolResult(id, "{}"));
    ASSERT_EQ(v.player.timers().count(kNoAnswer), 1u) << announced;
    EXPECT_FALSE(Voice::text(Voice::sent(v.step(In::timer(kNoAnswer))).at(0)).empty()) << announced;
    EXPECT_TRUE(v.step(In::timer(kNoAnswer)).has(HKS_CONNECT)) << announced;
  }
}

TEST(GeminiTools, AModelThatAnswersItsResultIsNotReminded) {
  Voice v;
  withTool(v).ready();
  const auto id = v.says(toolCall("fc-1", "lookup")).only(HKS_TOOL_CALL).id;
  v.step(In::toolResult(id, "{}"));
  v.audio("here it is");
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 0u);
}

TEST(GeminiTools, AModelThatHasSaidAllBesideItsToolIsNotReminded) {
  Voice v;
  withTool(v).ready();
  v.audio("noted");
  const auto id = v.says(toolCall("fc-1", "lookup")).only(HKS_TOOL_CALL).id;
  v.step(In::toolResult(id, "{}"));
  v.content(kGenerated);
  v.content(kTurnComplete);
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 0u);
}

TEST(GeminiTools, ACallerWhoSpeaksMeanwhileIsAnsweredInPlaceOfTheResult) {
  Voice v;
  withTool(v).ready();
  v.audio("one moment");
  const auto id = v.says(toolCall("fc-1", "lookup")).only(HKS_TOOL_CALL).id;
  v.step(In::toolResult(id, "{}"));
  v.content({{"interrupted", true}});
  EXPECT_EQ(v.player.timers().count(kNoAnswer), 0u) << "the caller is speaking";
}

TEST(GeminiTools, EndCallWaitsForTheFarewellThatIsBeingSpoken) {
  Voice v;
  v.ready();
  v.audio("bye!");
  const auto asked = v.says(toolCall("fc-1", "end_call", {{"reason", "done"}}));
  EXPECT_EQ(Voice::sent(asked).at(0)["toolResponse"]["functionResponses"][0]["id"], "fc-1");
  EXPECT_FALSE(asked.has(HKS_CALL_END));
  const auto out = v.content(kGenerated);
  EXPECT_EQ(out.only(HKS_CALL_END).reason, "the agent ended the call: done");
  EXPECT_EQ(out.only(HKS_CALL_END).flags, unsigned(HKS_END_AFTER_PLAYBACK));
  EXPECT_EQ(out.only(HKS_CALL_END).by, unsigned(HKS_BY_AGENT));
  EXPECT_FALSE(v.content(kTurnComplete).has(HKS_CALL_END));
}

TEST(GeminiTools, EndCallWithoutAFarewellEndsAfterAGuard) {
  Voice v;
  v.ready();
  v.says(toolCall("fc-1", "end_call"));
  EXPECT_EQ(v.player.timers().at(kEnd), 10000u);
  EXPECT_FALSE(v.content(kTurnComplete).has(HKS_CALL_END));
  EXPECT_EQ(v.player.timers().at(kEnd), 3000u);
  EXPECT_TRUE(v.step(In::timer(kEnd)).has(HKS_CALL_END));
  EXPECT_FALSE(v.step(In::timer(kEnd)).has(HKS_CALL_END));
}

TEST(GeminiTools, ACancelledEndCallDoesNotEndTheCall) {
  Voice v;
  v.ready();
  v.says(toolCall("fc-1", "end_call"));
  v.says({{"toolCallCancellation", {{"ids", {"fc-1"}}}}});
  EXPECT_TRUE(v.step(In::timer(kEnd)).empty());
  v.turn(100, "still here");
  EXPECT_FALSE(v.player.all().has(HKS_CALL_END));
}

TEST(GeminiTools, ACallerWhoSpeaksOverTheGoodbyeCanBeToldGoodbyeAgain) {
  Voice v;
  v.ready();
  v.audio("bye!");
  v.says(toolCall("fc-1", "end_call"));
  EXPECT_TRUE(v.content(kGenerated).has(HKS_CALL_END));
  v.content(kInterrupted);
  v.content(kTurnComplete);
  v.audio("bye!");
  v.says(toolCall("fc-2", "end_call"));
  EXPECT_TRUE(v.content(kGenerated).has(HKS_CALL_END));
}

}  // namespace
}  // namespace gemini_test
