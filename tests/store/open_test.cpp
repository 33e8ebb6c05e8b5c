// What a start refuses, and how it says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "child_process.hpp"
#include "host/store/schema.hpp"
#include "support.hpp"

namespace store_test {
namespace {

using testing::AllOf;

using testing::HasSubstr;
using testing::StartsWith;

const auto names = [](const std::string& what) { return AllOf(StartsWith("store.path: "), HasSubstr(what)); };

/// A file with calls in it, closed.
void fill(const std::string& path, unsigned calls = 50) {
  Store store(options(path), atOnce);
  for (unsigned n = 0; n < calls; ++n) store.put({liveCall(n), line(n, 1, std::string(500, 'x'))});
  store.stop();
}

TEST(StoreOpen, CreatesAFileThatOnlyItsOwnerMayRead) {
  Directory directory;
  const mode_t before = ::umask(0);
  Store store(options(directory.file()), atOnce);
  store.start();
  EXPECT_TRUE(put(store, {liveCall(1)}));
  ::umask(before);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat found {};
    ASSERT_EQ(::stat((directory.file() + suffix).c_str(), &found), 0) << suffix;
    EXPECT_EQ(found.st_mode & 0777, 0600u) << suffix;
  }
}

TEST(StoreOpen, WarnsOfAFileThatOthersMayRead) {
  Directory directory;
  fill(directory.file(), 1);
  std::filesystem::permissions(directory.file(), std::filesystem::perms(0644));
  Errors errors;
  EXPECT_EQ(refusal(options(directory.file())), "");
  EXPECT_THAT(errors.text(), HasSubstr("chmod 600"));
}

TEST(StoreOpen, RefusesADirectory) {
  Directory directory;
  EXPECT_THAT(refusal(options(directory.path())), names(directory.path() + " is a directory; name a file in it"));
}

TEST(StoreOpen, RefusesAPathInADirectoryThatIsMissing) {
  Directory directory;
  EXPECT_THAT(refusal(options(directory.path() + "/missing/calls.db")),
              names("the directory " + directory.path() + "/missing cannot be used"));
  EXPECT_FALSE(std::filesystem::exists(directory.path() + "/missing"));
}

TEST(StoreOpen, RefusesAPathBelowARegularFile) {
  Directory directory;
  writeFile(directory.file("plain"), "text");
  EXPECT_THAT(refusal(options(directory.file("plain") + "/calls.db")), names("is not a directory"));
}

TEST(StoreOpen, RefusesWhatIsNoRegularFile) { EXPECT_THAT(refusal(options("/dev/null")), names("not a regular file")); }

TEST(StoreOpen, RefusesAFileThatItMayNotWrite) {
  // Rights do not bind root: the helper takes another user's.
  Directory directory;
  fill(directory.file(), 1);
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(directory.file(), std::filesystem::perms(0444));
  const std::string other = std::to_string(::getuid() == 0 ? 65534 : ::getuid());
  writeFile(directory.file() + ".lock", "");
  std::filesystem::permissions(directory.file() + ".lock", std::filesystem::perms(0666));
  EXPECT_THAT(Child({"open", directory.file(), other}).line(),
              AllOf(names(directory.file() + " cannot be written (Permission denied)"),
                    HasSubstr("give the gateway's user the right")));
  std::filesystem::remove(directory.file() + ".lock");
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0555));
  EXPECT_THAT(Child({"open", directory.file(), other}).line(), names(".lock cannot be written (Permission denied)"));
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
}

TEST(StoreOpen, RefusesWhatIsNotADatabaseAndLeavesItAlone) {
  Directory directory;
  for (const std::string& bytes : {std::string("x"), std::string("[server]\nport = 80\n"), std::string(100'000, '\0'),
                                   std::string("SQLite format 3")}) {
    writeFile(directory.file(), bytes);
    EXPECT_THAT(refusal(options(directory.file())), names(directory.file() + " is not a database; move it away"));
    EXPECT_EQ(readFile(directory.file()), bytes);
  }
}

TEST(StoreOpen, RefusesAHeaderThatPromisesADatabaseAndLies) {
  Directory directory;
  writeFile(directory.file(), std::string("SQLite format 3\0", 16) + std::string(5000, 'x'));
  EXPECT_THAT(refusal(options(directory.file())), names("is damaged or not a database"));
}

TEST(StoreOpen, AnEmptyFileIsANewStore) {
  Directory directory;
  writeFile(directory.file(), "");
  EXPECT_EQ(refusal(options(directory.file())), "");
}

TEST(StoreOpen, RefusesADamagedFile) {
  Directory directory;
  fill(directory.file());
  std::string bytes = readFile(directory.file());
  ASSERT_GT(bytes.size(), 40'000u);
  for (std::size_t i = 12 * 1024; i < bytes.size(); i += 100)
    bytes[i] ^= 0x55;  // tables are still there, their contents are not
  writeFile(directory.file(), bytes);
  EXPECT_THAT(refusal(options(directory.file())), AllOf(names("is damaged"), HasSubstr("put a backup in its place")));
  EXPECT_EQ(readFile(directory.file()), bytes);
}

TEST(StoreOpen, RefusesAFileThatWasCutOff) {
  Directory directory;
  fill(directory.file());
  std::filesystem::resize_file(directory.file(), std::filesystem::file_size(directory.file()) / 2);
  EXPECT_THAT(refusal(options(directory.file())), names("is damaged"));
}

TEST(StoreOpen, RefusesTheDatabaseOfAnotherProgramAndLeavesItAlone) {
  Directory directory;
  Shell(directory.file()).run("CREATE TABLE recipes(name TEXT)");
  const std::string before = readFile(directory.file());
  EXPECT_THAT(refusal(options(directory.file())), names("is the database of another program; name another file"));
  EXPECT_EQ(readFile(directory.file()), before);
}

TEST(StoreOpen, RefusesTheFileOfALaterVersionAndLeavesItAlone) {
  Directory directory;
  fill(directory.file(), 1);
  Shell(directory.file()).run("PRAGMA user_version=7");
  EXPECT_THAT(refusal(options(directory.file())),
              AllOf(names("was written by a later version of the gateway (its schema is 7, this version knows " +
                          std::to_string(schemaVersion()) + ")"),
                    HasSubstr("run that version")));
  EXPECT_EQ(Shell(directory.file()).number("PRAGMA user_version"), 7);
}

TEST(StoreOpen, RefusesAFileThatAnotherProgramHoldsForTooLong) {
  Directory directory;
  fill(directory.file(), 1);
  {
    Shell shell(directory.file());
    shell.run("PRAGMA locking_mode=EXCLUSIVE");
    shell.run("BEGIN EXCLUSIVE");
    EXPECT_THAT(refusal(options(directory.file())), names("is locked by another process"));
  }
  EXPECT_EQ(refusal(options(directory.file())), "");
}

TEST(StoreOpen, RefusesAFileThatAnotherGatewayUsesAndNamesItsProcess) {
  Directory directory;
  Child other({"hold", directory.file()});
  ASSERT_EQ(other.line(), "held");
  EXPECT_THAT(refusal(options(directory.file())),
              names("is in use by another gateway (process " + std::to_string(other.pid()) + "); stop that one"));
  std::filesystem::create_symlink(directory.file(), directory.file("alias.db"));
  EXPECT_THAT(refusal(options(directory.file("alias.db"))), names("is in use by another gateway"));
}

TEST(StoreOpen, TheLockDiesWithItsHolder) {
  Directory directory;
  Child other({"hold", directory.file()});
  ASSERT_EQ(other.line(), "held");
  ASSERT_NE(refusal(options(directory.file())), "");
  other.kill();
  EXPECT_EQ(refusal(options(directory.file())), "");
  EXPECT_TRUE(std::filesystem::exists(directory.file() + ".lock"));
}

TEST(StoreOpen, TwoStoresOfOneProcessDoNotShareAFile) {
  Directory directory;
  Store first(options(directory.file()), atOnce);
  EXPECT_THAT(refusal(options(directory.file())), names("is in use by another gateway"));
}

TEST(StoreOpen, ANameThatLooksLikeAnAddressIsAFile) {
  Directory directory;
  const std::string odd = directory.path() + "/file:calls.db?mode=memory";
  EXPECT_EQ(refusal(options(odd)), "");
  EXPECT_TRUE(std::filesystem::exists(odd));
}

}  // namespace
}  // namespace store_test
