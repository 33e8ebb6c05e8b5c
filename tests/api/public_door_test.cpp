// The listener for carriers: their routes, streams and /health, and nothing of /api.
#include "tests/control/support.hpp"

#include "host/api/public_door.hpp"

namespace api_test {

using namespace control_test;

namespace {

using testing::HasSubstr;
using testing::Not;

class PublicDoorTest : public testing::Test {
 protected:
  PublicDoorTest() {
    auto& hook = world.add("hook");
    hook.at_start = [](hks::Out& out) {
      out.route("POST", "/open", HKS_ROUTE_OPEN);
      out.route("PUT", "/open");
      out.route("GET", "/closed");
    };
    hook.on_control = [](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_HTTP_REQUEST) out.reply(in.id, 200, "text/plain", "hello");
      return hks_status(HKS_UNSUPPORTED);
    };
    world.api_key = "k3y";
    world.start();
    door = std::make_unique<api::PublicDoor>(world.control, *world.routes, *world.api);
  }
  net::HttpReply through(const std::string& method, const std::string& target,
                         net::HttpHeaders headers = {{"Authorization", "Bearer k3y"}}) {
    auto answer = std::make_shared<std::promise<net::HttpReply>>();
    door->handleLater(std::make_shared<net::HttpRequest>(World::request(method, target, {}, std::move(headers))),
                      [answer](net::HttpReply reply) { answer->set_value(std::move(reply)); });
    return answer->get_future().get();
  }
  World world;
  std::unique_ptr<api::PublicDoor> door;
};

TEST_F(PublicDoorTest, ServesOpenRoutesAndHealth) {
  EXPECT_EQ(through("POST", "/open", {}).body, "hello");
  EXPECT_EQ(through("GET", "/health", {}).status, 200);
}

TEST_F(PublicDoorTest, NothingOfTheApiIsThereWithWhateverKeyAndHoweverItIsSpelled) {
  ASSERT_EQ(world.answer("GET", "/api/calls", {}, {{"Authorization", "Bearer k3y"}}).status, 200) << "the key is good";
  for (const char* target :
       {"/api", "/api/", "/api/calls", "/api/plugins", "/api/metrics", "//api/calls", "/%2fapi/calls", "/%61pi/calls",
        "/API/calls", "/api%2fcalls", "/./api/calls", "/health/../api/calls", "/open/../api/calls", "/api/calls?x=1",
        "/api;x/calls", "\\api\\calls"})
    EXPECT_EQ(through("GET", target).status, 404) << target;
  for (const char* target : {"/api/call", "/api/calls/end", "/api/drain", "/health/../api/call"})
    EXPECT_EQ(through("POST", target).status, 404) << target;
  EXPECT_EQ(world.carrier().heard("place"), 0u);
  EXPECT_EQ(world.drains, 0);
}

TEST_F(PublicDoorTest, ARouteThatWantsTheKeyIsUnknownThere) {
  ASSERT_EQ(world.answer("GET", "/closed", {}, {{"Authorization", "Bearer k3y"}}).status, 200);
  EXPECT_EQ(through("GET", "/closed").status, 404);
  const auto other = through("PUT", "/open");
  EXPECT_EQ(other.status, 405);
  EXPECT_EQ(net::findHeader(other.headers, "Allow"), "POST") << "what is not served there is not named";
}

TEST_F(PublicDoorTest, UpgradesAreForMediaStreamsAlone) {
  const net::UpgradeReply api =
      door->upgrade(World::request("GET", "/api/calls", {}, {{"Authorization", "Bearer k3y"}}));
  EXPECT_FALSE(api.accepted);
  EXPECT_EQ(api.refusal.status, 404);
  const net::UpgradeReply stream = door->upgrade(World::request("GET", "/carrier/stream/unknown"));
  EXPECT_FALSE(stream.accepted);
  EXPECT_EQ(stream.refusal.status, 403) << "the endpoint is there, the token is not";
}

}  // namespace
}  // namespace api_test
