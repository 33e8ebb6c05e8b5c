// What the carrier cannot reach, and a carrier whose account does not know the leg.
#include "tests/system/faults.hpp"

using namespace system_test;

namespace {

constexpr const char* unable = R"({"success":false,"error":"Twilio API error: Unable to fetch record"})";

bool contains(const Json& detail, const std::string& field, const std::string& text) {
  return detail.value(field, "").find(text) != std::string::npos;
}

/// Twilio's answer to everything about this leg: there is no such record.
void forget(World& world) {
  for (const char* operation : {"update", "fetch"})
    world.command("twilio/misbehave",
                  {{"on", operation}, {"status", 404}, {"message", "The requested resource was not found"}});
}

}  // namespace

TEST_F(Faults, AnAddressThatTheCarrierCannotReachFailsTheCallAndEverybodyIsToldWhy) {
  World world(options());
  const std::string id = world.place({{"webhook_url", "http://127.0.0.1:1"}});
  ASSERT_TRUE(until([&] { return world.carrierCall(id)["over"] == true; }))
      << "answered, and over for want of a document";
  EXPECT_EQ(world.carrierCall(id)["status"], "completed");
  world.moveClocks(120'000, 120'000);  // far beyond calls.ring_timeout_s and its grace
  ASSERT_TRUE(world.reaches(id, "ended"));
  const Json detail = expectOver(world, id);
  EXPECT_EQ(detail["outcome"], "failed") << detail;
  EXPECT_EQ(detail["ended_by"], "carrier") << detail;
  const std::string what = "the carrier never asked for the voice webhook at http://127.0.0.1:1/twilio/voice";
  EXPECT_TRUE(contains(detail, "reason", what)) << detail;
  EXPECT_TRUE(contains(detail, "reason", "check that this address")) << detail;
  EXPECT_FALSE(world.gateway().lineWith(what).empty()) << "the log says so, too";
  EXPECT_EQ(world.telegramMessages("the carrier never asked for the voice webhook"), 1);
}

TEST_F(Faults, AVoiceWebhookThatAloneCannotBeReachedIsToldAtOnce) {
  World world(options());
  world.command("twilio/plan", {{"unreachable", "voice"}, {"error_ms", 100}});
  const std::string id = world.place();
  ASSERT_TRUE(world.reaches(id, "ended"));
  const Json detail = expectOver(world, id);
  EXPECT_EQ(detail["outcome"], "failed") << detail;
  EXPECT_TRUE(contains(detail, "reason", "never asked for the voice webhook") &&
              contains(detail, "reason", "status callbacks arrive"))
      << detail;
}

TEST_F(Faults, AVoiceWebhookThatWasRefusedIsToldWithTheReason) {
  World world(options());
  world.command("twilio/plan", {{"webhook_signing", "bad"}, {"error_ms", 100}});
  const std::string id = world.place();
  ASSERT_TRUE(world.reaches(id, "ended"));
  const Json detail = expectOver(world, id);
  EXPECT_EQ(detail["outcome"], "failed") << detail;
  EXPECT_TRUE(contains(detail, "reason", "refused with 403") && contains(detail, "reason", "twilio.auth_token"))
      << detail;
}

TEST_F(Faults, AStreamThatCannotBeOpenedIsAnotherReasonThanAWebhook) {
  World world(options({"twilio.stream_signature=enforce"}));
  world.command("twilio/plan", {{"upgrade_signing", "bad"}, {"callback_delay_ms", 200}});
  const std::string id = world.place();
  ASSERT_TRUE(world.reaches(id, "ended"));
  const Json detail = expectOver(world, id);
  EXPECT_EQ(detail["outcome"], "failed") << detail;
  EXPECT_TRUE(contains(detail, "reason", "asked for the voice webhook, but could not open the media stream")) << detail;
}

TEST_F(Faults, EverythingMayBeSignedWithTheSharedKey) {
  World world(options({"twilio.stream_signature=enforce"}));
  world.command("twilio/plan",
                {{"webhook_signing", "shared"}, {"callback_signing", "shared"}, {"upgrade_signing", "shared"}});
  const std::string id = world.talking();
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  EXPECT_EQ(expectOver(world, id)["outcome"], "completed");
}

TEST_F(Faults, ALegThatTheAccountDoesNotKnowIsA502AndStaysUnconfirmedUntilAWitnessComes) {
  World world(options());
  holdLegs(world);
  const std::string id = world.talking();
  forget(world);
  const Answer answer = world.post("/api/calls/" + id + "/end");
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.body, unable);
  EXPECT_TRUE(world.liveCalls().empty()) << "the session is gone all the same";
  EXPECT_TRUE(until([&] { return gauges(world)["hookswitch_legs_unconfirmed"] == 1; }));
  EXPECT_TRUE(pass(world, [&] { return !world.gateway().lineWith("ALARM").empty(); }));
  // The leg lives. When it is over, its callback is the witness; what the API says of it has not changed.
  world.command("twilio/calls/" + id + "/hangup");
  expectOver(world, id);
}

TEST_F(Faults, ALegThatTheAccountDoesNotKnowIsNotForgottenByARestart) {
  World world(options());
  holdLegs(world);
  const std::string id = world.talking();
  forget(world);
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 502);
  world.restartGateway();
  const int before = asked(world, "fetch");
  ASSERT_TRUE(until([&] { return asked(world, "fetch") > before + 1; })) << "it goes on asking";
  EXPECT_EQ(gauges(world)["hookswitch_legs_unconfirmed"], 1);
  world.command("twilio/behave");
  expectOver(world, id, 1);  // killed before the answers of those who were told
}

TEST_F(Faults, ACallWhoseStreamHasStoppedIsOverThoughTheAccountForgotIt) {
  World world(options());
  world.command("twilio/plan", {{"callback_missing", {"completed"}}});
  const std::string id = world.talking();
  forget(world);
  world.command("twilio/calls/" + id + "/hangup");  // the stream's stop is all that tells
  ASSERT_TRUE(world.reaches(id, "ended"));
  const Json detail = expectOver(world, id);
  EXPECT_EQ(detail["outcome"], "completed") << detail;
}
