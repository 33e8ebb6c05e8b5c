// What is said of a configuration that is wrong.
#include "host/plugin/trust.hpp"
#include "tests/app/config_support.hpp"
#include "tests/readable.hpp"

#include <cstdlib>

namespace app_test {
namespace {

TEST_F(ConfigTest, WhomTlsConnectionsTrustIsCheckedInEverySection) {
  auto carrier = library("twilio"), voice = library("openai");
  carrier->carrier = voice->voice = &role;
  for (auto* lib : {carrier.get(), voice.get()}) plugin::addTrustKeys(lib->keys);
  const plugin::Registry both({{carrier->file, carrier, {}}, {voice->file, voice, {}}});
  Config config;
  config.addFile(write("a.ini",
                       "[twilio]\ntls_pin_sha256 = 12:34\ntls_ca_file = /nowhere/ca.pem\n[openai]\ntls_server_name = "
                       "wss://model\ntls_pin_sha265 = 1\n"));
  EXPECT_FALSE(config.check(both));
  EXPECT_THAT(
      config.problems(),
      testing::UnorderedElementsAre(HasSubstr("a.ini:2: twilio.tls_pin_sha256: expected the SHA-256 fingerprint"),
                                    HasSubstr("a.ini:3: twilio.tls_ca_file: the file '/nowhere/ca.pem' cannot be read"),
                                    HasSubstr("a.ini:5: openai.tls_server_name: expected the name"),
                                    HasSubstr("unknown key openai.tls_pin_sha265; did you mean 'tls_pin_sha256'?")));
  EXPECT_THAT(app::printConfig(both), HasSubstr("\ntls_pin_sha256 =\n"));
}

TEST_F(ConfigTest, ASettingThatIsNoneIsAProblem) {
  for (auto bad : {"", "server", "server.port", "server=1", ".port=1", "server.=1", "=1"}) {
    Config config;
    config.addSetting(bad);
    ASSERT_EQ(config.problems().size(), 1u) << bad;
    EXPECT_THAT(config.problems()[0], HasSubstr("--set: expected section.key=value"));
  }
}

TEST_F(ConfigTest, AProblemOfTheCommandLineNamesTheSetting) {
  Config config;
  config.addSetting("server.port=http");
  EXPECT_FALSE(config.check(registry()));
  EXPECT_THAT(config.problems(), ElementsAre("--set server.port: server.port: expected a whole number, found 'http'"));
}

TEST_F(ConfigTest, AFileThatCannotBeReadIsAProblem) {
  Config config;
  config.addFile((directory / "missing.ini").string());
  EXPECT_THAT(config.problems(), ElementsAre(AllOf(HasSubstr("missing.ini"), HasSubstr("cannot be read"))));
}

struct Wrong {
  const char* file;
  const char* sentence;
};
void PrintTo(const Wrong& wrong, std::ostream* out) { hookswitch_test::printReadably(wrong.sentence, out); }
class WrongFile : public ConfigTest, public testing::WithParamInterface<Wrong> {};
TEST_P(WrongFile, IsOneProblemWithItsLine) {
  EXPECT_THAT(problems(GetParam().file), ElementsAre(HasSubstr(GetParam().sentence))) << GetParam().file;
}
INSTANTIATE_TEST_SUITE_P(Lines, WrongFile,
                         testing::Values(Wrong{"[server\nport = 1", "a.ini:1: a section is written [name]"},
                                         Wrong{"[server]\n\nport\n", "a.ini:3: expected 'key = value'"},
                                         Wrong{"port = 1\n",
                                               "a.ini:1: the key 'port' stands before the first [section]"},
                                         Wrong{"[server]\n= 1\n", "a.ini:2: a key is missing before '='"}));
INSTANTIATE_TEST_SUITE_P(
    Names, WrongFile,
    testing::Values(
        Wrong{"[calls]\nallow_to = +49 49\n",
              "a.ini:2: calls.allow_to: expected prefixes of phone numbers in E.164 form, such as '+49 +1 !+1900' ('!' "
              "excludes), found '49'"},
        Wrong{"[calls]\nallow_to = +49 !+49\n", "a.ini:2: calls.allow_to: '+49' is allowed and excluded"},
        Wrong{"[calls]\nper_minute = -1\n",
              "a.ini:2: calls.per_minute: expected a number between 0 and 100000, found -1"},
        Wrong{"[server]\nprot = 1\n", "a.ini:2: unknown key server.prot; did you mean 'port'?"},
        Wrong{"[server]\n\n\nPORT = 1\n", "a.ini:4: unknown key server.PORT"},
        Wrong{"[log]\nxxxxxxxxxxxxxx = 1\n", "a.ini:2: unknown key log.xxxxxxxxxxxxxx; known are level, format"},
        Wrong{"[twilio]\nauth_tokn = x\n", "a.ini:2: unknown key twilio.auth_tokn; did you mean 'auth_token'?"},
        Wrong{"[twillio]\nauth_token = x\n", "a.ini:1: unknown section [twillio]; did you mean 'twilio'?"},
        Wrong{"[plugin]\n", "a.ini:1: unknown section [plugin]; did you mean 'plugins'?"}));
INSTANTIATE_TEST_SUITE_P(
    Values, WrongFile,
    testing::Values(
        Wrong{"[server]\nport = eighty\n", "a.ini:2: server.port: expected a whole number, found 'eighty'"},
        Wrong{"[server]\nport =\n", "a.ini:2: server.port: expected a whole number, found ''"},
        Wrong{"[server]\nport = 65536\n", "server.port: expected a number between 0 and 65535, found 65536"},
        Wrong{"[server]\nport = -1\n", "server.port: expected a number between 0 and 65535, found -1"},
        Wrong{"[calls]\nmax_concurrent = 0\n", "calls.max_concurrent: expected a number between 1 and 100000"},
        Wrong{"[calls]\nmax_duration_s = 86401\n", "calls.max_duration_s: expected a number between 1 and 86400"},
        Wrong{"[calls]\nring_timeout_s = 601\n", "calls.ring_timeout_s: expected a number between 1 and 600"},
        Wrong{"[media]\nresampler = best\n", "media.resampler: expected one of polyphase, samplerate, found 'best'"},
        Wrong{"[log]\nlevel = loud\n", "log.level: expected one of"},
        Wrong{"[server]\npublic_url = wss://g.example\n",
              "server.public_url: expected an address that begins with http:// or https://"},
        Wrong{"[server]\npublic_url = g.example\n", "server.public_url: expected an address"},
        Wrong{"[server]\npublic_url = https://g.example/?x=1\n",
              "server.public_url: expected an address without query"},
        Wrong{"[server]\npublic_url = https://me:pw@g.example\n", "server.public_url: "},
        Wrong{"[server]\ntls_certificate = a.pem\n",
              "a.ini:2: server.tls_certificate and server.tls_key are set together"},
        Wrong{"[server]\ntls_key = a.pem\n", "a.ini:2: server.tls_certificate and server.tls_key are set together"},
        Wrong{"[twilio]\nenabled = perhaps\n", "a.ini:2: twilio.enabled: expected true or false, found 'perhaps'"},
        Wrong{"[twilio]\nretries = 3.5\n", "twilio.retries: expected a whole number"},
        Wrong{"[twilio]\napi_base = api.twilio.com\n", "twilio.api_base: expected an address"},
        Wrong{"[openai]\naudio_format = mp3\n", "openai.audio_format: expected one of pcmu, pcm24, found 'mp3'"},
        Wrong{"[calls]\ncarrier = openai\n",
              "a.ini:2: calls.carrier: the plugin 'openai' is not a carrier; known are twilio"},
        Wrong{"[calls]\nvoice = opnai\n", "a.ini:2: calls.voice: there is no plugin 'opnai'; did you mean 'openai'?"},
        Wrong{"[calls]\nvoice_fallback = twilio\n", "calls.voice_fallback: the plugin 'twilio' is not a voice"},
        Wrong{"[calls]\nvoice =\n", "calls.voice is empty; name a plugin"}));

TEST_F(ConfigTest, EveryProblemIsNamedNotOnlyTheFirst) {
  EXPECT_THAT(problems("[server]\nport = x\nprot = 1\n[twilioo]\n[twilio]\nretries = y\n"),
              ElementsAre(HasSubstr("a.ini:2"), HasSubstr("a.ini:3"), HasSubstr("a.ini:4"), HasSubstr("a.ini:6")));
}

TEST_F(ConfigTest, TheSectionOfAPluginThatWasRefusedIsNoMistake) {
  EXPECT_THAT(problems("[telegram]\nbot_token = x\n"), IsEmpty());
}

TEST_F(ConfigTest, ASectionMayStandTwiceAKeyMayNot) {
  EXPECT_THAT(problems("[server]\nport = 1\n[log]\n[server]\nhost = a\n"), IsEmpty());
  EXPECT_THAT(problems("[server]\nport = 1\n[log]\n[server]\nport = 2\n"),
              ElementsAre(HasSubstr("a.ini:5: server.port stands here and in line 2")));
}

TEST_F(ConfigTest, QuotesThatCameWithAVariableAreFoundToo) {
  ASSERT_EQ(::setenv("HOOKSWITCH_TEST_TOKEN", "\"t0ken\"", 1), 0);  // as `docker --env-file` hands them over
  EXPECT_THAT(problems("[twilio]\nauth_token = ${system.env.HOOKSWITCH_TEST_TOKEN}\n"),
              ElementsAre(AllOf(HasSubstr("a.ini:2: twilio.auth_token: the quotes"), Not(HasSubstr("t0ken")))));
  ::unsetenv("HOOKSWITCH_TEST_TOKEN");
}

TEST_F(ConfigTest, AMistakeIsNamedOnceAndNotAgainByWhoUsesTheValue) {
  EXPECT_THAT(problems("[server]\npublic_url = https://$HOST/\ntls_certificate = \"a\"\ntls_key = 'b'\n"),
              testing::UnorderedElementsAre(HasSubstr("a.ini:2"), HasSubstr("a.ini:3"), HasSubstr("a.ini:4")));
}

TEST_F(ConfigTest, ATokenThatLooksOtherwiseIsANoteAndNoMistake) {
  auto carrier = library("twilio");
  carrier->carrier = &role;
  plugin::Key key{"auth_token", "", "", HKS_TEXT, true, true, {}};
  key.pattern = "[0-9a-f]{32}";
  key.shape = "32 digits 0-9 a-f";
  carrier->keys.push_back(key);
  const plugin::Registry registry({{carrier->file, carrier, {}}});
  Config good, other;
  good.addFile(write("a.ini", "[twilio]\nauth_token = 0123456789abcdef0123456789abcdef\n"));
  EXPECT_TRUE(good.check(registry));
  EXPECT_THAT(good.hints(), IsEmpty());
  other.addFile(write("b.ini", "[twilio]\nauth_token = hunter2\n"));
  EXPECT_TRUE(other.check(registry));
  EXPECT_THAT(
      other.hints(),
      ElementsAre(AllOf(HasSubstr("b.ini:2: twilio.auth_token: it does not look like one; expected 32 digits 0-9 a-f"),
                        Not(HasSubstr("hunter2")))));
}

TEST_F(ConfigTest, ACertificateAndAStoreThatCannotBeUsedAreProblems) {
  const std::string here = directory.string();
  EXPECT_THAT(problems("[server]\ntls_certificate = /no/c.pem\ntls_key = /no/k.pem\n"),
              ElementsAre(HasSubstr("a.ini:2: server.tls_certificate: there is no file '/no/c.pem'"),
                          HasSubstr("a.ini:3: server.tls_key: there is no file '/no/k.pem'")));
  EXPECT_THAT(problems("[store]\npath = " + here + "/no/s.db\n"),
              ElementsAre(AllOf(HasSubstr("a.ini:2: store.path: the folder"), HasSubstr("does not exist"))));
  EXPECT_THAT(problems("[store]\npath =\n"), IsEmpty());
}

TEST_F(ConfigTest, ACertificateThatEndsSoonIsANote) {
  const Certificate certificate(directory / "c.pem", directory / "k.pem", -1, 5);
  Config config;
  config.addFile(write("a.ini", "[server]\ntls_certificate = " + directory.string() +
                                    "/c.pem\ntls_key = " + directory.string() + "/k.pem\n"));
  EXPECT_TRUE(config.check(registry()));
  EXPECT_THAT(config.hints(),
              ElementsAre(AllOf(HasSubstr("a.ini:2: server.tls_certificate:"), HasSubstr("expires soon"))));
}

TEST_F(ConfigTest, ASecretIsNeverRepeated) {
  ASSERT_EQ(::setenv("HOOKSWITCH_TEST_TOKEN", "hunter2\nhunter2", 1), 0);
  Config config;
  config.addFile(
      write("a.ini", "[twilio]\nauth_token = ${system.env.HOOKSWITCH_TEST_TOKEN}\n[server]\napi_key = hunter2\x01\n"));
  config.addSetting("twilio.auth_tokn=hunter2");
  config.addSetting("server.api_kye=hunter2");
  EXPECT_FALSE(config.check(registry()));
  EXPECT_EQ(config.problems().size(), 4u);
  for (auto& p : config.problems()) EXPECT_THAT(p, Not(HasSubstr("hunter2")));
  for (auto& h : config.hints()) EXPECT_THAT(h, Not(HasSubstr("hunter2")));
  ::unsetenv("HOOKSWITCH_TEST_TOKEN");
}

TEST_F(ConfigTest, APluginDirectoryThatCannotBeReadIsAProblem) {
  Config config;
  EXPECT_FALSE(config.check(plugin::Registry::scan((directory / "nowhere").string())));
  EXPECT_THAT(config.problems(), ElementsAre(HasSubstr("plugins.directory: cannot read")));
}

}  // namespace
}  // namespace app_test
