// Files in the plugin directory that are not good plugins: refused with a sentence, the rest runs.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/places.hpp"
#include "tests/system/world.hpp"

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
  for (const char* file :
       {"wrong_major.so", "missing_symbol.so", "undefined_symbol.so", "text.so", "truncated.so", "writable.so"}) {
    const Json entry = pluginEntry(world, file);
    ASSERT_TRUE(entry.is_object()) << file;
    EXPECT_EQ(entry["state"], "refused") << file;
    EXPECT_GT(entry["reason"].get<std::string>().size(), 20u) << file;
    EXPECT_FALSE(world.gateway().lineWith(file).empty()) << "the log says nothing of " << file;
  }
  EXPECT_NE(pluginEntry(world, "writable.so")["reason"].get<std::string>().find("writable by everybody"),
            std::string::npos);
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

TEST(PluginFiles, NoWayOfCopyingOverALoadedPluginHurtsACall) {
  WorldOptions options;
  options.plugins = {museum("sound")};
  World world(options);
  const std::string twilio = world.directory() + "/plugins/twilio.so",
                    openai = world.directory() + "/plugins/openai.so";
  // Files of its own, in the place of the links to the build's.
  for (auto& file : {twilio, openai}) {
    const fs::path real = fs::canonical(file);
    fs::remove(file);
    fs::copy_file(real, file);
  }
  world.restartGateway();
  const std::string id = world.talking();
  // cp over it, as a linker and an editor do; cut off; nothing left; something else; renamed over; removed.
  for (auto& file : {twilio, openai}) {
    fs::copy_file(museum("sound"), file, fs::copy_options::overwrite_existing);
    fs::resize_file(file, 1000);
    fs::resize_file(file, 0);
    { std::ofstream(file, std::ios::binary) << std::string(2'000'000, '\xcc'); }
    fs::copy_file(museum("sound"), world.directory() + "/aside");
    fs::rename(world.directory() + "/aside", file);
    fs::remove(file);
  }
  const std::string next = world.talking();
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  EXPECT_EQ(world.post("/api/calls/" + next + "/end").status, 200);
  EXPECT_TRUE(until([&] { return world.telegramMessages(id) == 1 && world.telegramMessages(next) == 1; }));
  const Json entry = pluginEntry(world, "twilio.so");
  EXPECT_EQ(entry["file"], twilio) << "the file that people know";
}

TEST(PluginFiles, AReloadTakesANewFileUpAndSaysWhatAChangedOneNeeds) {
  World world;
  const std::string plugins = world.directory() + "/plugins/";
  auto reload = [&](const std::string& until_line) {
    world.gateway().signal(SIGHUP);
    return world.gateway().lineWith(until_line);
  };
  // A section for it may come first or with it.
  { std::ofstream(world.directory() + "/fakes.ini", std::ios::app) << "\n[kills]\nwhere = nowhere\n"; }
  fs::copy_file(museum("kills"), plugins + "kills.so");
  EXPECT_FALSE(reload("Killer 1.0.0 is active").empty());
  ASSERT_TRUE(until([&] { return world.get("/kills").body == "alive"; })) << "its route serves";
  const std::string id = world.talking();
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  EXPECT_EQ(row(world.call(id), "hangup", "kills").value("state", ""), "done") << "its hooks are asked";
  // A voice that comes by a reload carries calls.
  fs::copy_file(museum("voice_mute"), plugins + "voice_mute.so");
  EXPECT_FALSE(reload("voice_mute.so)").empty());
  EXPECT_EQ(world.post("/api/call", {{"to", "+15550100002"}, {"voice", "voice_mute"}}).status, 201);
  // Changed under its feet, with a key that only the new file knows.
  fs::copy_file(museum("sound"), plugins + "kills.so", fs::copy_options::overwrite_existing);
  { std::ofstream(world.directory() + "/fakes.ini", std::ios::app) << "later_key = 1\n"; }
  EXPECT_FALSE(reload("kills.so has changed since it was loaded").empty());
  EXPECT_FALSE(world.gateway().lineWith("a restart of the gateway takes the new file up").empty());
  EXPECT_EQ(world.get("/kills").body, "alive");
  ASSERT_TRUE(until([&] {
    return pluginEntry(world, "kills.so")["reason"].get<std::string>().find("has changed since it was loaded") !=
           std::string::npos;
  }));
  // A section whose plugin is there and cannot be loaded.
  {
    std::ofstream(plugins + "half.so") << "\x7f"
                                          "ELF";
  }
  {
    std::ofstream(world.directory() + "/fakes.ini", std::ios::app)
        << "\n[half]\nkey = 1\n[quite_another_name]\nkey = 1\n";
  }
  EXPECT_FALSE(reload("half.so is not a shared library").empty());
  fs::remove(plugins + "kills.so");
  EXPECT_FALSE(reload("kills.so was removed").empty());
  EXPECT_EQ(world.get("/kills").body, "alive");
  EXPECT_EQ(world.gateway().output().find("was not reloaded"), std::string::npos) << "none of this fails a reload";
}

TEST(PluginFiles, AFloodOfLinesAndNoticesIsBoundedAndSaidInOneLine) {
  WorldOptions options;
  options.plugins = {museum("floods_log")};
  World world(options);
  const std::string id = world.talking();
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  EXPECT_TRUE(until([&] { return world.telegramMessages(id) == 1; })) << "people hear of calls, not of the flood alone";
  const std::string line = world.gateway().lineWith("[plugin.floods_log] floods: ");
  EXPECT_NE(line.find(" lines were dropped"), std::string::npos) << line;
  EXPECT_NE(line.find(" notices were dropped"), std::string::npos) << line;
  EXPECT_FALSE(world.gateway().lineWith("... (cut, it had 20000 bytes)").empty());
}

TEST(PluginFiles, TwoThatClaimOnePathAreNamedByTheCheckAsWell) {
  WorldOptions options;
  options.start = false;
  options.plugins = {museum("route_thief")};
  World world(options);
  Process check({world.program(), "--config", world.directory() + "/fakes.ini", "--set",
                 "plugins.directory=" + world.directory() + "/plugins", "--check"},
                world.directory() + "/check.log");
  EXPECT_EQ(check.wait(20000), 1);
  EXPECT_NE(
      check.output().find("route_thief cannot have the path 'POST /twilio/voice': the plugin twilio has it already"),
      std::string::npos)
      << check.output();
}
