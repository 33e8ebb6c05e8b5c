// Sections of tools, and which tools a model is offered.
#include "tests/app/config_support.hpp"

namespace app_test {
namespace {

class ConfigTools : public ConfigTest {};

TEST_F(ConfigTools, AreWhatTheirSectionsSay) {
  Config config;
  config.addFile(
      write("a.ini",
            "[calls]\ntools = end_call, send_dtmf\n"
            "[tool.opening_hours]\nurl = https://shop.example.com/hours?branch=7\n"
            "description = When the shop is open\n"
            "parameters = \"\"\"\n{\"type\":\"object\",\n \"properties\":{\"day\":{\"type\":\"string\"}}}\n\"\"\"\n"
            "secret = whsec_cGxhaW4=\ndeadline_s = 5\n"
            "[tool.other]\nurl = http://127.0.0.1:9\n"
            "[number.+15550100001]\ntools = opening_hours end_call\n[number.+15550100002]\ntools =\n"));
  ASSERT_TRUE(config.check(registry())) << testing::PrintToString(config.problems());
  EXPECT_THAT(config.options().tools, ElementsAre("end_call", "send_dtmf"));
  const auto& endpoints = config.options().endpoints;
  ASSERT_EQ(endpoints.size(), 2u);
  const auto& hours = endpoints.at("opening_hours");
  EXPECT_EQ(hours.url, "https://shop.example.com/hours?branch=7");
  EXPECT_EQ(hours.description, "When the shop is open");
  EXPECT_THAT(hours.parameters_json, HasSubstr("\"day\""));
  EXPECT_EQ(hours.secret, "whsec_cGxhaW4=");
  EXPECT_EQ(hours.deadline_s, 5u);
  EXPECT_EQ(endpoints.at("other").deadline_s, 10u);
  EXPECT_THAT(*config.options().numbers.at("+15550100001").tools, ElementsAre("opening_hours", "end_call"));
  EXPECT_THAT(*config.options().numbers.at("+15550100002").tools, IsEmpty()) << "written and empty: none at all";
}

TEST_F(ConfigTools, WithoutASectionAreTheEndOfTheCallAlone) {
  Config config;
  ASSERT_TRUE(config.check(registry()));
  EXPECT_THAT(config.options().tools, ElementsAre("end_call"));
  EXPECT_THAT(config.options().endpoints, IsEmpty());
}

TEST_F(ConfigTools, ThatDialAnyNumberAreWorthANote) {
  for (auto& [text, notes] :
       std::vector<std::pair<std::string, std::size_t>>{{"[calls]\ntools = transfer_call\n", 1},
                                                        {"[calls]\ntools = transfer_call\nallow_to = +1555\n", 0},
                                                        {"[calls]\ntools =\n", 0}}) {
    Config config;
    config.addFile(write("a.ini", text));
    ASSERT_TRUE(config.check(registry()));
    EXPECT_EQ(config.hints().size(), notes) << text;
  }
}

TEST_F(ConfigTools, RefuseWhatNoModelOrEndpointCouldTakeWithItsLine) {
  EXPECT_THAT(problems("[tool.a b]\nurl = http://x\n"),
              ElementsAre(HasSubstr("a.ini:1: the section [tool.a b] names no tool")));
  EXPECT_THAT(problems("[tool]\nurl = http://x\n"), ElementsAre(HasSubstr("names no tool")));
  EXPECT_THAT(problems("[tool.send_dtmf]\nurl = http://x\n"), ElementsAre(HasSubstr("a tool of the gateway's own")));
  EXPECT_THAT(problems("[tool.x]\ndescription = d\n"),
              ElementsAre(HasSubstr("a.ini:1: the section [tool.x] has no url")));
  EXPECT_THAT(problems("[tool.x]\nurl = ftp://x\n"), ElementsAre(HasSubstr("a.ini:2: tool.x.url")));
  EXPECT_THAT(problems("[tool.x]\nurl = http://x\nparameters = {\"type\":\n"),
              ElementsAre(HasSubstr("a.ini:3: tool.x.parameters: not JSON")));
  EXPECT_THAT(problems("[tool.x]\nurl = http://x\nparameters = [1]\n"),
              ElementsAre(HasSubstr("a JSON Schema of an object")));
  EXPECT_THAT(problems("[tool.x]\nurl = http://x\nsecret = whsec_!\n"),
              ElementsAre(HasSubstr("expected Base64 behind whsec_")));
  EXPECT_THAT(problems("[tool.x]\nurl = http://x\ndeadline_s = 61\n"), ElementsAre(HasSubstr("between 1 and 60")));
  EXPECT_THAT(problems("[tool.x]\nurl = http://x\ndescriptoin = d\n"),
              ElementsAre(HasSubstr("did you mean 'description'?")));
  EXPECT_THAT(problems("[calls]\ntools = end_call send_dtfm\n"),
              ElementsAre(HasSubstr(
                  "a.ini:2: calls.tools: the gateway has no tool 'send_dtfm' of its own; did you mean 'send_dtmf'?")));
  EXPECT_THAT(problems("[number.+15550100001]\ntools = a/b\n"), ElementsAre(HasSubstr("'a/b' is no name of a tool")));
}

}  // namespace
}  // namespace app_test
