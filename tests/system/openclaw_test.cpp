// A real OpenClaw (prepare_openclaw.sh) as the assistant's gateway. What the stand-in claims of it is tried here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/folder.hpp"
#include "tests/system/world.hpp"

namespace system_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kToken = "0123456789abcdef0123456789abcdef";

int freePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

std::string read(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// Of a peer of many megabytes that is started, or thinks, on a machine that is busy with something else.
constexpr int agent_patience_ms = 300'000;

class OpenClaw {
 public:
  explicit OpenClaw(bool tls = false) : port(freePort()) {
    peers = std::make_unique<Process>(
        std::vector<std::string>{node(), HOOKSWITCH_OPENCLAW_PEERS, notes(), directory + "/wait", std::to_string(port)},
        directory + "/peers.log");
    const std::string ready = peers->lineWith("ready model=");
    if (ready.empty()) throw std::runtime_error("the model did not start: " + peers->output());
    const std::size_t at = ready.find("proxy=");
    proxy = std::stoi(ready.substr(at + 6));
    const int model = std::stoi(ready.substr(ready.find("model=") + 6));
    Json config = Json::parse(
        R"({"gateway":{"mode":"local","bind":"loopback","auth":{"mode":"token"},"controlUi":{"enabled":false},"trustedProxies":["127.0.0.1"]},
      "update":{"checkOnStart":false},"telemetry":{"enabled":false},"discovery":{"mdns":{"mode":"off"}},
      "models":{"mode":"replace","providers":{"mock":{"apiKey":"x","api":"openai-completions","models":[{"id":"mock-1","name":"Mock","reasoning":false,
        "input":["text"],"cost":{"input":0,"output":0,"cacheRead":0,"cacheWrite":0},"contextWindow":128000,"maxTokens":2048}]}}},
      "agents":{"defaults":{"skipBootstrap":true,"heartbeat":{"every":"0m"},"model":{"primary":"mock/mock-1"}}}})");
    config["gateway"]["port"] = port;
    config["gateway"]["auth"]["token"] = kToken;
    if (tls) config["gateway"]["tls"] = {{"enabled", true}, {"autoGenerate", true}};
    config["models"]["providers"]["mock"]["baseUrl"] = "http://127.0.0.1:" + std::to_string(model) + "/v1";
    config["agents"]["defaults"]["workspace"] = directory + "/work";
    for (const char* folder : {"home", "state", "work"}) fs::create_directory(directory + "/" + folder);
    std::ofstream(directory + "/openclaw.json") << config;
    start();
  }
  ~OpenClaw() {
    process.reset();
    peers.reset();
  }
  void start() {
    process = std::make_unique<Process>(command({"gateway", "run"}),
                                        directory + "/gateway-" + std::to_string(++starts) + ".log", environment());
    if (process->lineWith("[gateway]\x1b[39m \x1b[36mready", agent_patience_ms).empty() &&
        process->lineWith("ready", 1).empty())
      throw std::runtime_error("OpenClaw did not start: " + process->output());
  }
  void kill() {
    process->signal(SIGKILL);
    process->wait(20000);
  }
  /// `openclaw <arguments>`, to its end; what it wrote.
  std::string run(std::vector<std::string> arguments) {
    Process cli(command(std::move(arguments)), directory + "/cli.log", environment());
    cli.wait(agent_patience_ms);
    return cli.output();
  }
  bool knows(const std::string& text) const { return read(notes()).find(text) != std::string::npos; }
  void modelTakes(int ms) const { std::ofstream(directory + "/wait") << ms; }
  std::vector<std::string> settings(const std::string& scheme, int at) const {
    return {"gateway.url=" + scheme + "://127.0.0.1:" + std::to_string(at), std::string("gateway.token=") + kToken};
  }

  const int port;
  int proxy = 0;

 private:
  static std::string node() { return std::string(HOOKSWITCH_OPENCLAW) + "/node"; }
  std::string notes() const { return directory + "/notes"; }
  std::vector<std::string> command(std::vector<std::string> arguments) const {
    std::vector<std::string> all = {node(), std::string(HOOKSWITCH_OPENCLAW) + "/node_modules/openclaw/openclaw.mjs"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  std::vector<std::string> environment() const {
    std::vector<std::string> all = {"HOME=" + directory + "/home", "OPENCLAW_STATE_DIR=" + directory + "/state",
                                    "OPENCLAW_CONFIG_PATH=" + directory + "/openclaw.json"};
    for (const char* name :
         {"OPENCLAW_SKIP_CHANNELS", "OPENCLAW_DISABLE_BONJOUR", "OPENCLAW_NO_RESPAWN", "OPENCLAW_OFFLINE",
          "OPENCLAW_NO_AUTO_UPDATE", "DO_NOT_TRACK", "OPENCLAW_SKIP_GMAIL_WATCHER"})
      all.push_back(std::string(name) + "=1");
    all.push_back("OPENCLAW_EXEC_SHELL_SNAPSHOT=0");
    return all;
  }
  const hookswitch_test::Folder own{"openclaw"};
  const std::string directory = own.path();
  std::unique_ptr<Process> peers, process;
  int starts = 0;
};

std::string endedCall(World& world) {
  const std::string id = world.talking();
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  return id;
}

/// What the assistant's hook waits for, as the ledger shows it; empty: it does not wait.
std::string why(const World& world, const std::string& call) {
  const Json hooks = world.get("/api/hooks").json();
  for (auto& hook : hooks["hooks"])
    if (hook["call_id"] == call && hook["plugin"] == "gateway" && hook["phase"] == "notify") return hook["error"];
  return {};
}

WorldOptions with(std::vector<std::string> settings) {
  WorldOptions options;
  options.settings = std::move(settings);
  return options;
}

TEST(OpenClawForReal, ItsAgentIsToldOfACallAlsoWhenItDiesOverIt) {
  OpenClaw claw;
  World world(with(claw.settings("ws", claw.port)));
  const std::string first = endedCall(world);
  const Json detail = world.settled(first, agent_patience_ms);
  EXPECT_EQ(row(detail, "notify", "gateway")["receipt"], "taken by a turn of the agent")
      << detail << world.gateway().output();
  EXPECT_TRUE(claw.knows("[call] ended id=" + first));

  claw.modelTakes(60000);
  const std::string second = endedCall(world);
  ASSERT_TRUE(until([&] { return why(world, second).find("under way") != std::string::npos; }, agent_patience_ms))
      << why(world, second);
  claw.kill();
  claw.modelTakes(0);
  claw.start();
  EXPECT_TRUE(until([&] { return claw.knows("[call] ended id=" + second); }, agent_patience_ms))
      << why(world, second) << world.gateway().output();
  EXPECT_EQ(row(world.settled(second, agent_patience_ms), "notify", "gateway")["receipt"],
            "taken by a turn of the agent");
}

TEST(OpenClawForReal, BehindAProxyItsOwnerApprovesUs) {
  OpenClaw claw;
  World world(with(claw.settings("ws", claw.proxy)));
  const std::string id = endedCall(world);
  const std::string command = "openclaw devices approve ";
  ASSERT_TRUE(until([&] { return why(world, id).find(command) != std::string::npos; }, agent_patience_ms))
      << why(world, id) << world.gateway().output();
  const std::string text = why(world, id);
  const std::size_t at = text.find(command) + command.size();
  EXPECT_THAT(claw.run({"devices", "list"}), HasSubstr("Hookswitch"));
  EXPECT_THAT(claw.run({"devices", "approve", text.substr(at, text.find(')', at) - at)}), HasSubstr("Approved"));
  EXPECT_TRUE(until([&] { return claw.knows("[call] ended id=" + id); }, agent_patience_ms))
      << why(world, id) << world.gateway().output();
  world.restartGateway();
  const std::string next = endedCall(world);
  EXPECT_TRUE(until([&] { return claw.knows("[call] ended id=" + next); }, agent_patience_ms))
      << "known after a restart";
}

TEST(OpenClawForReal, ItsOwnCertificateIsPinned) {
  OpenClaw claw(true);
  World world(with(claw.settings("wss", claw.port)));
  const std::string id = endedCall(world);
  const std::string found = "its SHA-256 fingerprint is ";
  ASSERT_TRUE(until([&] { return why(world, id).find(found) != std::string::npos; }, agent_patience_ms))
      << why(world, id) << world.gateway().output();
  const std::string text = why(world, id);
  world.set("gateway.tls_pin_sha256=" + text.substr(text.find(found) + found.size(), 64));
  world.restartGateway();
  EXPECT_TRUE(until([&] { return claw.knows("[call] ended id=" + id); }, agent_patience_ms))
      << why(world, id) << world.gateway().output();
}

}  // namespace
}  // namespace system_test
