#include "host/base/private_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/folder.hpp"

namespace hookswitch::base {
namespace {

namespace fs = std::filesystem;

class PrivateFile : public testing::Test {
 protected:
  void SetUp() override { path = (folder / "a.key").string(); }
  static unsigned mode(const std::string& file) {
    struct stat s {};
    return ::stat(file.c_str(), &s) == 0 ? s.st_mode & 07777 : 0;
  }
  std::size_t filesInFolder() const {
    return std::size_t(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }

  const hookswitch_test::Folder own{"private"};
  const fs::path folder = own.path();
  std::string path;
};

TEST_F(PrivateFile, LiesBesideTheStoreUnderItsName) {
  EXPECT_EQ(base::besideStore("/var/lib/h/calls.db", "key"), "/var/lib/h/calls.db.key");
  EXPECT_EQ(base::besideStore("", "key"), "hookswitch.key");
}

TEST_F(PrivateFile, IsReadBackAsItWasWrittenAndForTheOwnerAlone) {
  EXPECT_FALSE(base::readPrivateFile(path));
  base::writePrivateFile(path, std::string("one\0two", 7));
  EXPECT_EQ(base::readPrivateFile(path), std::string("one\0two", 7));
  EXPECT_EQ(mode(path), 0600u);
  base::writePrivateFile(path, "three");
  EXPECT_EQ(base::readPrivateFile(path), "three");
  EXPECT_EQ(filesInFolder(), 1u);
}

TEST_F(PrivateFile, ThatIsThereIsNotCreatedAgain) {
  EXPECT_TRUE(base::createPrivateFile(path, "first"));
  EXPECT_FALSE(base::createPrivateFile(path, "second"));
  EXPECT_EQ(base::readPrivateFile(path), "first");
  EXPECT_EQ(filesInFolder(), 1u);
}

TEST_F(PrivateFile, ThatOthersMayReadIsMadePrivate) {
  base::writePrivateFile(path, "secret");
  fs::permissions(path, fs::perms(0644));
  EXPECT_EQ(base::readPrivateFile(path), "secret");
  EXPECT_EQ(mode(path), 0600u);
}

TEST_F(PrivateFile, IsRefusedWhenItIsALinkADirectoryOrTooLong) {
  base::writePrivateFile(path, "12345");
  EXPECT_THROW(base::readPrivateFile(path, 4), std::runtime_error);
  EXPECT_EQ(base::readPrivateFile(path, 5), "12345");
  fs::create_symlink(path, folder / "link");
  EXPECT_THROW(base::readPrivateFile((folder / "link").string()), std::runtime_error);
  EXPECT_THROW(base::readPrivateFile(folder.string()), std::runtime_error);
  EXPECT_THROW(base::writePrivateFile((folder / "absent" / "x").string(), "x"), std::runtime_error);
}

}  // namespace
}  // namespace hookswitch::base
