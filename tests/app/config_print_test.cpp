// The configuration as it is printed: what it explains, and that it reads back.
#include "host/app/config_keys.hpp"
#include "tests/app/config_support.hpp"
#include "tests/places.hpp"

namespace app_test {
namespace {

TEST_F(ConfigTest, ThePrintedConfigurationReadsBackWithoutAProblemAndSaysTheSame) {
  const std::string printed = app::printConfig(registry());
  Config config, nothing;
  config.addFile(write("printed.ini", printed));
  ASSERT_TRUE(config.check(registry())) << config.problems().at(0);
  ASSERT_TRUE(nothing.check(registry()));
  EXPECT_EQ(config.sections(), nothing.sections());
  for (auto& [section, keys] : app::hostSections())
    for (auto& key : keys)
      EXPECT_EQ(config.get(section, key.key.name), key.key.fallback) << section << "." << key.key.name;
}

TEST_F(ConfigTest, ThePrintedConfigurationExplainsEveryKey) {
  const std::string printed = app::printConfig(registry());
  for (auto part : {"[server]", "[media]", "[calls]", "[plugins]", "[store]", "[log]", "; The twilio 1\n[twilio]",
                    "port = 8080", "; TCP port to listen on",
                    "; the account's token\n; (required: the plugin is idle while it is empty; secret: never "
                    "shown)\nauth_token =\n",
                    "; what the model speaks\n; (pcmu | pcm24)\naudio_format = pcmu\n"})
    EXPECT_THAT(printed, HasSubstr(part));
  EXPECT_THAT(printed, Not(HasSubstr("[telegram]"))) << "nobody knows the keys of a plugin that was refused";
}

TEST_F(ConfigTest, TheConfigurationInTheTreeHasEveryKeyOfTheHostWithItsDefault) {
  Config config;
  const std::string file = fs::path(HOOKSWITCH_TEST_DATA).parent_path().parent_path() / "config" / "hookswitch.ini";
  ASSERT_TRUE(fs::exists(file)) << file;
  std::ifstream in(file);
  const std::string content((std::istreambuf_iterator<char>(in)), {});
  const std::string printed = app::printConfig(plugin::Registry());
  EXPECT_EQ(content.compare(0, printed.size(), printed), 0)
      << "config/hookswitch.ini is the output of --print-config; print it again";
}

}  // namespace
}  // namespace app_test
