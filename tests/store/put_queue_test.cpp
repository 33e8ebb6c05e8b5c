// Puts wait in their order and within a bound; what is dropped first are lines of transcripts.
#include "host/store/put_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "host/store/backlog.hpp"
#include "support.hpp"

namespace store_test {
namespace {

TEST(PutQueue, TakesWhatWaitsInItsOrderAsOneBatch) {
  PutQueue queue(1 << 20);
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.admit(Put::of({liveCall(1), line(1, 1, "a")})));
  EXPECT_TRUE(queue.admit(Put::of({liveCall(2)})));
  EXPECT_EQ(queue.latest(), 2u);
  EXPECT_EQ(queue.writes(), 3u);
  const auto batch = queue.take();
  ASSERT_EQ(batch.size(), 3u);
  EXPECT_EQ(std::get<SaveCall>(batch[2]).record.terms->id, idOf(2));
  EXPECT_EQ(queue.taken(), 2u);
  EXPECT_EQ(queue.writes(), 0u);
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.take().empty());
}

TEST(PutQueue, APutIsNeverDividedAndATransactionIsBounded) {
  PutQueue queue(100 << 20);
  for (unsigned n = 1; n <= 3; ++n) queue.admit(Put::of({line(n, 1, std::string(9 << 20, 'x')), liveCall(n)}));
  EXPECT_EQ(queue.take().size(), 4u) << "two of them are more than 16 MB";
  EXPECT_EQ(queue.taken(), 2u);
  EXPECT_EQ(queue.take().size(), 2u);
  EXPECT_EQ(queue.taken(), 3u);
}

TEST(PutQueue, WithoutRoomItDropsLinesFirstThenRefuses) {
  Errors errors;
  const Put call = Put::of({liveCall(1)});
  PutQueue queue(3 * call.bytes + 100);
  EXPECT_TRUE(queue.admit(Put::of({liveCall(1), line(1, 1, "a line that is in the way")})));
  EXPECT_TRUE(queue.admit(Put::of({liveCall(2)})));
  EXPECT_TRUE(queue.admit(Put::of({liveCall(3)}))) << "the line has made room";
  EXPECT_EQ(queue.refused(), 1u);
  EXPECT_EQ(queue.writes(), 3u);
  EXPECT_FALSE(queue.admit(Put::of({liveCall(4), line(4, 1, "b")})));
  EXPECT_EQ(queue.refused(), 3u);
  EXPECT_EQ(queue.latest(), 3u) << "a put that is refused has no number";
  EXPECT_THAT(errors.text(), testing::HasSubstr("lines of transcripts are lost from now on"));
  EXPECT_EQ(queue.take().size(), 3u);
}

TEST(PutQueue, ACallNeedsItsTermsAndComesWithoutItsTranscript) {
  EXPECT_THROW(Put::of({SaveCall{}}), std::invalid_argument);
  SaveCall save = liveCall(1);
  save.record.transcript.push_back({});
  const Put put = Put::of({save});
  EXPECT_TRUE(std::get<SaveCall>(put.writes[0]).record.transcript.empty()) << "its lines come by themselves";
  EXPECT_EQ(put.bytes, weight(put.writes[0]));
}

}  // namespace
}  // namespace store_test
