// A leg that the account does not know is over when a second witness says so, and costs money until then.
#include "tests/control/recovery_support.hpp"

namespace control_test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* sentence = "Twilio API error: Unable to fetch record";

class Witness : public Recovery {
 protected:
  void SetUp() override {
    Recovery::SetUp();
    world.limits.first_retry_ms = world.limits.leg_retry_ms = 20;
    world.carrier().on_phase = [](const hks_phase& p, hks::Out& out) {
      const auto& call = *p.record->call;
      if (p.phase == HKS_PHASE_NOTIFY) return void(out.hookDone(p.msg.id));
      out.state(plugin::view(call.call), plugin::view(call.remote_id), HKS_UNKNOWN_LEG);
      const bool settle = p.phase == HKS_PHASE_SETTLE, hangup = p.phase == HKS_PHASE_HANGUP;
      out.hookDone(p.msg.id,
                   settle   ? HKS_HOOK_OK
                   : hangup ? HKS_HOOK_GIVE_UP
                            : HKS_HOOK_RETRY,
                   settle ? std::string_view() : sentence);
    };
  }
  net::HttpReply end(const std::string& id) { return world.answer("POST", "/api/calls/" + id + "/end"); }
  std::size_t unconfirmed() {
    return world.on([&] { return world.calls->counts().unconfirmed; });
  }
  void stops(const std::string& id) { world.calls->mediaEvents().mediaFarEndLeft(id); }
  bool confirmed() {
    return world.until([&] { return world.calls->counts().unconfirmed == 0; });
  }
};

TEST_F(Witness, WithoutASecondOneTheEndIsA502TheSessionIsGoneAndTheLegStaysUnconfirmed) {
  world.start();
  const std::string id = world.place();
  const auto reply = end(id);
  EXPECT_EQ(reply.status, 502);
  EXPECT_EQ(reply.body, R"({"success":false,"error":"Twilio API error: Unable to fetch record"})");
  EXPECT_THAT(world.answer("GET", "/api/calls").body, HasSubstr("\"count\":0")) << "the session is gone all the same";
  ASSERT_TRUE(world.until([&] { return world.carrier().heard("phase confirm") >= 3; }))
      << "it is asked for again and again";
  EXPECT_EQ(unconfirmed(), 1u);
}

TEST_F(Witness, ACallbackThatComesLaterConfirmsTheEnd) {
  world.start();
  const std::string id = world.place();
  EXPECT_EQ(end(id).status, 502);
  world.make("carrier", [&](hks::Out& out) { out.state(id, "remote-1", HKS_OVER, HKS_COMPLETED); });
  EXPECT_TRUE(confirmed());
  EXPECT_TRUE(world.until([&] { return world.calls->unfinished() == 0; }));
}

TEST_F(Witness, TheStreamsStopMakesThe404BelievedInEitherOrder) {
  world.start();
  const std::string before = world.place();
  stops(before);
  EXPECT_EQ(end(before).status, 200);
  EXPECT_TRUE(confirmed());
  const std::string after = world.place();
  EXPECT_EQ(end(after).status, 502);
  stops(after);
  EXPECT_TRUE(confirmed());
}

TEST_F(Witness, TheStreamsStopAloneConfirmsNothing) {
  world.carrier().on_phase = [](const hks_phase& p, hks::Out& out) {
    out.hookDone(p.msg.id, p.phase == HKS_PHASE_CONFIRM ? HKS_HOOK_RETRY : HKS_HOOK_OK);
  };
  world.start();
  const std::string id = world.place();
  stops(id);
  EXPECT_EQ(end(id).status, 200) << "the carrier took it";
  ASSERT_TRUE(world.until([&] { return world.carrier().heard("phase confirm") >= 2; }));
  EXPECT_EQ(unconfirmed(), 1u);
}

TEST_F(Witness, ALegThatIsSeenAliveIsNotUnknownAnyMore) {
  world.carrier().on_phase = [](const hks_phase& p, hks::Out& out) {
    out.hookDone(p.msg.id, p.phase == HKS_PHASE_CONFIRM ? HKS_HOOK_RETRY : HKS_HOOK_OK);
  };
  world.start();
  const std::string id = world.place();
  world.make("carrier", [&](hks::Out& out) {
    out.state(id, "remote-1", HKS_UNKNOWN_LEG);
    out.state(id, "remote-1", HKS_IN_PROGRESS);
  });
  stops(id);
  end(id);
  ASSERT_TRUE(world.until([&] { return world.carrier().heard("phase confirm") >= 2; }));
  EXPECT_EQ(unconfirmed(), 1u);
}

TEST_F(Witness, AfterARestartTheStopThatWasWrittenDownCounts) {
  auto stored = left();
  stored.witness.stream_stopped = true;
  world.unfinished.calls.push_back(stored);
  world.start();
  ended();
  EXPECT_EQ(unconfirmed(), 0u);
  EXPECT_EQ(world.carrier().heard("phase hangup"), 0u);
}

TEST_F(Witness, AfterARestartA404AloneIsStillNotBelieved) {
  world.unfinished.calls.push_back(left());
  world.start();
  ASSERT_TRUE(world.until([&] { return world.carrier().heard("phase confirm") >= 2; }));
  EXPECT_EQ(unconfirmed(), 1u);
  stops(known_id);
  EXPECT_TRUE(confirmed());
}

TEST_F(Witness, WhatSpeaksForTheEndIsInTheStore) {
  world.start();
  const std::string id = world.place();
  stops(id);
  const auto stored = [&] {
    std::promise<call::LegWitness> answer;
    world.store.find(id, [&](store::Answer<std::optional<store::StoredCall>> found) {
      answer.set_value(found.value ? found.value->witness : call::LegWitness{});
    });
    return answer.get_future().get();
  };
  world.settle();
  EXPECT_TRUE(stored().stream_stopped);
  EXPECT_FALSE(stored().unknown_there);
  world.make("carrier", [&](hks::Out& out) { out.state(id, "remote-1", HKS_UNKNOWN_LEG); });
  EXPECT_TRUE(world.until([&] { return world.table.find(id)->life.legOver(); }));
}

}  // namespace
}  // namespace control_test
