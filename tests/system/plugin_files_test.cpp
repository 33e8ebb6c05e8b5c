// Files in the plugin directory that are not good plugins: refused with a sentence, the rest runs.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/system/world.hpp"
#include "tests/places.hpp"

using namespace system_test;
namespace fs = std::filesystem;

namespace {

std::string museum(const std::string& name) { return std::string(HOOKSWITCH_ABI_PLUGINS) + "/" + name + ".so"; }

Json pluginEntry(const World& world, const std::string& file) {
  const Json json = world.get("/api/plugins").json();
  for (auto& p : json["plugins"]) {
    const std::string path = p["file"];
    if (path.substr(path.rfind('/') + 1) == file) return p;
  }
  return nullptr;
}

}  // namespace

TEST(PluginFiles, BrokenOnesAreRefusedWithASentenceAndTheRestRuns) {
  WorldOptions options;
  options.start = false;
  options.plugins = {museum("wrong_major"), museum("missing_symbol"), museum("undefined_symbol")};
  World world(options);
  const std::string plugins = world.directory() + "/plugins/";
  { std::ofstream(plugins + "text.so") << "this is not a library\n"; }
  fs::copy_file(museum("missing_symbol"), plugins + "truncated.so");
  fs::resize_file(plugins + "truncated.so", 700);
  fs::copy_file(museum("hook_silent"), plugins + "writable.so");
  ::chmod((plugins + "writable.so").c_str(), 0777);
  world.startGateway();
  for (const char* file : {"wrong_major.so", "missing_symbol.so", "undefined_symbol.so", "text.so", "truncated.so", "writable.so"}) {
    const Json entry = pluginEntry(world, file);
    ASSERT_TRUE(entry.is_object()) << file;
    EXPECT_EQ(entry["state"], "refused") << file;
    EXPECT_GT(entry["reason"].get<std::string>().size(), 20u) << file;
    EXPECT_FALSE(world.gateway().lineWith(file, 1000).empty()) << "the log says nothing of " << file;
  }
  EXPECT_NE(pluginEntry(world, "writable.so")["reason"].get<std::string>().find("writable by everybody"), std::string::npos);
  const std::string id = world.talking();
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
}

TEST(PluginFiles, ANewFileAndARestartAreAllItTakesToAddAPlugin) {
  WorldOptions options;
  options.plugins = {museum("hook_twice")};
  World world(options);
  const Json entry = pluginEntry(world, "hook_twice.so");
  ASSERT_TRUE(entry.is_object());
  EXPECT_EQ(entry["state"], "active");
  const std::string id = world.talking();
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  bool took_part = false;
  const Json detail = world.settled(id);
  for (auto& r : detail["teardown"]) took_part |= r["plugin"] == "hook_twice";
  EXPECT_TRUE(took_part) << detail["teardown"];
}
