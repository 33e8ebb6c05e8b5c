// Files that the configuration names: every way in which a certificate, its key and the store's folder are of no use.
#include "host/app/file_check.hpp"
#include "tests/app/certificates.hpp"
#include "tests/folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace app_test {
namespace {

namespace fs = std::filesystem;
using hookswitch::app::checkCertificate;

/// What is wrong with it; empty: nothing.
std::string checkStorePath(const std::string& path) {
  const auto usable = hookswitch::app::checkStorePath(path);
  return usable ? std::string() : usable.error();
}
using hookswitch::app::FileFinding;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

auto Says(const std::string& text, bool about_key, bool fatal) {
  return AllOf(Field(&FileFinding::sentence, HasSubstr(text)), Field(&FileFinding::about_key, about_key),
               Field(&FileFinding::fatal, fatal));
}

class FileCheck : public testing::Test {
 protected:
  std::string at(const std::string& name) const { return (directory / name).string(); }
  std::vector<FileFinding> found() const { return checkCertificate(at("c.pem"), at("k.pem")); }
  const hookswitch_test::Folder own{"files"};
  const fs::path directory = own.path();
};

TEST_F(FileCheck, ACertificateWithItsKeyIsFine) {
  const Certificate made(at("c.pem"), at("k.pem"));
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(FileCheck, FilesThatAreNotThereAreNamedEach) {
  EXPECT_THAT(found(), ElementsAre(Says("there is no file '" + at("c.pem"), false, true),
                                   Says("there is no file '" + at("k.pem"), true, true)));
}

TEST_F(FileCheck, AFolderIsNoFile) {
  fs::create_directory(at("c.pem"));
  const Certificate made(at("other.pem"), at("k.pem"));
  EXPECT_THAT(found(), ElementsAre(Says("is a directory", false, true)));
}

TEST_F(FileCheck, FilesThatHoldSomethingElseAreNamed) {
  const Certificate made(at("c.pem"), at("k.pem"));
  EXPECT_THAT(checkCertificate(at("k.pem"), at("c.pem")),
              ElementsAre(Says("holds no certificate", false, true), Says("holds no private key", true, true)));
  std::ofstream(at("k.pem")) << "";
  EXPECT_THAT(found(), ElementsAre(Says("holds no private key", true, true)));
}

TEST_F(FileCheck, AKeyOfAnotherCertificateIsNamed) {
  const Certificate made(at("c.pem"), at("other.pem")), another(at("another.pem"), at("k.pem"));
  EXPECT_THAT(found(), ElementsAre(Says("does not belong to the certificate", true, true)));
}

TEST_F(FileCheck, AKeyWithAPassphraseIsNamedAndNobodyIsAsked) {
  const Certificate made(at("c.pem"), at("k.pem"), -1, 365, "hunter2");
  EXPECT_THAT(found(), ElementsAre(Says("has a passphrase", true, true)));
}

TEST_F(FileCheck, TimesAreJudgedByToday) {
  { const Certificate made(at("c.pem"), at("k.pem"), -20, -10); }
  EXPECT_THAT(found(), ElementsAre(Says("has expired on", false, true)));
  { const Certificate made(at("c.pem"), at("k.pem"), -20, 10); }
  EXPECT_THAT(found(), ElementsAre(Says("expires soon, on", false, false)));
  { const Certificate made(at("c.pem"), at("k.pem"), 10, 100); }
  EXPECT_THAT(found(), ElementsAre(Says("is not valid before", false, false)));
}

TEST_F(FileCheck, AStoreNeedsAFolderThatIsThere) {
  EXPECT_EQ(checkStorePath(""), "");
  EXPECT_EQ(checkStorePath(at("s.db")), "");
  EXPECT_THAT(checkStorePath(at("no/s.db")), AllOf(HasSubstr("the folder '" + at("no") + "' does not exist")));
  std::ofstream(at("file")) << "x";
  EXPECT_THAT(checkStorePath(at("file/s.db")), HasSubstr("'" + at("file") + "'"));
  EXPECT_THAT(checkStorePath(directory.string()), HasSubstr("is a directory"));
}

TEST_F(FileCheck, AStoreNeedsAFolderThatCanBeWritten) {
  // Root writes everywhere but into /proc, and so does nobody else.
  EXPECT_THAT(checkStorePath("/proc/self/s.db"),
              AllOf(HasSubstr("the folder '/proc/self' cannot be written"), testing::Not(HasSubstr("does not exist"))));
}

}  // namespace
}  // namespace app_test
