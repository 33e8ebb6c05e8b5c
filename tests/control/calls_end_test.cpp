// The one door: who may end a call, who is told in which order, and what everybody gets for an answer.
#include "host/api/call_json.hpp"
#include "tests/control/support.hpp"

namespace control_test {
namespace {

using plugin::view;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

class End : public WorldTest {
 protected:
  /// A plugin that hooks every phase of the teardown.
  FakePlugin& watcher(const std::string& id = "watch", std::uint32_t deadline_ms = 5000) {
    auto& p = world.add(id);
    for (auto phase : {HKS_PHASE_HANGUP, HKS_PHASE_DISCONNECT, HKS_PHASE_RECORD, HKS_PHASE_NOTIFY})
      p.hooks.push_back({std::uint32_t(phase), deadline_ms});
    return p;
  }
  /// The plugin keeps hooks of that phase instead of answering.
  void hold(FakePlugin& p, std::uint32_t phase) {
    p.on_phase = [this, phase](const hks_phase& m, hks::Out& out) {
      if (m.phase == phase)
        held = m.msg.id;
      else
        out.hookDone(m.msg.id);
    };
  }
  std::string path(const std::string& id) const { return "/api/calls/" + id + "/end"; }
  bool over(const std::string& id) {
    return world.until([&] { return world.table.find(id)->record.status == call::Status::ended; });
  }
  std::uint64_t held = 0;
};

TEST_F(End, EveryPluginIsToldOfEachPhaseInOrderAndTheReceiptSaysSo) {
  auto& watch = watcher();
  world.start();
  const std::string id = world.place();
  const auto reply = world.answer("POST", path(id));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"success":true,"message":"Call )" + id + R"( ended"})");
  world.settle();
  EXPECT_THAT(watch.heard(),
              ElementsAre("START", "phase hangup/1", "phase disconnect/1", "phase record/1", "phase notify/1"));
  EXPECT_EQ(world.carrier().heard("phase hangup/1"), 1u);
  const std::string detail = world.detail(id);
  EXPECT_EQ(field(detail, "status"), "ended");
  EXPECT_EQ(field(detail, "ended_by"), "api");
  EXPECT_EQ(field(detail, "outcome"), "canceled") << "nobody had answered";
  for (auto phase : {"hangup", "disconnect", "record", "notify"})
    EXPECT_THAT(detail, HasSubstr(std::string(R"({"phase":")") + phase + R"(","plugin":"watch","state":"done")"));
  EXPECT_EQ(world.on([&] { return world.calls->unfinished(); }), 0u);
}

TEST_F(End, ACallThatIsOverOrUnknownIs404) {
  world.start();
  const std::string id = world.place();
  EXPECT_EQ(world.answer("POST", path(id)).status, 200);
  for (auto& gone : {id, std::string("00000000-0000-4000-8000-000000000000"), std::string("x")}) {
    const auto reply = world.answer("POST", path(gone));
    EXPECT_EQ(reply.status, 404);
    EXPECT_EQ(reply.body, R"({"success":false,"error":"Call not found"})");
  }
  EXPECT_EQ(world.answer("GET", "/api/calls/" + id).status, 200) << "its record stays";
}

TEST_F(End, FiftyWhoEndTheSameCallGetOneHangUpAndTheSameAnswer) {
  auto& watch = watcher();
  hold(world.carrier(), HKS_PHASE_HANGUP);
  world.start();
  const std::string id = world.place();
  std::vector<World::Reply> replies;
  for (int i = 0; i < 50; ++i) replies.push_back(world.ask("POST", path(id)));
  ASSERT_TRUE(world.until(
      [&] { return world.table.find(id)->waiters.size() == 50 && world.carrier().heard("phase hangup") == 1; }));
  for (auto& reply : replies) EXPECT_EQ(reply.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  world.make("carrier", [&](hks::Out& out) { out.hookDone(held, HKS_HOOK_GIVE_UP, "Twilio API error: no"); });
  for (auto& reply : replies) {
    const auto got = reply.get();
    EXPECT_EQ(got.status, 502);
    EXPECT_EQ(got.body, R"({"success":false,"error":"Twilio API error: no"})");
  }
  world.settle();
  EXPECT_EQ(world.carrier().heard("phase hangup"), 1u);
  EXPECT_EQ(watch.heard("phase"), 4u);
}

TEST_F(End, AHangUpThatFailsForAPassingReasonGoesOnInTheBackground) {
  world.limits.first_retry_ms = 20;
  bool up = false;
  world.carrier().on_phase = [&](const hks_phase& p, hks::Out& out) {
    if (up)
      out.hookDone(p.msg.id);
    else
      out.hookDone(p.msg.id, HKS_HOOK_RETRY, "Twilio API error: 503");
  };
  world.start();
  const std::string id = world.place();
  const auto reply = world.answer("POST", path(id));
  EXPECT_EQ(reply.status, 502);
  EXPECT_THAT(reply.body, HasSubstr("Twilio API error: 503"));
  EXPECT_THAT(world.answer("GET", "/api/calls").body, HasSubstr("\"count\":0")) << "the session is gone all the same";
  ASSERT_TRUE(world.until([&] { return world.carrier().heard("phase hangup/3") == 1; }));
  EXPECT_EQ(world.on([&] { return world.calls->unfinished(); }), 1u);
  world.on([&] { up = true; });
  EXPECT_TRUE(world.until([&] { return world.calls->unfinished() == 0; }));
  EXPECT_THAT(world.detail(id), HasSubstr(R"("plugin":"carrier","state":"done")"));
}

TEST_F(End, PluginsThatFailOrKeepSilentAreNamedAndTheOthersAreTold) {
  watcher("silent", 30).on_phase = nullptr;
  watcher("throws").on_control = [](const hks_msg& in, hks::Out&) {
    return in.type == HKS_CALL_PHASE ? hks_status(HKS_FAULT) : hks_status(HKS_UNSUPPORTED);
  };
  auto& good = watcher("good");
  world.start();
  const std::string id = world.place();
  EXPECT_EQ(world.answer("POST", path(id)).status, 200);
  std::string detail;
  ASSERT_TRUE(world.until([&] {
    detail = api::detailJson(world.calls->view(id).value());
    return detail.find(R"("notify","plugin":"silent","state":"retrying")") != std::string::npos &&
           detail.find(R"("notify","plugin":"throws","state":"retrying")") != std::string::npos;
  })) << "what tells people of the end is tried again: "
      << detail;
  for (auto phase : {"hangup", "disconnect", "record"}) {
    const std::string row = std::string(R"({"phase":")") + phase + R"(","plugin":)";
    EXPECT_THAT(detail, HasSubstr(row + R"("silent","state":"timed-out")"));
    EXPECT_THAT(detail, HasSubstr(row + R"("throws","state":"fault")"));
    EXPECT_THAT(detail, HasSubstr(row + R"("good","state":"done")"));
  }
  EXPECT_THAT(detail, HasSubstr("no answer within 30 ms"));
  EXPECT_EQ(good.heard("phase"), 4u);
}

TEST_F(End, TheAnswerDoesNotWaitForWhoeverIsNotified) {
  auto& watch = watcher();
  hold(watch, HKS_PHASE_NOTIFY);
  world.start();
  const std::string id = world.place();
  EXPECT_EQ(world.answer("POST", path(id)).status, 200);
  EXPECT_EQ(world.on([&] { return world.calls->unfinished(); }), 1u);
  EXPECT_THAT(world.detail(id), HasSubstr(R"({"phase":"notify","plugin":"watch","state":"pending")"));
  world.make("watch", [&](hks::Out& out) { out.hookDone(held); });
  EXPECT_EQ(world.on([&] { return world.calls->unfinished(); }), 0u);
  EXPECT_THAT(world.detail(id), HasSubstr(R"({"phase":"notify","plugin":"watch","state":"done")"));
}

TEST_F(End, ANotificationIsRepeatedWithTheSameEventId) {
  std::vector<std::string> events;
  std::vector<std::uint32_t> attempts;
  auto& watch = world.add("watch");
  watch.hooks = {{HKS_PHASE_NOTIFY, 5000}};
  world.limits.first_retry_ms = 1;
  watch.on_phase = [&](const hks_phase& p, hks::Out& out) {
    events.emplace_back(view(p.event_id));
    attempts.push_back(p.attempt);
    out.hookDone(p.msg.id, p.attempt < 3 ? HKS_HOOK_RETRY : HKS_HOOK_OK, "busy", 5);
  };
  world.start();
  const std::string id = world.place();
  world.answer("POST", path(id));
  ASSERT_TRUE(world.until([&] { return world.calls->unfinished() == 0; }));
  EXPECT_THAT(attempts, ElementsAre(1u, 2u, 3u));
  EXPECT_THAT(events, Each(id + ":notify:watch"));
}

TEST_F(End, NobodyAnswersForAnother) {
  auto& watch = watcher();
  watcher("liar");
  hold(watch, HKS_PHASE_RECORD);
  world.start();
  const std::string id = world.place();
  auto reply = world.ask("POST", path(id));
  ASSERT_TRUE(world.until([&] { return held != 0; }));
  world.make("liar", [&](hks::Out& out) {
    out.hookDone(held);
    out.hookDone(held + 1);
    out.hookDone(0);
    out.hookDone(~std::uint64_t(0), HKS_HOOK_GIVE_UP, "x");
    out.hookDone(held, 77);
  });
  EXPECT_EQ(reply.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  world.make("watch", [&](hks::Out& out) {
    out.hookDone(held);
    out.hookDone(held, HKS_HOOK_GIVE_UP, "twice");
  });
  EXPECT_EQ(reply.get().status, 200);
  EXPECT_THAT(world.detail(id), HasSubstr(R"({"phase":"record","plugin":"watch","state":"done")"));
}

TEST_F(End, APluginMayAskForTheEndAndTheReasonIsItsOwn) {
  world.add("helper");
  world.start();
  const std::string id = world.place();
  world.make("helper", [&](hks::Out& out) { out.endCall("the budget is spent", HKS_BY_LIMIT, id); });
  ASSERT_TRUE(over(id));
  EXPECT_EQ(field(world.detail(id), "ended_by"), "limit");
  EXPECT_EQ(field(world.detail(id), "reason"), "the budget is spent");
}

TEST_F(End, TheCarriersWordEndsTheCallWithoutAHangUp) {
  world.start();
  struct {
    std::uint32_t outcome;
    const char* name;
  } table[] = {{HKS_COMPLETED, "completed"}, {HKS_BUSY, "busy"},     {HKS_NO_ANSWER, "no-answer"},
               {HKS_CANCELED, "canceled"},   {HKS_FAILED, "failed"}, {99, "completed"}};
  int n = 0;
  for (auto& row : table) {
    const std::string id = world.place(), remote = "remote-" + std::to_string(++n);
    world.make("carrier", [&](hks::Out& out) { out.state({}, remote, HKS_OVER, row.outcome); });
    ASSERT_TRUE(over(id));
    EXPECT_EQ(field(world.detail(id), "outcome"), row.name);
    EXPECT_EQ(field(world.detail(id), "ended_by"), "carrier");
  }
  EXPECT_EQ(world.carrier().heard("phase"), 0u);
}

TEST_F(End, TheFirstReasonWinsAndTheOthersJoin) {
  auto& watch = watcher();
  hold(watch, HKS_PHASE_DISCONNECT);
  world.start();
  const std::string id = world.place();
  world.make("carrier",
             [&](hks::Out& out) { out.state({}, "remote-1", HKS_OVER, HKS_COMPLETED, "the caller hung up"); });
  ASSERT_TRUE(world.until([&] { return held != 0; }));
  auto reply = world.ask("POST", path(id));
  world.settle();
  world.make("carrier", [&](hks::Out& out) { out.state({}, "remote-1", HKS_OVER, HKS_FAILED, "again"); });
  world.make("watch", [&](hks::Out& out) {
    out.endCall("me too", HKS_BY_AGENT, id);
    out.hookDone(held);
  });
  EXPECT_EQ(reply.get().status, 200);
  const std::string detail = world.detail(id);
  EXPECT_EQ(field(detail, "ended_by"), "carrier");
  EXPECT_EQ(field(detail, "reason"), "the caller hung up");
  EXPECT_EQ(field(detail, "outcome"), "completed");
  world.settle();
  EXPECT_EQ(watch.heard("phase"), 4u);
}

TEST_F(End, TheReportThatTheLegIsOverSettlesAHangUpThatIsUnderWay) {
  hold(world.carrier(), HKS_PHASE_HANGUP);
  world.start();
  const std::string id = world.place();
  auto reply = world.ask("POST", path(id));
  ASSERT_TRUE(world.until([&] { return held != 0; }));
  world.make("carrier", [&](hks::Out& out) { out.state({}, "remote-1", HKS_OVER, HKS_COMPLETED); });
  EXPECT_EQ(reply.get().status, 200);
  EXPECT_EQ(field(world.detail(id), "ended_by"), "api");
}

TEST_F(End, ACallThatIsAnsweredIsCompletedAndHasADuration) {
  world.start();
  const std::string id = world.place();
  world.make("carrier", [&](hks::Out& out) { out.state(id, {}, HKS_IN_PROGRESS); });
  const std::uint64_t answered = world.on([&] { return world.table.find(id)->record.answered_unix_ms; });
  ASSERT_NE(answered, 0u);
  EXPECT_EQ(world.answer("POST", path(id)).status, 200);
  EXPECT_EQ(field(world.detail(id), "outcome"), "completed");
  EXPECT_GE(world.on([&] { return world.table.find(id)->record.ended_unix_ms; }), answered);
}

TEST_F(End, TheMaximumDurationEndsACall) {
  world.start();
  const std::string id =
      field(world.answer("POST", "/api/call", R"({"to":"+15550100002","max_duration_s":1})").body, "call_id");
  world.make("carrier", [&](hks::Out& out) { out.state(id, {}, HKS_IN_PROGRESS); });
  ASSERT_FALSE(world.on([&] { return world.table.find(id)->record.status == call::Status::ended; }));
  world.pass(1000);
  ASSERT_TRUE(over(id));
  EXPECT_EQ(field(world.detail(id), "ended_by"), "limit");
  EXPECT_EQ(field(world.detail(id), "reason"), "the maximum duration of 1 s is reached");
  EXPECT_EQ(world.carrier().heard("phase hangup/1"), 1u);
}

TEST_F(End, EndingAllCountsWhoEndedAndNamesWhoDidNot) {
  world.carrier().on_phase = [](const hks_phase& p, hks::Out& out) {
    const bool second = view(p.record->call->remote_id) == "remote-2";
    out.hookDone(p.msg.id, second ? HKS_HOOK_GIVE_UP : HKS_HOOK_OK, "Twilio API error: no");
  };
  world.start();
  world.place();
  const std::string bad = world.place();
  world.place();
  const auto reply = world.answer("POST", "/api/calls/end");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body,
            R"({"success":true,"ended":2,"failed":[{"call_id":")" + bad + R"(","error":"Twilio API error: no"}]})");
  EXPECT_EQ(world.answer("POST", "/api/calls/end").body, R"({"success":true,"ended":0,"failed":[]})");
}

TEST_F(End, ARecordIsCompleteWhenItsReceiversAreTold) {
  auto& watch = world.add("watch");
  watch.hooks = {{HKS_PHASE_HANGUP, 5000}, {HKS_PHASE_NOTIFY, 5000}};
  bool lines_early = true;
  std::string remote, reason, text, number;
  std::uint64_t ended = 0, duration = 1, line_count = 0;
  watch.on_phase = [&](const hks_phase& p, hks::Out& out) {
    const hks_record& r = *p.record;
    if (p.phase == HKS_PHASE_HANGUP) {
      lines_early = r.lines != nullptr;
    } else {
      remote = std::string(view(r.call->remote_id));
      number = std::string(view(r.call->to_number));
      reason = std::string(view(r.reason));
      ended = r.ended_unix_ms;
      duration = r.duration_ms;
      line_count = r.line_count;
      if (r.line_count) text = std::string(view(r.lines[0].text));
    }
    out.hookDone(p.msg.id);
  };
  world.start();
  const std::string id = world.place();
  world.calls->mediaEvents().mediaTranscript(id, {1, 5, "Hello?"});
  world.settle();
  world.answer("POST", path(id));
  world.settle();
  EXPECT_FALSE(lines_early);
  EXPECT_EQ(remote, "remote-1");
  EXPECT_EQ(number, "+15550100002");
  EXPECT_EQ(reason, "ended through the API");
  EXPECT_NE(ended, 0u);
  EXPECT_EQ(duration, 0u);
  ASSERT_EQ(line_count, 1u);
  EXPECT_EQ(text, "Hello?");
}

TEST_F(End, WhatIsSaidAfterTheRecordIsSealedIsNotAddedToIt) {
  world.start();
  const std::string id = world.place();
  world.answer("POST", path(id));
  world.calls->mediaEvents().mediaTranscript(id, {1, 5, "too late"});
  world.settle();
  EXPECT_THAT(world.detail(id), HasSubstr(R"("transcript":[])"));
}

TEST_F(End, WhileDrainingTheGatewaySaysSo) {
  world.start();
  world.place();
  EXPECT_EQ(world.answer("GET", "/health").body, R"({"status":"healthy","active_calls":1,"version":"test"})");
  world.on([&] { world.calls->drain(); });
  const auto reply = world.answer("GET", "/health");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, R"({"status":"draining","active_calls":1,"version":"test"})");
}

}  // namespace
}  // namespace control_test
