// Who gets in: keys of the gateway's own, the listener for carriers, reloads, connections of one address.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "tests/system/world.hpp"

using namespace system_test;
namespace fs = std::filesystem;

namespace {

std::string content(const std::string& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::string keyIn(const std::string& file) {
  const std::string all = content(file);
  return all.substr(0, all.find('\n'));
}

/// A connection from this address of 127.0.0.0/8.
class Caller {
 public:
  Caller(const char* from, int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in ours{}, theirs{};
    ours.sin_family = theirs.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &ours.sin_addr);
    ::inet_pton(AF_INET, "127.0.0.1", &theirs.sin_addr);
    theirs.sin_port = htons(std::uint16_t(port));
    ok_ = ::bind(fd_, reinterpret_cast<sockaddr*>(&ours), sizeof ours) == 0 &&
          ::connect(fd_, reinterpret_cast<sockaddr*>(&theirs), sizeof theirs) == 0;
  }
  ~Caller() { ::close(fd_); }
  Caller(const Caller&) = delete;
  bool say(const std::string& wire) {
    return ok_ && ::send(fd_, wire.data(), wire.size(), MSG_NOSIGNAL) == ssize_t(wire.size());
  }
  /// What comes until the gateway closes; "" also when it says nothing for 20 s.
  std::string ask(const std::string& wire) {
    std::string all;
    if (!say(wire)) return all;
    for (pollfd p{fd_, POLLIN, 0}; ::poll(&p, 1, 20000) > 0;) {
      char buffer[4096];
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      all.append(buffer, std::size_t(n));
    }
    return all;
  }

 private:
  int fd_;
  bool ok_ = false;
};

std::string request(const std::string& method, const std::string& target, const std::string& headers = {}) {
  return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n";
}

std::string status(const std::string& reply) { return reply.substr(0, 12); }

/// What curl says: the status, or 000 when it does not trust the certificate.
std::string curl(const World& world, int port, const std::string& authority) {
  static int n = 0;
  Process run({"/usr/bin/curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", authority,
               "https://localhost:" + std::to_string(port) + "/health"},
              world.directory() + "/curl-" + std::to_string(++n));
  run.wait(20000);
  return run.output();
}

/// A self-signed certificate for localhost, made by openssl(1).
void makeCertificate(const World& world, const std::string& name) {
  Process run({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
               "-days", "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:localhost", "-keyout",
               world.directory() + "/" + name + ".key", "-out", world.directory() + "/" + name + ".pem"},
              world.directory() + "/openssl.log");
  ASSERT_EQ(run.wait(60000), 0) << run.output();
}

WorldOptions reachable() {
  WorldOptions options;
  options.settings = {"server.public_url=https://gateway.example"};
  return options;
}

}  // namespace

TEST(OwnKey, AGatewayThatOthersReachAsksForAKeyOfItsOwnAlsoOverLoopback) {
  World world(reachable());
  const std::string file = world.directory() + "/hookswitch.db.key";
  const Json body = {{"to", "+15550100002"}, {"webhook_url", world.url("")}};
  EXPECT_EQ(world.get("/api/calls").status, 401);
  EXPECT_EQ(world.post("/api/call", body).status, 401);
  EXPECT_EQ(status(Caller("127.0.0.1", world.port()).ask(request("GET", "/api/calls"))), "HTTP/1.1 401")
      << "a tunnel that says Host: localhost";
  EXPECT_EQ(world.state("twilio")["calls"], 0) << "nothing was dialled";
  struct stat found {};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  const std::string key = keyIn(file), log = world.gateway().output();
  ASSERT_GE(key.size(), 32u);
  EXPECT_NE(log.find(file), std::string::npos) << "the log says where it is";
  EXPECT_EQ(log.find(key), std::string::npos) << "and not what it is";
  world.useKey(key);
  EXPECT_EQ(world.post("/api/call", body).status, 201);
  world.restartGateway();
  EXPECT_EQ(world.get("/api/calls").status, 200) << "it is the same after a restart";
}

TEST(Ports, OfATestAreItsOwnOnEveryAddress) {
  int reservation = -1;
  const int port = reservePort(reservation);
  const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  address.sin_port = htons(std::uint16_t(port));
  EXPECT_NE(::bind(other, reinterpret_cast<sockaddr*>(&address), sizeof address), 0)
      << "a gateway that listens on all addresses would find it taken";
  ::close(other);
  ::close(reservation);
}

TEST(OwnKey, AHostThatIsNotLoopbackAsksForOneToo) {
  for (const char* host : {"0.0.0.0", "::"}) {
    WorldOptions options;
    options.settings = {std::string("server.host=") + host};
    World world(options);
    EXPECT_EQ(world.get("/api/calls").status, 401) << host;
    world.useKey(keyIn(world.directory() + "/hookswitch.db.key"));
    EXPECT_EQ(world.get("/api/calls").status, 200) << host;
  }
}

TEST(OwnKey, OneThatCannotBeHadIsAProblemOfTheConfiguration) {
  WorldOptions options = reachable();
  options.start = false;
  World world(options);
  fs::create_directory(world.directory() + "/hookswitch.db.key");
  world.launchGateway();
  EXPECT_EQ(world.gateway().wait(20000), 1);
  EXPECT_NE(world.gateway().output().find(world.directory() + "/hookswitch.db.key"), std::string::npos);
}

TEST(OwnKey, IsAskedForAtOnceWhenAReloadMakesThePublicUrlReachable) {
  WorldOptions options;
  options.url_in_file = true;
  World world(options);
  Process& gateway = world.gateway();
  EXPECT_EQ(world.get("/api/calls").status, 200);
  EXPECT_FALSE(fs::exists(world.directory() + "/hookswitch.db.key"));
  std::string ini = content(world.directory() + "/fakes.ini");
  const std::string base = world.url("");
  ini.replace(ini.rfind(base), base.size(), "https://gateway.example");
  std::ofstream(world.directory() + "/fakes.ini") << ini;
  gateway.signal(SIGHUP);
  ASSERT_FALSE(gateway.lineWith("configuration reloaded").empty());
  EXPECT_EQ(world.get("/api/calls").status, 401);
  world.useKey(keyIn(world.directory() + "/hookswitch.db.key"));
  EXPECT_EQ(world.get("/api/calls").status, 200);
  EXPECT_EQ(gateway.output().find("takes effect at the next start"), std::string::npos);
  EXPECT_EQ(world.post("/api/call", {{"to", "+15550100002"}}).json()["webhook_url"], "https://gateway.example")
      << "and the address is in force";
  // A key that is configured from now on is the only one.
  world.configure("api_key = configured\n");
  gateway.signal(SIGHUP);
  ASSERT_TRUE(until([&] { return world.get("/api/calls").status == 401; }));
  world.useKey("configured");
  EXPECT_EQ(world.get("/api/calls").status, 200);
}

TEST(PublicPort, ServesCarriersAndHealthAndNothingOfTheApi) {
  WorldOptions options;
  options.key = "the-key";
  options.settings = {"server.api_key=the-key"};
  options.public_port = true;
  World world(options);
  const std::string with_key = "Authorization: Bearer the-key\r\n";
  auto ask = [&](const std::string& method, const std::string& target, const std::string& more = {}) {
    return status(Caller("127.0.0.1", world.publicPort()).ask(request(method, target, with_key + more)));
  };
  EXPECT_EQ(ask("GET", "/health"), "HTTP/1.1 200");
  EXPECT_EQ(ask("POST", "/twilio/voice", "Content-Length: 0\r\n"), "HTTP/1.1 403")
      << "there, and the signature is missing";
  EXPECT_EQ(world.get("/api/calls").status, 200);
  for (const char* target :
       {"/api/calls", "/api", "//api/calls", "/%2fapi/calls", "/%61pi/calls", "/./api/calls", "/twilio/../api/calls",
        "/API/calls", "http://localhost/api/calls", "http://localhost//api/calls", "/api/metrics", "/api/plugins"})
    EXPECT_EQ(ask("GET", target), "HTTP/1.1 404") << target;
  EXPECT_EQ(ask("POST", "/api/drain", "Content-Length: 0\r\n"), "HTTP/1.1 404");
  EXPECT_EQ(ask("GET", "/api/calls",
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                "dGhlIHNhbXBsZSBub25jZQ==\r\n"),
            "HTTP/1.1 404");
  // On one connection: what was answered before opens nothing.
  const std::string both =
      Caller("127.0.0.1", world.publicPort())
          .ask("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" + request("GET", "/api/calls", with_key));
  EXPECT_EQ(status(both), "HTTP/1.1 200");
  EXPECT_NE(both.find("HTTP/1.1 404"), std::string::npos) << both;
  // A whole call over it.
  const std::string base = "http://127.0.0.1:" + std::to_string(world.publicPort());
  const std::string id = world.talking({{"webhook_url", base}});
  EXPECT_EQ(world.carrierCall(id)["streams"][0]["url"].get<std::string>().find("ws" + base.substr(4) + "/twilio/"), 0u)
      << world.carrierCall(id)["streams"][0]["url"];
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  EXPECT_EQ(world.settled(id)["outcome"], "completed");
}

TEST(PublicPort, OneThatIsTakenFailsTheStart) {
  WorldOptions options;
  options.start = false;
  World world(options);
  int taken = -1;
  const int port = reservePort(taken);
  ASSERT_EQ(::listen(taken, 1), 0);
  world.set("server.public_port=" + std::to_string(port));
  world.launchGateway();
  EXPECT_EQ(world.gateway().wait(20000), 2);
  EXPECT_NE(world.gateway().output().find("127.0.0.1:" + std::to_string(port)), std::string::npos);
  ::close(taken);
}

TEST(ReloadDoors, TwoKeysOverlapWhileClientsChangeOver) {
  WorldOptions options;
  options.start = false;
  World world(options);
  auto knows = [&](const char* key) {
    world.useKey(key);
    return world.get("/api/calls").status == 200;
  };
  const std::string original = content(world.directory() + "/fakes.ini");
  world.configure("api_key = old\n");
  world.startGateway();
  EXPECT_TRUE(knows("old"));
  EXPECT_FALSE(knows("new"));
  std::ofstream(world.directory() + "/fakes.ini") << original << "api_key = new\napi_key_secondary = old\n";
  world.reload();
  EXPECT_TRUE(knows("old"));
  EXPECT_TRUE(knows("new"));
  std::ofstream(world.directory() + "/fakes.ini") << original << "api_key = new\n";
  world.reload();
  EXPECT_FALSE(knows("old"));
  EXPECT_TRUE(knows("new"));
  EXPECT_NE(world.gateway().output().find("its key is wrong"), std::string::npos);
}

TEST(ReloadDoors, AnotherPublicUrlIsThatOfTheNextIncomingCallAndOfItsSignature) {
  WorldOptions options;
  options.url_in_file = true;
  options.public_port = true;
  World world(options);
  const std::string base = world.url(""), other = "http://127.0.0.1:" + std::to_string(world.publicPort());
  std::string ini = content(world.directory() + "/fakes.ini");
  ini.replace(ini.rfind(base), base.size(), other);
  std::ofstream(world.directory() + "/fakes.ini") << ini;
  world.reload();
  world.command("twilio/number", {{"base", other}});
  const std::string sid = world.command("twilio/incoming", {{"from", "+15550100777"}})["sid"];
  ASSERT_TRUE(until([&] { return !world.carrierCall(sid)["streams"].empty(); })) << world.gateway().output();
  EXPECT_EQ(world.carrierCall(sid)["streams"][0]["url"].get<std::string>().find("ws" + other.substr(4)), 0u)
      << world.carrierCall(sid)["streams"][0];
}

TEST(ReloadDoors, WhatNeedsARestartIsSaidAndTheLogChangesItsFormat) {
  World world;
  world.configure("[media]\nloops = 7\n[log]\nformat = json\n");
  world.reload();
  const std::string log = world.gateway().output();
  EXPECT_NE(log.find("media.loops has changed; it takes effect at the next start"), std::string::npos) << log;
  EXPECT_NE(world.gateway().lineWith("\"message\":\"configuration reloaded\""), "") << log;
}

TEST(ReloadDoors, ARenewedCertificateIsTakenOnBothListenersAndABadOneIsNot) {
  WorldOptions options;
  options.start = false;
  options.public_port = true;
  World world(options);
  const std::string at = world.directory() + "/server";
  makeCertificate(world, "before");
  makeCertificate(world, "after");
  auto install = [&](const std::string& name, const char* part) {
    fs::copy_file(world.directory() + "/" + name + part, at + part, fs::copy_options::overwrite_existing);
  };
  for (const char* part : {".pem", ".key"}) install("before", part);
  world.set("server.tls_certificate=" + at + ".pem");
  world.set("server.tls_key=" + at + ".key");
  world.startGateway();
  const std::string before = world.directory() + "/before.pem", after = world.directory() + "/after.pem";
  for (const int port : {world.port(), world.publicPort()}) {
    EXPECT_EQ(curl(world, port, before), "200");
    EXPECT_EQ(curl(world, port, after), "000");
  }
  install("after", ".pem");  // the key does not fit yet
  world.gateway().signal(SIGHUP);
  ASSERT_FALSE(world.gateway().lineWith(at + ".key").empty()) << world.gateway().output();
  for (const int port : {world.port(), world.publicPort()})
    EXPECT_EQ(curl(world, port, before), "200") << "the old one goes on";
  install("after", ".key");
  world.gateway().signal(SIGHUP);
  for (const int port : {world.port(), world.publicPort()}) {
    EXPECT_TRUE(until([&] { return curl(world, port, after) == "200"; })) << world.gateway().output();
    EXPECT_EQ(curl(world, port, before), "000");
  }
}

TEST(Connections, OneAddressHasItsShareOverBothListenersAndOthersAreServed) {
  WorldOptions options;
  options.public_port = true;
  options.settings = {"server.connections_per_address=6"};
  World world(options);
  std::vector<std::unique_ptr<Caller>> held;
  for (int i = 0; i < 200; ++i) held.push_back(std::make_unique<Caller>("127.0.0.9", world.publicPort()));
  for (const int port : {world.port(), world.publicPort()})
    EXPECT_EQ(status(Caller("127.0.0.2", port).ask(request("GET", "/health"))), "HTTP/1.1 200");
  for (const int port : {world.port(), world.publicPort()})
    EXPECT_TRUE(until([&] {
      return status(Caller("127.0.0.9", port).ask(request("GET", "/health"))) == "HTTP/1.1 200";
    })) << "its own slowest makes room";
  EXPECT_EQ(held.front()->ask(request("GET", "/health")), "") << "the first of them had to go";
}

TEST(Connections, OnesThatAreRefusedAreCountedAndSaid) {
  WorldOptions options;
  options.settings = {"server.connections_per_address=8"};
  World world(options);
  world.command("twilio/plan", {{"callback_missing", {"completed"}}});
  const std::string id = world.talking();
  // Requests that are being answered make room for nobody: they wait for a carrier that takes its time.
  world.command("twilio/misbehave", {{"on", "update"}, {"delay_ms", 30000}});
  std::vector<std::unique_ptr<Caller>> waiting;
  ASSERT_TRUE(until([&] {
    waiting.push_back(std::make_unique<Caller>("127.0.0.9", world.port()));
    waiting.back()->say(request("POST", "/api/calls/" + id + "/end", "Content-Length: 0\r\n"));
    const std::string metrics = world.get("/api/metrics").body;
    return metrics.find("\nhookswitch_connections_refused_total ") != std::string::npos &&
           metrics.find("\nhookswitch_connections_refused_total 0\n") == std::string::npos;
  }));
  EXPECT_EQ(status(Caller("127.0.0.2", world.port()).ask(request("GET", "/health"))), "HTTP/1.1 200");
  EXPECT_FALSE(world.gateway().lineWith("the last one of 127.0.0.9").empty()) << "the log says so";
}

TEST(SecretFiles, OneThatEverybodyCanReadIsWarnedOf) {
  WorldOptions options;
  options.start = false;
  World world(options);
  const std::string file = world.directory() + "/fakes.ini";
  ASSERT_EQ(::chmod(world.directory().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  world.startGateway();
  const std::string line = world.gateway().lineWith("holds secrets");
  EXPECT_NE(line.find(file), std::string::npos) << world.gateway().output();
  EXPECT_NE(line.find("twilio.auth_token"), std::string::npos);
  EXPECT_NE(line.find("warning"), std::string::npos);
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  world.reload();
  const std::string log = world.gateway().output();
  EXPECT_EQ(log.find("holds secrets", log.find("holds secrets") + 1), std::string::npos) << "it is not said any more";
}

TEST(Caches, KeepNothingOfTheApiAlsoOfErrors) {
  WorldOptions options;
  options.key = "the-key";
  options.settings = {"server.api_key=the-key"};
  World world(options);
  const std::string key = "Authorization: Bearer the-key\r\n";
  for (const std::string& wire :
       {request("GET", "/api/calls", key), request("GET", "/api/calls"), request("DELETE", "/api/calls", key),
        request("GET", "/api/nothing", key), request("GET", "/api/calls?state=ended&format=jsonl", key),
        request("POST", "/api/call", key + "Content-Length: 2\r\n") + "{}",
        request("POST", "/api/call", key + "Content-Length: 700000\r\n"),
        request("GET", "/api/calls", "Bad Header: x\r\n")})
    EXPECT_NE(Caller("127.0.0.1", world.port()).ask(wire).find("Cache-Control: no-store\r\n"), std::string::npos)
        << wire;
}
