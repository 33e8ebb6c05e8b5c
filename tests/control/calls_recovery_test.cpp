// What a start makes of what the last run left.
#include "tests/control/support.hpp"

namespace control_test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const char* const known_id = "11111111-2222-4333-8444-555555555555";

class Recovery : public testing::Test {
 protected:
  void SetUp() override {
    world.carrier().hooks = {{HKS_PHASE_HANGUP, 5000}, {HKS_PHASE_CONFIRM, 5000}, {HKS_PHASE_SETTLE, 5000}};
    world.limits.confirm_after_ms = 1;
    watch = &world.add("watch");
    watch->hooks = {{HKS_PHASE_NOTIFY, 5000}};
  }
  /// A call that was in progress when the last run died.
  store::StoredCall left(const std::string& remote_id = "remote-9", call::Status status = call::Status::in_progress) {
    store::StoredCall stored;
    call::Terms terms;
    terms.id = known_id;
    terms.carrier = "carrier";
    terms.voice = "voice";
    terms.to_number = "+15550100002";
    terms.base_url = "https://gateway.example";
    stored.record.terms = std::make_shared<const call::Terms>(std::move(terms));
    stored.record.remote_id = remote_id;
    stored.record.status = status;
    stored.record.started_unix_ms = Thread::unixMs() - 60'000;
    stored.record.answered_unix_ms = Thread::unixMs() - 50'000;
    stored.record.transcript = {{1, Thread::unixMs() - 40'000, "Hello?", "i1", 1}};
    stored.record.last_line = 1;
    return stored;
  }
  void says(std::uint32_t phase, std::uint32_t state, std::uint32_t outcome = 0, std::uint64_t duration_ms = 0, const std::string& remote = "remote-9") {
    world.carrier().on_phase = [=](const hks_phase& p, hks::Out& out) {
      if (p.phase == phase) out.state(known_id, remote, state, outcome, {}, duration_ms);
      out.hookDone(p.msg.id);
    };
  }
  std::string ended() {
    EXPECT_TRUE(world.until([&] { return world.calls->unfinished() == 0; }));
    return world.detail(known_id);
  }
  World world;
  FakePlugin* watch = nullptr;
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
  stored.record.ended_unix_ms = Thread::unixMs() - 1000;
  stored.leg_over = true;
  store::Hook done, lost;
  done.call = lost.call = known_id;
  done.phase = lost.phase = call::Phase::notify;
  done.plugin = "other";
  done.state = call::HookRow::State::done;
  lost.plugin = "watch";
  lost.attempts = done.attempts = 1;
  lost.deadline_ms = done.deadline_ms = 5000;
  lost.first_unix_ms = done.first_unix_ms = Thread::unixMs() - 1000;
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
  world.unfinished.keys.push_back({"key-1", control::Idempotency::digest(body), known_id, Thread::unixMs(), 0, {}});
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
  EXPECT_EQ(world.answer("GET", "/api/calls/22222222-2222-4333-8444-555555555555").status, 404) << "another gateway's leg";
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
  ASSERT_TRUE(world.until([&] { return world.carrier().heard("phase hangup") == 1; }));
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
  EXPECT_TRUE(world.until([&] { return world.carrier().heard("phase hangup") == 1; }));
}

TEST_F(Recovery, WhatEndsWhileANotifierIsOpenedAnewWaitsForIt) {
  watch->on_control = [](const hks_msg& in, hks::Out&) -> hks_status { return in.type == HKS_TIMER_FIRED ? HKS_FAULT : HKS_UNSUPPORTED; };
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
  EXPECT_TRUE(world.until([&] { return watch->heard("phase notify") == 1; }));
}

TEST_F(Recovery, AStreamThatIsLostOnItsWayLeavesTheWatchdogArmed) {
  world.defaults.connect_timeout_s = 1;
  says(HKS_PHASE_CONFIRM, HKS_OVER, HKS_COMPLETED);
  world.start();
  const std::string id = world.place();
  world.make("carrier", [&](hks::Out& out) { out.state(id, "remote-1", HKS_IN_PROGRESS); });
  world.on([&] { world.table.find(id)->media_attached = true; });   // its token was accepted, its socket never arrived
  ASSERT_TRUE(world.until([&] { return world.calls->liveCount() == 0; }));
  EXPECT_THAT(world.detail(id), HasSubstr("never connected"));
}

class Keys : public Recovery {
 protected:
  net::HttpReply place(const std::string& key, const std::string& body = R"({"to":"+15550100002"})") {
    return world.answer("POST", "/api/call", body, {{"Idempotency-Key", key}});
  }
};

TEST_F(Keys, TheSameKeyAndBodyGetTheSameAnswerAndOneCall) {
  world.start();
  const auto first = place("k"), second = place("k");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(first.body, second.body);
  EXPECT_THAT(first.headers, Not(Contains(testing::Key("Idempotent-Replayed"))));
  EXPECT_THAT(second.headers, Contains(testing::Pair("Idempotent-Replayed", "true")));
  EXPECT_EQ(world.carrier().heard("place"), 1u);
}

TEST_F(Keys, AnotherBodyIsAConflict) {
  world.start();
  place("k");
  EXPECT_EQ(place("k", R"({"to":"+15550100003"})").status, 409);
  EXPECT_EQ(world.carrier().heard("place"), 1u);
}

TEST_F(Keys, OneThatIsInProgressIsAConflictThatPasses) {
  world.carrier().on_place = nullptr;
  world.start();
  auto first = world.ask("POST", "/api/call", R"({"to":"+15550100002"})", {{"Idempotency-Key", "k"}});
  ASSERT_TRUE(world.until([&] { return world.carrier().heard("place") == 1; }));
  const auto second = place("k");
  EXPECT_EQ(second.status, 409);
  EXPECT_THAT(second.headers, Contains(testing::Key("Retry-After")));
}

TEST_F(Keys, ARefusalByTheCarrierIsAResultToo) {
  world.carrier().on_place = [](const hks_call& c, hks::Out& out) { out.failed(c.msg.id, "Twilio API error: no", 502); };
  world.start();
  EXPECT_EQ(place("k").status, 502);
  const auto second = place("k");
  EXPECT_EQ(second.status, 502);
  EXPECT_THAT(second.headers, Contains(testing::Pair("Idempotent-Replayed", "true")));
  EXPECT_EQ(world.carrier().heard("place"), 1u);
}

TEST_F(Keys, WhatWasNotBegunLeavesTheKeyFree) {
  world.defaults.max_concurrent = 1;
  world.start();
  const std::string id = world.place();
  EXPECT_EQ(place("k").status, 429);
  says(HKS_PHASE_CONFIRM, HKS_OVER);
  world.answer("POST", "/api/calls/" + id + "/end");
  EXPECT_EQ(place("k").status, 201);
}

TEST_F(Keys, AnAnswerIsKeptForADayAndNoLonger) {
  using Kind = control::Idempotency::Verdict::Kind;
  world.start();
  world.on([&] {
    auto& keys = world.calls->idempotency();
    const std::uint64_t day = store::Store::keep_keys_ms, now = Thread::unixMs();
    EXPECT_EQ(keys.take("k", "body", now).kind, Kind::fresh);
    keys.finish("k", 201, "{}", {});
    EXPECT_EQ(keys.take("k", "body", now + day - 1).kind, Kind::replay);
    EXPECT_EQ(keys.take("k", "body", now + day).kind, Kind::fresh);
  });
}

TEST_F(Keys, OneThatIsInProgressIsKeptWhateverTheClockSays) {
  using Kind = control::Idempotency::Verdict::Kind;
  world.start();
  world.on([&] {
    auto& keys = world.calls->idempotency();
    const std::uint64_t day = store::Store::keep_keys_ms, now = Thread::unixMs();
    keys.take("k", "body", now);
    keys.take("answered", "body", now + 1);
    keys.finish("answered", 201, "{}", {});
    EXPECT_EQ(keys.take("k", "body", now + 9 * day).kind, Kind::in_progress);
    EXPECT_EQ(keys.size(), 1u) << "and keeps no other from being forgotten";
    keys.finish("k", 201, "{}", {});
    EXPECT_EQ(keys.take("k", "body", now + 9 * day).kind, Kind::fresh);
  });
}

TEST_F(Keys, OneThatHadToMakeRoomStillCountsForItsDay) {
  const std::string body = R"({"to":"+15550100002"})", digest = control::Idempotency::digest(body);
  const std::uint64_t now = Thread::unixMs();
  const store::SaveKey oldest{"oldest", digest, known_id, now - 60'000, 201, R"({"call_id":"of then"})"};
  store::SaveKey too_old = oldest;
  too_old.key = "too-old";
  too_old.created_unix_ms = now - store::Store::keep_keys_ms - 1;
  world.store.put({oldest, too_old});
  world.unfinished.keys.push_back(oldest);
  for (std::size_t i = 0; i < control::Idempotency::max_keys; ++i) world.unfinished.keys.push_back({std::to_string(i), "other", known_id, now, 201, {}});
  world.start();
  const auto again = place("oldest");
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, oldest.body);
  EXPECT_THAT(again.headers, Contains(testing::Pair("Idempotent-Replayed", "true")));
  EXPECT_EQ(place("oldest", R"({"to":"+15550100003"})").status, 409);
  EXPECT_EQ(world.carrier().heard("place"), 0u);
  EXPECT_EQ(world.on([&] { return world.calls->idempotency().size(); }), control::Idempotency::max_keys);
  for (const char* key : {"never-used", "too-old"}) EXPECT_EQ(place(key).status, 201) << key;
  // Two at once both ask the store, and one of them dials.
  auto first = world.ask("POST", "/api/call", body, {{"Idempotency-Key", "twice"}}), second = world.ask("POST", "/api/call", body, {{"Idempotency-Key", "twice"}});
  EXPECT_NE(first.get().status, 503);
  EXPECT_NE(second.get().status, 503);
  EXPECT_EQ(world.carrier().heard("place"), 3u);
  world.store.stop();
  EXPECT_EQ(place("another").status, 503) << "nobody knows whether it is one of those";
}

TEST_F(Keys, AKeyIsVisibleAsciiOfABoundedLength) {
  world.start();
  EXPECT_EQ(place("").status, 400);
  EXPECT_EQ(place("a b").status, 400);
  EXPECT_EQ(place(std::string(256, 'k')).status, 400);
  EXPECT_EQ(place(std::string(255, 'k')).status, 201);
}

class Hooks : public Recovery {
 protected:
  std::string endedCall() {
    const std::string id = world.place();
    world.answer("POST", "/api/calls/" + id + "/end");
    return id;
  }
};

TEST_F(Hooks, OneThatWaitsIsListedAndRetriedOnDemand) {
  bool up = false;
  watch->on_phase = [&](const hks_phase& p, hks::Out& out) { out.hookDone(p.msg.id, up ? HKS_HOOK_OK : HKS_HOOK_RETRY, "down", 3'600'000); };
  says(HKS_PHASE_CONFIRM, HKS_OVER);
  world.start();
  const std::string id = endedCall(), hook = id + ":notify:watch";
  ASSERT_TRUE(world.until([&] { return watch->heard("phase notify") == 1; }));
  world.settle();
  const std::string list = world.answer("GET", "/api/hooks?state=pending").body;
  EXPECT_THAT(list, HasSubstr("\"id\":\"" + hook + "\""));
  EXPECT_THAT(list, HasSubstr(R"("state":"retrying","attempts":1)"));
  EXPECT_THAT(list, HasSubstr(R"("error":"down")"));
  world.on([&] { up = true; });
  EXPECT_EQ(world.answer("POST", "/api/hooks/" + hook + "/retry").status, 200);
  world.settle();
  EXPECT_THAT(world.detail(id), HasSubstr(R"("plugin":"watch","state":"done")"));
  EXPECT_EQ(world.answer("POST", "/api/hooks/" + hook + "/retry").status, 409);
}

TEST_F(Hooks, OneThatWaitsGoesToTheNewSessionOfAPluginThatWasReloaded) {
  std::vector<std::string> events;
  watch->keys.push_back({"chat", "1", "", HKS_TEXT, false, false, {}});
  watch->on_phase = [&](const hks_phase& p, hks::Out& out) {
    events.emplace_back(p.event_id.data, p.event_id.size);
    out.hookDone(p.msg.id, events.size() > 1 ? HKS_HOOK_OK : HKS_HOOK_RETRY, "down", 0);
  };
  world.limits.first_retry_ms = 300;
  says(HKS_PHASE_CONFIRM, HKS_OVER);
  world.start();
  const std::string id = endedCall();
  ASSERT_TRUE(world.until([&] { return events.size() == 1; }));
  world.on([&] { world.plugins->configure({{"watch", {{"enabled", "true"}, {"chat", "2"}}}}); });
  EXPECT_EQ(watch->opened(FakePlugin::control_role), 2);
  ASSERT_TRUE(world.until([&] { return events.size() == 2; }));
  EXPECT_EQ(events[0], events[1]);
  world.settle();
  EXPECT_THAT(world.detail(id), HasSubstr(R"("plugin":"watch","state":"done")"));
}

TEST_F(Hooks, OneThatIsDeadCanBeDiscarded) {
  watch->on_phase = [](const hks_phase& p, hks::Out& out) { out.hookDone(p.msg.id, HKS_HOOK_GIVE_UP, "chat not found"); };
  says(HKS_PHASE_CONFIRM, HKS_OVER);
  world.start();
  const std::string id = endedCall(), hook = id + ":notify:watch";
  world.settle();
  EXPECT_THAT(world.answer("GET", "/api/hooks?state=dead").body, HasSubstr(hook));
  EXPECT_THAT(world.answer("GET", "/api/hooks").body, HasSubstr(hook));
  EXPECT_EQ(world.answer("POST", "/api/hooks/" + hook + "/discard").status, 200);
  world.settle();
  EXPECT_THAT(world.answer("GET", "/api/hooks?state=dead").body, HasSubstr(R"("count":0)"));
}

TEST_F(Hooks, OneThatNobodyKnowsIsNotFound) {
  world.start();
  for (auto id : {"x", "a:b:c", "11111111-2222-4333-8444-555555555555:notify:watch"})
    EXPECT_EQ(world.answer("POST", std::string("/api/hooks/") + id + "/retry").status, 404) << id;
  EXPECT_EQ(world.answer("GET", "/api/hooks").status, 200);
  EXPECT_EQ(world.answer("GET", "/api/hooks?state=all").status, 400);
  EXPECT_EQ(world.answer("GET", "/api/hooks/x/retry").status, 405);
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
