// The SDK's example of a carrier in a real gateway: a box on the network is rung, rings, speaks, and is hung up.
#include <gtest/gtest.h>
#include <hookswitch/hmac.hpp>

#include <mutex>
#include <vector>

#include "tests/fakes/test_client.hpp"
#include "tests/places.hpp"
#include "tests/system/world.hpp"

using namespace system_test;

namespace {

constexpr const char* secret = "s3cret";

/// The box: keeps what it is told, and says what it is made to say.
class Box {
 public:
  Box() {
    loop_.call([this] {
      server_ = std::make_unique<fakes::Server>(
          loop_, 0,
          fakes::Server::Handlers{[this](const fakes::Request& r, fakes::Server::Reply reply) {
                                    const std::lock_guard lock(mutex_);
                                    if (fakes::header(r.headers, "X-Intercom-Signature") ==
                                        hks::hmacSha256Hex(secret, r.body))
                                      told_.push_back(r.body);
                                    reply({answer_, "", "text/plain"});
                                  },
                                  nullptr, nullptr});
    });
  }
  ~Box() {
    loop_.call([this] { server_.reset(); });
  }
  std::string url() { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  void answers(unsigned status) {
    const std::lock_guard lock(mutex_);
    answer_ = status;
  }
  /// How often it was told to do this about any call.
  int told(const std::string& what) {
    const std::lock_guard lock(mutex_);
    int n = 0;
    for (auto& t : told_) n += t.compare(0, 4 + what.size() + 1, "do: " + what + "\n") == 0;
    return n;
  }
  /// The value of a line of the last text.
  std::string last(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return told_.empty() ? "" : value(told_.back(), name);
  }
  static std::string value(const std::string& text, const std::string& name) {
    const auto at = text.find(name + ": ");
    return at == std::string::npos ? "" : text.substr(at + name.size() + 2, text.find('\n', at) - at - name.size() - 2);
  }
  Answer says(const World& world, const std::string& text, const std::string& key = secret) {
    return http("POST", world.url("/intercom/event"), text, {{"X-Intercom-Signature", hks::hmacSha256Hex(key, text)}});
  }
  fakes::Loop& loop() { return loop_; }

 private:
  struct Running : fakes::Loop {
    Running() { start(); }
  } loop_;
  std::unique_ptr<fakes::Server> server_;
  std::mutex mutex_;
  std::vector<std::string> told_;
  unsigned answer_ = 200;
};

WorldOptions with(Box& box) {
  WorldOptions options;
  options.plugins = {std::string(HOOKSWITCH_EXAMPLES) + "/intercom.so"};
  options.settings = {"calls.carrier=intercom", "intercom.box=" + box.url(), std::string("intercom.secret=") + secret,
                      "calls.greeting=Hello"};
  return options;
}

/// Speaks silence until a frame of the model's voice arrives.
bool hears(fakes::TestClient& media) {
  return until([&] {
    media.sendText(std::string(160, '\xff'), false);
    return media.binaryFrames() > 0;
  });
}

}  // namespace

TEST(Intercom, ItIsRungAnsweredHeardAndHungUp) {
  Box box;
  World world(with(box));
  const std::string id = world.place({{"to", "+15550100002"}});
  EXPECT_EQ(box.told("ring"), 1);
  EXPECT_EQ(box.last("call"), id);
  EXPECT_EQ(box.last("to"), "+15550100002");
  const std::string address = box.last("media");
  EXPECT_EQ(box.says(world, "event: ringing\ncall: " + id + "\n").status, 204);
  ASSERT_TRUE(world.reaches(id, "ringing"));
  EXPECT_EQ(box.says(world, "event: answered\ncall: " + id + "\n").status, 204);
  ASSERT_TRUE(world.reaches(id, "in-progress"));
  fakes::TestClient media(box.loop(), address);
  ASSERT_TRUE(media.connected()) << media.result().error;
  EXPECT_TRUE(hears(media));
  EXPECT_EQ(world.post("/api/calls/" + id + "/end").status, 200);
  EXPECT_EQ(media.closeCode(), 1000u);
  EXPECT_GE(box.told("hang-up"), 1);
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["outcome"], "completed");
  EXPECT_EQ(detail["ended_by"], "api");
  EXPECT_FALSE(fakes::TestClient(box.loop(), address).connected()) << "the address works once";
}

TEST(Intercom, ItRingsSpeaksAndHangsUpItself) {
  Box box;
  World world(with(box));
  const std::string call = "event: call\ncall: R7\nfrom: +15550100777\nto: +15550100001\n";
  EXPECT_EQ(box.says(world, call, "another secret").status, 403);
  const Answer answer = box.says(world, call);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const std::string id = Box::value(answer.body, "call");
  EXPECT_EQ(Box::value(box.says(world, call).body, "call"), id) << "a request that comes twice is one call";
  fakes::TestClient media(box.loop(), Box::value(answer.body, "media"));
  ASSERT_TRUE(media.connected()) << media.result().error;
  EXPECT_TRUE(hears(media));
  media.sendText("bye");
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["direction"], "incoming");
  EXPECT_EQ(detail["ended_by"], "carrier");
  EXPECT_EQ(detail["reason"], "the person at the intercom hung up");
  EXPECT_GE(box.told("hang-up"), 1);
}

TEST(Intercom, ASocketThatIsLostEndsTheCallAndTheLeg) {
  Box box;
  World world(with(box));
  const std::string id = world.place();
  box.says(world, "event: answered\ncall: " + id + "\n");
  {
    fakes::TestClient media(box.loop(), box.last("media"));
    ASSERT_TRUE(hears(media));
  }
  const Json detail = world.settled(id);
  EXPECT_EQ(detail["ended_by"], "carrier");
  EXPECT_GE(box.told("hang-up"), 1);
}

TEST(Intercom, ARefusalAndABusyOneAreSaidAsTheyAre) {
  Box box;
  World world(with(box));
  box.answers(486);
  const Answer refused = world.post("/api/call", {{"to", "+15550100002"}});
  EXPECT_EQ(refused.status, 502);
  EXPECT_NE(refused.body.find("the intercom refused: 486"), std::string::npos) << refused.body;
  box.answers(200);
  const std::string id = world.place();
  box.says(world, "event: busy\ncall: " + id + "\n");
  EXPECT_EQ(world.settled(id)["outcome"], "busy");
}
