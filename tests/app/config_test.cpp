// Configuration: where values come from, and which one counts.
#include "tests/app/config_support.hpp"

#include <cstdlib>

namespace app_test {
namespace {

TEST_F(ConfigTest, NothingAtAllIsAGoodConfiguration) {
  Config config;
  EXPECT_TRUE(config.check(registry())) << config.problems().at(0);
  EXPECT_EQ(config.options().port, 8080);
  EXPECT_EQ(config.options().host, "127.0.0.1");
  EXPECT_EQ(config.options().carrier, "twilio");
  EXPECT_EQ(config.options().max_concurrent, 1000u);
  EXPECT_EQ(config.options().max_duration_s, 3600u);
  EXPECT_EQ(config.options().ring_timeout_s, 30u);
  EXPECT_EQ(config.options().drain_s, 30u);
  EXPECT_FALSE(config.options().log_json);
  EXPECT_EQ(config.sections().at("twilio").at("retries"), "3") << "sections come complete with defaults";
  EXPECT_EQ(config.sections().count("telegram"), 0u);
}

TEST_F(ConfigTest, TheHostsOwnKeysCanBeReadBeforeThePluginsAreAndWhatDoesNotSuitCountsAsItsDefault) {
  Config config;
  config.addFile(write("a.ini", "[plugins]\ndirectory = /p\nquarantine_s = 7\n[server]\nport = many\n"));
  EXPECT_EQ(config.early().plugin_directory, "/p");
  EXPECT_EQ(config.early().quarantine_s, 7u);
  EXPECT_EQ(config.early().store_path, "hookswitch.db");
  EXPECT_EQ(config.early().port, 8080);
  config.addSetting("plugins.quarantine_s=0");
  EXPECT_EQ(config.early().quarantine_s, 30u) << "out of its range";
  EXPECT_FALSE(config.check(registry())) << "which the check says";
}

TEST_F(ConfigTest, EveryHostKeyReachesItsOption) {
  const Certificate certificate(directory / "c.pem", directory / "k.pem");
  const std::string here = directory.string();
  Config config;
  config.addFile(write("a.ini",
                       "[server]\nhost = ::1\nport = 0\npublic_url = https://g.example/base/\napi_key = k\ndrain_s = "
                       "7\ntls_certificate = " +
                           here + "/c.pem\ntls_key = " + here +
                           "/k.pem\n"
                           "[media]\nloops = 3\nresampler = samplerate\n"
                           "[calls]\ncarrier = twilio\nvoice = openai\nvoice_fallback = openai\nprompt = Be kind; "
                           "always = yes\ngreeting = Hi\n"
                           "max_concurrent = 5\nmax_duration_s = 60\nring_timeout_s = 9\ndtmf_interrupts = false\n"
                           "[plugins]\ndirectory = /p\n[store]\npath = " +
                           here + "/s.db\n[log]\nlevel = debug\nformat = json\n"));
  ASSERT_TRUE(config.check(registry())) << config.problems().at(0);
  const app::Options& o = config.options();
  EXPECT_EQ(o.host, "::1");
  EXPECT_EQ(o.port, 0);
  EXPECT_EQ(o.public_url, "https://g.example/base") << "without the slash";
  EXPECT_EQ(o.api_key, "k");
  EXPECT_EQ(o.drain_s, 7u);
  EXPECT_EQ(o.tls_certificate, here + "/c.pem");
  EXPECT_EQ(o.tls_key, here + "/k.pem");
  EXPECT_EQ(o.loops, 3u);
  EXPECT_EQ(o.resampler, media::ResamplerKind::samplerate);
  EXPECT_EQ(o.voice_fallback, "openai");
  EXPECT_EQ(o.prompt, "Be kind; always = yes");
  EXPECT_EQ(o.greeting, "Hi");
  EXPECT_EQ(o.max_concurrent, 5u);
  EXPECT_FALSE(o.dtmf_interrupts);
  EXPECT_EQ(o.max_duration_s, 60u);
  EXPECT_EQ(o.ring_timeout_s, 9u);
  EXPECT_EQ(o.plugin_directory, "/p");
  EXPECT_EQ(o.store_path, here + "/s.db");
  EXPECT_EQ(o.log_level, "debug");
  EXPECT_TRUE(o.log_json);
}

TEST_F(ConfigTest, CommentsBlanksAndForeignLineEndsAreRead) {
  EXPECT_THAT(problems("\xEF\xBB\xBF; a comment\r\n\r\n  # another\r\n[server]\r\n  port=8081  \r\n"), IsEmpty());
}

TEST_F(ConfigTest, TheLaterFileWinsAndTheCommandLineBeatsBoth) {
  Config config;
  config.addFile(write("a.ini", "[server]\nport = 1\nhost = a\n[log]\nlevel = error\n"));
  config.addSetting("log.level=debug");
  config.addFile(write("b.ini", "[server]\nport = 2\n"));
  config.addSetting("server.host=b");
  EXPECT_EQ(config.get("server", "port"), "2");
  EXPECT_EQ(config.get("server", "host"), "b");
  EXPECT_EQ(config.get("log", "level"), "debug");
  EXPECT_EQ(config.get("log", "format"), "text") << "the default";
  EXPECT_EQ(config.get("no", "such"), "");
}

TEST_F(ConfigTest, ASettingMayHaveDotsAndEqualSignsInItsValue) {
  Config config;
  config.addSetting("calls.prompt=a.b=c");
  EXPECT_EQ(config.get("calls", "prompt"), "a.b=c");
  config.addSetting("calls.prompt=");
  EXPECT_EQ(config.get("calls", "prompt"), "");
}

TEST_F(ConfigTest, APromptMayHaveSeveralLinesAndATokenMayNot) {
  Config config;
  config.addFile(write("a.ini",
                       "[calls]\nprompt = \"\"\"\nYou are \"kind\";\n\n  # and = brief\n\"\"\"\ngreeting = Hello, \\\n "
                       " how are you?\n"));
  ASSERT_TRUE(config.check(registry())) << config.problems().at(0);
  EXPECT_EQ(config.options().prompt, "You are \"kind\";\n\n  # and = brief");
  EXPECT_EQ(config.options().greeting, "Hello, how are you?");
  EXPECT_THAT(problems("[twilio]\nauth_token = \"\"\"\na\nb\n\"\"\"\n"),
              ElementsAre(HasSubstr("a.ini:2: twilio.auth_token: expected one line of text")));
}

TEST_F(ConfigTest, AVariableIsTakenAsItIs) {
  ASSERT_EQ(::setenv("HOOKSWITCH_TEST_TOKEN", "a${system.env.HOME}$b${", 1), 0);
  Config config;
  config.addFile(write("a.ini", "[twilio]\nauth_token = ${system.env.HOOKSWITCH_TEST_TOKEN}\n"));
  ASSERT_TRUE(config.check(registry())) << config.problems().at(0);
  EXPECT_EQ(config.sections().at("twilio").at("auth_token"), "a${system.env.HOME}$b${");
  ::unsetenv("HOOKSWITCH_TEST_TOKEN");
}

TEST_F(ConfigTest, AnEnvironmentVariableIsReplacedByItsValue) {
  ASSERT_EQ(::setenv("HOOKSWITCH_TEST_TOKEN", "t0ken", 1), 0);
  Config config;
  config.addFile(write("a.ini",
                       "[twilio]\nauth_token = ${system.env.HOOKSWITCH_TEST_TOKEN}\n[calls]\ngreeting = a "
                       "${system.env.HOOKSWITCH_TEST_TOKEN} b\n"));
  ASSERT_TRUE(config.check(registry()));
  EXPECT_EQ(config.sections().at("twilio").at("auth_token"), "t0ken");
  EXPECT_EQ(config.options().greeting, "a t0ken b");
  EXPECT_THAT(config.hints(), IsEmpty());
  ::unsetenv("HOOKSWITCH_TEST_TOKEN");
}

TEST_F(ConfigTest, OneThatIsNotSetCountsAsEmptyAndIsMentioned) {
  ::unsetenv("HOOKSWITCH_TEST_UNSET");
  Config config;
  config.addFile(write("a.ini", "[twilio]\nauth_token = ${system.env.HOOKSWITCH_TEST_UNSET}\n"));
  ASSERT_TRUE(config.check(registry()));
  EXPECT_EQ(config.sections().at("twilio").at("auth_token"), "");
  ASSERT_EQ(config.hints().size(), 1u);
  EXPECT_THAT(config.hints()[0],
              AllOf(HasSubstr("a.ini:2: twilio.auth_token refers to ${system.env.HOOKSWITCH_TEST_UNSET}"),
                    HasSubstr("counts as empty")));
}

}  // namespace
}  // namespace app_test
