// Tools that the model calls, end_call among them.
#include "tests/plugins/openai/call.hpp"

namespace openai_test {
namespace {

Json call(const std::string& id, const std::string& name, const std::string& arguments,
          const std::string& status = "completed") {
  return {{"id", "item_" + id}, {"type", "function_call"}, {"status", status}, {"call_id", id},
          {"name", name},       {"arguments", arguments}};
}
Json itemDone(const Json& item, const std::string& response) {
  return {{"type", "response.output_item.done"}, {"response_id", response}, {"output_index", 0}, {"item", item}};
}
Voice& withTool(Voice& v) {
  v.start.tools = {{"lookup", "Find an order.", R"({"type":"object","properties":{"n":{"type":"string"}}})"}};
  return v;
}

TEST(OpenAiTools, AToolIsCalledOnceAndItsOutputIsFollowedByOneAnswer) {
  Voice v;
  withTool(v).greeting("").ready();
  v.created("r1");
  const auto called = v.says(itemDone(call("c1", "lookup", R"({"n":"7"})"), "r1"));
  const auto& asked = called.only(HKS_TOOL_CALL);
  EXPECT_EQ(asked.name, "lookup");
  EXPECT_EQ(asked.json, R"({"n":"7"})");
  const auto second = v.says(itemDone(call("c2", "lookup", "{}"), "r1")).only(HKS_TOOL_CALL).id;
  EXPECT_FALSE(v.says(itemDone(call("c1", "lookup", "{}"), "r1")).has(HKS_TOOL_CALL));
  auto out = Voice::sent(v.step(In::toolResult(asked.id, R"({"status":"shipped"})")));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0]["item"]["call_id"], "c1");
  EXPECT_EQ(out[0]["item"]["output"], R"({"status":"shipped"})");
  EXPECT_TRUE(
      Voice::sent(v.done("r1", "completed", Json::array({call("c1", "lookup", "{}"), call("c2", "lookup", "{}")})))
          .empty());
  out = Voice::sent(v.step(In::toolResult(second, "it broke", true)));
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0]["item"]["output"], R"({"error":"it broke"})");
  EXPECT_EQ(out[1]["type"], "response.create");
  EXPECT_TRUE(v.step(In::toolResult(second, "{}")).empty());
}

TEST(OpenAiTools, AnInterruptedCallIsNotRunAndBadArgumentsAreAnsweredAtOnce) {
  Voice v;
  withTool(v).greeting("").ready();
  v.created("r1");
  EXPECT_TRUE(v.says(itemDone(call("c1", "lookup", "{}", "incomplete"), "r1")).empty());
  const auto bad = v.says(itemDone(call("c2", "lookup", "{\"n\":"), "r1"));
  EXPECT_FALSE(bad.has(HKS_TOOL_CALL));
  EXPECT_EQ(Voice::sent(bad).at(0)["item"]["call_id"], "c2");
  EXPECT_EQ(Voice::sent(v.says(itemDone(call("c3", "format_disk", "{}"), "r1"))).at(0)["item"]["output"],
            R"({"error":"there is no such tool"})");
  EXPECT_EQ(Voice::sent(v.done("r1"), "response.create").size(), 1u);
}

TEST(OpenAiTools, AToolThatDoesNotAnswerIsAnsweredFor) {
  Voice v;
  withTool(v).greeting("").ready();
  v.created("r1");
  const auto id = v.says(itemDone(call("c1", "lookup", "{}"), "r1")).only(HKS_TOOL_CALL).id;
  v.done("r1");
  const auto out = v.step(In::timer(1000 + id));
  EXPECT_EQ(Voice::sent(out).at(0)["item"]["output"], R"({"error":"timeout"})");
}

TEST(OpenAiTools, WhileTheCallerSpeaksAToolsOutputIsSentWithoutACreate) {
  Voice v;
  withTool(v).greeting("").ready();
  v.created("r1");
  const auto id = v.says(itemDone(call("c1", "lookup", "{}"), "r1")).only(HKS_TOOL_CALL).id;
  v.done("r1");
  v.says(kSpeechStarted);
  EXPECT_EQ(Voice::sent(v.step(In::toolResult(id, "{}"))).size(), 1u);
  v.says(kSpeechStopped);
  v.created("r2");
  EXPECT_TRUE(Voice::sent(v.done("r2"), "response.create").empty());
}

TEST(OpenAiTools, EndCallTakesEffectWhenItsAnswerIsDone) {
  Voice v;
  v.greeting("").ready();
  v.created("r1");
  EXPECT_FALSE(v.says(itemDone(call("c1", "end_call", R"({"reason":"all\ndone"})"), "r1")).has(HKS_CALL_END));
  const auto out = v.done("r1", "completed", Json::array({call("c1", "end_call", "{}")}));
  EXPECT_EQ(out.only(HKS_CALL_END).reason, "the agent ended the call: all done");
  EXPECT_EQ(out.only(HKS_CALL_END).by, unsigned(HKS_BY_AGENT));
  EXPECT_EQ(out.only(HKS_CALL_END).flags, unsigned(HKS_END_AFTER_PLAYBACK));
  EXPECT_TRUE(Voice::sent(out, "response.create").empty());
}

TEST(OpenAiTools, ACallerWhoInterruptsTheGoodbyeKeepsTheCall) {
  Voice v;
  v.greeting("").ready();
  v.created("r1");
  v.says(itemDone(call("c1", "end_call", R"({"reason":"x"})"), "r1"));
  v.says(kSpeechStarted);
  const auto out = v.done("r1", "cancelled");
  EXPECT_FALSE(out.has(HKS_CALL_END));
  EXPECT_NE(Voice::sent(out).at(0)["item"]["output"].get<std::string>().find("not ended"), std::string::npos);
}

}  // namespace
}  // namespace openai_test
