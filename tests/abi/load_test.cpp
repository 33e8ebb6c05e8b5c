// What the gateway's loader makes of the museum: a sentence for every broken file, and the process lives on.
#include "host/plugin/library.hpp"
#include "host/plugin/registry.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/folder.hpp"

namespace fs = std::filesystem;
using testing::HasSubstr;

namespace {

const std::string museum = HOOKSWITCH_MUSEUM;

struct Broken {
  const char* file;
  const char* words;
};
void PrintTo(const Broken& b, std::ostream* out) { *out << b.file; }
class Refused : public testing::TestWithParam<Broken> {};

TEST_P(Refused, WithASentence) {
  const auto result = hookswitch::plugin::load(museum + "/" + GetParam().file + ".so");
  ASSERT_FALSE(result.library);
  EXPECT_THAT(result.library.error(), HasSubstr(GetParam().words));
}

TEST(Load, WhatTheDynamicLoaderMissesIsTheWholeSentence) {
  EXPECT_EQ(hookswitch::plugin::load(museum + "/undefined_symbol.so").library.error(),
            "cannot be loaded: undefined symbol: there_is_no_such_function");
}

INSTANTIATE_TEST_SUITE_P(
    Load, Refused,
    testing::Values(Broken{"wrong_major", "speaks plugin ABI 2.0"}, Broken{"empty_id", "has the id ''"},
                    Broken{"null_id", "has the id ''"}, Broken{"bad_id", "has the id '../Bad Id'"},
                    Broken{"long_id", "expected 1 to 32"}, Broken{"small_entry", "has an entry of 40 bytes"},
                    Broken{"no_get", "no get function"}, Broken{"no_roles", "offers no role"},
                    Broken{"two_roles", "choose one"}, Broken{"empty_function", "empty function"},
                    Broken{"missing_symbol", "does not export hks_plugin_entry"},
                    Broken{"undefined_symbol", "there_is_no_such_function"},
                    Broken{"text_file", "not a shared library"}, Broken{"empty_file", "not a shared library"},
                    Broken{"truncated_header", "not a shared library"}, Broken{"truncated_segments", "is cut off"},
                    Broken{"truncated_tail", "is cut off"}, Broken{"wrong_machine", "another kind of machine"},
                    Broken{"no_such_file", "cannot be read"}),
    [](const auto& each) { return std::string(each.param.file); });

class Loads : public testing::TestWithParam<const char*> {};

TEST_P(Loads, AndIsJudgedByWhatItDoes) {
  const auto result = hookswitch::plugin::load(museum + "/" + GetParam() + ".so");
  ASSERT_TRUE(result.library) << result.library.error();
  EXPECT_EQ((*result.library)->id, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Load, Loads,
                         testing::Values("sound", "beside", "newer_minor", "open_null", "always_fault", "hook_silent",
                                         "hook_throws", "hook_throws_raw", "hook_late", "hook_blocks", "hook_twice",
                                         "hook_foreign", "hook_retries", "hook_nonsense", "floods", "timer_spin",
                                         "route_thief", "reply_never", "malformed", "wrong_role", "idle", "kills",
                                         "kills_load", "floods_log", "voice_kills", "voice_mute", "voice_gone",
                                         "voice_throws", "voice_floods", "voice_breaks_host"),
                         [](const auto& each) { return std::string(each.param); });

/// A directory of its own with copies of specimens; gone at the end.
class Directory : public testing::Test {
 protected:
  std::string add(const std::string& name) {
    fs::copy_file(museum + "/" + name + ".so", directory / (name + ".so"));
    return (directory / (name + ".so")).string();
  }
  const hookswitch_test::Folder own{"museum"};
  const fs::path directory = own.path();
};

TEST_F(Directory, AFileThatEverybodyMayWriteIsNotLoaded) {
  const std::string file = add("sound");
  fs::permissions(file, fs::perms::others_write, fs::perm_options::add);
  EXPECT_THAT(hookswitch::plugin::load(file).library.error(), HasSubstr("writable by everybody"));
  fs::permissions(file, fs::perms::others_write, fs::perm_options::remove);
  EXPECT_TRUE(hookswitch::plugin::load(file).library);
}

TEST_F(Directory, ADirectoryThatEverybodyMayWriteGivesNoPlugins) {
  const std::string file = add("sound");
  fs::permissions(directory, fs::perms::all);
  EXPECT_THAT(hookswitch::plugin::load(file).library.error(), HasSubstr("everybody may write"));
}

TEST_F(Directory, ADirectoryNamedLikeAPluginIsNone) {
  fs::create_directory(directory / "folder.so");
  EXPECT_THAT(hookswitch::plugin::load((directory / "folder.so").string()).library.error(),
              HasSubstr("not a regular file"));
}

TEST_F(Directory, OfTwoPluginsWithOneIdTheFirstStays) {
  add("twin_b"), add("twin_a"), add("sound");
  const auto registry = hookswitch::plugin::Registry::scan(directory.string());
  ASSERT_EQ(registry.found().size(), 3u);
  EXPECT_EQ(registry.find("twin")->name, "Twin A");
  EXPECT_THAT(registry.found()[2].reason, HasSubstr("twin_a.so already has"));
  EXPECT_NE(registry.find("sound"), nullptr);
}

TEST(Load, OfTwoPluginsWithOneUniqueSymbolTheSecondIsRefused) {
  const auto first = hookswitch::plugin::load(museum + "/unique_a.so");
  ASSERT_TRUE(first.library) << first.library.error();
  const auto second = hookswitch::plugin::load(museum + "/unique_b.so");
  ASSERT_FALSE(second.library);
  EXPECT_THAT(
      second.library.error(),
      HasSubstr("exports the symbol 'shared_by_accident::Words<int>::words' as unique in the process, and so does " +
                museum + "/unique_a.so"));
  EXPECT_THAT(second.library.error(), HasSubstr("build it with hookswitch_add_plugin"));
  EXPECT_TRUE(hookswitch::plugin::load(museum + "/unique_a.so").library) << "the same file once more is no other";
}

TEST_F(Directory, ALaterVersionOfAFileWithUniqueSymbolsNeedsARestart) {
  const std::string file = add("unique_a");
  ASSERT_TRUE(hookswitch::plugin::load(file).library);
  fs::copy_file(museum + "/unique_b.so", file, fs::copy_options::overwrite_existing);
  EXPECT_THAT(hookswitch::plugin::load(file).library.error(), HasSubstr("as unique in the process, and so does "));
}

TEST_F(Directory, BrokenFilesDoNotDisturbTheGoodOne) {
  for (auto name :
       {"empty_file", "missing_symbol", "sound", "text_file", "truncated_segments", "undefined_symbol", "wrong_major"})
    add(name);
  const auto registry = hookswitch::plugin::Registry::scan(directory.string());
  int loaded = 0;
  for (auto& found : registry.found()) loaded += found.library != nullptr;
  EXPECT_EQ(loaded, 1);
  EXPECT_NE(registry.find("sound"), nullptr);
}

}  // namespace
