// The assistant's gateway: what it forgets is told again, who is a stranger asks to be let in; TLS of every plugin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/folder.hpp"
#include "tests/system/world.hpp"

namespace system_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// The hook of the assistant, as the ledger shows it while it waits; null: it does not.
Json waiting(const World& world, const std::string& call) {
  const Json hooks = world.get("/api/hooks").json();
  for (auto& hook : hooks["hooks"])
    if (hook["call_id"] == call && hook["plugin"] == "gateway" && hook["phase"] == "notify") return hook;
  return nullptr;
}

std::string endedCall(World& world) {
  const std::string id = world.talking();
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  EXPECT_TRUE(world.reaches(id, "ended"));
  return id;
}

bool knows(const World& world, const std::string& call) {
  const Json claw = world.state("openclaw");
  for (auto& text : claw["known"])
    if (text.get<std::string>().find("[call] ended id=" + call) != std::string::npos) return true;
  return false;
}

TEST(Assistant, TheReceiptSaysThatATurnOfTheAgentHasTheNews) {
  World world;
  const std::string id = endedCall(world);
  const Json detail = world.settled(id);
  EXPECT_EQ(row(detail, "notify", "gateway")["state"], "done") << detail;
  EXPECT_EQ(row(detail, "notify", "gateway")["receipt"], "taken by a turn of the agent") << detail;
  EXPECT_EQ(row(detail, "notify", "gateway")["error"], "") << detail;
  EXPECT_TRUE(knows(world, id));
  for (auto& hook : detail["started_hooks"])
    if (hook["plugin"] == "gateway") {
      EXPECT_THAT(hook["receipt"].get<std::string>(), HasSubstr("accepted")) << detail;
    }
}

TEST(Assistant, NoNewsIsLostWhenItsGatewayIsStartedAnew) {
  World world;
  world.command("openclaw/configure", {{"agent_status", "never"}});  // a turn that is accepted and goes on
  const std::string id = endedCall(world);
  ASSERT_TRUE(until([&] { return !world.state("openclaw")["runs"].empty(); }));
  world.command("openclaw/configure", {{"agent_status", "ok"}});
  world.command("openclaw/kill");
  EXPECT_TRUE(until([&] { return knows(world, id); })) << world.state("openclaw");
  EXPECT_EQ(row(world.settled(id), "notify", "gateway")["receipt"], "taken by a turn of the agent");
}

TEST(Assistant, WithoutAModelEveryEventIsKnownInTheEndHoweverManyWereForgotten) {
  World world;
  world.command("openclaw/configure", {{"model_configured", false}});
  world.command("openclaw/kill");  // the next handshake says so
  std::set<std::string> calls;
  for (int i = 0; i < 24; ++i) {
    const std::string id = world.place();
    EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
    calls.insert(id);
  }
  const auto queued = [&] {
    std::size_t n = 0;
    const Json claw = world.state("openclaw");
    for (auto& text : claw["queued_system_events"])
      n += text.get<std::string>().find("[call] ended") != std::string::npos;
    return n;
  };
  ASSERT_TRUE(until([&] { return queued() >= 16; })) << world.state("openclaw")["queued_system_events"];
  world.command("openclaw/kill");
  EXPECT_TRUE(until([&] { return queued() >= 16; })) << "told again";
  world.command("openclaw/configure",
                {{"model_configured", true}});  // turns work now, the gateway does not know that yet
  EXPECT_TRUE(until([&] {
    world.command("openclaw/turn");
    for (auto& id : calls)
      if (!knows(world, id)) return false;
    return true;
  })) << world.state("openclaw")["known"];
}

TEST(Assistant, AStrangerAsksForApprovalAndIsKnownFromThenOn) {
  WorldOptions options;
  options.start = false;
  World world(options);
  world.command("openclaw/configure", {{"proxied", true}});
  world.startGateway();
  const std::string id = endedCall(world);
  ASSERT_TRUE(until([&] {
    return !waiting(world, id).is_null() &&
           waiting(world, id)["error"].get<std::string>().find("devices approve") != std::string::npos;
  })) << waiting(world, id)
      << world.gateway().output();
  const Json pending = world.state("openclaw")["devices"]["pending"];
  ASSERT_EQ(pending.size(), 1u);
  EXPECT_EQ(pending[0]["display_name"], "Hookswitch");
  EXPECT_THAT(waiting(world, id)["error"].get<std::string>(),
              HasSubstr("openclaw devices approve " + pending[0]["request"].get<std::string>()));
  EXPECT_EQ(world.command("openclaw/approve", {{"request", pending[0]["request"]}})["approved"], 1);
  ASSERT_TRUE(until([&] { return knows(world, id); })) << world.state("openclaw");
  const std::string file = world.directory() + "/hookswitch.db.gateway.kept";
  struct stat found {};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  world.restartGateway();
  ASSERT_TRUE(until([&] {
    return world.state("openclaw")["connections"]["open"] == 1 &&
           world.state("openclaw")["connection_list"].back()["hello"] == true;
  })) << world.state("openclaw");
  EXPECT_EQ(world.state("openclaw")["devices"]["pending"], Json::array()) << "the same device after a restart";
  // The shared token is changed there: the one of our device still opens the door.
  world.command("openclaw/configure", {{"token", "another-one"}});
  world.command("openclaw/kill");
  EXPECT_TRUE(until([&] { return world.state("openclaw")["connection_list"].back()["method"] == "device-token"; }))
      << world.state("openclaw")["connection_list"];
  EXPECT_THAT(world.gateway().output(), Not(HasSubstr("device-token-1")));
}

TEST(Assistant, AnUnknownAgentIsMendedAndNotDead) {
  WorldOptions options;
  options.settings = {"gateway.session=nobody"};
  World world(options);
  const std::string id = endedCall(world);
  ASSERT_TRUE(until([&] {
    return !waiting(world, id).is_null() &&
           waiting(world, id)["error"].get<std::string>().find("gateway.session") != std::string::npos;
  })) << waiting(world, id);
  EXPECT_NE(waiting(world, id)["state"], "dead");
  world.command("openclaw/configure", {{"agents", {"main", "nobody"}}});
  world.command("openclaw/kill");
  EXPECT_TRUE(until([&] { return knows(world, id); })) << world.state("openclaw");
}

/// SHA-256 of the certificate in a PEM file, in hex.
std::string fingerprint(const std::string& file) {
  std::FILE* in = std::fopen(file.c_str(), "r");
  if (!in) return {};
  X509* certificate = PEM_read_X509(in, nullptr, nullptr, nullptr);
  std::fclose(in);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest, &size);
  X509_free(certificate);
  std::string out;
  char two[3];
  for (unsigned i = 0; i < size; ++i) std::snprintf(two, sizeof two, "%02x", digest[i]), out += two;
  return out;
}

struct TlsWorld {
  TlsWorld() {
    WorldOptions options;
    options.fakes = {"--tls", directory};
    options.start = false;
    world = std::make_unique<World>(options);
    pin = fingerprint(directory + "/fake-cert.pem");
  }
  const hookswitch_test::Folder folder{"tls"};
  const std::string directory = folder.path();
  std::string pin;
  std::unique_ptr<World> world;
};

TEST(Tls, EveryConnectionOfEveryPluginTrustsWhatItsSectionSays) {
  TlsWorld tls;
  World& world = *tls.world;
  ASSERT_EQ(tls.pin.size(), 64u);
  for (const char* plugin : {"twilio", "openai", "telegram"})
    world.set(std::string(plugin) + ".tls_pin_sha256=" + tls.pin);
  world.set("gateway.tls_ca_file=" + tls.directory + "/fake-cert.pem");
  world.startGateway();
  const std::string id = endedCall(world);  // the carrier's API, the model's socket
  const Json detail = world.settled(id);
  for (const char* plugin : {"telegram", "gateway"})
    EXPECT_EQ(row(detail, "notify", plugin)["state"], "done") << detail;
}

TEST(Tls, AnotherCertificateIsRefusedWithItsFingerprintAndAReloadMendsIt) {
  TlsWorld tls;
  World& world = *tls.world;
  for (const char* plugin : {"twilio", "openai", "telegram"})
    world.set(std::string(plugin) + ".tls_pin_sha256=" + tls.pin);
  std::string other = tls.pin;
  other[0] = other[0] == '0' ? '1' : '0';
  const std::string file = world.directory() + "/fakes.ini";
  std::ostringstream ini;
  ini << std::ifstream(file).rdbuf();
  const auto pinned = [&](const std::string& pin) {
    std::string text = ini.str();
    const std::string section = "[gateway]\n";
    std::ofstream(file) << text.insert(text.find(section) + section.size(), "tls_pin_sha256 = " + pin + "\n");
  };
  pinned(other);
  world.startGateway();
  const std::string id = endedCall(world);
  ASSERT_TRUE(until(
      [&] { return !waiting(world, id).is_null() && !waiting(world, id)["error"].get<std::string>().empty(); }, 40000));
  EXPECT_THAT(waiting(world, id)["error"].get<std::string>(), HasSubstr("its SHA-256 fingerprint is " + tls.pin))
      << "what may be pinned";
  pinned(tls.pin);
  world.gateway().signal(SIGHUP);
  EXPECT_TRUE(until([&] { return knows(world, id); }, 90000)) << world.gateway().output();
}

}  // namespace
}  // namespace system_test
