// Sessions of plugins over their life: opened, renewed, broken, opened again; and what they register.
#include "tests/control/support.hpp"
#include "tests/folder.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "host/api/plugin_json.hpp"

namespace control_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::string> hooksOf(World& world) {
  return world.on([&] {
    std::vector<std::string> out;
    for (auto& h : world.plugins->hooks())
      out.push_back(h.plugin + ":" + call::name(h.phase) + ":" + std::to_string(h.deadline_ms));
    return out;
  });
}
std::vector<std::string> routesOf(World& world) {
  return world.on([&] {
    std::vector<std::string> out;
    for (auto& r : world.plugins->routes()) out.push_back(r.plugin + " " + r.method + " " + r.path);
    return out;
  });
}

/// [control]
bool isActive(World& world, const std::string& id) {
  const auto all = world.plugins->views();
  return std::any_of(all.begin(), all.end(), [&](auto& p) { return p.id == id && p.state == "active"; });
}

TEST(Plugins, ASectionThatChangedMakesANewSessionAndOnesThatDidNotGoOn) {
  World world;
  auto& a = world.add("a");
  a.keys.push_back({"chat", "1", "", HKS_TEXT, false, false, {}});
  a.at_start = [](hks::Out& out) { out.route("GET", "/a"); };
  world.start();
  world.on([&] { world.plugins->configure({{"a", {{"enabled", "true"}, {"chat", "1"}}}}); });
  EXPECT_EQ(a.opened(FakePlugin::control_role), 1);
  world.on([&] { world.plugins->configure({{"a", {{"enabled", "true"}, {"chat", "2"}}}}); });
  EXPECT_EQ(a.opened(FakePlugin::control_role), 2);
  EXPECT_EQ(a.closed(FakePlugin::control_role), 0) << "the old one finishes what it has in hand";
  EXPECT_THAT(routesOf(world), ElementsAre("a GET /a")) << "registered once, by the new one";
  EXPECT_EQ(world.carrier().opened(FakePlugin::control_role), 1);
}

TEST(Plugins, AnotherPublicUrlMakesANewSessionToo) {
  World world;
  auto& a = world.add("a");
  std::vector<std::string> told;
  a.on_control = [&](const hks_msg& in, hks::Out&) {
    if (in.type == HKS_START) told.emplace_back(plugin::view(reinterpret_cast<const hks_start&>(in).public_url));
    return hks_status(HKS_UNSUPPORTED);
  };
  world.start();
  world.on([&] {
    world.services.public_url = "https://other.example";
    world.plugins->configure({});
    world.plugins->configure({});
  });
  world.on([&] { EXPECT_THAT(told, testing::ElementsAre("https://gateway.example", "https://other.example")); });
}

TEST(Plugins, WhatAnOldSessionRegistersIsNotTaken) {
  World world;
  auto& a = world.add("a");
  a.keys.push_back({"chat", "1", "", HKS_TEXT, false, false, {}});
  world.start();
  auto* old = world.on([&] { return world.plugins->session("a"); });
  world.on([&] {
    world.plugins->configure({{"a", {{"enabled", "true"}, {"chat", "2"}}}});
    a.once = [](hks::Out& out) {
      out.route("GET", "/late");
      out.hook(HKS_PHASE_NOTIFY, 100);
    };
    old->step(hks_msg{sizeof(hks_msg), HKS_TIMER_FIRED, 1});
  });
  EXPECT_THAT(routesOf(world), IsEmpty());
}

TEST(Plugins, OneThatIsSwitchedOffLosesItsSessionAndWhatItRegistered) {
  World world;
  auto& a = world.add("a");
  a.hooks = {{HKS_PHASE_NOTIFY, 500}};
  a.at_start = [](hks::Out& out) {
    out.route("POST", "/a");
    out.tool("t", "", "{}");
  };
  world.start();
  EXPECT_THAT(hooksOf(world), UnorderedElementsAre("carrier:hangup:5000", "a:notify:500"));
  world.on([&] { world.plugins->configure({{"a", {{"enabled", "no"}}}}); });
  EXPECT_EQ(world.on([&] { return world.plugins->session("a"); }), nullptr);
  EXPECT_THAT(hooksOf(world), ElementsAre("carrier:hangup:5000"));
  EXPECT_THAT(routesOf(world), IsEmpty());
  EXPECT_EQ(world.on([&] { return world.plugins->toolOwner("t"); }), "");
  EXPECT_THAT(world.answer("GET", "/api/plugins").body, HasSubstr(R"("state":"idle","reason":"enabled is false")"));
  world.on([&] { world.plugins->configure({{"a", {{"enabled", "yes"}}}}); });
  EXPECT_EQ(a.opened(FakePlugin::control_role), 2);
  EXPECT_THAT(routesOf(world), ElementsAre("a POST /a"));
}

TEST(Plugins, OneThatFailsTooOftenInARowIsOpenedAnew) {
  World world;
  auto& a = world.add("a");
  a.at_start = [](hks::Out& out) { out.route("GET", "/a"); };
  bool failing = true;
  a.on_control = [&](const hks_msg& in, hks::Out&) {
    return failing && in.type == HKS_TIMER_FIRED ? hks_status(HKS_FAULT) : hks_status(HKS_UNSUPPORTED);
  };
  world.start();
  world.on([&] {
    for (std::uint32_t i = 0; i < plugin::Session::max_faults; ++i) {
      ASSERT_NE(world.plugins->session("a"), nullptr) << i;
      world.plugins->session("a")->step(hks_msg{sizeof(hks_msg), HKS_TIMER_FIRED, 1});
    }
    EXPECT_EQ(world.plugins->session("a"), nullptr);
    EXPECT_FALSE(isActive(world, "a"));
    EXPECT_THAT(api::pluginsJson(world.plugins->views(), "test"),
                HasSubstr(R"("state":"broken","reason":"it failed 5 times in a row)"));
    EXPECT_TRUE(world.plugins->routes().empty());
    failing = false;
  });
  EXPECT_TRUE(world.comes([&] { return isActive(world, "a"); }));
  EXPECT_EQ(a.opened(FakePlugin::control_role), 2);
  EXPECT_THAT(routesOf(world), ElementsAre("a GET /a"));
}

TEST(Plugins, OneThatRefusesItsSessionIsBrokenAndSaysWhy) {
  World world;
  world.add("a").refuses = true;
  world.start();
  EXPECT_THAT(world.answer("GET", "/api/plugins").body,
              HasSubstr(R"("state":"broken","reason":"the plugin refused to open its control session")"));
}

TEST(Plugins, PathsOfTheGatewayAndOfOthersCannotBeTaken) {
  World world;
  auto& a = world.add("a");
  auto& z = world.add("z");
  a.at_start = [](hks::Out& out) {
    out.route("POST", "/hook");
    out.route("GET", "/hook");
  };
  z.at_start = [](hks::Out& out) {
    for (auto path : {"/api/call", "/api/", "/api", "/health", "", "relative", "/with?query"}) out.route("POST", path);
    out.route("POST", "/hook");
    out.route("DELETE", "/hook");
    out.route("", "/mine");
    out.route("GET", "/mine");
    out.route("GET", "/" + std::string(200, 'x'));
    out.endpoint("/no-token");
    out.endpoint("{token}");
    out.endpoint("/carrier/stream/{token}");
    out.endpoint("/z/{token}");
  };
  world.start();
  EXPECT_THAT(routesOf(world), ElementsAre("z GET /mine")) << "of two that claim a path at once neither has it";
  EXPECT_EQ(world.on([&] { return world.plugins->endpoints().size(); }), 2u);
  const std::string body = world.answer("GET", "/api/plugins").body;
  EXPECT_THAT(
      body,
      HasSubstr(
          R"("id":"a","name":"Fake a","version":"1","abi":"1.0","roles":[],"state":"active","reason":"it cannot have the path 'POST /hook': the plugin z claims it too)"));
  EXPECT_THAT(body, HasSubstr("the plugin carrier has it already"));
  const net::HttpReply nobodys = world.answer("POST", "/hook");
  EXPECT_EQ(nobodys.status, 503);
  EXPECT_THAT(nobodys.body, HasSubstr("The plugins z and a both claim this path"));
}

TEST(Plugins, AHookIsRegisteredOncePerPhaseAndItsDeadlineHasBounds) {
  World world;
  auto& a = world.add("a");
  a.at_start = [](hks::Out& out) {
    out.hook(HKS_PHASE_NOTIFY, 100);
    out.hook(HKS_PHASE_NOTIFY, 99'999);
    out.hook(HKS_PHASE_RECORD, 0);
    out.hook(HKS_PHASE_STARTED, 15'000);
    out.hook(0, 100);
    out.hook(HKS_PHASE_SETTLE + 1, 100);
  };
  world.start();
  EXPECT_THAT(hooksOf(world),
              UnorderedElementsAre("carrier:hangup:5000", "a:notify:15000", "a:record:1", "a:started:15000"));
}

TEST(Plugins, AToolHasOneOwnerAndEndCallIsTheGateways) {
  World world;
  auto& a = world.add("a");
  auto& b = world.add("b");
  a.at_start = [](hks::Out& out) { out.tool("weather", "d", "{}"); };
  b.at_start = [](hks::Out& out) {
    out.tool("weather", "mine", "{}");
    out.tool("end_call", "mine", "{}");
    out.tool("", "mine", "{}");
    out.tool(std::string(65, 'x'), "mine", "{}");
    out.tool("time", "d", "{}");
  };
  world.start();
  EXPECT_EQ(world.on([&] { return world.plugins->toolOwner("weather"); }), "a");
  EXPECT_EQ(world.on([&] { return world.plugins->toolOwner("time"); }), "b");
  EXPECT_EQ(world.on([&] { return world.plugins->tools().size(); }), 2u);
}

TEST(Plugins, NoticesReachEveryNotifierButTheOneWhoGaveThem) {
  World world;
  auto& n1 = world.add("n1");
  auto& n2 = world.add("n2");
  for (auto n : {&n1, &n2}) {
    n->is_control = false;
    n->is_notifier = true;
  }
  auto& plain = world.add("plain");
  world.start();
  world.make("n1", [](hks::Out& out) { out.notice({}, "attention"); });
  world.make("plain", [](hks::Out& out) { out.notice({}, "from plain"); });
  EXPECT_EQ(n1.heard("NOTICE attention"), 0u);
  EXPECT_EQ(n2.heard("NOTICE attention"), 1u);
  EXPECT_EQ(n1.heard("NOTICE from plain"), 1u);
  EXPECT_EQ(plain.heard("NOTICE"), 0u) << "a control session is no notifier";
}

TEST(Plugins, AreListedWithWhatBecameOfThem) {
  World world;
  world.start();
  const std::string body = world.answer("GET", "/api/plugins").body;
  EXPECT_THAT(body, HasSubstr(R"({"id":"carrier","name":"Fake carrier","version":"1","abi":"1.0","roles":[])"));
  EXPECT_THAT(body, HasSubstr(R"("state":"active","reason":"","file":"/plugins/carrier.so"})"));
}

TEST(PluginSource, SaysWhyThereIsNone) {
  World world;
  world.sections["voice"] = {{"enabled", "off"}};
  world.start();
  world.on([&] {
    const auto source = world.plugins->source("carrier", HKS_ROLE_CARRIER);
    ASSERT_TRUE(source);
    EXPECT_EQ(source->plugin, "carrier");
    EXPECT_EQ(source->settings->at("enabled"), "true");
    const auto why = [&](const char* plugin) {
      const auto none = world.plugins->source(plugin, HKS_ROLE_VOICE);
      return none ? std::string() : none.error();
    };
    EXPECT_EQ(why("carrier"), "the plugin 'carrier' is not a voice");
    EXPECT_EQ(why("voice"), "the plugin 'voice' is idle: enabled is false");
    EXPECT_EQ(why("none"), "there is no plugin 'none'");
  });
}

/// Two authorities, of no use elsewhere.
constexpr const char* kAuthority =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBejCCAR+gAwIBAgIURDskARq8uG2gUQpGp5u8UxwFJvcwCgYIKoZIzj0EAwIw\n"
    "ETEPMA0GA1UEAwwGdGVzdC0wMCAXDTI2MTEyODEyMzg0M1oYDzIxMjYxMTA0MTIz\n"
    "ODQzWjARMQ8wDQYDVQQDDAZ0ZXN0LTAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n"
    "AASTTdqWN0SVOx3qwoNFK0tgzFJ7ddB76+qL+itTLDTqZgltW5Vf7JyQrMxQyLDr\n"
    "WvkFzTtW/T6c4fEzufOgMtVoo1MwUTAdBgNVHQ4EFgQUdqbKbSzPg/5bDgF/Hjri\n"
    "DejCTI4wHwYDVR0jBBgwFoAUdqbKbSzPg/5bDgF/HjriDejCTI4wDwYDVR0TAQH/\n"
    "BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA1SbN6Xua92CihxSPHKQb0LgH/9YZ\n"
    "cUDHZSvOCQLF/KUCIQDlNc7Ncq3GhR/M4n1nZ52oH1LqaqjAZ1DLCW1Wz0qu9A==\n"
    "-----END CERTIFICATE-----\n";
constexpr const char* kOtherAuthority =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBejCCAR+gAwIBAgIUQuWQ1rfIW/LjRF9o9V74fL91cG4wCgYIKoZIzj0EAwIw\n"
    "ETEPMA0GA1UEAwwGdGVzdC0xMCAXDTI2MTEyODEyMzg0M1oYDzIxMjYxMTA0MTIz\n"
    "ODQzWjARMQ8wDQYDVQQDDAZ0ZXN0LTEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n"
    "AARC0FXk12ZopFrhwGEoOaUNv9loUOVLb2+48oM9dPaP1YYrbsyi6cnsuPQLjIoQ\n"
    "I4cci8Imc+pC1rhQLdVhXJeCo1MwUTAdBgNVHQ4EFgQUqozwCSVYOuQEaCyADn1E\n"
    "zopFPBMwHwYDVR0jBBgwFoAUqozwCSVYOuQEaCyADn1EzopFPBMwDwYDVR0TAQH/\n"
    "BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAgYrJqPvKaI5V7MSdrekxVhVsTTCs\n"
    "h1Sdgq6h2j6601ICIQD8GFZMpB6fJHqanV4f2X4os8+eFhqZf6YrOC2a0BG5qg==\n"
    "-----END CERTIFICATE-----\n";

TEST(Plugins, AReloadTakesTheAuthoritiesThatAFileHoldsNow) {
  const hookswitch_test::Folder folder("trust");
  const std::string file = folder.write("ca.pem", kAuthority);
  World world;
  FakePlugin& a = world.add("a");
  world.sections["a"] = {{"enabled", "true"}, {"tls_ca_file", file}};
  world.start();
  const auto reload = [&] { world.on([&] { world.plugins->configure(world.sections); }); };
  const auto opened = [&] { return a.opened(FakePlugin::control_role); };
  EXPECT_EQ(opened(), 1);
  reload();
  EXPECT_EQ(opened(), 1) << "nothing has changed";
  folder.write("ca.pem", kOtherAuthority);
  reload();
  EXPECT_EQ(opened(), 2) << "the same section, another content";
  std::filesystem::remove(file);
  reload();
  EXPECT_THAT(world.answer("GET", "/api/plugins").body,
              HasSubstr("tls_ca_file: the file '" + file + "' cannot be read"));
  EXPECT_EQ(opened(), 2) << "nothing connects without what it was told to trust";
}

}  // namespace
}  // namespace control_test
