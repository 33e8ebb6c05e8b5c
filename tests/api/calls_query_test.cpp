// The query of GET /api/calls.
#include "host/api/calls_query.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace api_test {
namespace {

using namespace hookswitch;
using testing::HasSubstr;
using testing::Not;

api::CallsQuery good(const std::string& query) {
  auto read = api::parseCallsQuery(query);
  if (read) return *std::move(read);
  ADD_FAILURE() << read.error();
  return {};
}
std::string refusal(const std::string& query) {
  const auto read = api::parseCallsQuery(query);
  EXPECT_FALSE(read) << query;
  return read ? std::string() : read.error();
}

TEST(CallsQuery, WithoutAnythingItMeansTheLiveCalls) { EXPECT_EQ(good("").state, api::CallsQuery::State::live); }

TEST(CallsQuery, ReadsEveryFilter) {
  const auto q = good(
      "state=ended&limit=7&before=11111111-2222-4333-8444-555555555555&number=%2B15550100002&outcome=no-answer&since="
      "2026-01-31T14:03:22Z&until=2026-02-01");
  EXPECT_EQ(q.state, api::CallsQuery::State::ended);
  EXPECT_EQ(q.history.limit, 7u);
  EXPECT_EQ(q.history.before, "11111111-2222-4333-8444-555555555555");
  EXPECT_EQ(q.history.number, "+15550100002");
  EXPECT_EQ(q.history.outcome, call::Outcome::no_answer);
  EXPECT_EQ(q.history.from_unix_ms, 1769868202000u);
  EXPECT_EQ(q.history.to_unix_ms, 1769904000000u);
  EXPECT_THAT(q.next, Not(HasSubstr("before")));
}

TEST(CallsQuery, APlusThatWasNotEscapedIsAPlus) {
  EXPECT_EQ(good("state=ended&number=+15550100002").history.number, "+15550100002");
}

TEST(CallsQuery, NamesWhatIsWrong) {
  EXPECT_THAT(refusal("state=all"), HasSubstr("'state'"));
  EXPECT_THAT(refusal("state=ended&limit=0"), HasSubstr("'limit'"));
  EXPECT_THAT(refusal("state=ended&limit=1001"), HasSubstr("'limit'"));
  EXPECT_THAT(refusal("state=ended&limit=5x"), HasSubstr("'limit'"));
  EXPECT_THAT(refusal("state=ended&before=x"), HasSubstr("'before'"));
  EXPECT_THAT(refusal("state=ended&outcome=great"), HasSubstr("'outcome'"));
  EXPECT_THAT(refusal("state=ended&since=yesterday"), HasSubstr("'since'"));
  EXPECT_THAT(refusal("state=ended&format=xml"), HasSubstr("'format'"));
  EXPECT_THAT(refusal("state=ended&colour=red"), HasSubstr("'colour'"));
  EXPECT_THAT(refusal("limit=5"), HasSubstr("state=ended"));
}

}  // namespace
}  // namespace api_test
