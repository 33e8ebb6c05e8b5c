// Directories of plugins: what is looked at, in which order, and what is said of the rest.
#include "host/plugin/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace plugin_test {
namespace {

namespace fs = std::filesystem;
using namespace hookswitch::plugin;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const fs::path built = HOOKSWITCH_TEST_PLUGINS;

class RegistryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "hookswitch-registry-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory = name;
  }
  void TearDown() override { fs::remove_all(directory); }

  std::string write(const std::string& name, const std::string& content) {
    std::ofstream(directory / name, std::ios::binary) << content;
    return (directory / name).string();
  }
  std::string copy(const std::string& name) {
    fs::copy_file(built / "registry_first.so", directory / name);
    return (directory / name).string();
  }
  /// The sentence about the only file there.
  std::string refusal() {
    const Registry registry = Registry::scan(directory.string());
    EXPECT_EQ(registry.found().size(), 1u);
    if (registry.found().empty()) return {};
    EXPECT_FALSE(registry.found()[0].library);
    return registry.found()[0].reason;
  }
  fs::path directory;
};

TEST_F(RegistryTest, LoadsAPluginAndFindsItByItsId) {
  const std::string file = copy("any name.so");
  const Registry registry = Registry::scan(directory.string());
  EXPECT_THAT(registry.problems(), IsEmpty());
  ASSERT_EQ(registry.found().size(), 1u);
  ASSERT_TRUE(registry.found()[0].library) << registry.found()[0].reason;
  EXPECT_EQ(registry.found()[0].file, file);
  EXPECT_EQ(registry.find("smallest"), registry.found()[0].library);
  EXPECT_EQ(registry.find("any name"), nullptr);
  EXPECT_EQ(registry.find("smallest")->version, "1.2");
}

TEST_F(RegistryTest, LooksOnlyAtSharedLibrariesAndInTheOrderOfTheirNames) {
  for (auto name : {"c.so", "a.so", "b.so"}) write(name, "x");
  for (auto name : {"README.md", "plugin.so.bak", "so", ".so.swp"}) write(name, "x");
  const Registry registry = Registry::scan(directory.string());
  std::vector<std::string> names;
  for (auto& f : registry.found()) names.push_back(fs::path(f.file).filename().string());
  EXPECT_THAT(names, ElementsAre("a.so", "b.so", "c.so"));
}

TEST_F(RegistryTest, TheSecondFileWithTheSameIdIsRefused) {
  const Registry registry = Registry::scan(built.string());
  ASSERT_EQ(registry.found().size(), 2u);
  EXPECT_TRUE(registry.found()[0].library);
  EXPECT_FALSE(registry.found()[1].library);
  EXPECT_THAT(registry.found()[1].reason, HasSubstr("has the id 'smallest' that " + (built / "registry_first.so").string() + " already has"));
}

TEST_F(RegistryTest, SeveralDirectoriesAreReadInTheirOrder) {
  write("a.so", "x");
  const Registry registry = Registry::scan(built.string() + "::" + directory.string() + ":");
  ASSERT_EQ(registry.found().size(), 3u);
  EXPECT_EQ(registry.found()[0].file, (built / "registry_first.so").string());
  EXPECT_EQ(registry.found()[2].file, (directory / "a.so").string());
}

TEST_F(RegistryTest, ADirectoryThatDoesNotExistIsAProblemAndTheOthersAreRead) {
  const Registry registry = Registry::scan((directory / "nowhere").string() + ":" + built.string());
  ASSERT_EQ(registry.problems().size(), 1u);
  EXPECT_THAT(registry.problems()[0], HasSubstr("plugins.directory: cannot read '" + (directory / "nowhere").string() + "'"));
  EXPECT_EQ(registry.found().size(), 2u);
}

TEST_F(RegistryTest, NoDirectoryIsNoPlugin) {
  const Registry registry = Registry::scan("");
  EXPECT_THAT(registry.found(), IsEmpty());
  EXPECT_THAT(registry.problems(), IsEmpty());
}

TEST_F(RegistryTest, ATextFileIsNoSharedLibrary) {
  write("notes.so", "these are not the bytes you are looking for, and they are more than a header's sixty-four of them");
  EXPECT_THAT(refusal(), HasSubstr("is not a shared library"));
}

TEST_F(RegistryTest, AnEmptyFileIsNoSharedLibrary) {
  write("empty.so", "");
  EXPECT_THAT(refusal(), HasSubstr("is not a shared library"));
}

TEST_F(RegistryTest, AFileThatWasCutOffIsRefusedAtWhateverPlaceBeforeTheLoaderTouchesIt) {
  const std::string file = copy("cut.so");
  const auto size = fs::file_size(file);
  for (auto part : {size - 1, size / 2, size / 4, std::uintmax_t(100)}) {
    fs::resize_file(file, part);
    EXPECT_THAT(refusal(), testing::AnyOf(HasSubstr("is cut off"), HasSubstr("is not a shared library"))) << part;
  }
}

TEST_F(RegistryTest, AFileThatEverybodyMayWriteIsRefused) {
  const std::string file = copy("open.so");
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  EXPECT_THAT(refusal(), HasSubstr("is writable by everybody; take the right away with chmod o-w"));
}

TEST_F(RegistryTest, AFileInADirectoryThatEverybodyMayWriteIsRefused) {
  copy("plugin.so");
  ASSERT_EQ(::chmod(directory.c_str(), 0777), 0);
  EXPECT_THAT(refusal(), HasSubstr("lies in a directory that everybody may write to"));
}

TEST_F(RegistryTest, ADirectoryWithAPluginsNameIsNoRegularFile) {
  fs::create_directory(directory / "folder.so");
  EXPECT_THAT(refusal(), HasSubstr("is not a regular file"));
}

TEST_F(RegistryTest, ALinkToNothingIsRefused) {
  fs::create_symlink(directory / "nowhere", directory / "link.so");
  EXPECT_THAT(refusal(), HasSubstr("cannot be read"));
}

TEST_F(RegistryTest, ALinkIsAsGoodAsWhatItPointsTo) {
  fs::create_symlink(built / "registry_second.so", directory / "link.so");
  const Registry registry = Registry::scan(directory.string());
  ASSERT_EQ(registry.found().size(), 1u);
  EXPECT_TRUE(registry.found()[0].library) << registry.found()[0].reason;
}

}  // namespace
}  // namespace plugin_test
