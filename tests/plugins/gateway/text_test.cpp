#include "plugins/gateway/text.hpp"

#include <gtest/gtest.h>

namespace hookswitch::gateway {
namespace {

TEST(GatewayText, DisarmsEveryWordThatCouldBeACommand) {
  EXPECT_EQ(withoutCommands("/status"), "\u2215status");
  EXPECT_EQ(withoutCommands("say /new or \"/reset\" (/x) a|/y"),
            "say \u2215new or \"\u2215reset\" (\u2215x) a|\u2215y");
  EXPECT_EQ(withoutCommands("either/or 24/7"), "either/or 24/7");
  EXPECT_EQ(withoutCommands("\u00a0/stop"), "\u00a0\u2215stop");
}

TEST(GatewayText, WritesPairsOnOneLine) {
  std::string out = "[call]";
  appendPair(out, "id", "c1", 100);
  appendPair(out, "none", " \n ", 100);
  appendPair(out, "said", "one\ntwo \"three\"\x07", 100);
  appendPair(out, "cut", "abcdef", 3);
  EXPECT_EQ(out, "[call] id=c1 said=\"one two 'three'\" cut=abc");
}

TEST(GatewayText, WritesTimesInUtc) {
  EXPECT_EQ(timestamp(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(timestamp(1769868202123), "2026-01-31T14:03:22.123Z");
  EXPECT_EQ(timestamp(UINT64_MAX), "1970-01-01T00:00:00.000Z");
}

TEST(GatewayText, WritesDurations) {
  EXPECT_EQ(seconds(42500), "42.500");
  EXPECT_EQ(seconds(7), "0.007");
  EXPECT_EQ(minutes(65432), "1:05");
}

TEST(GatewayText, BlotsSecretsOut) {
  EXPECT_EQ(without("token abcabc and abc", "abc"), "token ****** and ***");
  EXPECT_EQ(without("nothing", ""), "nothing");
}

}  // namespace
}  // namespace hookswitch::gateway
