// Twilio's official helper library, from the package registry, between the gateway and its stand-in.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

/// A value of the section [twilio] in what the stand-ins have written.
std::string setting(const std::string& ini, const std::string& key) {
  const auto section = ini.find("[twilio]"), at = ini.find("\n" + key + " = ", section);
  const auto value = at + key.size() + 4;
  return at == std::string::npos ? std::string() : ini.substr(value, ini.find('\n', value) - value);
}

}  // namespace

TEST(OfficialTwilio, TheHelperTheGatewayAndTheStandInAgree) {
  WorldOptions options;
  options.settings = {"number.+15550100011.answer=false"};
  World world(options);
  const std::string id = world.talking();
  std::ifstream file(world.directory() + "/fakes.ini");
  const std::string ini((std::istreambuf_iterator<char>(file)), {});
  ASSERT_FALSE(setting(ini, "shared_key").empty()) << ini;
  Process helper({HOOKSWITCH_OFFICIAL_PYTHON, HOOKSWITCH_OFFICIAL_SCRIPT, world.url(""), world.controlUrl()},
                 world.directory() + "/helper.out",
                 {"ACCOUNT_SID=" + setting(ini, "account_sid"), "AUTH_TOKEN=" + setting(ini, "auth_token"),
                  "SHARED_KEY=" + setting(ini, "shared_key"), "SHARED_KEY_ID=" + setting(ini, "shared_key_id"),
                  "TWILIO_API=" + setting(ini, "api_base"), "CALL=" + id, "REJECTED=+15550100011"});
  ASSERT_EQ(helper.wait(120'000).value_or(-1), 0) << helper.output();
  const std::string output = helper.output();
  const Json seen = Json::parse(output.substr(output.rfind("{\"wrong\"")), nullptr, false);
  EXPECT_EQ(seen["wrong"], Json::array()) << output;
  EXPECT_GE(seen["asked"], 460) << output;
}
