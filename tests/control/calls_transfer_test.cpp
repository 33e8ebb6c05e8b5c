// A far end that is connected with another number, and comes back when nobody answers there.
#include "tests/control/media_support.hpp"

#include <hookswitch/draft.h>

#include <chrono>
#include <future>

#include "host/control/leg_acts.hpp"

namespace control_test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Transfer : public Media {
 protected:
  void SetUp() override {
    Media::SetUp();
    world.carrier().drafts = {HKS_DRAFT_KEYS, HKS_DRAFT_TRANSFER};
    world.carrier().on_control = [this](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_DRAFT_TRANSFERRED) ++told;
      if (in.type != HKS_DRAFT_TRANSFER) return hks_status(HKS_UNSUPPORTED);
      auto& act = reinterpret_cast<const hks_draft_act&>(in);
      to = view(act.to);
      announce = view(act.announce);
      timeout_s = act.timeout_s;
      stream = view(act.call->media_url);
      // What the carrier was asked for is in the store already.
      written = world.ledger.store().stored(std::string(view(act.call->call)));
      hks_draft_act_done m{};
      m.msg = {sizeof m, HKS_DRAFT_ACT_DONE, in.id};
      m.state = verdict;
      m.reason = hks::str("Twilio API error: no");
      if (first) tell(out, std::string(view(act.call->call)), first);
      out.put(m.msg);
      return hks_status(HKS_OK);
    };
  }
  static void tell(hks::Out& out, const std::string& id, std::uint32_t state) {
    hks_draft_transferred m{};
    m.msg = {sizeof m, HKS_DRAFT_TRANSFERRED, 0};
    m.call = hks::str(id);
    m.state = state;
    out.put(m.msg);
  }
  net::HttpReply transfer(const std::string& id, const std::string& body = R"({"to":"+15550100777"})") {
    return world.answer("POST", "/api/calls/" + id + "/transfer", body);
  }
  void goes(const std::string& id, std::uint32_t state) {
    world.make("carrier", [&](hks::Out& out) { tell(out, id, state); });
  }
  int comeBack() {
    if (peer >= 0) ::close(std::exchange(peer, -1));
    return connect("/carrier/stream/" + stream.substr(stream.rfind('/') + 1));
  }
  std::string state(const std::string& id) {
    const std::string detail = world.detail(id);
    const std::size_t at = detail.find(R"("transfer":)");
    return at == std::string::npos ? "none" : field(detail.substr(at), "state");
  }
  std::string to, announce, stream;
  std::uint32_t timeout_s = 0, verdict = HKS_DRAFT_TAKEN;
  std::uint32_t first = 0;  // what the carrier tells of it before it answers
  bool written = false;
  int told = 0;
};

TEST_F(Transfer, IsAskedOfTheCarrierWhenItIsWrittenDown) {
  const std::string id = running();
  EXPECT_EQ(state(id), "none");
  EXPECT_EQ(transfer(id, R"({"to":"+15550100777","announce":"One moment.","timeout_s":20})").status, 202);
  EXPECT_EQ(to, "+15550100777");
  EXPECT_EQ(announce, "One moment.");
  EXPECT_EQ(timeout_s, 20u);
  EXPECT_TRUE(written);
  EXPECT_EQ(state(id), "ringing");
  EXPECT_THAT(world.detail(id), HasSubstr(R"("transfer":{"to":"+15550100777","state":"ringing"})"));
}

TEST_F(Transfer, RefusesWhatItDoesNotUnderstand) {
  const std::string id = running();
  for (const char* body :
       {"", "{}", R"({"to":""})", R"({"to":"12"})", R"({"to":"+15550100777","timeout_s":0})",
        R"({"to":"+15550100777","timeout_s":601})", R"({"to":"+15550100777","who":"x"})", R"({"to":7})"})
    EXPECT_EQ(transfer(id, body).status, 400) << body;
  EXPECT_EQ(transfer(id, R"({"to":"+15550100777","announce":")" + std::string(501, 'a') + "\"}").status, 400);
  EXPECT_EQ(to, "");
}

TEST_F(Transfer, IsRefusedWhereCallsMayNotGo) {
  world.defaults.dial.allow_to = *control::AllowList::parse("+15550100002");
  const std::string id = running();
  const net::HttpReply reply = transfer(id);
  EXPECT_EQ(reply.status, 403);
  EXPECT_THAT(reply.body, HasSubstr("calls.allow_to does not allow calls to +15550100777"));
}

TEST_F(Transfer, ByACarrierThatCannotIsSaid) {
  world.carrier().drafts = {HKS_DRAFT_KEYS};
  const std::string id = running();
  const net::HttpReply reply = transfer(id);
  EXPECT_EQ(reply.status, 502);
  EXPECT_THAT(reply.body, HasSubstr("The carrier carrier cannot transfer calls"));
  EXPECT_EQ(state(id), "none");
}

TEST_F(Transfer, LetsNothingElseBeDoneWithTheCallMeanwhile) {
  const std::string id = running();
  EXPECT_EQ(transfer(id).status, 202);
  for (const char* act : {"mute", "say", "dtmf", "transfer"}) {
    const std::string body = std::string(act) == "say"    ? R"({"text":"a"})"
                             : std::string(act) == "dtmf" ? R"({"digits":"1"})"
                             : std::string(act) == "mute" ? ""
                                                          : R"({"to":"+15550100778"})";
    const net::HttpReply reply = world.answer("POST", "/api/calls/" + id + "/" + act, body);
    EXPECT_EQ(reply.status, 409) << act;
    EXPECT_THAT(reply.body, HasSubstr("The call is being transferred to +15550100777;")) << act;
  }
}

TEST_F(Transfer, LetsNoKeysWaitForItsEnd) {
  const std::string id = running();
  std::promise<std::string> said;
  world.on([&] {
    world.calls->legActs().transfer(id, "+15550100777", {}, 30, [](const control::Accepted&) {});
    world.calls->legActs().keys(id, "1", [&](const control::Accepted& accepted) {
      said.set_value(accepted ? "accepted" : accepted.error().error);
    });
  });
  std::future<std::string> why = said.get_future();
  ASSERT_EQ(why.wait_for(std::chrono::seconds(20)), std::future_status::ready) << "it waits for the transfer";
  EXPECT_THAT(why.get(), HasSubstr("The call is being transferred to +15550100777;"));
}

TEST_F(Transfer, WhoseOutcomeComesBeforeItsAnswerStillHasToBringTheStreamBack) {
  world.defaults.connect_timeout_s = 1;
  first = HKS_DRAFT_T_BUSY;
  const std::string id = running();
  EXPECT_EQ(transfer(id).status, 202);
  EXPECT_EQ(state(id), "busy");
  if (peer >= 0) ::close(std::exchange(peer, -1));
  EXPECT_TRUE(over(id)) << "it does not, and nothing else would end the call";
  EXPECT_EQ(field(world.detail(id), "ended_by"), "limit");
}

TEST_F(Transfer, ThatIsAnsweredBeforeItsOwnAnswerHasNoTimeToComeBackIn) {
  world.defaults.connect_timeout_s = 1;
  first = HKS_DRAFT_T_COMPLETED;
  const std::string id = running();
  EXPECT_EQ(transfer(id).status, 202);
  EXPECT_TRUE(world.until([&] { return world.voice().closed(FakePlugin::voice_role) == 1; }));
  if (peer >= 0) ::close(std::exchange(peer, -1));
  world.make("carrier", [&](hks::Out& out) { out.state(id, {}, HKS_OVER, HKS_COMPLETED, "they have hung up"); });
  EXPECT_TRUE(over(id));
  EXPECT_EQ(field(world.detail(id), "ended_by"), "carrier");
}

TEST_F(Transfer, ThatNobodyAnswersBringsTheFarEndBackToTheSameAgent) {
  const std::pair<std::uint32_t, const char*> ends[] = {{HKS_DRAFT_T_BUSY, "busy"},
                                                        {HKS_DRAFT_T_NO_ANSWER, "no_answer"},
                                                        {HKS_DRAFT_T_DECLINED, "declined"},
                                                        {HKS_DRAFT_T_FAILED, "failed"}};
  const std::string id = running();
  int streams = 1;
  for (auto& [how, word] : ends) {
    EXPECT_EQ(transfer(id).status, 202) << word;
    goes(id, how);
    EXPECT_EQ(state(id), word);
    ASSERT_EQ(comeBack(), 101) << word;
    ++streams;
    EXPECT_TRUE(world.until([&] { return world.carrier().opened(FakePlugin::carrier_role) == streams; }));
    EXPECT_TRUE(eventually([&] { return world.answer("POST", "/api/calls/" + id + "/mute").status == 200; })) << word;
  }
  EXPECT_EQ(world.voice().opened(FakePlugin::voice_role), 1);
  EXPECT_TRUE(eventually([&] { return world.detail(id).find("The line is busy.") != std::string::npos; }));
}

TEST_F(Transfer, ThatIsAnsweredLetsTheAgentGoAndTheCallLastUntilTheTwoHaveTalked) {
  const std::string id = running();
  EXPECT_EQ(transfer(id).status, 202);
  goes(id, HKS_DRAFT_T_COMPLETED);
  EXPECT_EQ(state(id), "completed");
  EXPECT_TRUE(world.until([&] { return world.voice().closed(FakePlugin::voice_role) == 1; }));
  EXPECT_EQ(field(world.detail(id), "status"), "in-progress");
  EXPECT_THAT(world.answer("POST", "/api/calls/" + id + "/mute").body,
              HasSubstr("transferred to +15550100777, and the agent has left it"));
  goes(id, HKS_DRAFT_T_NO_ANSWER);
  EXPECT_EQ(state(id), "completed") << "they have talked";
  world.make("carrier", [&](hks::Out& out) { out.state(id, {}, HKS_OVER, HKS_COMPLETED, "they have hung up"); });
  EXPECT_TRUE(over(id));
  EXPECT_EQ(field(world.detail(id), "ended_by"), "carrier");
  EXPECT_EQ(state(id), "completed");
}

TEST_F(Transfer, ThatTheFarEndDoesNotWaitForIsCallerLeft) {
  const std::string id = running();
  EXPECT_EQ(transfer(id).status, 202);
  world.make("carrier", [&](hks::Out& out) { out.state(id, {}, HKS_OVER, HKS_COMPLETED, "the caller hung up"); });
  EXPECT_TRUE(over(id));
  EXPECT_EQ(state(id), "caller_left");
  goes(id, HKS_DRAFT_T_NO_ANSWER);
  EXPECT_EQ(state(id), "caller_left") << "what comes later is no news";
}

TEST_F(Transfer, OfACallThatIsEndedHasFailedAndTheCarrierIsToldOfItBeforeTheHangUp) {
  const std::string id = running();
  EXPECT_EQ(transfer(id).status, 202);
  EXPECT_EQ(world.answer("POST", "/api/calls/" + id + "/end").status, 200);
  EXPECT_EQ(state(id), "failed");
  EXPECT_GE(told, 1) << "it may have rung somebody for this call";
  EXPECT_EQ(world.carrier().heard("phase hangup"), 1u);
}

TEST_F(Transfer, ThatTheCarrierRefusesIsQuotedAndTheCallGoesOn) {
  verdict = HKS_DRAFT_REFUSED;
  const std::string id = running();
  const net::HttpReply reply = transfer(id);
  EXPECT_EQ(reply.status, 502);
  EXPECT_THAT(reply.body, HasSubstr("Twilio API error: no"));
  EXPECT_EQ(state(id), "failed");
  EXPECT_TRUE(eventually([&] { return world.answer("POST", "/api/calls/" + id + "/mute").status == 200; }));
}

TEST_F(Transfer, IsThereAfterItsCallIsOver) {
  const std::string id = running();
  EXPECT_EQ(transfer(id).status, 202);
  goes(id, HKS_DRAFT_T_COMPLETED);
  world.answer("POST", "/api/calls/" + id + "/end");
  const auto stored = [&] {
    std::promise<std::string> found;
    world.on([&] {
      world.store.find(id, [&](store::Answer<std::optional<store::StoredCall>> answer) {
        found.set_value(answer.value
                            ? answer.value->record.transfer.to + " " + call::name(answer.value->record.transfer.state)
                            : "nothing");
      });
    });
    return found.get_future().get();
  };
  EXPECT_EQ(stored(), "+15550100777 completed");
}

}  // namespace
}  // namespace control_test
