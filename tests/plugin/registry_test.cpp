// Directories of plugins: what is looked at, in which order, and what is said of the rest.
#include "host/plugin/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/folder.hpp"

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
  std::string write(const std::string& name, const std::string& content) { return own.write(name, content); }
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
  const hookswitch_test::Folder own{"registry"};
  const fs::path directory = own.path();
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
  EXPECT_THAT(registry.found()[1].reason,
              HasSubstr("has the id 'smallest' that " + (built / "registry_first.so").string() + " already has"));
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
  EXPECT_THAT(registry.problems()[0],
              HasSubstr("plugins.directory: cannot read '" + (directory / "nowhere").string() + "'"));
  EXPECT_EQ(registry.found().size(), 2u);
}

TEST_F(RegistryTest, NoDirectoryIsNoPlugin) {
  const Registry registry = Registry::scan("");
  EXPECT_THAT(registry.found(), IsEmpty());
  EXPECT_THAT(registry.problems(), IsEmpty());
}

TEST_F(RegistryTest, ATextFileIsNoSharedLibrary) {
  write("notes.so",
        "these are not the bytes you are looking for, and they are more than a header's sixty-four of them");
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

TEST_F(RegistryTest, WhateverIsDoneToTheFileOfALoadedPluginItsCodeStays) {
  const std::string file = copy("plugin.so");
  const Registry registry = Registry::scan(directory.string());
  const auto library = registry.find("smallest");
  ASSERT_TRUE(library);
  EXPECT_EQ(library->file, file);
  // What cp does to a file that is there; a mapping of it would be that garbage, or die of the missing pages.
  fs::resize_file(file, 0);
  { std::ofstream(file, std::ios::binary) << std::string(100'000, '\xcc'); }
  hks_session* session = library->control->open();
  const hks_msg message{sizeof(hks_msg), HKS_FLUSH, 0};
  EXPECT_EQ(library->control->step(session, &message, nullptr), HKS_OK);
  library->control->close(session);
}

TEST_F(RegistryTest, ALaterLookFindsWhatIsNewChangedAndGone) {
  const std::string file = copy("plugin.so");
  const Registry first = Registry::scan(directory.string());
  ASSERT_TRUE(first.find("smallest"));
  EXPECT_EQ(first.rescan(directory.string()).found()[0].note, "");

  fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_EQ(first.rescan(directory.string()).found()[0].note, "") << "the same content is no change";

  { std::ofstream(file, std::ios::binary | std::ios::app) << "more"; }
  const Registry second = first.rescan(directory.string());
  EXPECT_EQ(second.find("smallest"), first.find("smallest"));
  EXPECT_THAT(second.found()[0].note, HasSubstr("has changed since it was loaded"));
  EXPECT_THAT(second.found()[0].note, HasSubstr("restart"));

  fs::rename(file, directory / "renamed.so");
  const Registry third = second.rescan(directory.string());
  ASSERT_EQ(third.found().size(), 2u);
  EXPECT_THAT(third.found()[0].reason, HasSubstr("has the id 'smallest'"));
  EXPECT_EQ(third.found()[1].file, file);
  EXPECT_THAT(third.found()[1].note, HasSubstr("was removed"));
  EXPECT_EQ(third.find("smallest"), first.find("smallest"));
}

TEST_F(RegistryTest, AFileThatWasRefusedIsLoadedOnceItIsGood) {
  write("plugin.so", "half of it");
  const Registry first = Registry::scan(directory.string());
  EXPECT_FALSE(first.find("smallest"));
  fs::remove(directory / "plugin.so");
  copy("plugin.so");
  EXPECT_TRUE(first.rescan(directory.string()).find("smallest"));
}

TEST_F(RegistryTest, AFileThatIsHeldBackIsNotTouched) {
  copy("plugin.so");
  auto held = [](const std::string&) { return std::string("is held back"); };
  const Registry first = Registry::scan(directory.string(), held);
  EXPECT_EQ(first.found()[0].reason, "is held back");
  EXPECT_TRUE(first.rescan(directory.string()).find("smallest"));
}

TEST_F(RegistryTest, AFileThatIsStillBeingWrittenIsWaitedFor) {
  const std::string whole = (built / "registry_first.so").string(), file = (directory / "plugin.so").string();
  std::ifstream in(whole, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  { std::ofstream(file, std::ios::binary) << bytes.substr(0, bytes.size() / 2); }
  std::thread writer([&] { std::ofstream(file, std::ios::binary | std::ios::app) << bytes.substr(bytes.size() / 2); });
  const Registry registry = Registry::scan(directory.string());
  writer.join();
  EXPECT_TRUE(registry.find("smallest") || registry.rescan(directory.string()).find("smallest"));
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
