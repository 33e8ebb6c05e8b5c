// Faults of the carrier: its REST API, its callbacks, its network.
#include "tests/system/faults.hpp"

#include <thread>

using namespace system_test;

TEST_F(Faults, TheCarrierAnswers429ToTheHangUp) {
  World world(options());
  holdLegs(world);
  const std::string id = world.talking();
  world.command("twilio/misbehave", {{"on", "update"}, {"status", 429}, {"retry_after", 1}});
  end(world, id);
  ASSERT_TRUE(until([&] { return asked(world, "update") >= 1; }));
  world.command("twilio/behave");
  expectOver(world, id);
}

TEST_F(Faults, TheCarrierAnswers500ToTheHangUp) {
  World world(options());
  holdLegs(world);
  const std::string id = world.talking();
  world.command("twilio/misbehave", {{"on", "rest"}, {"status", 500}});
  end(world, id);
  ASSERT_TRUE(until([&] { return asked(world, "update") >= 2; }));
  world.command("twilio/behave");
  expectOver(world, id);
}

TEST_F(Faults, TheHangUpIsRefusedForGood) {
  World world(options());
  holdLegs(world);
  const std::string id = world.talking();
  world.command("twilio/misbehave", {{"on", "rest"}, {"status", 401}, {"message", "Authenticate"}});
  end(world, id);
  ASSERT_TRUE(until([&] { return asked(world, "fetch") >= 1; })) << "a leg that may be up is never given up";
  world.command("twilio/behave");
  expectOver(world, id);
}

TEST_F(Faults, TheHangUpNeverArrives) {
  World world(options());
  holdLegs(world);
  const std::string id = world.talking();
  world.command("twilio/misbehave", {{"on", "update"}, {"drop", "before"}, {"times", 1}});
  end(world, id);
  expectOver(world, id);
}

TEST_F(Faults, TheHangUpsAnswerIsLost) {
  World world(options());
  holdLegs(world);
  world.command("twilio/plan", {{"callback_missing", {"completed"}}});
  const std::string id = world.talking();
  world.command("twilio/misbehave", {{"on", "update"}, {"drop", "after"}, {"times", 1}});
  end(world, id);
  expectOver(world, id);
}

TEST_F(Faults, TheCarrierTakesThreeSecondsToAnswerTheHangUp) {
  World world(options());
  holdLegs(world);
  const std::string id = world.talking();
  world.command("twilio/misbehave", {{"on", "update"}, {"delay_ms", 3000}, {"times", 1}});
  end(world, id);
  expectOver(world, id);
}

TEST_F(Faults, TheCarrierCannotBeReachedForAWhile) {
  World world(options());
  holdLegs(world);
  world.command("twilio/plan", {{"callback_missing", {"completed"}}});
  const std::string id = world.talking();
  world.command("twilio/refuse");
  end(world, id);
  EXPECT_TRUE(until([&] { return gauge(world, "hookswitch_legs_unconfirmed") == 1; }));
  ASSERT_TRUE(until([&] {  // the hang-up has been tried more than once
    const Json tries = row(world.call(id), "hangup", "twilio");
    return tries.is_object() && tries["attempts"] >= 2;
  })) << world.call(id);
  world.command("twilio/refuse", {{"on", false}});
  expectOver(world, id);
}

TEST_F(Faults, TheCarrierCannotBeReachedForAnHour) {
  World world(options());
  holdLegs(world);
  world.command("twilio/plan", {{"callback_missing", {"completed"}}});
  const std::string id = world.talking();
  world.command("twilio/refuse");
  end(world, id);
  // First: an answer that is on its way while an hour passes would count as one that never came.
  ASSERT_TRUE(until([&] {
    return row(world.call(id), "notify", "telegram").value("state", "") == "done" &&
           row(world.call(id), "notify", "gateway").value("state", "") == "done";
  }));
  for (int minute = 0; minute < 60; minute += 5) {
    const int before = row(world.call(id), "hangup", "twilio").value("attempts", 0);
    world.moveClocks(300'000, 300'000);
    EXPECT_TRUE(until([&] { return row(world.call(id), "hangup", "twilio").value("attempts", 0) > before; }))
        << "minute " << minute;
  }
  EXPECT_FALSE(world.gateway().lineWith("ALARM").empty()) << "a leg that may cost money is said loudly";
  world.command("twilio/refuse", {{"on", false}});
  expectOver(world, id);
}

TEST_F(Faults, EveryStatusCallbackIsLost) {
  World world(options());
  holdLegs(world);
  world.command("twilio/plan", {{"callback_missing", {"initiated", "ringing", "in-progress", "completed"}}});
  const std::string id = world.talking();
  end(world, id);
  expectOver(world, id);
}

TEST_F(Faults, TheCallerHangsUpAndTheCallbackIsLost) {
  World world(options());
  holdLegs(world);
  world.command("twilio/plan", {{"callback_missing", {"completed"}}});
  const std::string id = world.talking();
  world.command("twilio/calls/" + id + "/hangup");
  expectOver(world, id);
}

TEST_F(Faults, CallbacksComeTwiceAndInTheWrongOrder) {
  World world(options());
  world.command("twilio/plan", {{"callback_twice", true}, {"callback_shuffled", true}, {"callback_parallel", true}});
  const std::string id = world.talking();
  end(world, id);
  const Json detail = expectOver(world, id);
  EXPECT_EQ(detail["outcome"], "completed");
}

TEST_F(Faults, TheCallbackComesBeforeTheCreateAnswer) {
  World world(options());
  world.command("twilio/plan", {{"callback_before_201", true}});
  const std::string id = world.talking();
  end(world, id);
  expectOver(world, id);
}

TEST_F(Faults, TheCreateAnswerIsLostAndTheLegExists) {
  World world(options());
  world.command("twilio/plan", {{"answer_ms", 60000}});  // nobody answers: nothing of the call comes to us but the list
  world.command("twilio/misbehave", {{"on", "create"}, {"drop", "after"}, {"times", 1}});
  EXPECT_EQ(world.post("/api/call", {{"to", "+15550100002"}}).status, 502);
  EXPECT_TRUE(until([&] { return world.state("twilio")["live_calls"] == 0; })) << "found and hung up";
  const std::string id = theEndedCall(world);
  expectOver(world, id);
  EXPECT_EQ(asked(world, "create"), 1) << "never repeated blindly";
}

TEST_F(Faults, TheCarrierAnswers500ToTheCreate) {
  World world(options());
  world.command("twilio/misbehave", {{"on", "create"}, {"status", 500}, {"times", 1}});
  EXPECT_EQ(world.post("/api/call", {{"to", "+15550100002"}}).status, 502);
  const std::string id = theEndedCall(world);
  expectOver(world, id);
  EXPECT_EQ(asked(world, "create"), 1);
}

TEST_F(Faults, TheMediaSocketDropsWithoutStop) {
  World world(options());
  world.command("twilio/plan", {{"media_loss_keeps_call", true}});
  const std::string id = world.talking();
  world.command("twilio/calls/" + id + "/reset");
  ASSERT_TRUE(world.reaches(id, "ended"));
  expectOver(world, id);
}

TEST_F(Faults, TheMediaSocketIsHalfOpen) {
  World world(options({"calls.media_idle_s=2"}));
  world.command("twilio/plan", {{"media_loss_keeps_call", true}});
  const std::string id = world.talking();
  world.command("twilio/calls/" + id + "/slow");  // open, and no frame is ever complete again
  ASSERT_TRUE(world.reaches(id, "ended"));
  const Json detail = expectOver(world, id);
  EXPECT_EQ(detail["ended_by"], "limit") << detail;
}

TEST_F(Faults, TheMediaStreamNeverComes) {
  World world(options({"calls.connect_timeout_s=1"}));
  world.command("twilio/plan", {{"media_never", true}});
  const std::string id = world.place();
  ASSERT_TRUE(world.reaches(id, "ended"));
  const Json detail = expectOver(world, id);
  EXPECT_EQ(detail["ended_by"], "limit") << detail;
}

TEST_F(Faults, NobodyAnswersAndTheCarrierForgetsToSay) {
  World world(options());
  world.command("twilio/plan", {{"outcome", "never"}, {"callback_missing", {"no-answer", "canceled", "completed"}}});
  const std::string id = world.place();
  ASSERT_TRUE(world.reaches(id, "ringing"));
  world.moveClocks(120'000, 120'000);  // far beyond calls.ring_timeout_s and its grace
  ASSERT_TRUE(world.reaches(id, "ended"));
  const Json detail = expectOver(world, id);
  EXPECT_EQ(detail["outcome"], "no-answer") << detail;
}

TEST_F(Faults, TwoHundredCallsAreEndedAtOnce) {
  World world(options({"telegram.enabled=false", "calls.connect_timeout_s=600", "log.level=information"}));
  world.command("twilio/plan", {{"media_never", true}, {"queue_ms", 0}, {"ring_ms", 0}, {"answer_ms", 0}});
  std::vector<std::string> ids(200);
  std::vector<std::thread> clients;
  for (std::size_t c = 0; c < 8; ++c)
    clients.emplace_back([&, c] {
      for (std::size_t i = c; i < ids.size(); i += 8) ids[i] = world.answered();
    });
  for (auto& client : clients) client.join();
  world.command("twilio/misbehave",
                {{"on", "update"}, {"status", 503}, {"times", 60}});  // and the carrier has a bad moment
  world.post("/api/calls/end");
  expectAllOver(world, ids);
  EXPECT_TRUE(until([&] { return gauge(world, "hookswitch_hooks_pending") == 0; }));
  for (auto& id : ids) {
    EXPECT_EQ(world.toldOfEnd(id), 1);
    if (HasFailure()) break;
  }
}
