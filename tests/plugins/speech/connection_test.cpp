#include "plugins/speech/connection.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hookswitch::speech {
namespace {

TEST(Attempts, HaveGrowingPausesAndAnEnd) {
  Attempts attempts({500, 4000, 0}, 4);
  for (const std::uint64_t pause : {500u, 1000u, 2000u, 4000u}) {
    EXPECT_FALSE(attempts.spent());
    EXPECT_EQ(attempts.next(), pause);
  }
  EXPECT_TRUE(attempts.spent());
  EXPECT_FALSE(attempts.next());
  attempts.forgive(3);
  EXPECT_EQ(attempts.next(), 4000u);
  attempts.reset();
  EXPECT_EQ(attempts.next(), 500u);
  attempts.forgive(3);
  EXPECT_EQ(attempts.next(), 1000u) << "fewer had been made";
}

TEST(Connection, IsFoundByItsNumberWhileItExists) {
  Connection connection;
  connection.id = 3;
  EXPECT_FALSE(connection.is(3));
  connection.state = Connection::State::Connecting;
  EXPECT_TRUE(connection.is(3));
  EXPECT_FALSE(connection.is(4));
  EXPECT_FALSE(connection.opened());
  connection.state = Connection::State::Configuring;
  EXPECT_TRUE(connection.opened());
  EXPECT_FALSE(connection.usable());
}

TEST(LossSentence, SaysWhichKindOfLossItWasAndQuotesTheReasonAsOneLine) {
  const std::string reason = "a\nb";
  hks_closed lost{};
  lost.close_code = 1011;
  lost.reason = {reason.data(), reason.size()};
  EXPECT_EQ(lossSentence("Model", lost, true), "Model closed the connection (code 1011): a b");
  lost = {};
  lost.http_status = 401;
  EXPECT_EQ(lossSentence("Model", lost, false), "Model refused the connection with HTTP 401");
  EXPECT_EQ(lossSentence("Model", hks_closed{}, false), "Model could not be reached");
}

}  // namespace
}  // namespace hookswitch::speech
