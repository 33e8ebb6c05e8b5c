// What a start makes of what the last run left.
#include "tests/control/recovery_support.hpp"

namespace control_test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// A start that finds a call which was answered 50 s ago, after the wall clock was moved by so much.
struct Again : Recovery {
  explicit Again(std::int64_t jump_ms, const std::string& boot = base::bootId()) {
    SetUp();
    auto stored = left();
    auto& r = stored.record;
    for (auto* time : {&r.started_unix_ms, &r.answered_unix_ms}) *time = std::uint64_t(std::int64_t(*time) - jump_ms);
    r.started_ms = world.control.allMs() - 60'000;
    r.boot = boot;
    world.unfinished.calls.push_back(stored);
    says(HKS_PHASE_CONFIRM, HKS_OVER, HKS_COMPLETED);
  }
  using Recovery::ended;
  using Recovery::world;
  void TestBody() override {}
};

TEST_F(Recovery, ACallThatWasLiveIsSettledThenHungUpAndItsHooksRun) {
  world.unfinished.calls.push_back(left());
  says(HKS_PHASE_CONFIRM, HKS_OVER, HKS_COMPLETED);
  world.start();
  const std::string detail = ended();
  EXPECT_THAT(detail, HasSubstr(R"("ended_by":"recovery")"));
  EXPECT_THAT(detail, HasSubstr("Hello?"));
  EXPECT_EQ(world.carrier().heard("phase settle"), 1u);
  EXPECT_EQ(world.carrier().heard("phase hangup"), 1u);
  EXPECT_EQ(watch->heard("phase notify"), 1u);
}

TEST_F(Recovery, AWallClockThatJumpedWhileItWasDownMakesNoCallLongerOrShorter) {
  for (const std::int64_t jump_ms : {-86'400'000ll, 86'400'000ll}) {
    Again again(jump_ms);
    again.world.start();
    const std::string detail = again.ended();
    const double talked = std::stod(detail.substr(detail.find("\"duration_s\":") + 13));
    EXPECT_GE(talked, 50.0) << jump_ms;
    EXPECT_LT(talked, 50.0 + 600) << jump_ms;  // as long as the test takes, at most
    EXPECT_GE(field(detail, "ended_at"), field(detail, "answered_at")) << jump_ms;
    EXPECT_GE(field(detail, "answered_at"), field(detail, "started_at")) << jump_ms;
  }
}

TEST_F(Recovery, OfAnEarlierRunOfTheMachineNoTimeIsNegativeOrBeyondTheMaximum) {
  for (const std::int64_t jump_ms : {-86'400'000ll, 86'400'000ll}) {
    Again again(jump_ms, "another boot");
    again.world.start();
    const std::string detail = again.ended();
    const double talked = std::stod(detail.substr(detail.find("\"duration_s\":") + 13));
    EXPECT_GE(talked, 0.0) << jump_ms;
    EXPECT_LE(talked, 3600.0) << jump_ms;
    EXPECT_GE(field(detail, "ended_at"), field(detail, "answered_at")) << jump_ms;
  }
}

TEST_F(Recovery, TheRowOfACallSaysHowManyLinesItHas) {
  auto stored = left();
  stored.record.last_line = 7;
  world.unfinished.calls.push_back(stored);
  says(HKS_PHASE_SETTLE, HKS_OVER, HKS_COMPLETED);
  world.start();
  ended();
  std::promise<std::uint32_t> last_line;
  world.store.history({}, [&](store::Answer<store::HistoryPage> page) {
    last_line.set_value(page.value.calls.empty() ? 0 : page.value.calls[0].record.last_line);
  });
  EXPECT_EQ(last_line.get_future().get(), 7u) << "what is old is removed by it, some lines at a time";
}

TEST_F(Recovery, ALegThatIsOverIsNotHungUpAndTheCarriersOutcomeCounts) {
  auto stored = left();
  stored.record.answered_unix_ms = 0;
  stored.record.status = call::Status::ringing;
  world.unfinished.calls.push_back(stored);
  says(HKS_PHASE_SETTLE, HKS_OVER, HKS_BUSY);
  world.start();
  const std::string detail = ended();
  EXPECT_THAT(detail, HasSubstr(R"("outcome":"busy","ended_by":"recovery")"));
  EXPECT_EQ(world.carrier().heard("phase hangup"), 0u);
}

TEST_F(Recovery, TheCarrierSaysHowLongTheTwoTalked) {
  world.unfinished.calls.push_back(left());
  says(HKS_PHASE_SETTLE, HKS_OVER, HKS_COMPLETED, 20'000);
  world.start();
  EXPECT_THAT(ended(), HasSubstr(R"("duration_s":20.000)"));
}

TEST_F(Recovery, AnEndThatWasUnderWayKeepsItsReason) {
  auto stored = left("remote-9", call::Status::ending);
  stored.record.ended_by = call::EndedBy::api;
  stored.record.outcome = call::Outcome::completed;
  stored.record.reason = "ended through the API";
  world.unfinished.calls.push_back(stored);
  says(HKS_PHASE_SETTLE, HKS_OVER, HKS_COMPLETED);
  world.start();
  EXPECT_THAT(ended(), HasSubstr(R"("ended_by":"api","reason":"ended through the API")"));
}

TEST_F(Recovery, AHookThatWasDoneIsNotDoneAgainAndOneThatWasUnderWayIs) {
  auto stored = left("remote-9", call::Status::ended);
  stored.record.ended_unix_ms = base::Clock::system().unixMs() - 1000;
  stored.leg_over = true;
  store::Hook done, lost;
  done.call = lost.call = known_id;
  done.phase = lost.phase = call::Phase::notify;
  done.plugin = "other";
  done.state = call::HookRow::State::done;
  lost.plugin = "watch";
  lost.attempts = done.attempts = 1;
  lost.deadline_ms = done.deadline_ms = 5000;
  lost.first_unix_ms = done.first_unix_ms = base::Clock::system().unixMs() - 1000;
  stored.hooks = {done, lost};
  world.unfinished.calls.push_back(stored);
  auto& other = world.add("other");
  other.hooks = {{HKS_PHASE_NOTIFY, 5000}};
  world.start();
  const std::string detail = ended();
  EXPECT_EQ(watch->heard("phase notify"), 1u);
  EXPECT_EQ(other.heard("phase"), 0u);
  EXPECT_THAT(detail, HasSubstr(R"("plugin":"watch","state":"done")"));
  EXPECT_EQ(world.calls->liveCount(), 0u);
}

TEST_F(Recovery, ALegThatHadNoNameIsHungUpWhenTheCarrierFindsIt) {
  auto stored = left("", call::Status::initiating);
  stored.record.answered_unix_ms = 0;
  world.unfinished.calls.push_back(stored);
  says(HKS_PHASE_SETTLE, HKS_IN_PROGRESS, 0, 0, "remote-77");
  world.start();
  ended();
  EXPECT_EQ(world.carrier().heard("phase hangup"), 1u);
}

TEST_F(Recovery, ARepeatedRequestHearsWhatBecameOfTheOneThatWasCut) {
  world.unfinished.calls.push_back(left());
  const std::string body = R"({"to":"+15550100002"})";
  world.unfinished.keys.push_back(
      {"key-1", control::Idempotency::digest(body), known_id, base::Clock::system().unixMs(), 0, {}});
  says(HKS_PHASE_SETTLE, HKS_OVER, HKS_COMPLETED);
  world.start();
  ended();
  const auto reply = world.answer("POST", "/api/call", body, {{"Idempotency-Key", "key-1"}});
  EXPECT_EQ(reply.status, 201) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr(known_id));
  EXPECT_THAT(reply.headers, Contains(testing::Pair("Idempotent-Replayed", "true")));
  EXPECT_EQ(world.carrier().heard("place"), 0u);
}

TEST_F(Recovery, EveryCarrierIsAskedForLegsThatNobodyKnows) {
  world.carrier().on_control = [](const hks_msg& in, hks::Out& out) -> hks_status {
    if (in.type != HKS_CALL_SWEEP) return HKS_UNSUPPORTED;
    out.found(in.id, known_id, "remote-5", "https://gateway.example/");
    out.found(in.id, "22222222-2222-4333-8444-555555555555", "remote-6", "https://another.example");
    out.swept(in.id);
    return HKS_OK;
  };
  says(HKS_PHASE_CONFIRM, HKS_OVER, HKS_COMPLETED, 0, "remote-5");
  world.start();
  ASSERT_TRUE(world.until([&] { return world.carrier().heard("phase hangup") == 1; }));
  EXPECT_THAT(ended(), HasSubstr(R"("ended_by":"recovery")"));
  EXPECT_EQ(world.answer("GET", "/api/calls/22222222-2222-4333-8444-555555555555").status, 404)
      << "another gateway's leg";
}

TEST_F(Recovery, ALegWithOurMarkThatRunsThoughNobodyKnowsItIsEnded) {
  says(HKS_PHASE_CONFIRM, HKS_OVER, HKS_COMPLETED, 0, "remote-5");
  world.start();
  world.make("carrier", [](hks::Out& out) { out.state(known_id, "remote-5", HKS_IN_PROGRESS); });
  ASSERT_TRUE(world.until([&] { return world.carrier().heard("phase hangup") == 1; }));
  EXPECT_THAT(ended(), HasSubstr(R"("ended_by":"recovery")"));
}

TEST_F(Recovery, NewsOfALegThatIsOverBringNothingBack) {
  world.start();
  world.make("carrier", [](hks::Out& out) { out.state(known_id, "remote-5", HKS_OVER, HKS_COMPLETED); });
  EXPECT_EQ(world.answer("GET", std::string("/api/calls/") + known_id).status, 404);
}

TEST_F(Recovery, ACallWhoseCarrierIsAwayIsHungUpWhenItIsBack) {
  world.sections = {{"carrier", {{"enabled", "false"}}}};
  world.unfinished.calls.push_back(left());
  says(HKS_PHASE_CONFIRM, HKS_OVER, HKS_COMPLETED);
  world.start();
  ASSERT_TRUE(world.until([&] { return world.calls->liveCount() == 0; }));
  EXPECT_EQ(world.on([&] { return world.calls->counts().unconfirmed; }), 1u) << "nobody has asked the carrier";
  world.on([&] { world.plugins->configure({{"carrier", {{"enabled", "true"}}}}); });
  ASSERT_TRUE(world.comes([&] { return world.carrier().heard("phase hangup") == 1; }));
  ASSERT_TRUE(world.until([&] { return world.calls->counts().unconfirmed == 0; }));
  EXPECT_THAT(ended(), HasSubstr(R"("ended_by":"recovery")"));
}

TEST_F(Recovery, AnEndWhileTheCarrierIsSwitchedOffIsA502AndTheHangUpFollows) {
  says(HKS_PHASE_CONFIRM, HKS_OVER, HKS_COMPLETED);
  world.start();
  const std::string id = world.place();
  world.on([&] { world.plugins->configure({{"carrier", {{"enabled", "false"}}}}); });
  const auto reply = world.answer("POST", "/api/calls/" + id + "/end");
  EXPECT_EQ(reply.status, 502) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr("the plugin carrier is not active"));
  world.on([&] { world.plugins->configure({{"carrier", {{"enabled", "true"}}}}); });
  EXPECT_TRUE(world.comes([&] { return world.carrier().heard("phase hangup") == 1; }));
}

TEST_F(Recovery, WhatEndsWhileANotifierIsOpenedAnewWaitsForIt) {
  watch->on_control = [](const hks_msg& in, hks::Out&) -> hks_status {
    return in.type == HKS_TIMER_FIRED ? HKS_FAULT : HKS_UNSUPPORTED;
  };
  says(HKS_PHASE_CONFIRM, HKS_OVER, HKS_COMPLETED);
  world.start();
  const std::string id = world.place();
  world.on([&] {
    const hks_msg fired{sizeof(hks_msg), HKS_TIMER_FIRED, 4711};
    for (unsigned i = 0; i < plugin::Session::max_faults; ++i)
      if (auto* session = world.plugins->session("watch")) session->step(fired);
  });
  ASSERT_FALSE(world.on([&] { return world.plugins->session("watch") != nullptr; }));
  EXPECT_EQ(world.answer("POST", "/api/calls/" + id + "/end").status, 200);
  EXPECT_TRUE(world.comes([&] { return watch->heard("phase notify") == 1; }));
}

TEST_F(Recovery, AStreamThatIsLostOnItsWayLeavesTheWatchdogArmed) {
  world.defaults.connect_timeout_s = 1;
  says(HKS_PHASE_CONFIRM, HKS_OVER, HKS_COMPLETED);
  world.start();
  const std::string id = world.place();
  world.make("carrier", [&](hks::Out& out) { out.state(id, "remote-1", HKS_IN_PROGRESS); });
  world.on([&] { world.table.find(id)->media_attached = true; });  // its token was accepted, its socket never arrived
  ASSERT_TRUE(world.comes([&] { return world.calls->liveCount() == 0; }));
  EXPECT_THAT(world.detail(id), HasSubstr("never connected"));
}

TEST_F(Recovery, TheApiCanAskForADrain) {
  world.start();
  EXPECT_EQ(world.answer("POST", "/api/drain").status, 202);
  EXPECT_EQ(world.answer("POST", "/api/call", R"({"to":"+15550100002"})").status, 503);
  world.settle();
  EXPECT_EQ(world.drains, 1);
}

TEST_F(Recovery, TheGaugesAreThere) {
  world.start();
  world.place();
  const std::string text = world.answer("GET", "/api/metrics").body;
  EXPECT_THAT(text, HasSubstr("\nhookswitch_calls_live 1\n"));
  EXPECT_THAT(text, HasSubstr("\nhookswitch_store_ok 1\n"));
}

}  // namespace
}  // namespace control_test
