#include "tests/system/world.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>

namespace system_test {

namespace fs = std::filesystem;

namespace {

/// A port that the system just gave and took back: nobody else is likely to get it before the gateway does.
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

}  // namespace

World::World(WorldOptions options) : options_(std::move(options)) {
  char name[] = "/tmp/hookswitch-test-XXXXXX";
  if (!::mkdtemp(name)) throw std::runtime_error("cannot make a directory for the test");
  directory_ = name;
  port_ = freePort();
  std::vector<std::string> command = {HOOKSWITCH_FAKES_PROGRAM, "--config-out", directory_ + "/fakes.ini", "--webhook-base",
                                      "http://127.0.0.1:" + std::to_string(port_), "--die-with-parent"};
  command.insert(command.end(), options_.fakes.begin(), options_.fakes.end());
  fakes_ = std::make_unique<Process>(command, directory_ + "/fakes.log");
  const std::string ready = fakes_->lineWith("ready control=");
  if (ready.empty()) throw std::runtime_error("the fakes did not start: " + fakes_->output());
  control_ = ready.substr(ready.find('=') + 1);
  fs::create_directory(directory_ + "/plugins");
  for (auto& plugin : {"twilio", "openai", "gemini", "telegram", "gateway"})
    fs::create_symlink(std::string(HOOKSWITCH_PLUGINS) + "/" + plugin + ".so", directory_ + "/plugins/" + plugin + ".so");
  for (auto& file : options_.plugins) fs::copy_file(file, directory_ + "/plugins/" + fs::path(file).filename().string());
  if (options_.start) startGateway();
}

World::~World() {
  if ((::testing::Test::HasFailure() || std::uncaught_exceptions() > 0) && gateway_) std::fprintf(stderr, "--- gateway\n%s\n--- end\n", gateway_->output().c_str());
  gateway_.reset();
  fakes_.reset();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void World::startGateway() {
  const std::string base = "http://127.0.0.1:" + std::to_string(port_);
  std::vector<std::string> command = {HOOKSWITCH_PROGRAM, "--config", directory_ + "/fakes.ini"};
  std::vector<std::string> settings = {"server.port=" + std::to_string(port_), "server.public_url=" + base, "log.level=debug",
                                       "plugins.directory=" + directory_ + "/plugins", "calls.voice=" + options_.voice,
                                       "store.path=" + directory_ + "/hookswitch.db"};
  settings.insert(settings.end(), options_.settings.begin(), options_.settings.end());
  for (auto& s : settings) { command.push_back("--set"); command.push_back(s); }
  gateway_ = std::make_unique<Process>(command, directory_ + "/gateway.log");
  if (gateway_->lineWith("listening on", 60000).empty()) throw std::runtime_error("the gateway did not start: " + gateway_->output());
}

std::string World::url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
Answer World::get(const std::string& path) const { return http("GET", url(path)); }
Answer World::post(const std::string& path, const Json& body) const { return http("POST", url(path), body.is_null() ? "" : body.dump()); }

std::string World::place(Json body) {
  if (!body.contains("to")) body["to"] = "+15550100002";
  const Answer answer = post("/api/call", body);
  EXPECT_EQ(answer.status, 201) << answer.body;
  const Json json = answer.json();
  return json.is_object() ? json.value("call_id", "") : "";
}

Json World::call(const std::string& id) const { return get("/api/calls/" + id).json(); }

bool World::reaches(const std::string& id, const std::string& status, int timeout_ms) const {
  return until([&] { const Json c = call(id); return c.is_object() && c.value("status", "") == status; }, timeout_ms);
}

Json World::settled(const std::string& id, int timeout_ms) const {
  Json detail;
  until([&] {
    detail = call(id);
    if (!detail.is_object() || detail.value("status", "") != "ended") return false;
    for (auto& r : detail["teardown"])
      if (r["state"] == "pending" || r["state"] == "retrying") return false;
    for (auto& r : detail["started_hooks"])
      if (r["state"] == "pending" || r["state"] == "retrying") return false;
    return true;
  }, timeout_ms);
  return detail;
}

std::vector<std::string> World::liveCalls() const {
  std::vector<std::string> ids;
  const Json json = get("/api/calls").json();
  if (json.is_object())
    for (auto& c : json["calls"]) ids.push_back(c["call_id"]);
  return ids;
}

Json World::state(const std::string& fake) const { return http("GET", control_ + "/" + fake + "/state").json(); }

Json World::command(const std::string& path, const Json& args) const {
  const Answer answer = http("POST", control_ + "/" + path, args.dump());
  EXPECT_EQ(answer.status, 200) << path << " " << args << ": " << answer.body;
  return answer.json();
}

Json World::carrierCall(const std::string& call) const { return http("GET", control_ + "/twilio/calls/" + call).json(); }

std::string World::carrierAudio(const std::string& call, const std::string& part) const {
  return http("GET", control_ + "/twilio/calls/" + call + "/" + part).body;
}

int World::telegramMessages(const std::string& containing) const {
  int count = 0;
  const Json telegram = state("telegram");
  for (auto& m : telegram["messages"])
    if (m.value("text", "").find(containing) != std::string::npos) ++count;
  return count;
}

int World::gatewayEvents(const std::string& kind, const std::string& call) const {
  int count = 0;
  const Json gateway = state("openclaw");
  for (auto& event : gateway["events"]) {
    const std::string text = event.dump();
    if (text.find(kind) != std::string::npos && text.find(call) != std::string::npos) ++count;
  }
  return count;
}

Json row(const Json& detail, const std::string& phase, const std::string& plugin) {
  for (auto& r : detail["teardown"])
    if (r["phase"] == phase && r["plugin"] == plugin) return r;
  return nullptr;
}

}  // namespace system_test
