// Secrets that other users of the machine can read.
#include <sys/stat.h>

#include "tests/app/config_support.hpp"

namespace app_test {
namespace {

class SecretsTest : public ConfigTest {
 protected:
  void SetUp() override { ASSERT_EQ(::chmod(directory.c_str(), 0755), 0); }
  std::string write(const char* name, const std::string& content, mode_t mode) {
    const std::string path = folder.write(name, content);
    ::chmod(path.c_str(), mode);
    return path;
  }
  static std::vector<std::string> warnings(const std::string& file) {
    Config config;
    config.addFile(file);
    config.check(registry());
    return config.warnings();
  }
};

TEST_F(SecretsTest, AFileWithSecretsThatOthersCanReadIsWarnedOfOnceWithTheirNames) {
  const std::string secrets = "[server]\napi_key = k3y\n[twilio]\nauth_token = t0ken\n";
  const std::string file = write("a.ini", secrets, 0644);
  EXPECT_THAT(warnings(file),
              ElementsAre(AllOf(HasSubstr(file), HasSubstr("server.api_key, twilio.auth_token"), HasSubstr("mode 0644"),
                                HasSubstr("chmod 600"), Not(HasSubstr("k3y")))));
  EXPECT_THAT(warnings(write("a.ini", secrets, 0600)), IsEmpty());
  EXPECT_THAT(warnings(write("a.ini", secrets, 0640)), IsEmpty()) << "the gateway's group may";
  EXPECT_THAT(warnings(write("a.ini", secrets, 0604)), testing::SizeIs(1));
}

TEST_F(SecretsTest, WithoutASecretOrBehindAClosedDirectoryAFileMayBeReadable) {
  EXPECT_THAT(
      warnings(write("a.ini", "[server]\napi_key = ${system.env.KEY}\nport = 1\n[twilio]\nauth_token =\n", 0644)),
      IsEmpty());
  ASSERT_EQ(::chmod(directory.c_str(), 0700), 0);
  EXPECT_THAT(warnings(write("b.ini", "[server]\napi_key = k3y\n", 0644)), IsEmpty());
}

TEST_F(SecretsTest, AKeyOfTlsThatOthersCanReadAndASecretOnTheCommandLineAreWarnedOf) {
  const std::string key = write("key.pem", "x", 0644), certificate = write("cert.pem", "x", 0644);
  Config config;
  config.addSetting("server.tls_key=" + key);
  config.addSetting("server.tls_certificate=" + certificate);
  config.addSetting("server.api_key=k3y");
  config.check(registry());
  EXPECT_THAT(config.warnings(),
              ElementsAre(AllOf(HasSubstr("server.api_key"), HasSubstr("command line"), Not(HasSubstr("k3y"))),
                          AllOf(HasSubstr(key), HasSubstr("server.tls_key"))));
}

}  // namespace
}  // namespace app_test
