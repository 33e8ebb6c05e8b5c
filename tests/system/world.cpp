#include "tests/system/world.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <set>
#include <sstream>
#include <stdexcept>

#include "tests/crash/test_page.hpp"

namespace system_test {

namespace fs = std::filesystem;

namespace {

hookswitch::testpoint::Page* mapPage(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, sizeof(hookswitch::testpoint::Page)) != 0)
    throw std::runtime_error("cannot write " + file);
  void* at = ::mmap(nullptr, sizeof(hookswitch::testpoint::Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (at == MAP_FAILED) throw std::runtime_error("cannot map " + file);
  return static_cast<hookswitch::testpoint::Page*>(at);
}

}  // namespace

namespace {

/// A socket of this family, bound to all addresses and a port that the system chooses; -1: there is no such family
/// here.
int boundAnywhere(int family) {
  const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int off = 0;
  if (family == AF_INET6) ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  sockaddr_storage any{};  // of both families: zeros are all addresses, any port
  any.ss_family = sa_family_t(family);
  const socklen_t size = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (socket >= 0 && ::bind(socket, reinterpret_cast<sockaddr*>(&any), size) == 0) return socket;
  if (socket >= 0) ::close(socket);
  return -1;
}

}  // namespace

int reservePort(int& socket) {
  // On all addresses: a connection that somebody has made from another address of this machine, with this very port,
  // would keep a gateway out that listens on all of them.
  socket = boundAnywhere(AF_INET6);
  if (socket < 0) socket = boundAnywhere(AF_INET);
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no port could be reserved");
  // Only now: two sockets may share the address if both say so and neither listens yet, which lets the gateway in, and
  // the system hands out a port that is bound like this to no one.
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

WorldOptions withVoice(const std::string& voice, std::vector<std::string> settings) {
  WorldOptions options;
  options.voice = voice;
  options.settings = std::move(settings);
  return options;
}

World::World(WorldOptions options) : options_(std::move(options)) {
  directory_ = folder_.path();
  port_ = reservePort(reservation_);
  if (options_.public_port) public_port_ = reservePort(public_reservation_);
  std::vector<std::string> command = {HOOKSWITCH_FAKES_PROGRAM,
                                      "--config-out",
                                      directory_ + "/fakes.ini",
                                      "--webhook-base",
                                      "http://127.0.0.1:" + std::to_string(port_),
                                      "--die-with-parent"};
  command.insert(command.end(), options_.fakes.begin(), options_.fakes.end());
  fakes_ = std::make_unique<Process>(command, directory_ + "/fakes.log");
  const std::string ready = fakes_->lineWith("ready control=");
  if (ready.empty()) throw std::runtime_error("the fakes did not start: " + fakes_->output());
  control_ = ready.substr(ready.find('=') + 1);
  std::ofstream(directory_ + "/fakes.ini", std::ios::app)
      << "\n[media]\nshed_lag_ms = 0\n"  // a machine that is busy with tests may well be overloaded
      << "\n[server]\ndrain_s = 1\n"     // a setting could not be reloaded; the last section: tests go on in it
      << (options_.url_in_file ? "public_url = " + url("") + "\n" : "");
  fs::create_directory(directory_ + "/plugins");
  for (auto& plugin : {"twilio", "openai", "gemini", "telegram", "gateway"})
    fs::create_symlink(std::string(HOOKSWITCH_PLUGINS) + "/" + plugin + ".so",
                       directory_ + "/plugins/" + plugin + ".so");
  for (auto& file : options_.plugins)
    fs::copy_file(file, directory_ + "/plugins/" + fs::path(file).filename().string());
  if (options_.crash_variant || options_.witness)
    fs::create_symlink(HOOKSWITCH_WITNESS, directory_ + "/plugins/witness.so");
  if (options_.crash_variant) {
    page_ = mapPage(directory_ + "/page");
  }
  if (options_.start) startGateway();
}

World::~World() {
  if ((::testing::Test::HasFailure() || std::uncaught_exceptions() > 0) && gateway_) {
    // Of every start: what is told twice was told first by the one before.
    for (int start = 1; start <= starts_; ++start) {
      std::ifstream log(logFile(start));
      std::cerr << "--- gateway, start " << start << "\n" << log.rdbuf() << "--- end\n";
      std::cerr.clear();  // an empty file counts as a failure of the output
    }
  }
  gateway_.reset();
  fakes_.reset();
  for (const int reservation : {reservation_, public_reservation_})
    if (reservation >= 0) ::close(reservation);
  if (page_) ::munmap(page_, sizeof *page_);
}

std::string World::logFile(int start) const { return directory_ + "/gateway-" + std::to_string(start) + ".log"; }

void World::launchGateway(const std::vector<std::string>& environment) {
  std::vector<std::string> command = {program(), "--config", directory_ + "/fakes.ini"};
  std::vector<std::string> settings = {"server.port=" + std::to_string(port_), "log.level=debug",
                                       "plugins.directory=" + directory_ + "/plugins", "calls.voice=" + options_.voice,
                                       "store.path=" + directory_ + "/hookswitch.db"};
  std::vector<std::string> variables = options_.environment;
  if (!options_.url_in_file) settings.push_back("server.public_url=" + url(""));
  if (public_port_) settings.push_back("server.public_port=" + std::to_string(public_port_));
  if (options_.crash_variant || options_.witness) settings.push_back("witness.file=" + directory_ + "/deliveries");
  if (options_.crash_variant) {
    variables.push_back("HOOKSWITCH_PAGE=" + directory_ + "/page");
    variables.push_back("HOOKSWITCH_CUT_LOG=" + directory_ + "/passings");
  }
  variables.insert(variables.end(), environment.begin(), environment.end());
  settings.insert(settings.end(), options_.settings.begin(), options_.settings.end());
  for (auto& s : settings) {
    command.push_back("--set");
    command.push_back(s);
  }
  gateway_.reset();
  gateway_ = std::make_unique<Process>(command, logFile(++starts_), variables);
}

std::string World::program() const { return options_.crash_variant ? HOOKSWITCH_CRASH_PROGRAM : HOOKSWITCH_PROGRAM; }

void World::startGateway(const std::vector<std::string>& environment) {
  launchGateway(environment);
  if (gateway_->lineWith("listening on").empty())
    throw std::runtime_error("the gateway did not start: " + gateway_->output());
}

void World::configure(const std::string& lines) { std::ofstream(directory_ + "/fakes.ini", std::ios::app) << lines; }

void World::reload() {
  const auto done = [this] {
    int found = 0;
    const std::string log = gateway_->output(), line = "configuration reloaded";
    for (std::size_t at = 0; (at = log.find(line, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  const int before = done();
  gateway_->signal(SIGHUP);
  if (!until([&] { return done() > before; })) throw std::runtime_error("no reload: " + gateway_->output());
}

void World::killGateway() {
  if (!gateway_) return;
  gateway_->signal(SIGKILL);
  if (!gateway_->wait(20000)) throw std::runtime_error("the gateway does not die");
}

void World::moveClocks(long long monotonic_ms, long long wall_ms) {
  __atomic_fetch_add(&page_->wall_ms, wall_ms, __ATOMIC_RELAXED);
  __atomic_fetch_add(&page_->monotonic_ms, monotonic_ms, __ATOMIC_RELAXED);
}

void World::armCut(const std::string& cut) {
  if (cut.size() >= sizeof page_->cut) throw std::runtime_error("the name of a cut is too long: " + cut);
  std::memcpy(page_->cut, cut.c_str(), cut.size() + 1);
  __atomic_fetch_add(&page_->armed, 1, __ATOMIC_RELEASE);
}

std::vector<Delivery> World::deliveries(const std::string& call) const {
  std::vector<Delivery> list;
  std::ifstream in(directory_ + "/deliveries");
  for (Delivery d; in >> d.event_id >> d.attempt >> d.ended_by >> d.lines;)
    if (d.event_id.compare(0, call.size(), call) == 0) list.push_back(d);
  return list;
}

std::vector<std::string> World::passings() const {
  std::vector<std::string> list;
  std::ifstream in(directory_ + "/passings");
  for (std::string line; std::getline(in, line);) list.push_back(line);
  return list;
}

std::string World::url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
std::vector<std::pair<std::string, std::string>> World::headers() const {
  if (options_.key.empty()) return {};
  return {{"Authorization", "Bearer " + options_.key}};
}
Answer World::get(const std::string& path) const { return http("GET", url(path), {}, headers()); }
Answer World::post(const std::string& path, const Json& body) const {
  return http("POST", url(path), body.is_null() ? "" : body.dump(), headers());
}

std::string World::place(Json body) {
  if (!body.contains("to")) body["to"] = "+15550100002";
  const Answer answer = post("/api/call", body);
  EXPECT_EQ(answer.status, 201) << answer.body;
  const Json json = answer.json();
  return json.is_object() ? json.value("call_id", "") : "";
}

std::string World::answered(Json body) {
  const std::string id = place(std::move(body));
  EXPECT_TRUE(reaches(id, "in-progress"));
  EXPECT_TRUE(until([&] {
    const Json webhooks = carrierCall(id).value("webhooks", Json::array());
    return !webhooks.empty() && webhooks[0].value("status", 0) == 200;
  })) << "the carrier has no answer to its voice webhook";
  return id;
}

std::string World::talking(Json body) {
  const std::string id = answered(std::move(body));
  EXPECT_TRUE(until([&] {
    const Json leg = carrierCall(id);
    return leg.contains("streams") && !leg["streams"].empty() && leg["streams"][0].value("live", false) &&
           state(options_.voice)["connections"]["open"] != 0;
  })) << "the carrier opened no stream, or the model was not called";
  return id;
}

Json World::call(const std::string& id) const { return get("/api/calls/" + id).json(); }

bool World::reaches(const std::string& id, const std::string& status, int timeout_ms) const {
  return until(
      [&] {
        const Json c = call(id);
        return c.is_object() && c.value("status", "") == status;
      },
      timeout_ms);
}

Json World::settled(const std::string& id, int timeout_ms) const {
  Json detail;
  until(
      [&] {
        detail = call(id);
        if (!detail.is_object() || detail.value("status", "") != "ended") return false;
        for (auto& r : detail["teardown"])
          if (r["state"] == "pending" || r["state"] == "retrying") return false;
        for (auto& r : detail["started_hooks"])
          if (r["state"] == "pending" || r["state"] == "retrying") return false;
        return true;
      },
      timeout_ms);
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

Json World::carrierCall(const std::string& call) const {
  return http("GET", control_ + "/twilio/calls/" + call).json();
}

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

int World::toldOfEnd(const std::string& call) const {
  int count = 0;
  const Json gateway = state("openclaw");
  for (auto& event : gateway["events"]) {
    const std::string text = event.dump();
    const bool end = text.find("call_ended") != std::string::npos || text.find("[call] ended") != std::string::npos;
    // The same key again is the same turn again: nothing runs twice.
    if (end && text.find(call) != std::string::npos && event.value("seen_before", 0) == 0) ++count;
  }
  return count;
}

std::map<std::string, double> gauges(const World& world) {
  std::map<std::string, double> values;
  std::set<std::string> names;
  std::istringstream in(world.get("/api/metrics").body);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string first, second, third, fourth;
    words >> first >> second >> third >> fourth;
    if (first == "#" && second == "TYPE" && fourth == "gauge")
      names.insert(third);
    else if (!first.empty() && first[0] != '#' && names.count(first.substr(0, first.find('{'))))
      values[first] = std::stod(line.substr(line.rfind(' ')));
  }
  return values;
}

double gauge(const World& world, const std::string& name) {
  const auto now = gauges(world);
  const auto found = now.find(name);
  return found == now.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
}

Json row(const Json& detail, const std::string& phase, const std::string& plugin) {
  for (auto& r : detail["teardown"])
    if (r["phase"] == phase && r["plugin"] == plugin) return r;
  return nullptr;
}

}  // namespace system_test
