#include "plugins/speech/tools.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace hookswitch;

TEST(Tools, ResultsStayJsonAndBounded) {
  EXPECT_EQ(speech::resultValue(R"({"a":1})", 100), R"({"a":1})");
  EXPECT_EQ(speech::resultValue("plain", 100), R"("plain")");
  EXPECT_EQ(speech::resultValue("", 100), "{}");
  EXPECT_LE(speech::resultValue("\"" + std::string(9000, 'x') + "\"", 100).size(), 104u);
  EXPECT_EQ(speech::endCallReason("nonsense"), "the agent ended the call");
}

}  // namespace
