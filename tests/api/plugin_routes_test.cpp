// Requests on paths that plugins claimed.
#include "tests/control/support.hpp"

namespace api_test {

using namespace control_test;

namespace {

using plugin::view;
using testing::ElementsAre;
using testing::HasSubstr;

class RoutesTest : public testing::Test {
 protected:
  RoutesTest() : hook(world.add("hook")) {
    hook.at_start = [](hks::Out& out) {
      out.route("POST", "/open", HKS_ROUTE_OPEN, "call");
      out.route("GET", "/closed");
      out.route("PUT", "/closed");
    };
  }
  void replyWith(std::uint32_t status, const std::string& body = {}) {
    hook.on_control = [=](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_HTTP_REQUEST) out.reply(in.id, status, "text/xml", body);
      return hks_status(HKS_UNSUPPORTED);
    };
  }
  World world;
  FakePlugin& hook;
};

TEST_F(RoutesTest, ThePluginSeesTheRequestAsItCameAndItsReplyIsTheAnswer) {
  std::string method, url, body, header;
  hook.on_control = [&](const hks_msg& in, hks::Out& out) {
    if (in.type != HKS_HTTP_REQUEST) return hks_status(HKS_UNSUPPORTED);
    auto& m = reinterpret_cast<const hks_http&>(in);
    method = std::string(view(m.method));
    url = std::string(view(m.url));
    body = std::string(view(m.body));
    for (std::uint64_t i = 0; i < m.header_count; ++i)
      if (view(m.headers[i].name) == "Host") header = std::string(view(m.headers[i].value));
    out.reply(in.id, 201, "text/xml", "<Response/>");
    return hks_status(HKS_OK);
  };
  world.start();
  const auto reply = world.answer("POST", "/open?a=%20b&c", "x=1&y=\xFF");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, "<Response/>");
  EXPECT_EQ(net::findHeader(reply.headers, "content-type"), "text/xml");
  EXPECT_EQ(method, "POST");
  EXPECT_EQ(url, "/open?a=%20b&c");
  EXPECT_EQ(body, "x=1&y=\xFF");
  EXPECT_EQ(header, "localhost:8080");
}

TEST_F(RoutesTest, AnotherMethodIs405WithAllThatAreTaken) {
  world.start();
  const auto reply = world.answer("DELETE", "/closed");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(net::findHeader(reply.headers, "Allow"), "GET, PUT");
  EXPECT_EQ(world.answer("GET", "/open").status, 405);
}

TEST_F(RoutesTest, OnlyAnOpenRouteIsServedWithoutTheApiKey) {
  world.api_key = "k3y";
  replyWith(204);
  world.start();
  EXPECT_EQ(world.answer("GET", "/closed").status, 401);
  EXPECT_EQ(world.answer("POST", "/open").status, 204);
  EXPECT_EQ(hook.heard("request"), 1u);
}

TEST_F(RoutesTest, TheCallThatTheQueryNamesComesAlong) {
  replyWith(204);
  world.start();
  const std::string id = world.place();
  const std::vector<std::string> targets = {"/open?call=" + id,  "/open?x=1&call=" + id + "&y",
                                            "/open?xcall=" + id, "/open?call=",
                                            "/open?call",        "/open?call=unknown"};
  for (auto& target : targets) world.answer("POST", target);
  world.answer("POST", "/api/calls/end");
  world.answer("POST", "/open?call=" + id);
  std::vector<bool> with_call;
  for (auto& h : hook.heard())
    if (h.compare(0, 7, "request") == 0) with_call.push_back(h.find(" of " + id) != std::string::npos);
  EXPECT_THAT(with_call, ElementsAre(true, true, false, false, false, false, true))
      << "a call that has just ended is still known";
}

TEST_F(RoutesTest, ACallThatIsOverHasNoStreamForItsCarriersWebhook) {
  std::vector<std::string> streams;
  hook.on_control = [&](const hks_msg& in, hks::Out& out) {
    if (in.type != HKS_HTTP_REQUEST) return hks_status(HKS_UNSUPPORTED);
    auto& request = reinterpret_cast<const hks_http&>(in);
    streams.emplace_back(request.call ? plugin::view(request.call->media_url) : "no call");
    out.reply(in.id, 204);
    return hks_status(HKS_OK);
  };
  world.start();
  const std::string id = world.place();
  world.answer("POST", "/open/?call=" + id);  // a slash at the end is the same route
  world.answer("POST", "/api/calls/end");
  world.answer("POST", "/open?call=" + id);
  ASSERT_EQ(streams.size(), 2u);
  EXPECT_THAT(streams[0], testing::StartsWith("wss://gateway.example/carrier/stream/"));
  EXPECT_EQ(streams[1], "") << "whatever plays it again is connected to nothing";
}

TEST_F(RoutesTest, AReplyMayComeLater) {
  std::uint64_t id = 0;
  hook.on_control = [&](const hks_msg& in, hks::Out&) {
    if (in.type == HKS_HTTP_REQUEST) id = in.id;
    return hks_status(HKS_UNSUPPORTED);
  };
  world.start();
  auto reply = world.ask("GET", "/closed");
  ASSERT_TRUE(world.until([&] { return id != 0; }));
  EXPECT_EQ(reply.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  world.make("hook", [&](hks::Out& out) {
    out.reply(id, 200, {}, "late");
    out.reply(id, 500, {}, "twice");
  });
  EXPECT_EQ(reply.get().body, "late");
}

TEST_F(RoutesTest, NobodyRepliesForAnother) {
  world.add("stranger");
  std::uint64_t id = 0;
  hook.on_control = [&](const hks_msg& in, hks::Out&) {
    if (in.type == HKS_HTTP_REQUEST) id = in.id;
    return hks_status(HKS_UNSUPPORTED);
  };
  world.start();
  auto reply = world.ask("GET", "/closed");
  ASSERT_TRUE(world.until([&] { return id != 0; }));
  world.make("stranger", [&](hks::Out& out) { out.reply(id, 200, {}, "mine"); });
  EXPECT_EQ(reply.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  world.make("hook", [&](hks::Out& out) {
    out.reply(id + 1, 200, {}, "other");
    out.reply(id, 200, {}, "right");
  });
  EXPECT_EQ(reply.get().body, "right");
}

TEST_F(RoutesTest, APluginThatFailsOnARequestIs500) {
  hook.on_control = [](const hks_msg& in, hks::Out&) {
    return in.type == HKS_HTTP_REQUEST ? hks_status(HKS_FAULT) : hks_status(HKS_UNSUPPORTED);
  };
  world.start();
  const auto reply = world.answer("GET", "/closed");
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr("the plugin failed on this request"));
}

TEST_F(RoutesTest, APluginThatBreaksOnARequestIs500AndThenGone) {
  hook.on_control = [](const hks_msg& in, hks::Out&) {
    return in.type == HKS_HTTP_REQUEST ? hks_status(HKS_FAULT) : hks_status(HKS_UNSUPPORTED);
  };
  world.start();
  world.on([&] { hook.refuses = true; });  // so that it stays broken
  for (unsigned i = 0; i < plugin::Session::max_faults; ++i) EXPECT_EQ(world.answer("GET", "/closed").status, 500);
  EXPECT_EQ(world.answer("GET", "/closed").status, 404) << "nobody has the path any more";
}

TEST_F(RoutesTest, AStatusThatIsNoneIs500) {
  replyWith(0);
  world.start();
  EXPECT_EQ(world.answer("GET", "/closed").status, 500);
}

}  // namespace
}  // namespace api_test
