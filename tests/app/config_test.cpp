// Configuration: where values come from, and what is said of those that are wrong.
#include "host/app/config.hpp"
#include "host/app/config_keys.hpp"
#include "host/app/nearest.hpp"
#include "host/plugin/trust.hpp"
#include "tests/app/certificates.hpp"
#include "tests/places.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace app_test {
namespace {

namespace fs = std::filesystem;
using namespace hookswitch;
using app::Config;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const hks_role role{[]() -> hks_session* { return nullptr; },
                    [](hks_session*, const hks_msg*, const hks_sink*) -> hks_status { return HKS_OK; },
                    [](hks_session*) {}};

std::shared_ptr<plugin::Library> library(const std::string& id) {
  auto lib = std::make_shared<plugin::Library>();
  lib->id = id;
  lib->name = "The " + id;
  lib->version = "1";
  lib->file = "/plugins/" + id + ".so";
  lib->keys = {{"enabled", "true", "whether it works", HKS_BOOLEAN, false, false, {}}};
  return lib;
}

/// twilio, a carrier with a required secret; openai, a voice with a choice; a file that was refused.
plugin::Registry registry() {
  auto carrier = library("twilio");
  carrier->carrier = &role;
  carrier->keys.push_back({"auth_token", "", "the account's token", HKS_TEXT, true, true, {}});
  carrier->keys.push_back({"api_base", "https://api.twilio.com", "where the API is", HKS_URL, false, false, {}});
  carrier->keys.push_back({"retries", "3", "how often", HKS_INTEGER, false, false, {}});
  auto voice = library("openai");
  voice->voice = &role;
  voice->keys.push_back({"audio_format", "pcmu", "what the model speaks", HKS_CHOICE, false, false, {"pcmu", "pcm24"}});
  return plugin::Registry(
      {{carrier->file, carrier, {}}, {voice->file, voice, {}}, {"/plugins/telegram.so", nullptr, "is cut off"}});
}

class ConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "hookswitch-config-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory = name;
  }
  void TearDown() override { fs::remove_all(directory); }
  std::string write(const std::string& name, const std::string& content) {
    std::ofstream(directory / name, std::ios::binary) << content;
    return (directory / name).string();
  }
  /// What is wrong with this file, without its directory.
  std::vector<std::string> problems(const std::string& content) {
    Config config;
    config.addFile(write("a.ini", content));
    config.check(registry());
    std::vector<std::string> out;
    for (auto p : config.problems()) {
      const std::string prefix = directory.string() + "/";
      if (p.compare(0, prefix.size(), prefix) == 0) p.erase(0, prefix.size());
      out.push_back(p);
    }
    return out;
  }
  fs::path directory;
};

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
                           "max_concurrent = 5\nmax_duration_s = 60\nring_timeout_s = 9\n"
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
/// As the tests' names show it: the same in every run.
void PrintTo(const Wrong& wrong, std::ostream* out) {
  for (const char* c = wrong.sentence; *c; ++c) *out << (std::isalnum(static_cast<unsigned char>(*c)) ? *c : '.');
}
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

TEST(Nearest, IsTheCandidateThatIsFewestEditsAwayAndNotTooFar) {
  using app::nearest;
  const std::vector<std::string> words{"port", "host", "public_url"};
  EXPECT_EQ(nearest("prot", words), "port");
  EXPECT_EQ(nearest("hots", words), "host");
  EXPECT_EQ(nearest("publicurl", words), "public_url");
  EXPECT_EQ(nearest("port", words), "port");
  EXPECT_EQ(nearest("something else", words), "");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace app_test
