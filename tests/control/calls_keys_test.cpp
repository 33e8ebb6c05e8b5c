// Keys that the carrier presses on the leg of a call that runs: its stream breaks off for them and comes back.
#include "tests/control/media_support.hpp"

#include <hookswitch/draft.h>

namespace control_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SentKeys : public Media {
 protected:
  struct Asked {
    std::uint64_t id;
    std::string call, remote_id, media_url, digits;
  };
  void SetUp() override {
    Media::SetUp();
    world.carrier().drafts = {HKS_DRAFT_KEYS};
    world.carrier().on_control = [this](const hks_msg& in, hks::Out& out) {
      if (in.type != HKS_DRAFT_KEYS) return hks_status(HKS_UNSUPPORTED);
      auto& act = reinterpret_cast<const hks_draft_act&>(in);
      asked.push_back({in.id, std::string(view(act.call->call)), std::string(view(act.call->remote_id)),
                       std::string(view(act.call->media_url)), std::string(view(act.digits))});
      if (answer_at_once) done(out, in.id, answer_at_once, "Twilio API error: no");
      return hks_status(HKS_OK);
    };
  }
  static void done(hks::Out& out, std::uint64_t id, std::uint32_t state, std::string_view reason) {
    hks_draft_act_done m{};
    m.msg = {sizeof m, HKS_DRAFT_ACT_DONE, id};
    m.state = state;
    m.reason = hks::str(reason);
    out.put(m.msg);
  }
  World::Reply press(const std::string& id, const std::string& digits) {
    return world.ask("POST", "/api/calls/" + id + "/dtmf", R"({"digits":")" + digits + "\"}");
  }
  bool isAsked(std::size_t times) {
    return world.until([&] { return asked.size() == times; });
  }
  void answer(std::size_t number, std::uint32_t state, const std::string& reason = {}) {
    world.make("carrier", [&](hks::Out& out) { done(out, asked[number].id, state, reason); });
  }
  /// The stream that comes back.
  int comeBack(std::size_t number) {
    const std::string& url = asked[number].media_url;
    if (peer >= 0) ::close(std::exchange(peer, -1));
    return connect("/carrier/stream/" + url.substr(url.rfind('/') + 1));
  }
  std::vector<Asked> asked;
  std::uint32_t answer_at_once = 0;
};

TEST_F(SentKeys, AreAskedOfTheCarrierWithTheAddressOfAStreamThatIsToCome) {
  const std::string id = running();
  auto reply = press(id, "12w#");
  ASSERT_TRUE(isAsked(1));
  EXPECT_EQ(asked[0].call, id);
  EXPECT_EQ(asked[0].remote_id, "CA1");
  EXPECT_EQ(asked[0].digits, "12w#");
  EXPECT_NE(asked[0].media_url, media_url);
  EXPECT_EQ(connect("/carrier/stream/" + token()), 403) << "the token of the first stream is used up";
  answer(0, HKS_DRAFT_TAKEN);
  EXPECT_EQ(reply.get().status, 202);
  EXPECT_EQ(comeBack(0), 101);
  EXPECT_TRUE(world.until([&] { return world.carrier().opened(FakePlugin::carrier_role) == 2; }));
  EXPECT_EQ(world.voice().opened(FakePlugin::voice_role), 1) << "the model's session is kept";
  EXPECT_EQ(comeBack(0), 403) << "and this one's is now";
  EXPECT_EQ(field(world.detail(id), "status"), "in-progress");
}

TEST_F(SentKeys, ThatAreAskedForTwiceAtOnceAreSentOneAfterTheOther) {
  const std::string id = running();
  auto first = press(id, "1"), second = press(id, "2");
  ASSERT_TRUE(isAsked(1));
  world.settle();
  EXPECT_EQ(asked.size(), 1u);
  answer(0, HKS_DRAFT_TAKEN);
  EXPECT_EQ(first.get().status, 202);
  ASSERT_EQ(comeBack(0), 101);
  ASSERT_TRUE(isAsked(2));
  EXPECT_EQ(asked[0].digits + asked[1].digits, "12");
  answer(1, HKS_DRAFT_TAKEN);
  EXPECT_EQ(second.get().status, 202);
}

TEST_F(SentKeys, ThatTheCarrierRefusesAreAnsweredWithItsSentenceAndTheCallGoesOn) {
  answer_at_once = HKS_DRAFT_REFUSED;
  const std::string id = running();
  const net::HttpReply reply = press(id, "1").get();
  EXPECT_EQ(reply.status, 502);
  EXPECT_THAT(reply.body, HasSubstr("Twilio API error: no"));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(comeBack(0), 403) << "nothing comes for it";
  EXPECT_EQ(field(world.detail(id), "status"), "in-progress");
  answer_at_once = HKS_DRAFT_TAKEN;
  EXPECT_EQ(press(id, "2").get().status, 202);
}

TEST_F(SentKeys, OfAFarEndThatHasLeftSaySo) {
  answer_at_once = HKS_DRAFT_LEFT;
  const std::string id = running();
  const net::HttpReply reply = press(id, "1").get();
  EXPECT_EQ(reply.status, 409);
  EXPECT_THAT(reply.body, HasSubstr("the far end has hung up"));
}

TEST_F(SentKeys, OfWhichNobodyKnowsAreNotSentAgain) {
  const std::string id = running();
  auto reply = press(id, "1");
  ASSERT_TRUE(isAsked(1));
  answer(0, HKS_DRAFT_UNSURE, "Twilio API error: no answer");
  EXPECT_EQ(reply.get().status, 502);
  EXPECT_EQ(comeBack(0), 101) << "they may have been pressed: then the stream comes back";
  EXPECT_EQ(asked.size(), 1u);
}

TEST_F(SentKeys, AreTakenWhenTheStreamIsBackBeforeTheAnswer) {
  const std::string id = running();
  auto reply = press(id, "1");
  ASSERT_TRUE(isAsked(1));
  ASSERT_EQ(comeBack(0), 101);
  EXPECT_EQ(reply.get().status, 202);
  answer(0, HKS_DRAFT_UNSURE, "too late to mean anything");
  auto next = press(id, "2");
  ASSERT_TRUE(isAsked(2));
  answer(1, HKS_DRAFT_TAKEN);
  EXPECT_EQ(next.get().status, 202);
}

TEST_F(SentKeys, AreSoundWhereTheCarrierPressesNone) {
  world.carrier().drafts.clear();
  const std::string id = running();
  EXPECT_EQ(press(id, "1").get().status, 202);
  EXPECT_TRUE(asked.empty());
  EXPECT_TRUE(world.until([&] { return world.carrier().heard("AUDIO") > 0; }));
}

TEST_F(SentKeys, ThatWaitWhenTheCallEndsAreAnswered) {
  const std::string id = running();
  auto first = press(id, "1"), second = press(id, "2");
  ASSERT_TRUE(isAsked(1));
  EXPECT_EQ(world.answer("POST", "/api/calls/" + id + "/end").status, 200);
  for (auto* reply : {&first, &second}) {
    const net::HttpReply answer = reply->get();
    EXPECT_EQ(answer.status, 409);
    EXPECT_THAT(answer.body, HasSubstr("The call is ending"));
  }
  answer(0, HKS_DRAFT_TAKEN);  // too late to mean anything
  EXPECT_EQ(comeBack(0), 403);
  EXPECT_EQ(field(world.detail(id), "ended_by"), "api");
}

TEST_F(SentKeys, EndWithTheCallThatEndsInTheGap) {
  const std::string id = running();
  auto reply = press(id, "1");
  ASSERT_TRUE(isAsked(1));
  answer(0, HKS_DRAFT_TAKEN);
  EXPECT_EQ(reply.get().status, 202);
  EXPECT_EQ(world.answer("POST", "/api/calls/" + id + "/end").status, 200);
  EXPECT_EQ(world.carrier().heard("phase hangup"), 1u);
  EXPECT_TRUE(over(id));
}

TEST_F(SentKeys, AreNotWaitedForForEverWhenThePluginIsSilent) {
  const std::string id = running();
  auto reply = press(id, "1");
  ASSERT_TRUE(isAsked(1));
  world.pass(31'000);
  const net::HttpReply answer = reply.get();
  EXPECT_EQ(answer.status, 502);
  EXPECT_THAT(answer.body, HasSubstr("did not answer"));
}

}  // namespace
}  // namespace control_test
