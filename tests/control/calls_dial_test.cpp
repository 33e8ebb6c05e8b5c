// Outbound calls: from the request to the moment in which the carrier has them, and every way in which that fails.
#include "host/base/ids.hpp"
#include "tests/control/support.hpp"

namespace control_test {
namespace {

using plugin::view;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const char order[] = R"({"to":"+15550100002"})";

class Dial : public WorldTest {
 protected:
  /// The carrier keeps dial requests; `dialled` is the newest.
  void holdDials() {
    world.carrier().on_place = [this](const hks_call& c, hks::Out&) {
      dialled = c.msg.id;
      call_id = std::string(view(c.call));
    };
  }
  World::Reply startDial() {
    auto reply = world.ask("POST", "/api/call", order);
    EXPECT_TRUE(world.until([&] { return dialled != 0; }));
    return reply;
  }
  bool over(const std::string& id) {
    return world.until([&] {
      call::Call* c = world.table.find(id);
      return c && c->record.status == call::Status::ended;
    });
  }
  std::uint64_t dialled = 0;
  std::string call_id;
};

TEST_F(Dial, TheCarrierIsToldEverythingItNeeds) {
  struct {
    std::string call, to, from, base, media, prompt, greeting, metadata, carrier, voice;
    std::uint32_t direction, duration, ring;
  } got;
  world.defaults.prompt = "default prompt";
  world.defaults.greeting = "default greeting";
  world.defaults.ring_timeout_s = 25;
  world.carrier().on_place = [&](const hks_call& c, hks::Out& out) {
    auto s = [](hks_str t) { return std::string(view(t)); };
    got = {s(c.call),   s(c.to_number),   s(c.from_number),   s(c.base_url), s(c.media_url),
           s(c.prompt), s(c.greeting),    s(c.metadata_json), s(c.carrier),  s(c.voice),
           c.direction, c.max_duration_s, c.ring_timeout_s};
    out.placed(c.msg.id, "CA1");
  };
  world.start();
  const auto reply = world.answer(
      "POST", "/api/call",
      R"({"to":"+15550100002","from":"+15550100001","greeting":"Hi","webhook_url":"http://other.example/base//","metadata":{"a":1},"max_duration_s":60})");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(net::findHeader(reply.headers, "Location"), "/api/calls/" + got.call);
  EXPECT_EQ(reply.body, R"({"success":true,"call_id":")" + got.call +
                            R"(","to":"+15550100002","webhook_url":"http://other.example/base"})");
  EXPECT_TRUE(base::isId(got.call));
  EXPECT_EQ(got.to, "+15550100002");
  EXPECT_EQ(got.from, "+15550100001");
  EXPECT_EQ(got.base, "http://other.example/base");
  EXPECT_THAT(got.media, testing::StartsWith("ws://other.example/base/carrier/stream/"));
  EXPECT_EQ(got.media.size() - got.media.rfind('/') - 1, 43u);
  EXPECT_EQ(got.prompt, "default prompt");
  EXPECT_EQ(got.greeting, "Hi");
  EXPECT_EQ(got.metadata, R"({"a":1})");
  EXPECT_EQ(got.carrier, "carrier");
  EXPECT_EQ(got.voice, "voice");
  EXPECT_EQ(got.direction, unsigned(HKS_OUTBOUND));
  EXPECT_EQ(got.duration, 60u);
  EXPECT_EQ(got.ring, 25u);
}

TEST_F(Dial, AnHttpsAddressMakesTheMediaStreamSecureToo) {
  std::string media;
  world.carrier().on_place = [&](const hks_call& c, hks::Out& out) {
    media = std::string(view(c.media_url));
    out.placed(c.msg.id, "CA1");
  };
  world.start();
  EXPECT_EQ(world.answer("POST", "/api/call", order).status, 201);
  EXPECT_THAT(media, testing::StartsWith("wss://gateway.example/carrier/stream/"));
}

TEST_F(Dial, OurOwnNumberComesFromTheCarriersSectionWhenTheRequestHasNone) {
  world.carrier().keys.push_back({"from_number", "+15550109999", "", HKS_TEXT, false, false, {}});
  world.start();
  const std::string id = world.place();
  EXPECT_EQ(field(world.detail(id), "from_number"), "+15550109999");
}

TEST_F(Dial, ARequestCannotOutlastTheConfiguredDuration) {
  world.defaults.max_duration_s = 100;
  std::uint32_t duration = 0;
  world.carrier().on_place = [&](const hks_call& c, hks::Out& out) {
    duration = c.max_duration_s;
    out.placed(c.msg.id, "CA1");
  };
  world.start();
  EXPECT_EQ(world.answer("POST", "/api/call", R"({"to":"+15550100002","max_duration_s":86400})").status, 201);
  EXPECT_EQ(duration, 100u);
}

TEST_F(Dial, TheStatusFollowsTheCarrierAndNeverGoesBack) {
  world.start();
  const std::string id = world.place();
  EXPECT_EQ(field(world.detail(id), "status"), "initiating");
  world.make("carrier", [](hks::Out& out) { out.state({}, "remote-1", HKS_RINGING); });
  EXPECT_EQ(field(world.detail(id), "status"), "ringing");
  world.make("carrier", [&](hks::Out& out) { out.state(id, {}, HKS_IN_PROGRESS); });
  EXPECT_EQ(field(world.detail(id), "status"), "in-progress");
  world.make("carrier", [](hks::Out& out) { out.state({}, "remote-1", HKS_RINGING); });
  EXPECT_EQ(field(world.detail(id), "status"), "in-progress");
}

TEST_F(Dial, NewsOfTheLegFromAnotherPluginAreNotBelieved) {
  world.add("stranger");
  world.start();
  const std::string id = world.place();
  world.make("stranger", [&](hks::Out& out) {
    out.state(id, {}, HKS_OVER, HKS_COMPLETED);
    out.state({}, "remote-1", HKS_OVER, HKS_COMPLETED);
    out.placed(1, "CA666");
  });
  EXPECT_EQ(field(world.detail(id), "status"), "initiating");
}

TEST_F(Dial, AFailureIsAnsweredWithTheCarriersSentenceAndTheCallIsOver) {
  auto& watch = world.add("watch");
  watch.hooks = {{HKS_PHASE_STARTED, 1000}, {HKS_PHASE_NOTIFY, 1000}};
  world.carrier().on_place = [this](const hks_call& c, hks::Out& out) {
    call_id = std::string(view(c.call));
    out.failed(c.msg.id, "Twilio API error: The number is not valid");
  };
  world.start();
  const auto reply = world.answer("POST", "/api/call", order);
  EXPECT_EQ(reply.status, 502);
  EXPECT_EQ(reply.body,
            R"({"success":false,"error":"Twilio API error: The number is not valid","call_id":")" + call_id + "\"}");
  ASSERT_TRUE(over(call_id));
  world.settle();
  const std::string detail = world.detail(call_id);
  EXPECT_EQ(field(detail, "outcome"), "failed");
  EXPECT_EQ(field(detail, "ended_by"), "carrier");
  EXPECT_EQ(field(detail, "reason"), "Twilio API error: The number is not valid");
  EXPECT_THAT(detail, HasSubstr(R"("phase":"hangup","plugin":"carrier","state":"skipped")"));
  EXPECT_EQ(world.carrier().heard("phase"), 0u) << "there is no leg to hang up";
  EXPECT_EQ(watch.heard("phase notify/1"), 1u) << "a call that never came about is told of like any other";
  EXPECT_EQ(watch.heard("phase started"), 0u);
  EXPECT_THAT(world.answer("GET", "/api/calls").body, HasSubstr("\"count\":0"));
}

TEST_F(Dial, TheStatusOfAFailureIsThePluginsWithinReason) {
  std::uint32_t code = 0;
  world.carrier().on_place = [&](const hks_call& c, hks::Out& out) { out.failed(c.msg.id, "no", code); };
  world.start();
  for (auto [given, expected] : std::vector<std::pair<std::uint32_t, int>>{
           {400, 400}, {429, 429}, {503, 503}, {0, 502}, {200, 502}, {999, 502}}) {
    code = given;
    EXPECT_EQ(world.answer("POST", "/api/call", order).status, expected) << given;
  }
}

TEST_F(Dial, APluginThatFailsOnTheDialRequestIsAnErrorAndNoCall) {
  world.carrier().on_control = [](const hks_msg& in, hks::Out&) {
    return in.type == HKS_CALL_PLACE ? hks_status(HKS_FAULT) : hks_status(HKS_UNSUPPORTED);
  };
  world.start();
  const auto reply = world.answer("POST", "/api/call", order);
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr("the carrier plugin failed on the dial request"));
}

TEST_F(Dial, APluginThatBreaksOnTheDialRequestIsAnErrorAndNoCall) {
  world.carrier().on_control = [](const hks_msg& in, hks::Out&) {
    return in.type == HKS_CALL_PLACE ? hks_status(HKS_FAULT) : hks_status(HKS_UNSUPPORTED);
  };
  world.start();
  world.on([&] { world.carrier().refuses = true; });  // so that it stays broken
  for (unsigned i = 0; i < plugin::Session::max_faults; ++i)
    EXPECT_EQ(world.answer("POST", "/api/call", order).status, 500) << i;
  const auto reply = world.answer("POST", "/api/call", order);
  EXPECT_EQ(reply.status, 503) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr("is broken"));
}

TEST_F(Dial, ALegThatAppearsAfterItsRequestSeemedToHaveFailedIsHungUp) {
  holdDials();
  world.start();
  auto reply = startDial();
  world.make("carrier", [&](hks::Out& out) { out.failed(dialled, "timeout"); });
  EXPECT_EQ(reply.get().status, 502);
  ASSERT_TRUE(over(call_id));
  EXPECT_EQ(world.carrier().heard("phase hangup"), 0u);
  world.make("carrier", [&](hks::Out& out) { out.placed(dialled, "CA-late"); });
  EXPECT_EQ(world.carrier().heard("phase hangup/1"), 1u);
  EXPECT_EQ(world.on([&] { return world.calls->unfinished(); }), 0u);
}

TEST_F(Dial, TheEndOfALegThatAppearedLateEndsItsRetries) {
  world.limits.first_retry_ms = 60'000;
  holdDials();
  world.carrier().on_phase = [](const hks_phase& p, hks::Out& out) { out.hookDone(p.msg.id, HKS_HOOK_RETRY, "503"); };
  world.start();
  auto reply = startDial();
  world.make("carrier", [&](hks::Out& out) { out.failed(dialled, "timeout"); });
  world.make("carrier", [&](hks::Out& out) { out.placed(dialled, "CA-late"); });
  EXPECT_EQ(world.on([&] { return world.calls->unfinished(); }), 1u);
  world.make("carrier", [&](hks::Out& out) { out.state({}, "CA-late", HKS_OVER, HKS_COMPLETED); });
  EXPECT_EQ(world.on([&] { return world.calls->unfinished(); }), 0u);
}

TEST_F(Dial, ALegThatIsOverBeforeItsRequestIsAnsweredNeedsNoHangUp) {
  holdDials();
  world.start();
  auto reply = startDial();
  world.make("carrier", [&](hks::Out& out) { out.state(call_id, "CA1", HKS_OVER, HKS_BUSY); });
  world.make("carrier", [&](hks::Out& out) { out.placed(dialled, "CA1"); });
  EXPECT_EQ(reply.get().status, 201);
  ASSERT_TRUE(over(call_id));
  EXPECT_EQ(world.carrier().heard("phase hangup"), 0u);
  EXPECT_EQ(field(world.detail(call_id), "outcome"), "busy");
}

TEST_F(Dial, ACallThatIsEndedWhileDiallingIsHungUpTheMomentItHasAName) {
  world.limits.naming_ms = 60'000;
  holdDials();
  world.start();
  auto dial = startDial();
  auto end = world.ask("POST", "/api/calls/" + call_id + "/end");
  ASSERT_TRUE(world.until([&] { return world.table.find(call_id)->record.status == call::Status::ending; }));
  EXPECT_EQ(world.carrier().heard("phase"), 0u);
  world.make("carrier", [&](hks::Out& out) { out.placed(dialled, "CA1"); });
  EXPECT_EQ(dial.get().status, 201);
  EXPECT_EQ(end.get().status, 200);
  EXPECT_EQ(world.carrier().heard("phase hangup/1"), 1u);
  EXPECT_EQ(field(world.detail(call_id), "outcome"), "canceled");
}

TEST_F(Dial, ACallbackMayNameTheLegBeforeTheRequestIsAnswered) {
  world.limits.naming_ms = 60'000;
  holdDials();
  world.start();
  auto dial = startDial();
  auto end = world.ask("POST", "/api/calls/" + call_id + "/end");
  ASSERT_TRUE(world.until([&] { return world.table.find(call_id)->record.status == call::Status::ending; }));
  world.make("carrier", [&](hks::Out& out) { out.state(call_id, "CA1", HKS_RINGING); });
  EXPECT_EQ(end.get().status, 200);
  world.make("carrier", [&](hks::Out& out) { out.placed(dialled, "CA1"); });
  EXPECT_EQ(dial.get().status, 201);
  EXPECT_EQ(world.carrier().heard("phase hangup"), 1u) << "one leg, one hang-up";
}

TEST_F(Dial, ALegThatACallbackNamedIsHungUpThoughItsRequestSeemedToHaveFailed) {
  holdDials();
  world.start();
  auto dial = startDial();
  world.make("carrier", [&](hks::Out& out) { out.state(call_id, "CA1", HKS_RINGING); });
  world.make("carrier", [&](hks::Out& out) { out.failed(dialled, "the answer was lost"); });
  EXPECT_EQ(dial.get().status, 502);
  ASSERT_TRUE(over(call_id));
  EXPECT_EQ(world.carrier().heard("phase hangup/1"), 1u);
}

TEST_F(Dial, ARequestThatFailsDoesNotSettleTheHangUpOfALegThatACallbackNamed) {
  world.limits.naming_ms = 60'000;
  world.limits.first_retry_ms = 60'000;
  world.carrier().on_phase = nullptr;
  holdDials();
  world.start();
  auto dial = startDial();
  auto end = world.ask("POST", "/api/calls/" + call_id + "/end");
  ASSERT_TRUE(world.until([&] { return world.table.find(call_id)->record.status == call::Status::ending; }));
  world.make("carrier", [&](hks::Out& out) { out.state(call_id, "CA1", HKS_RINGING); });
  world.make("carrier", [&](hks::Out& out) { out.failed(dialled, "the answer was lost"); });
  EXPECT_EQ(dial.get().status, 502);
  world.settle();
  EXPECT_THAT(world.detail(call_id), HasSubstr(R"({"phase":"hangup","plugin":"carrier","state":"pending")"));
  world.make("carrier", [&](hks::Out& out) { out.state({}, "CA1", HKS_OVER, HKS_CANCELED); });
  EXPECT_EQ(end.get().status, 200);
}

TEST_F(Dial, ACallThatIsEndedWhileDiallingLeavesInTimeThoughNobodyNamesIt) {
  world.limits.naming_ms = 20;
  holdDials();
  world.start();
  auto dial = startDial();
  EXPECT_EQ(world.answer("POST", "/api/calls/" + call_id + "/end").status, 200);
  EXPECT_EQ(world.on([&] { return world.calls->unfinished(); }), 1u) << "the tombstone is waited for by a drain";
  world.make("carrier", [&](hks::Out& out) { out.placed(dialled, "CA1"); });
  EXPECT_EQ(world.carrier().heard("phase hangup/1"), 1u);
  EXPECT_EQ(world.on([&] { return world.calls->unfinished(); }), 0u);
  EXPECT_EQ(dial.get().status, 201);
}

TEST_F(Dial, ACallThatIsEndedWhileDiallingAndThenFailsIsOver) {
  world.limits.naming_ms = 60'000;
  holdDials();
  world.start();
  auto dial = startDial();
  auto end = world.ask("POST", "/api/calls/" + call_id + "/end");
  ASSERT_TRUE(world.until([&] { return world.table.find(call_id)->record.status == call::Status::ending; }));
  world.make("carrier", [&](hks::Out& out) { out.failed(dialled, "no credit"); });
  EXPECT_EQ(dial.get().status, 502);
  EXPECT_EQ(end.get().status, 200);
  EXPECT_EQ(field(world.detail(call_id), "ended_by"), "api") << "the first reason wins";
}

TEST_F(Dial, AnswersOfOtherPluginsToADialRequestAreNotBelieved) {
  world.add("stranger");
  holdDials();
  world.start();
  auto dial = startDial();
  world.make("stranger", [&](hks::Out& out) {
    out.placed(dialled, "CA666");
    out.failed(dialled, "ha");
  });
  EXPECT_EQ(dial.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  world.make("carrier", [&](hks::Out& out) {
    out.placed(dialled, "CA1");
    out.placed(dialled, "CA2");
    out.failed(dialled, "changed its mind");
  });
  EXPECT_EQ(dial.get().status, 201);
  EXPECT_EQ(world.on([&] { return world.table.find(call_id)->record.remote_id; }), "CA1")
      << "only the first answer counts";
}

TEST_F(Dial, BeginningsAreToldOnceTheCarrierHasTheCall) {
  auto& watch = world.add("watch");
  watch.hooks = {{HKS_PHASE_STARTED, 1000}};
  holdDials();
  world.start();
  auto dial = startDial();
  EXPECT_EQ(watch.heard("phase"), 0u);
  world.make("carrier", [&](hks::Out& out) { out.placed(dialled, "CA1"); });
  EXPECT_EQ(watch.heard("phase started/1"), 1u);
  EXPECT_THAT(world.detail(call_id),
              HasSubstr(R"("started_hooks":[{"phase":"started","plugin":"watch","state":"done")"));
}

TEST_F(Dial, BeyondTheLimitThereIs429) {
  world.defaults.max_concurrent = 2;
  world.start();
  const std::string id = world.place();
  world.place();
  auto reply = world.answer("POST", "/api/call", order);
  EXPECT_EQ(reply.status, 429);
  EXPECT_THAT(reply.body, HasSubstr("calls.max_concurrent"));
  EXPECT_FALSE(net::findHeader(reply.headers, "Retry-After").empty());
  EXPECT_EQ(world.answer("POST", "/api/calls/" + id + "/end").status, 200);
  world.place();
}

TEST_F(Dial, WhileDrainingThereIs503) {
  world.start();
  world.on([&] { world.calls->drain(); });
  const auto reply = world.answer("POST", "/api/call", order);
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.body, HasSubstr("draining"));
  EXPECT_EQ(world.carrier().heard("place"), 0u);
}

TEST_F(Dial, AnIdlePluginIsNamedInTheRefusal) {
  world.sections["voice"] = {{"enabled", "false"}};
  world.start();
  const auto reply = world.answer("POST", "/api/call", order);
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.body, HasSubstr("No voice: the plugin 'voice' is idle: enabled is false"));
}

TEST_F(Dial, AVoiceThatDoesNotExistIsTheRequestsMistake) {
  world.start();
  for (auto bad : {"nobody", "carrier"}) {
    const auto reply =
        world.answer("POST", "/api/call", std::string(R"({"to":"+15550100002","voice":")") + bad + "\"}");
    EXPECT_EQ(reply.status, 400) << bad;
    EXPECT_THAT(reply.body, HasSubstr("'voice': "));
  }
  EXPECT_EQ(world.carrier().heard("place"), 0u);
}

TEST_F(Dial, ACarrierThatDoesNotExistIsTheGatewaysMistake) {
  world.defaults.carrier = "nobody";
  world.start();
  const auto reply = world.answer("POST", "/api/call", order);
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.body, HasSubstr("No carrier: there is no plugin 'nobody'"));
}

}  // namespace
}  // namespace control_test
