// Hooks that wait or are dead, and what the API does with them.
#include "tests/control/recovery_support.hpp"

namespace control_test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

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
  watch->on_phase = [&](const hks_phase& p, hks::Out& out) {
    out.hookDone(p.msg.id, up ? HKS_HOOK_OK : HKS_HOOK_RETRY, "down", 3'600'000);
  };
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
  watch->on_phase = [](const hks_phase& p, hks::Out& out) {
    out.hookDone(p.msg.id, HKS_HOOK_GIVE_UP, "chat not found");
  };
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

}  // namespace
}  // namespace control_test
