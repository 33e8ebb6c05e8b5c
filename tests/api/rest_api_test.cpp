// Routes of the gateway itself: which exist, with which methods, and the shape of every refusal.
#include "tests/control/support.hpp"

namespace api_test {

using namespace control_test;

namespace {

using testing::HasSubstr;

TEST(RestApi, RoutesAnswerTheirMethodsAndNameThemToOthers) {
  World world;
  world.start();
  const std::string call = "/api/calls/" + world.place();
  struct {
    const char* method;
    std::string path;
    int status;
    const char* allow;
  } table[] = {{"GET", "/health", 200, ""},
               {"HEAD", "/health", 200, ""},
               {"POST", "/health", 405, "GET"},
               {"GET", "/api/call", 405, "POST"},
               {"PUT", "/api/call", 405, "POST"},
               {"POST", "/api/call", 400, ""},
               {"GET", "/api/calls", 200, ""},
               {"POST", "/api/calls", 405, "GET"},
               {"GET", "/api/calls?x=1", 400, ""},
               {"GET", call, 200, ""},
               {"DELETE", call, 405, "GET"},
               {"GET", call + "/end", 405, "POST"},
               {"GET", call + "/other", 404, ""},
               {"POST", call + "/end/x", 404, ""},
               {"GET", "/api/calls/end", 405, "POST"},
               {"GET", "/api/calls/", 200, ""},
               {"GET", "/api/calls/unknown", 404, ""},
               {"GET", "/api/plugins", 200, ""},
               {"POST", "/api/plugins", 405, "GET"},
               {"GET", "/", 404, ""},
               {"GET", "/api", 404, ""},
               {"GET", "/api/", 404, ""},
               {"GET", "/api/x", 404, ""},
               {"GET", "/API/calls", 404, ""},
               {"GET", "//health", 404, ""},
               {"GET", "/health/", 200, ""},
               {"GET", "/api/call/", 405, "POST"},
               {"GET", call + "/", 200, ""},
               {"GET", call + "//", 404, ""},
               {"GET", "/api//", 404, ""},
               {"GET", "/api/hooks/", 200, ""},
               {"POST", "/api/calls/end/", 200, ""}};
  for (auto& row : table) {
    const auto reply = world.answer(row.method, row.path);
    EXPECT_EQ(reply.status, row.status) << row.method << " " << row.path;
    EXPECT_EQ(net::findHeader(reply.headers, "Allow"), row.allow) << row.method << " " << row.path;
    if (reply.status >= 400) {
      EXPECT_THAT(reply.body, testing::StartsWith("{\"success\":false,\"error\":\"")) << row.path;
    }
  }
}

TEST(RestApi, AParameterThatIsUnknownIsRefusedByNameOnEveryRoute) {
  World world;
  world.start();
  const std::string call = "/api/calls/" + world.place(), hook = "/api/hooks/" + call.substr(11) + ":notify:watch";
  struct {
    const char* method;
    std::string path, known;
  } table[] = {{"POST", "/api/call", "this route takes none"},
               {"GET", "/api/plugins", "this route takes none"},
               {"GET", call, "this route takes none"},
               {"POST", call + "/end", "this route takes none"},
               {"POST", "/api/calls/end", "this route takes none"},
               {"GET", "/api/metrics", "this route takes none"},
               {"POST", "/api/drain", "this route takes none"},
               {"POST", hook + "/retry", "this route takes none"},
               {"POST", hook + "/discard", "this route takes none"},
               {"GET", "/api/hooks", "known are state and limit"},
               {"GET", "/api/calls", "known are state, limit, before, number, outcome, since, until and format"}};
  for (auto& row : table)
    for (const std::string slash : {"", "/"}) {
      const auto reply = world.answer(row.method, row.path + slash + "?stat=ended", R"({"to":"+15550100002"})");
      EXPECT_EQ(reply.status, 400) << row.method << " " << row.path;
      EXPECT_THAT(reply.body, HasSubstr("'stat': there is no such parameter; " + row.known)) << row.path;
    }
  EXPECT_EQ(world.carrier().heard("place"), 1u);
  EXPECT_EQ(world.drains, 0);
  EXPECT_EQ(world.answer("GET", call + "?").status, 200) << "an empty query names nothing";
  EXPECT_EQ(world.answer("GET", "/api/nothing?x=1").status, 404);
  EXPECT_EQ(world.answer("DELETE", "/api/metrics?x=1").status, 405);
}

TEST(RestApi, SaysWhichVersionItIs) {
  World world;
  world.start();
  EXPECT_EQ(field(world.answer("GET", "/health").body, "version"), "test");
  EXPECT_THAT(world.answer("GET", "/api/plugins").body, testing::StartsWith(R"({"version":"test","plugins":[)"));
}

TEST(RestApi, ListsLiveCallsInTheOrderOfTheirStart) {
  World world;
  world.start();
  EXPECT_EQ(world.answer("GET", "/api/calls").body, R"({"calls":[],"count":0})");
  const std::string first = world.place(), second = world.place();
  const std::string body = world.answer("GET", "/api/calls").body;
  EXPECT_THAT(body, HasSubstr("\"count\":2}"));
  EXPECT_LT(body.find(first), body.find(second));
  EXPECT_EQ(body.find("transcript"), std::string::npos);
  world.answer("POST", "/api/calls/" + first + "/end");
  EXPECT_EQ(world.answer("GET", "/api/calls").body.find(first), std::string::npos);
}

TEST(RestApi, WithAKeyEverythingUnderApiNeedsItAndHealthDoesNot) {
  World world;
  world.api_key = "k3y";
  world.start();
  for (auto path : {"/api/calls", "/api/plugins", "/api/calls/end", "/api/nothing"})
    EXPECT_EQ(world.answer("GET", path).status, 401) << path;
  EXPECT_EQ(world.answer("POST", "/api/call", R"({"to":"+15550100002"})").status, 401);
  EXPECT_EQ(world.carrier().heard("place"), 0u);
  EXPECT_EQ(world.answer("GET", "/health").status, 200);
}

TEST(RestApi, AWebhookUrlOfElsewhereIsTakenByAPrivateGatewayAndWarnedOfOnce) {
  testing::internal::CaptureStderr();
  World world;
  world.start();
  EXPECT_EQ(
      world.answer("POST", "/api/call", R"({"to":"+15550100002","webhook_url":"http://127.0.0.1:9/secret"})").status,
      201);
  EXPECT_EQ(world.answer("POST", "/api/call", R"({"to":"+15550100002","webhook_url":"https://tunnel.example/secret"})")
                .status,
            201);
  EXPECT_EQ(world.answer("POST", "/api/call", R"({"to":"+15550100002","webhook_url":"https://tunnel.example/secret"})")
                .status,
            201);
  world.settle();
  const std::string log = testing::internal::GetCapturedStderr();
  const std::size_t at = log.find("https://tunnel.example:443");
  ASSERT_NE(at, std::string::npos) << log;
  EXPECT_EQ(log.find("https://tunnel.example:443", at + 1), std::string::npos);
  EXPECT_THAT(log, HasSubstr("server.public_port"));
  EXPECT_THAT(log, HasSubstr("server.api_key"));
  EXPECT_THAT(log, testing::Not(HasSubstr("secret")));
}

TEST(RestApi, WhereAKeyIsAskedForAWebhookUrlOfElsewhereIsNothingSpecial) {
  testing::internal::CaptureStderr();
  World world;
  world.api_key = "k3y";
  world.start();
  EXPECT_EQ(world
                .answer("POST", "/api/call", R"({"to":"+15550100002","webhook_url":"https://tunnel.example"})",
                        {{"Authorization", "Bearer k3y"}})
                .status,
            201);
  world.settle();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::Not(HasSubstr("tunnel.example")));
}

TEST(RestApi, APublicUrlThatGoesWithAReloadIsAskedForAgain) {
  World world;
  world.start();
  EXPECT_EQ(world.answer("POST", "/api/call", R"({"to":"+15550100002"})").status, 201);
  world.api->setHasPublicUrl(false);
  EXPECT_EQ(world.answer("POST", "/api/call", R"({"to":"+15550100002"})").status, 400);
  world.api->setHasPublicUrl(true);  // and the control thread has been quicker
  world.on([&] {
    control::CallDefaults none = world.calls->defaults();
    none.public_url.clear();
    world.calls->setDefaults(std::move(none));
  });
  const auto refused = world.answer("POST", "/api/call", R"({"to":"+15550100002"})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("webhook_url"));
}

TEST(RestApi, ARouteOfAPluginUnderAnotherRootIsServed) {
  World world;
  auto& a = world.add("a");
  a.at_start = [](hks::Out& out) { out.route("GET", "/a"); };
  a.on_control = [](const hks_msg& in, hks::Out& out) {
    if (in.type == HKS_HTTP_REQUEST) out.reply(in.id, 200, "text/plain", "hello");
    return hks_status(HKS_UNSUPPORTED);
  };
  world.start();
  EXPECT_EQ(world.answer("GET", "/a").body, "hello");
}

}  // namespace
}  // namespace api_test
