#include "tests/fakes/main_options.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace fakes {
namespace {

FakesOptions parse(std::vector<std::string> words) {
  std::vector<char*> arguments{const_cast<char*>("hookswitch-fakes")};
  for (auto& word : words) arguments.push_back(word.data());
  return parseFakesOptions(int(arguments.size()), arguments.data());
}

TEST(FakesOptions, TakesValuesWithABlankOrAnEqualsSign) {
  const auto options = parse({"--twilio-port", "81", "--control-port=82", "--twilio-plan", "answer_ms=0",
                              "--twilio-plan=frame_bytes=[80]", "--webhook-base=http://h/?a=b", "--die-with-parent"});
  EXPECT_EQ(options.ports.at("twilio"), 81);
  EXPECT_EQ(options.ports.at("control"), 82);
  EXPECT_EQ(options.plan.at("answer_ms"), "0");
  EXPECT_EQ(options.plan.at("frame_bytes"), "[80]");
  EXPECT_EQ(options.webhook_base, "http://h/?a=b");
  EXPECT_TRUE(options.die_with_parent);
  EXPECT_FALSE(options.print_config);
}

TEST(FakesOptions, RefusesWhatItDoesNotKnowAndWhatIsNotANumber) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"--nonsense"},
                                                                 {"--owl-port", "1"},
                                                                 {"--twilio-port"},
                                                                 {"--twilio-port", "65536"},
                                                                 {"--twilio-port", "1x"},
                                                                 {"--keep-audio-s", "-1"},
                                                                 {"--twilio-plan", "answer_ms"}})
    EXPECT_THROW(parse(words), std::invalid_argument) << words[0];
}

}  // namespace
}  // namespace fakes
