#include "plugins/twilio/settle.hpp"

#include "tests/plugins/twilio/openapi.hpp"
#include "tests/plugins/twilio/twilio_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookswitch::twilio::test {
namespace {

class TwilioSettle : public testing::Test {
 protected:
  TwilioSettle() { control.step(In::start(settings())); }
  Message settle(Record record = sampleRecord()) {
    return control.step(In::phase(hostId(5), HKS_PHASE_SETTLE, std::move(record), 1, 10'000)).only(HKS_HTTP_CALL);
  }
  Outputs answer(const Message& request, std::uint32_t status, const std::string& body, Pairs headers = {}) {
    return control.step(In::httpResponse(request.id, status, body, std::move(headers)));
  }
  Player control{hks_plugin_entry, HKS_ROLE_CONTROL};
};

TEST_F(TwilioSettle, TheLegIsFetchedAndItsStateReported) {
  const auto is = [this](const char* status, std::uint32_t state, std::uint32_t outcome) {
    const Message fetch = settle();
    EXPECT_THAT(complaints(fetch), testing::IsEmpty());
    EXPECT_EQ(fetch.method, "GET");
    EXPECT_EQ(fetch.url, kCallsUrl + "/" + kLeg + ".json");
    EXPECT_LT(fetch.timeout_ms, 10'000u);
    const auto out =
        answer(fetch, 200,
               nlohmann::json{{"sid", kLeg}, {"status", status}, {"duration", state == HKS_OVER ? "42" : ""}}.dump());
    EXPECT_EQ(out.only(HKS_CALL_STATE).call, sampleCall().call) << status;
    EXPECT_EQ(out.only(HKS_CALL_STATE).remote_id, kLeg) << status;
    EXPECT_EQ(out.only(HKS_CALL_STATE).state, state) << status;
    EXPECT_EQ(out.only(HKS_CALL_STATE).outcome, outcome) << status;
    EXPECT_EQ(out.only(HKS_CALL_STATE).duration_ms, state == HKS_OVER ? 42'000u : 0u) << status;
    EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_OK)) << status;
    EXPECT_FALSE(out.has(HKS_HTTP_CALL)) << "the host hangs up";
  };
  is("queued", HKS_RINGING, 0), is("ringing", HKS_RINGING, 0), is("something-new", HKS_RINGING, 0);
  is("in-progress", HKS_IN_PROGRESS, 0);
  is("completed", HKS_OVER, HKS_COMPLETED), is("busy", HKS_OVER, HKS_BUSY), is("no-answer", HKS_OVER, HKS_NO_ANSWER);
  is("failed", HKS_OVER, HKS_FAILED), is("canceled", HKS_OVER, HKS_CANCELED);
}

TEST_F(TwilioSettle, ALegThatTwilioDoesNotKnowIsReportedSo) {
  const auto out = answer(settle(), 404, errorJson(20404, "not found", 404));
  EXPECT_EQ(out.only(HKS_CALL_STATE).state, std::uint32_t(HKS_UNKNOWN_LEG));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_OK));
}

TEST_F(TwilioSettle, WhatCouldNotBeAskedIsAskedAgain) {
  const auto retried = [](const Outputs& out, std::uint64_t after_ms) {
    EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_RETRY)) << out;
    EXPECT_EQ(out.only(HKS_HOOK_DONE).after_ms, after_ms);
    EXPECT_FALSE(out.has(HKS_CALL_STATE)) << out;
  };
  retried(answer(settle(), 429, "", {{"Retry-After", "7"}}), 7'000);
  retried(answer(settle(), 500, ""), 0);
  retried(answer(settle(), 401, errorJson(20003, "Authenticate", 401)), 0);
  retried(control.step(In::noAnswer(settle().id, "refused", HKS_HTTP_UNSENT)), 0);
}

TEST_F(TwilioSettle, OtherCarriersAreSkippedAndHostileIdsAreGivenUp) {
  Record record = sampleRecord();
  record.call.carrier = "sip";
  EXPECT_EQ(control.step(In::phase(hostId(5), HKS_PHASE_SETTLE, record)).only(HKS_HOOK_DONE).state,
            std::uint32_t(HKS_HOOK_SKIP));
  record = sampleRecord();
  record.call.remote_id = "CA1/../../Accounts";
  const auto out = control.step(In::phase(hostId(5), HKS_PHASE_SETTLE, record));
  EXPECT_EQ(out.only(HKS_HOOK_DONE).state, std::uint32_t(HKS_HOOK_GIVE_UP));
  EXPECT_FALSE(out.has(HKS_HTTP_CALL));
}

/// A host that takes no more requests, but everything else.
class FullHost final : public Ports {
 public:
  bool perform(hks::Out&, const Request&, Then) override { return false; }
  bool after(hks::Out&, std::uint64_t, std::function<void(hks::Out&)>) override { return true; }
  std::uint64_t random(std::uint64_t) override { return 0; }
  const Config& config() const override { return config_; }

 private:
  Config config_;
};

TEST(TwilioSettler, AHostThatTakesNoMoreRequestsIsAskedAgain) {
  for (std::uint32_t which : {HKS_PHASE_HANGUP, HKS_PHASE_CONFIRM, HKS_PHASE_SETTLE}) {
    for (const char* sid : {kLeg.c_str(), ""}) {
      if (which != HKS_PHASE_SETTLE && !*sid) continue;
      FullHost host;
      LookUp look_up(host);
      const Progress progress;
      Children children(host);
      Settler settler(host, look_up, progress, children);
      std::vector<Message> seen;
      hks_sink sink{&seen,
                    [](const hks_sink* s, const hks_msg* m) -> hks_status {
                      static_cast<std::vector<Message>*>(s->host)->push_back(Capture::of(m));
                      return HKS_OK;
                    },
                    nullptr};
      hks::Out out(&sink);
      Record record = sampleRecord();
      record.call.remote_id = sid;
      const Wire wire(In::phase(hostId(5), which, record));
      settler.onPhase(hks::as<hks_phase>(wire.get()), out);
      ASSERT_EQ(seen.size(), 1u);
      EXPECT_EQ(seen[0].type, std::uint32_t(HKS_HOOK_DONE));
      EXPECT_EQ(seen[0].state, std::uint32_t(HKS_HOOK_RETRY));
      EXPECT_EQ(seen[0].reason, kTooBusy);
    }
  }
}

}  // namespace
}  // namespace hookswitch::twilio::test
