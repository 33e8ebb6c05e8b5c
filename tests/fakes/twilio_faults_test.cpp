#include "tests/fakes/twilio_test_gateway.hpp"

#include <algorithm>

namespace fakes {
namespace {

class TwilioFaults : public TwilioTest {
 protected:
  using Names = std::vector<std::string>;
  void plan(const Json& members) { command("plan", members); }
  bool closed() {
    return eventually([&] { return !close_codes_.empty(); });
  }
};

TEST_F(TwilioFaults, EndsAsBusyOrFailedWhenTold) {
  for (const char* outcome : {"busy", "failed", "no-answer"}) {
    webhooks_.clear();
    plan({{"outcome", outcome}});
    create();
    ASSERT_TRUE(statusesCome(3));
    EXPECT_EQ(statuses(), (Names{"initiated", "ringing", outcome}));
    EXPECT_EQ(call().at("answered_ms"), 0);
  }
}

TEST_F(TwilioFaults, LosesDoublesAndShufflesCallbacks) {
  plan({{"outcome", "busy"}, {"callback_missing", {"ringing"}}, {"callback_twice", true}});
  create();
  ASSERT_TRUE(statusesCome(4));
  EXPECT_EQ(statuses(), (Names{"initiated", "initiated", "busy", "busy"}));
  loop_.call([&] { webhooks_.clear(); });
  plan({{"callback_missing", Json::array()}, {"callback_twice", false}, {"callback_shuffled", true}});
  create();
  ASSERT_TRUE(statusesCome(3));
  EXPECT_EQ(statuses(), (Names{"ringing", "initiated", "busy"}));
}

TEST_F(TwilioFaults, SendsTheFirstCallbackBeforeTheAnswerToTheCreate) {
  plan({{"callback_before_201", true}});
  ASSERT_NE(create(), "");
  EXPECT_EQ(statuses().at(0), "initiated");
}

TEST_F(TwilioFaults, SignsWithAWrongTokenOrNotAtAll) {
  plan({{"webhook_signing", "bad"}, {"callback_signing", "missing"}, {"upgrade_signing", "missing"}});
  create();
  ASSERT_FALSE(message("start").empty());
  ASSERT_TRUE(eventually([&] { return webhooks_.size() >= 4; }));
  for (const Seen& seen : webhooks_) EXPECT_FALSE(seen.signed_well) << seen.path;
  EXPECT_EQ(upgrade_signature_, "");
}

TEST_F(TwilioFaults, EndsTheCallWhenTheVoiceWebhookFails) {
  voice_status_ = 500;
  create();
  EXPECT_TRUE(callStatusBecomes("completed"));
  EXPECT_EQ(call().at("faults").at(0).at("code"), 11200);
  EXPECT_EQ(call().at("ended_by"), "error");
}

TEST_F(TwilioFaults, CannotReachTheVoiceWebhookOnCommandAndEndsTheCallAfterTheAnnouncement) {
  plan({{"unreachable", "all"}, {"error_ms", 50}});
  create();
  EXPECT_TRUE(callStatusBecomes("completed"));
  const Json record = call();
  EXPECT_EQ(record.at("faults").at(0).at("code"), 11205);
  EXPECT_GE(record.at("ended_ms").get<std::int64_t>() - record.at("answered_ms").get<std::int64_t>(), 49);
  EXPECT_TRUE(webhooks_.empty()) << "nothing gets there";
}

TEST_F(TwilioFaults, TriesAWebhookOnceMoreOnlyWhenNobodyListens) {
  loop_.call([&] { gateway_->refuse(true); });
  create();
  EXPECT_TRUE(callStatusBecomes("completed"));
  const Json record = call();
  EXPECT_EQ(record.at("webhooks").at(0).at("attempts"), 2);
  EXPECT_EQ(record.at("faults").at(0).at("code"), 11205);
  loop_.call([&] { gateway_->refuse(false); });
  voice_status_ = 500;
  create();
  EXPECT_TRUE(callStatusBecomes("completed"));
  EXPECT_EQ(call().at("webhooks").at(0).at("attempts"), 1);
}

TEST_F(TwilioFaults, ResetsTheStreamWithoutAStop) {
  plan({{"media_reset_after_ms", 60}});
  create();
  ASSERT_TRUE(closed());
  EXPECT_EQ(close_codes_.at(0), 1006u);
  EXPECT_TRUE(callStatusBecomes("completed"));
  for (const Json& one : messages_) EXPECT_NE(one.value("event", ""), "stop");
}

TEST_F(TwilioFaults, KeepsTheCallUpWithoutItsStreamWhenTold) {
  plan({{"media_close_after_ms", 60}, {"media_loss_keeps_call", true}});
  const auto sid = create();
  ASSERT_TRUE(closed());
  EXPECT_EQ(call().at("status"), "in-progress");
  EXPECT_EQ(update(sid, {{"Status", "completed"}}).status, 200u);
}

TEST_F(TwilioFaults, SendsEveryKindOfGarbage) {
  create();
  ASSERT_FALSE(message("media").empty());
  for (const char* kind : {"text", "json", "event", "types", "base64", "binary", "huge"}) {
    loop_.call([&] { raw_messages_.clear(); });
    command("calls/last/garbage", {{"kind", kind}});
    EXPECT_TRUE(eventually([&] {
      return std::any_of(raw_messages_.begin(), raw_messages_.end(), [](const std::string& one) {
        return one.find("\"track\":\"inbound\",\"chunk\":\"") == std::string::npos ||
               one.find("*not") != std::string::npos || one.size() > 1000000;
      });
    })) << kind;
  }
  command("calls/last/garbage", {{"kind", "frame"}});
  EXPECT_TRUE(closed());
}

TEST_F(TwilioFaults, LeavesGapsInTheTimeStamps) {
  plan({{"gap_every", 3}});
  create();
  ASSERT_TRUE(eventually([&] { return messages_.size() > 8; }));
  std::vector<int> stamps;
  for (const Json& one : messages_)
    if (one.value("event", "") == "media")
      stamps.push_back(std::stoi(one.at("media").at("timestamp").get<std::string>()));
  ASSERT_GE(stamps.size(), 4u);
  stamps.resize(4);
  EXPECT_EQ(stamps, (std::vector<int>{0, 20, 60, 80}));
}

TEST_F(TwilioFaults, OpensASecondSocketForTheSameStream) {
  plan({{"media_second_after_ms", 20}});
  create();
  ASSERT_TRUE(eventually([&] { return sockets_.size() == 2; }));
  EXPECT_TRUE(eventually([&] {
    return std::count_if(messages_.begin(), messages_.end(),
                         [](const Json& one) { return one.value("event", "") == "start"; }) == 2;
  }));
  loop_.call([&] { sockets_.back()->close(1008, ""); });
  EXPECT_TRUE(eventually([&] {
    Request request;
    const auto body = Json::parse(twilio_->get(request, "calls/last").body);
    return body.at("streams").at(0).at("second_socket") == "closed: 1008";
  }));
}

TEST_F(TwilioFaults, StopsReadingWhenTold) {
  plan({{"media_deaf_after_ms", 20}});
  create();
  ASSERT_TRUE(eventually([&] { return messages_.size() > 4; }));
  // A deaf client takes one message that was already asked for, then none: what we send piles up on our side.
  loop_.call([&] {
    for (int i = 0; i < 300; ++i) sockets_.back()->send(std::string(100000, 'x'));
  });
  const auto before = messages_.size();
  ASSERT_TRUE(eventually([&] { return messages_.size() > before + 5; }));
  loop_.call([&] { EXPECT_GT(sockets_.back()->queuedBytes(), 1000000u); });
}

TEST_F(TwilioFaults, SaysConnectedAndNothingMoreOrNothingAtAll) {
  plan({{"media_no_start", true}});
  const auto sid = create();
  ASSERT_FALSE(message("connected").empty());
  EXPECT_EQ(update(sid, {{"Status", "completed"}}).status, 200u);
  ASSERT_TRUE(closed());
  EXPECT_EQ(messages_.size(), 1u);
  plan({{"media_never", true}});
  create();
  ASSERT_TRUE(callStatusBecomes("in-progress"));
  EXPECT_EQ(sockets_.size(), 1u);
}

TEST_F(TwilioFaults, HangsUpByTheFarEndAfterATime) {
  plan({{"hangup_after_ms", 50}});
  create();
  EXPECT_FALSE(message("stop").empty());
  EXPECT_TRUE(callStatusBecomes("completed"));
  EXPECT_EQ(call().at("ended_by"), "caller");
}

}  // namespace
}  // namespace fakes
