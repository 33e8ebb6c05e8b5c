// A call as the API says it.
#include "host/api/call_json.hpp"
#include "tests/call/sample_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace api_test {
namespace {

using namespace hookswitch::call;
using call_test::sampleRecord;
using hookswitch::api::callJson;
using testing::HasSubstr;
using testing::Not;

TEST(CallJson, IsListedAsTheApiSpellsIt) {
  EXPECT_EQ(
      callJson(sampleRecord(), nullptr, 1769868204500, false),
      R"({"call_id":"00000000-0000-4000-8000-000000000001","to_number":"+15550100002","from_number":"+15550100001","far_number":"+15550100002",)"
      R"("status":"in-progress","direction":"outbound","carrier":"twilio","voice":"openai",)"
      R"("started_at":"2026-01-31T14:03:20.000Z","answered_at":"2026-01-31T14:03:22.123Z","duration_s":2.377})");
}

TEST(CallJson, AnIncomingCallIsFromTheCallerAndToUs) {
  Record r = sampleRecord();
  auto terms = std::make_shared<Terms>(*r.terms);
  terms->direction = Direction::incoming;
  terms->from_number = "+15550100777";
  terms->to_number = "+15550100001";
  r.terms = terms;
  r.answered_unix_ms = 0;
  const std::string json = callJson(r, nullptr, 1769868204500, false);
  EXPECT_THAT(json,
              HasSubstr(R"("to_number":"+15550100001","from_number":"+15550100777","far_number":"+15550100777")"));
  EXPECT_THAT(json, HasSubstr(R"("answered_at":null)"));
  EXPECT_THAT(json, Not(HasSubstr("stored")));
  EXPECT_THAT(callJson(r, nullptr, 1769868204500, false, false), HasSubstr(R"("stored":false)"));
}

TEST(CallJson, ALineThatWasCutIsMarked) {
  Record r = sampleRecord();
  std::string said(Record::max_line_bytes - 1, 'x');
  ASSERT_TRUE(r.addLine({1, 1, said + "x"}));
  ASSERT_TRUE(r.addLine({2, 2, said + "\xC3\xBC and more"}));
  const std::string json = callJson(r, nullptr, 1769868204500, true);
  EXPECT_THAT(json, HasSubstr(R"(x","at":"1970-01-01T00:00:00.002Z","cut":true}])"));
  EXPECT_THAT(json, HasSubstr(R"(x","at":"1970-01-01T00:00:00.001Z"},)"));
}

TEST(CallJson, TheDetailOfALiveCallHasNoOutcomeYet) {
  Record r = sampleRecord();
  ASSERT_TRUE(r.addLine({1, 1769868203000, "Is \"this\" it?\n"}));
  ASSERT_TRUE(r.addLine({2, 1769868204000, "Yes"}));
  const std::string json = callJson(r, nullptr, 1769868204500, true);
  EXPECT_THAT(json, HasSubstr(R"("metadata":{"order":7})"));
  EXPECT_THAT(
      json, HasSubstr(R"("transcript":[{"speaker":"user","text":"Is \"this\" it?\n","at":"2026-01-31T14:03:23.000Z"},)"
                      R"({"speaker":"assistant","text":"Yes","at":"2026-01-31T14:03:24.000Z"}])"));
  EXPECT_THAT(json, Not(HasSubstr("outcome")));
  EXPECT_THAT(json, Not(HasSubstr("ended_at")));
}

TEST(CallJson, TheDetailOfAnEndedCallSaysWhoEndedItAndHow) {
  Record r = sampleRecord();
  r.status = Status::ended;
  r.outcome = Outcome::completed;
  r.ended_by = EndedBy::agent;
  r.reason = "the agent said good-bye";
  r.ended_unix_ms = 1769868206623;
  std::vector<HookRow> rows(3);
  rows[0].phase = Phase::started;
  rows[0].plugin = "gateway";
  rows[0].state = HookRow::State::done;
  rows[1].phase = Phase::hangup;
  rows[1].plugin = "twilio";
  rows[1].state = HookRow::State::retrying;
  rows[1].attempts = 2;
  rows[1].ms = 41;
  rows[1].error = "503";
  rows[2].phase = Phase::notify;
  rows[2].plugin = "telegram";
  rows[2].state = HookRow::State::timed_out;
  const std::string json = callJson(r, &rows, 1769999999999, true);
  EXPECT_THAT(
      json,
      HasSubstr(
          R"("outcome":"completed","ended_by":"agent","reason":"the agent said good-bye","ended_at":"2026-01-31T14:03:26.623Z")"));
  EXPECT_THAT(json, HasSubstr(R"("duration_s":4.500)"));
  EXPECT_THAT(
      json,
      HasSubstr(
          R"("started_hooks":[{"phase":"started","plugin":"gateway","state":"done","ms":0,"attempts":0,"error":""}])"));
  EXPECT_THAT(
      json,
      HasSubstr(
          R"("teardown":[{"phase":"hangup","plugin":"twilio","state":"retrying","ms":41,"attempts":2,"error":"503"},)"
          R"({"phase":"notify","plugin":"telegram","state":"timed-out",)"));
}

TEST(CallJson, NoAnswerShowsTheMediaToken) {
  Record r = sampleRecord();
  const std::vector<HookRow> rows;
  EXPECT_THAT(callJson(r, &rows, 1, true), Not(HasSubstr("SECRET-TOKEN")));
}

}  // namespace
}  // namespace api_test
