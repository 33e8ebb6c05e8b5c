// Incoming calls: what a carrier plugin offers, and what it gets for an answer.
#include "host/base/ids.hpp"
#include "tests/control/support.hpp"

namespace control_test {
namespace {

using plugin::view;
using testing::ElementsAre;
using testing::HasSubstr;

class Offer : public WorldTest {
 protected:
  void SetUp() override {
    world.carrier().on_control = [this](const hks_msg& in, hks::Out&) {
      if (in.type == HKS_CALL_ACCEPTED) {
        auto& c = reinterpret_cast<const hks_call&>(in);
        accepted.push_back({in.id, std::string(view(c.call)), std::string(view(c.media_url)), c.direction});
      }
      return hks_status(HKS_UNSUPPORTED);
    };
  }
  void offer(std::uint64_t id, const std::string& remote) {
    world.make("carrier", [&](hks::Out& out) { out.offer(id, "+15550100002", "+15550100001", remote); });
  }
  std::size_t refusals(const std::string& what) { return world.carrier().heard("refused " + what); }

  struct Accepted {
    std::uint64_t id;
    std::string call, media;
    std::uint32_t direction;
  };
  std::vector<Accepted> accepted;
};

TEST_F(Offer, IsAcceptedWithACallAndAStreamOfItsOwn) {
  auto& watch = world.add("watch");
  watch.hooks = {{HKS_PHASE_STARTED, 1000}};
  world.start();
  offer(77, "CA1");
  ASSERT_EQ(accepted.size(), 1u);
  EXPECT_EQ(accepted[0].id, 77u);
  EXPECT_EQ(accepted[0].direction, unsigned(HKS_INCOMING));
  EXPECT_THAT(accepted[0].media, testing::StartsWith("wss://gateway.example/carrier/stream/"));
  const std::string detail = world.detail(accepted[0].call);
  EXPECT_EQ(field(detail, "from_number"), "+15550100002") << "the caller";
  EXPECT_EQ(field(detail, "to_number"), "+15550100001");
  EXPECT_EQ(field(detail, "far_number"), "+15550100002");
  EXPECT_EQ(field(detail, "direction"), "incoming");
  EXPECT_EQ(field(detail, "status"), "ringing");
  EXPECT_EQ(watch.heard("phase started/1"), 1u);
}

TEST_F(Offer, TheSameLegOfferedTwiceIsOneCall) {
  auto& watch = world.add("watch");
  watch.hooks = {{HKS_PHASE_STARTED, 1000}};
  world.start();
  offer(1, "CA1");
  offer(2, "CA1");
  ASSERT_EQ(accepted.size(), 2u);
  EXPECT_EQ(accepted[0].call, accepted[1].call);
  EXPECT_EQ(accepted[0].media, accepted[1].media);
  EXPECT_EQ(accepted[1].id, 2u);
  EXPECT_EQ(watch.heard("phase started"), 1u);
  offer(3, "CA2");
  ASSERT_EQ(accepted.size(), 3u);
  EXPECT_NE(accepted[2].call, accepted[0].call);
  EXPECT_NE(accepted[2].media, accepted[0].media);
}

TEST_F(Offer, OneWhoseCallIsOverIsRefused) {
  world.start();
  offer(1, "CA1");
  world.answer("POST", "/api/calls/end");
  offer(2, "CA1");
  EXPECT_EQ(accepted.size(), 1u);
  EXPECT_EQ(refusals("410"), 1u);
}

TEST_F(Offer, AnOldLegIsRefusedThoughOnlyTheStoreKnowsIt) {
  store::SaveCall old;
  auto terms = std::make_shared<call::Terms>();
  terms->id = base::newId();
  terms->carrier = "carrier";
  old.record.terms = terms;
  old.record.remote_id = "CA-old";
  old.record.status = call::Status::ended;
  old.record.started_unix_ms = old.record.ended_unix_ms = base::Clock::system().unixMs();
  old.leg_over = old.released = true;
  world.start();
  world.store.put({old});
  offer(1, "CA-old");
  EXPECT_EQ(refusals("410"), 1u);
  EXPECT_TRUE(accepted.empty());
  EXPECT_EQ(world.on([&] { return world.calls->liveCount(); }), 0u);
  world.make("carrier", [](hks::Out& out) { out.offer(2, "+15550100002", "+15550100001", "CA-new"); });
  EXPECT_EQ(accepted.size(), 1u);
}

TEST_F(Offer, TwoIdenticalWebhooksAtTheSameTimeAreOneCall) {
  auto& watch = world.add("watch");
  watch.hooks = {{HKS_PHASE_STARTED, 1000}};
  world.start();
  world.make("carrier", [](hks::Out& out) {
    out.offer(1, "+15550100002", "+15550100001", "CA1");
    out.offer(2, "+15550100002", "+15550100001", "CA1");
  });
  ASSERT_EQ(accepted.size(), 2u);
  EXPECT_EQ(accepted[0].call, accepted[1].call);
  EXPECT_NE(accepted[0].id, accepted[1].id);
  EXPECT_EQ(watch.heard("phase started"), 1u);
}

TEST_F(Offer, ALegThatEndsWhileTheStoreIsAskedBecomesNoCall) {
  world.start();
  world.make("carrier", [](hks::Out& out) {
    out.offer(1, "+15550100002", "+15550100001", "CA1");
    out.state({}, "CA1", HKS_OVER, HKS_COMPLETED);
  });
  EXPECT_EQ(refusals("410"), 1u);
  EXPECT_TRUE(accepted.empty());
}

TEST_F(Offer, ALegThatWasRefusedOpensNothingLater) {
  world.defaults.max_concurrent = 1;
  world.start();
  offer(1, "CA1");
  offer(2, "CA2");
  EXPECT_EQ(refusals("429"), 1u);
  world.answer("POST", "/api/calls/end");
  offer(3, "CA2");
  EXPECT_EQ(refusals("410"), 1u);
  EXPECT_EQ(accepted.size(), 1u);
}

TEST_F(Offer, GetsWhatTheSectionOfItsNumberSaysAndTheRestFromTheCalls) {
  world.defaults.prompt = "everybody's";
  world.defaults.greeting = "Hello";
  world.defaults.numbers["+15550100001"].prompt = "its own";
  world.defaults.numbers["+15550100009"].greeting = "another's";
  world.start();
  offer(1, "CA1");
  ASSERT_EQ(accepted.size(), 1u);
  world.on([&] {
    const auto& terms = *world.table.find(accepted[0].call)->record.terms;
    EXPECT_EQ(terms.prompt, "its own");
    EXPECT_EQ(terms.greeting, "Hello");
    EXPECT_EQ(terms.voice, "voice");
  });
}

TEST_F(Offer, WaitsForItsCallerWhereTheGreetingOfItsNumberIsEmpty) {
  world.defaults.greeting = "Hello";
  world.defaults.numbers["+15550100001"].greeting = "";
  world.start();
  offer(1, "CA1");
  ASSERT_EQ(accepted.size(), 1u);
  EXPECT_EQ(world.on([&] { return world.table.find(accepted[0].call)->record.terms->greeting; }), "");
}

TEST_F(Offer, ToANumberThatIsNotAnsweredIsRejectedUntilAReloadSaysOtherwise) {
  world.defaults.numbers["+15550100001"].answer = false;
  world.start();
  offer(1, "CA1");
  EXPECT_EQ(refusals("403"), 1u);
  EXPECT_TRUE(accepted.empty());
  EXPECT_EQ(world.on([&] { return world.calls->liveCount(); }), 0u);
  EXPECT_EQ(world.on([&] { return world.calls->counts().rejected_number; }), 1u);
  world.on([&] {
    world.defaults.numbers.clear();
    world.calls->setDefaults(world.defaults);
  });
  offer(2, "CA2");
  EXPECT_EQ(accepted.size(), 1u);
}

TEST_F(Offer, IsRefusedWhileDraining) {
  world.start();
  world.on([&] { world.calls->drain(); });
  offer(1, "CA1");
  EXPECT_EQ(refusals("503"), 1u);
  EXPECT_TRUE(accepted.empty());
}

TEST_F(Offer, IsRefusedAtTheLimit) {
  world.defaults.max_concurrent = 1;
  world.start();
  offer(1, "CA1");
  offer(2, "CA2");
  EXPECT_EQ(refusals("429"), 1u);
  offer(3, "CA1");
  EXPECT_EQ(accepted.size(), 2u) << "the one that is there already is no new call";
}

TEST_F(Offer, IsRefusedWhenNobodyCouldTalkToTheCaller) {
  world.sections["voice"] = {{"enabled", "false"}};
  world.start();
  offer(1, "CA1");
  EXPECT_EQ(refusals("503 No voice"), 1u);
}

TEST_F(Offer, IsRefusedWhenTheGatewayDoesNotKnowItsAddress) {
  world.defaults.public_url.clear();
  world.start();
  offer(1, "CA1");
  EXPECT_EQ(refusals("503 server.public_url is empty"), 1u);
}

TEST_F(Offer, FromAPluginThatIsNoCarrierIsRefused) {
  auto& stranger = world.add("stranger");
  world.start();
  world.make("stranger", [](hks::Out& out) { out.offer(1, "+15550100002", "+15550100001", "X1"); });
  EXPECT_EQ(stranger.heard("refused 503 No carrier: the plugin 'stranger' is not a carrier"), 1u);
}

TEST_F(Offer, ACallerWhoHidesItsNumberIsACallerToo) {
  world.start();
  world.make("carrier", [](hks::Out& out) { out.offer(1, "anonymous", "", "CA1"); });
  ASSERT_EQ(accepted.size(), 1u);
  EXPECT_EQ(field(world.detail(accepted[0].call), "from_number"), "anonymous");
}

TEST_F(Offer, HangsUpLikeAnyOtherCall) {
  world.start();
  offer(1, "CA1");
  EXPECT_EQ(world.answer("POST", "/api/calls/" + accepted.at(0).call + "/end").status, 200);
  EXPECT_EQ(world.carrier().heard("phase hangup/1"), 1u);
}

}  // namespace
}  // namespace control_test
