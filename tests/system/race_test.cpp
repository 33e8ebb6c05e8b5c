// Several who end at once, ends at awkward moments, carriers that refuse.
#include <gtest/gtest.h>

#include <thread>

#include "tests/system/world.hpp"

using namespace system_test;

TEST(EndRaces, FiftyRequestsAtOnceHangUpOnceAndGetTheSameAnswer) {
  World world;
  // The carrier takes its time to answer and says nothing else, so that all fifty arrive while the call is ending.
  world.command("twilio/plan", {{"callback_missing", {"completed"}}});
  const std::string id = world.talking();
  world.command("twilio/misbehave", {{"on", "update"}, {"delay_ms", 1500}});
  std::vector<Answer> answers(50);
  std::vector<std::thread> clients;
  for (auto& answer : answers) clients.emplace_back([&] { answer = world.post("/api/calls/" + id + "/end"); });
  for (auto& client : clients) client.join();
  for (auto& answer : answers) {
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, answers[0].body);
  }
  const Json detail = world.settled(id);
  EXPECT_EQ(world.carrierCall(id)["hang_up_requests"], 1);
  EXPECT_EQ(world.telegramMessages(id), 1);
  EXPECT_EQ(detail["teardown"].size(), 5u) << detail["teardown"];
}

TEST(EndRaces, ACallThatStillDialsIsCancelledAsSoonAsTheCarrierNamesIt) {
  World world;
  world.command("twilio/misbehave", {{"on", "create"}, {"delay_ms", 1500}});
  Answer placed;
  std::thread client([&] { placed = world.post("/api/call", {{"to", "+15550100002"}}); });
  std::vector<std::string> live;
  ASSERT_TRUE(until([&] {
    live = world.liveCalls();
    return live.size() == 1;
  }));
  // Before the request has left there is nothing to cancel: such a call is not dialled at all.
  ASSERT_TRUE(until([&] { return world.carrierCall(live[0]).contains("over"); }));
  const Answer ended = world.post("/api/calls/" + live[0] + "/end");
  client.join();
  EXPECT_EQ(ended.status, 200) << ended.body;
  EXPECT_EQ(placed.status, 201) << placed.body;
  ASSERT_TRUE(until([&] {
    const Json c = world.carrierCall(live[0]);
    return c.is_object() && c.value("over", false);
  }));
  const Json detail = world.settled(live[0]);
  EXPECT_EQ(detail["outcome"], "canceled");
  EXPECT_EQ(detail["ended_by"], "api");
}

TEST(EndRaces, AnUnknownCallIsNotFound) {
  World world;
  const Answer answer = world.post("/api/calls/00000000-0000-4000-8000-000000000000/end");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.json(), (Json{{"success", false}, {"error", "Call not found"}}));
}

TEST(EndRaces, ACarrierThatRefusesIsA502AndTheSessionIsGoneAllTheSame) {
  World world;
  const std::string id = world.talking();
  // A stream that is still opening would be refused by the end, and with it the leg would end by itself.
  ASSERT_TRUE(until([&] { return world.state("openai")["connections"]["open"] == 1; }));
  world.command("twilio/misbehave", {{"on", "update"}, {"status", 401}, {"code", 20003}, {"message", "Authenticate"}});
  const Answer answer = world.post("/api/calls/" + id + "/end");
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.json(), (Json{{"success", false}, {"error", "Twilio API error: Authenticate"}}));
  EXPECT_TRUE(world.liveCalls().empty());
  EXPECT_TRUE(until([&] { return world.state("openai")["connections"]["open"] == 0; }));
  EXPECT_TRUE(until([&] { return world.telegramMessages(id) == 1; }));
}

TEST(EndRaces, AHangUpThatFailsForAPassingReasonIsRepeatedUntilTheLegIsOver) {
  World world;
  world.command("twilio/plan", {{"media_loss_keeps_call", true}});
  const std::string id = world.talking();
  world.command("twilio/misbehave", {{"on", "update"}, {"status", 503}, {"times", 1}});
  const Answer answer = world.post("/api/calls/" + id + "/end");
  EXPECT_EQ(answer.status, 502) << answer.body;
  EXPECT_TRUE(world.liveCalls().empty());
  const Json detail = world.settled(id);
  EXPECT_EQ(row(detail, "hangup", "twilio").value("state", ""), "done") << detail["teardown"];
  EXPECT_TRUE(world.carrierCall(id)["over"].get<bool>());
}

TEST(EndRaces, EveryLiveCallIsEndedByOneRequest) {
  World world;
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(world.talking());
  const Answer answer = world.post("/api/calls/end");
  EXPECT_EQ(answer.json(), (Json{{"success", true}, {"ended", 10}, {"failed", Json::array()}}));
  EXPECT_TRUE(world.liveCalls().empty());
  for (auto& id : ids) EXPECT_EQ(world.carrierCall(id)["hang_up_requests"], 1);
}

TEST(EndRaces, AFailedDialIsA502WithTheCarriersWordsAndLeavesNothingBehind) {
  World world;
  world.command("twilio/misbehave",
                {{"on", "create"}, {"status", 400}, {"code", 21215}, {"message", "Geo permissions"}});
  const Answer answer = world.post("/api/call", {{"to", "+15550100002"}});
  EXPECT_EQ(answer.status, 502);
  const std::string id = answer.json().value("call_id", "");
  EXPECT_EQ(answer.json(), (Json{{"success", false}, {"error", "Twilio API error: Geo permissions"}, {"call_id", id}}));
  EXPECT_EQ(world.call(id)["reason"], "Twilio API error: Geo permissions");
  EXPECT_TRUE(world.liveCalls().empty());
}
