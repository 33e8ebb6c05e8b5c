#include "host/base/private_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

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
  EXPECT_FALSE(base::readPrivateFile(path)->has_value());
  ASSERT_TRUE(base::writePrivateFile(path, std::string("one\0two", 7)));
  EXPECT_EQ(*base::readPrivateFile(path), std::string("one\0two", 7));
  EXPECT_EQ(mode(path), 0600u);
  ASSERT_TRUE(base::writePrivateFile(path, "three"));
  EXPECT_EQ(*base::readPrivateFile(path), "three");
  EXPECT_EQ(filesInFolder(), 1u);
}

TEST_F(PrivateFile, ThatIsThereIsNotCreatedAgain) {
  EXPECT_TRUE(*base::createPrivateFile(path, "first"));
  EXPECT_FALSE(*base::createPrivateFile(path, "second"));
  EXPECT_EQ(*base::readPrivateFile(path), "first");
  EXPECT_EQ(filesInFolder(), 1u);
}

TEST_F(PrivateFile, ThatOthersMayReadIsMadePrivate) {
  ASSERT_TRUE(base::writePrivateFile(path, "secret"));
  fs::permissions(path, fs::perms(0644));
  EXPECT_EQ(*base::readPrivateFile(path), "secret");
  EXPECT_EQ(mode(path), 0600u);
}

TEST_F(PrivateFile, IsRefusedWhenItIsALinkADirectoryOrTooLong) {
  ASSERT_TRUE(base::writePrivateFile(path, "12345"));
  EXPECT_EQ(base::readPrivateFile(path, 4).error(), path + " is longer than 4 bytes; move it away");
  EXPECT_EQ(*base::readPrivateFile(path, 5), "12345");
  fs::create_symlink(path, folder / "link");
  EXPECT_FALSE(base::readPrivateFile((folder / "link").string()));
  EXPECT_FALSE(base::readPrivateFile(folder.string()));
  EXPECT_FALSE(base::writePrivateFile((folder / "absent" / "x").string(), "x"));
}

}  // namespace
}  // namespace hookswitch::base
