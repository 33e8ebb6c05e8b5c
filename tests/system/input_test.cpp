// Bad input on every route and socket: a clear error or a closed socket, and a call that goes on beside it.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

/// Bytes on a bare socket.
class Raw {
 public:
  explicit Raw(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(std::uint16_t(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ok_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Raw() { ::close(fd_); }
  bool send(const std::string& bytes) {
    return ok_ && ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == ssize_t(bytes.size());
  }
  /// Everything until the peer closes or `timeout_ms` passes; `closed` tells which.
  std::string receive(int timeout_ms, bool& closed) {
    std::string all;
    closed = false;
    for (const long long end = nowMs() + timeout_ms; nowMs() < end;) {
      pollfd p{fd_, POLLIN, 0};
      if (::poll(&p, 1, int(end - nowMs())) <= 0) break;
      char buffer[4096];
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) {
        closed = true;
        break;
      }
      all.append(buffer, std::size_t(n));
    }
    return all;
  }

 private:
  int fd_;
  bool ok_ = false;
};

std::string upgradeRequest(const std::string& path) {
  return "GET " + path +
         " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
         "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

class BadInput : public ::testing::Test {
 protected:
  World world_;
  std::string call_;
  void SetUp() override {
    call_ = world_.place();
    ASSERT_TRUE(world_.reaches(call_, "in-progress"));
    ASSERT_TRUE(until([&] { return world_.state("openai")["connections"]["open"] == 1; }));
  }
  void TearDown() override {
    EXPECT_EQ(world_.call(call_)["status"], "in-progress") << "the call beside it was disturbed";
    const auto frames = [&] { return world_.carrierCall(call_)["streams"][0]["frames_sent"].get<int>(); };
    const int before = frames();
    EXPECT_TRUE(until([&] { return frames() > before + 10; }));
    EXPECT_EQ(world_.post("/api/calls/" + call_ + "/end").status, 200);
  }
};

void expectError(const Answer& answer, int status, const std::string& words) {
  EXPECT_EQ(answer.status, status) << answer.body;
  const Json json = answer.json();
  ASSERT_TRUE(json.is_object()) << answer.body;
  EXPECT_EQ(json["success"], false);
  EXPECT_NE(json["error"].get<std::string>().find(words), std::string::npos) << answer.body;
}

}  // namespace

TEST_F(BadInput, EveryFieldOfACallIsCheckedAndNamed) {
  auto post = [&](const std::string& body) { return http("POST", world_.url("/api/call"), body); };
  expectError(post(""), 400, "empty");
  expectError(post("{"), 400, "JSON");
  expectError(post("[1]"), 400, "object");
  expectError(post("{}"), 400, "Missing 'to' phone number");
  expectError(post(R"({"to":5})"), 400, "'to'");
  expectError(post(R"({"to":"12345"})"), 400, "E.164");
  expectError(post(R"({"to":"+15550100002","colour":"red"})"), 400, "colour");
  expectError(post(R"({"to":"+15550100002","metadata":"x"})"), 400, "'metadata'");
  expectError(post(R"({"to":"+15550100002","max_duration_s":"long"})"), 400, "'max_duration_s'");
  expectError(post(R"({"to":"+15550100002","webhook_url":"ftp://x"})"), 400, "'webhook_url'");
  expectError(post(R"({"to":"+15550100002","prompt":")" + std::string(40000, 'x') + "\"}"), 400, "'prompt'");
  expectError(post("{\"to\":\"+15550100002\",\"prompt\":\"" + std::string("\xff\xfe") + "\"}"), 400, "JSON");
  expectError(post(std::string(70000, ' ')), 413, "");
  expectError(post(R"({"to":"+15550100002","voice":"nobody"})"), 400, "nobody");
}

TEST_F(BadInput, UnknownRoutesAndWrongMethodsAreSaid) {
  EXPECT_EQ(world_.get("/nothing").status, 404);
  EXPECT_EQ(world_.get("/api/nothing").status, 404);
  const Answer wrong = http("DELETE", world_.url("/api/calls"));
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("Allow"), "GET");
  EXPECT_EQ(world_.get("/twilio/voice").status, 405);
  EXPECT_EQ(world_.get("/api/calls/not-a-call").status, 404);
}

TEST_F(BadInput, AWebhookWithoutAGoodSignatureIsForbidden) {
  const std::string form =
      "CallSid=CA00000000000000000000000000000000&AccountSid=AC00000000000000000000000000000001&From=%2B15550100777&To="
      "%2B15550100001";
  const std::vector<std::pair<std::string, std::string>> type = {{"Content-Type", "application/x-www-form-urlencoded"}};
  EXPECT_EQ(http("POST", world_.url("/twilio/voice"), form, type).status, 403);
  EXPECT_EQ(http("POST", world_.url("/twilio/status"), form, type).status, 403);
  auto bad = type;
  bad.emplace_back("X-Twilio-Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  EXPECT_EQ(http("POST", world_.url("/twilio/voice"), form, bad).status, 403);
}

TEST_F(BadInput, UnknownAndUsedStreamTokensAreForbidden) {
  bool closed = false;
  Raw unknown(world_.port());
  ASSERT_TRUE(unknown.send(upgradeRequest("/twilio/media-stream/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")));
  EXPECT_EQ(unknown.receive(5000, closed).compare(0, 12, "HTTP/1.1 403"), 0);
  const std::string stream = world_.carrierCall(call_)["streams"][0]["url"];
  Raw used(world_.port());
  ASSERT_TRUE(used.send(upgradeRequest(stream.substr(stream.find("/twilio/")))));
  EXPECT_EQ(used.receive(5000, closed).compare(0, 12, "HTTP/1.1 403"), 0);
}

TEST_F(BadInput, ARequestThatIsNotHttpIsClosed) {
  bool closed = false;
  Raw garbage(world_.port());
  ASSERT_TRUE(garbage.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + "garbage\r\n\r\n"));
  garbage.receive(15000, closed);
  EXPECT_TRUE(closed);
}

TEST_F(BadInput, AClientThatSendsNothingMoreIsCut) {
  bool closed = false;
  Raw slow(world_.port());
  ASSERT_TRUE(slow.send("POST /api/call HTTP/1.1\r\nHost: localhost\r\nContent-Le"));
  slow.receive(20000, closed);
  EXPECT_TRUE(closed);
}

TEST_F(BadInput, GarbageOnAMediaStreamEndsAtMostThatCall) {
  for (const char* kind : {"text", "json", "binary", "event", "types", "base64", "huge", "frame"}) {
    const std::string id = world_.talking({{"to", "+15550100003"}});
    ASSERT_TRUE(until([&] {
      const Json c = world_.carrierCall(id);
      return !c["streams"].empty() && c["streams"][0]["live"].get<bool>();
    }));
    world_.command("twilio/calls/" + id + "/garbage", {{"kind", kind}});
    // Whatever it did to that call, it can be ended, and the gateway lives.
    const int status = world_.post("/api/calls/" + id + "/end").status;
    EXPECT_TRUE(status == 200 || status == 404) << kind << " " << status;
    EXPECT_EQ(world_.get("/health").status, 200) << kind;
  }
}

TEST_F(BadInput, GarbageFromTheModelEndsAtMostThatCall) {
  for (const char* kind : {"garbage", "half_frame", "reserved_bits", "bad_utf8"}) {
    WorldOptions options;
    World other(options);
    const std::string id = other.talking();
    ASSERT_TRUE(until([&] { return other.state("openai")["connections"]["open"] == 1; }));
    other.command(std::string("openai/") + kind);
    other.post("/api/calls/" + id + "/end");
    EXPECT_EQ(other.settled(id)["status"], "ended") << kind;
  }
}

TEST_F(BadInput, ACarrierThatStopsReadingDoesNotHoldUpTheOthers) {
  const std::string id = world_.talking({{"to", "+15550100003"}, {"greeting", "Hello."}});
  ASSERT_TRUE(until([&] {
    const Json c = world_.carrierCall(id);
    return !c["streams"].empty() && c["streams"][0]["live"].get<bool>();
  }));
  world_.command("twilio/calls/" + id + "/deaf");
  EXPECT_EQ(world_.post("/api/calls/" + id + "/end").status, 200);
  EXPECT_EQ(world_.settled(id)["status"], "ended");
}

TEST(ApiKey, IsDemandedWhenOneIsSet) {
  WorldOptions options;
  options.settings = {"server.api_key=the-key"};
  World world(options);
  const Answer without = world.get("/api/calls");
  EXPECT_EQ(without.status, 401);
  EXPECT_EQ(without.json()["success"], false);
  EXPECT_EQ(http("GET", world.url("/api/calls"), "", {{"Authorization", "Bearer wrong"}}).status, 401);
  EXPECT_EQ(http("GET", world.url("/api/calls"), "", {{"Authorization", "Bearer the-key"}}).status, 200);
  EXPECT_EQ(world.get("/health").status, 200);
}

TEST(ApiKey, WithoutOneATunnelIsRefused) {
  World world;
  EXPECT_EQ(http("GET", world.url("/api/calls")).status, 200);
  EXPECT_EQ(http("GET", world.url("/api/calls"), "", {{"X-Forwarded-For", "203.0.113.9"}}).status, 401);
  bool closed = false;
  Raw tunnel(world.port());
  ASSERT_TRUE(tunnel.send("GET /api/calls HTTP/1.1\r\nHost: gateway.example.com\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(tunnel.receive(5000, closed).compare(0, 12, "HTTP/1.1 401"), 0);
}

TEST(Secrets, AppearNeitherInTheLogNorInAnswers) {
  World world;
  const std::string id = world.talking();
  const std::string detail = world.get("/api/calls/" + id).body + world.get("/api/plugins").body;
  world.post("/api/calls/" + id + "/end");
  world.settled(id);
  const Json stream = world.carrierCall(id)["streams"][0];
  const std::string url = stream["url"], token = url.substr(url.rfind('/') + 1);
  const std::string log = world.gateway().output();
  for (const std::string& secret :
       {std::string("0123456789abcdef0123456789abcdef"), std::string("sk-fake-of-the-stand-in"),
        std::string("AIza-of-the-stand-in-for-tests-alone-00"), std::string("fake-bot-token"),
        std::string("openclaw-fake"), token}) {
    EXPECT_EQ(log.find(secret), std::string::npos) << secret;
    EXPECT_EQ(detail.find(secret), std::string::npos) << secret;
  }
}
