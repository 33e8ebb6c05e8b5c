// nginx in front of the gateway: as it is set up without thinking, and as config/README.md recommends it.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "tests/system/world.hpp"

using namespace system_test;
namespace fs = std::filesystem;

namespace {

bool answers(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(std::uint16_t(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool ok = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return ok;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

/// One process that serves `site` (what belongs into http { }) until the object goes.
class Nginx {
 public:
  Nginx(const std::string& directory, const std::string& site) {
    fs::create_directories(directory);
    std::ofstream(directory + "/site.conf") << site;
    std::ofstream(directory + "/nginx.conf")
        << (::geteuid() == 0 ? "user root;\n" : "") << "daemon off;\nmaster_process off;\npid " << directory
        << "/nginx.pid;\n"
        << "error_log stderr;\nevents { worker_connections 512; }\nhttp {\n  access_log off;\n"
        << "  client_body_temp_path " << directory << "/body;\n  proxy_temp_path " << directory << "/proxy;\n"
        << "  fastcgi_temp_path " << directory << "/fastcgi;\n  uwsgi_temp_path " << directory
        << "/uwsgi;\n  scgi_temp_path " << directory << "/scgi;\n"
        << "  include " << directory << "/site.conf;\n}\n";
    process_ = std::make_unique<Process>(
        std::vector<std::string>{"/usr/sbin/nginx", "-p", directory, "-e", "stderr", "-c", directory + "/nginx.conf"},
        directory + "/nginx.log");
  }
  bool listens(int port) {
    return until([&] { return answers(port) || !process_->running(); }) && process_->running();
  }
  std::string log() const { return process_->output(); }

 private:
  std::unique_ptr<Process> process_;
};

struct Port {
  Port() : number(reservePort(socket)) {}
  ~Port() { ::close(socket); }
  int socket = -1, number;
};

std::string local(int port) { return "http://127.0.0.1:" + std::to_string(port); }

/// config/nginx.conf with ports and a certificate of the test, and beside TLS a plain listener for what is asked by
/// hand.
std::string recommended(const std::string& directory, int tls_port, int plain_port, int public_port) {
  std::stringstream text;
  text << std::ifstream(HOOKSWITCH_CONFIG "/nginx.conf").rdbuf();
  std::string site = text.str();
  replace(
      site, "listen 443 ssl;",
      "listen 127.0.0.1:" + std::to_string(tls_port) + " ssl; listen 127.0.0.1:" + std::to_string(plain_port) + ";");
  replace(site, "/etc/letsencrypt/live/gateway.example.com/fullchain.pem", directory + "/proxy.pem");
  replace(site, "/etc/letsencrypt/live/gateway.example.com/privkey.pem", directory + "/proxy.key");
  replace(site, "proxy_pass http://127.0.0.1:8081;", "proxy_pass " + local(public_port) + ";");
  Process run(
      {"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
       "2", "-subj", "/CN=gateway.example.com", "-keyout", directory + "/proxy.key", "-out", directory + "/proxy.pem"},
      directory + "/openssl.log");
  EXPECT_EQ(run.wait(60000), 0) << run.output();
  return site;
}

std::string keyIn(const std::string& file) {
  std::string key;
  std::ifstream in(file);
  std::getline(in, key);
  return key;
}

}  // namespace

TEST(StockNginx, PlacesNoCallForWhoeverHasNoKey) {
  WorldOptions options;
  options.settings = {"server.public_url=https://gateway.example"};
  World world(options);
  Port proxy;
  // As every guide has it: nginx says Host: 127.0.0.1:PORT, and nothing tells that somebody else asked.
  Nginx nginx(world.directory() + "/nginx", "server { listen 127.0.0.1:" + std::to_string(proxy.number) +
                                                "; location / { proxy_pass " + local(world.port()) + "; } }");
  ASSERT_TRUE(nginx.listens(proxy.number)) << nginx.log();
  const std::string call = Json{{"to", "+15550100002"}, {"webhook_url", local(world.port())}}.dump();
  EXPECT_EQ(http("POST", local(proxy.number) + "/api/call", call).status, 401);
  EXPECT_EQ(http("GET", local(proxy.number) + "/api/calls").status, 401);
  EXPECT_EQ(http("GET", local(proxy.number) + "/health").status, 200) << "it does reach the gateway";
  EXPECT_EQ(world.state("twilio")["calls"], 0) << "nothing was dialled";
  const std::string key = keyIn(world.directory() + "/hookswitch.db.key");
  EXPECT_EQ(http("POST", local(proxy.number) + "/api/call", call, {{"Authorization", "Bearer " + key}}).status, 201);
}

TEST(RecommendedNginx, CarriesACallsWebhooksAndStreamAndHasNoApi) {
  WorldOptions options;
  options.key = "the-key";
  options.settings = {"server.api_key=the-key"};
  options.public_port = true;
  World world(options);
  Port tls, plain;
  Nginx nginx(world.directory() + "/nginx",
              recommended(world.directory(), tls.number, plain.number, world.publicPort()));
  ASSERT_TRUE(nginx.listens(tls.number)) << nginx.log();
  const std::string base = "https://127.0.0.1:" + std::to_string(tls.number);
  const std::string id = world.talking({{"webhook_url", base}, {"greeting", "Hello."}});
  const Json leg = world.carrierCall(id);
  EXPECT_EQ(leg["streams"][0]["url"].get<std::string>().compare(0, 6, "wss://"), 0) << leg["streams"][0]["url"];
  EXPECT_TRUE(until([&] { return world.carrierCall(id)["streams"][0]["bytes_played"].get<int>() > 1600; }))
      << "the greeting is heard through it";
  EXPECT_TRUE(until([&] { return world.carrierCall(id)["streams"][0]["frames_sent"].get<int>() > 20; }));
  for (const char* path : {"/api/calls", "/api", "//api/calls", "/%2fapi/calls", "/twilio/../api/calls"})
    EXPECT_EQ(http("GET", local(plain.number) + path, {}, world.headers()).status, 404) << path;
  EXPECT_EQ(http("POST", local(plain.number) + "/api/call", R"({"to":"+15550100002"})", world.headers()).status, 404);
  EXPECT_EQ(http("GET", local(plain.number) + "/health").status, 200);
  EXPECT_EQ(http("POST", local(plain.number) + "/twilio/voice", "CallSid=CA00000000000000000000000000000000",
                 {{"Content-Type", "application/x-www-form-urlencoded"}})
                .status,
            403);
  world.command("twilio/calls/" + id + "/hangup");
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["ended_by"], "carrier") << detail;
  EXPECT_EQ(detail["outcome"], "completed");
}

TEST(RecommendedNginx, LetsIncomingCallsInBySignature) {
  WorldOptions options;
  options.start = false;
  options.public_port = true;
  World world(options);
  Port tls, plain;
  const std::string base = "https://127.0.0.1:" + std::to_string(tls.number);
  Nginx nginx(world.directory() + "/nginx",
              recommended(world.directory(), tls.number, plain.number, world.publicPort()));
  ASSERT_TRUE(nginx.listens(tls.number)) << nginx.log();
  world.set("server.public_url=" + base);
  world.startGateway();
  world.command("twilio/number", {{"base", base}});
  const std::string sid = world.command("twilio/incoming", {{"from", "+15550100777"}})["sid"];
  ASSERT_TRUE(until([&] {
    const Json leg = world.carrierCall(sid);
    return !leg["streams"].empty() && leg["streams"][0]["live"].get<bool>();
  })) << world.carrierCall(sid);
  ASSERT_EQ(world.liveCalls().size(), 1u);
  const std::string id = world.liveCalls()[0];
  world.command("twilio/calls/" + sid + "/hangup");
  EXPECT_EQ(world.settled(id)["ended_by"], "carrier");
}
