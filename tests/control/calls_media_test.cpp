// A call with its media: the upgrade, both sessions on the loop, and what they ask of the control plane.
#include "tests/control/media_support.hpp"

namespace control_test {
namespace {

using testing::HasSubstr;

TEST_F(Media, TheStreamPutsTheCallInProgressAndTheEndClosesBothSessions) {
  const std::string id = running();
  EXPECT_EQ(world.carrier().opened(FakePlugin::carrier_role), 1);
  EXPECT_EQ(world.answer("POST", "/api/calls/" + id + "/end").status, 200);
  EXPECT_THAT(world.detail(id), HasSubstr(R"({"phase":"disconnect","plugin":"host","state":"done")"));
  EXPECT_TRUE(world.until([&] {
    return world.voice().closed(FakePlugin::voice_role) == 1 && world.carrier().closed(FakePlugin::carrier_role) == 1;
  }));
  EXPECT_EQ(field(world.detail(id), "outcome"), "completed");
}

TEST_F(Media, ATokenLetsInOnce) {
  const std::string id = running();
  EXPECT_EQ(connect("/carrier/stream/" + token()), 403);
}

TEST_F(Media, UnknownTokensAndOtherPathsAreRefused) {
  world.start();
  world.place();
  EXPECT_EQ(connect("/carrier/stream/" + std::string(43, 'A')), 403);
  EXPECT_EQ(connect("/carrier/stream/"), 403);
  EXPECT_EQ(connect("/carrier/stream/" + token() + "x"), 403);
  EXPECT_EQ(connect("/other/" + token()), 404);
  EXPECT_EQ(connect("/carrier/stream/" + token() + "/"), 101) << "a slash at the end is no other token";
}

TEST_F(Media, ATokenOfACallThatIsOverIsRefused) {
  world.start();
  world.place();
  world.answer("POST", "/api/calls/end");
  EXPECT_EQ(connect("/carrier/stream/" + token()), 403);
}

TEST_F(Media, APluginThatWantsToBeAskedDecides) {
  world.carrier().at_start = [](hks::Out& out) { out.endpoint("/carrier/stream/{token}", HKS_ROUTE_ASK); };
  std::uint32_t status = 403;
  world.carrier().on_control = [&](const hks_msg& in, hks::Out& out) {
    if (in.type == HKS_HTTP_REQUEST) out.reply(in.id, status);
    return hks_status(HKS_UNSUPPORTED);
  };
  world.start();
  const std::string id = world.place(), path = "/carrier/stream/" + token();
  EXPECT_EQ(connect(path), 403);
  world.on([&] { status = 200; });
  EXPECT_EQ(connect(path), 403) << "only 101 opens the door";
  EXPECT_EQ(world.carrier().heard("request GET " + path + " of " + id + " upgrade"), 2u);
  world.on([&] { status = 101; });
  EXPECT_EQ(connect(path), 101) << "a refusal does not use the token up";
}

TEST_F(Media, WhatIsSaidReachesTheRecordAndEveryNotifier) {
  auto& news = world.add("news");
  news.is_control = false;
  news.is_notifier = true;
  at_voice_start = [](hks::Out& out) {
    out.transcript(HKS_USER, "Is anybody there?");
    out.transcript(HKS_ASSISTANT, "Yes.");
  };
  const std::string id = running();
  EXPECT_TRUE(world.until([&] { return news.heard("TRANSCRIPT Yes.") == 1; }));
  const std::string detail = world.detail(id);
  EXPECT_THAT(detail, HasSubstr(R"({"speaker":"user","text":"Is anybody there?")"));
  EXPECT_THAT(detail, HasSubstr(R"({"speaker":"assistant","text":"Yes.")"));
}

TEST_F(Media, AToolIsRunByThePluginThatOfferedIt) {
  auto& tools = world.add("tools");
  tools.at_start = [](hks::Out& out) { out.tool("weather", "the weather", "{}"); };
  tools.on_control = [](const hks_msg& in, hks::Out& out) {
    if (in.type == HKS_TOOL_CALL)
      out.toolResult(in.id, std::string(view(reinterpret_cast<const hks_tool_call&>(in).json)));
    return hks_status(HKS_UNSUPPORTED);
  };
  at_voice_start = [](hks::Out& out) {
    out.toolCall(1, "weather", R"({"city":"Bremen"})");
    out.toolCall(2, "nuclear", "{}");
  };
  const std::string id = running();
  EXPECT_TRUE(world.until([&] { return world.table.find(id)->record.transcript.size() == 2; }));
  const std::string detail = world.detail(id);
  EXPECT_THAT(detail, HasSubstr(R"(result {\"city\":\"Bremen\"})"));
  EXPECT_THAT(detail, HasSubstr("failed"));
  EXPECT_EQ(tools.heard("TOOL_CALL weather"), 1u);
  EXPECT_EQ(tools.heard("TOOL_CALL nuclear"), 0u);
}

TEST_F(Media, APluginMaySpeakToTheCallerThroughTheVoice) {
  world.add("helper");
  const std::string id = running();
  world.make("helper", [&](hks::Out& out) { out.say(id, "One minute left."); });
  EXPECT_TRUE(world.until([&] { return world.table.find(id)->record.transcript.size() == 1; }));
}

TEST_F(Media, AStreamThatGoesWithoutAWordEndsTheCall) {
  world.carrier().on_carrier = [](const hks_msg& in, hks::Out& out) {
    if (in.type == HKS_CONN_OPENED) out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
    if (in.type == HKS_CONN_CLOSED) out.gone("the socket was cut");
    return hks_status(HKS_OK);
  };
  const std::string id = running();
  ::close(std::exchange(peer, -1));
  ASSERT_TRUE(over(id));
  EXPECT_EQ(field(world.detail(id), "ended_by"), "carrier");
  EXPECT_EQ(field(world.detail(id), "reason"), "the media stream is gone: the socket was cut");
  EXPECT_EQ(world.carrier().heard("phase hangup/1"), 1u) << "a lost socket is no proof that the leg is over";
}

TEST_F(Media, AVoiceThatIsGoneForGoodEndsTheCall) {
  at_voice_start = [](hks::Out& out) { out.gone("quota exceeded"); };
  world.start();
  const std::string id = world.place();
  ASSERT_EQ(connect("/carrier/stream/" + token()), 101);
  ASSERT_TRUE(over(id));
  EXPECT_EQ(field(world.detail(id), "ended_by"), "fault");
  EXPECT_EQ(field(world.detail(id), "outcome"), "failed");
  EXPECT_THAT(world.detail(id), HasSubstr("the voice voice is gone: quota exceeded"));
}

TEST_F(Media, TheFallbackTakesOverWithTheTranscriptAndWithoutGreeting) {
  world.defaults.voice_fallback = "second";
  world.defaults.greeting = "Hello, this is the gateway";
  auto& second = world.add("second");
  second.is_control = false;
  second.is_voice = true;
  second.on_voice = [](const hks_msg& in, hks::Out& out) {
    if (in.type != HKS_START) return hks_status(HKS_OK);
    auto& start = reinterpret_cast<const hks_start&>(in);
    out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
    out.transcript(HKS_ASSISTANT, std::to_string(start.history_count) + " line, greeting '" +
                                      std::string(view(start.call->greeting)) +
                                      "', before: " + std::string(view(start.history[0].text)));
    return hks_status(HKS_OK);
  };
  at_voice_start = [](hks::Out& out) {
    out.transcript(HKS_USER, "my name is Ada");
    out.gone("overloaded");
  };
  const std::string id = running();
  ASSERT_TRUE(world.until([&] { return world.table.find(id)->record.transcript.size() == 2; }));
  EXPECT_EQ(world.on([&] { return world.table.find(id)->record.transcript[1].text; }),
            "1 line, greeting '', before: my name is Ada");
  EXPECT_EQ(field(world.detail(id), "voice"), "second");
  EXPECT_EQ(field(world.detail(id), "status"), "in-progress");
}

TEST_F(Media, TheAgentMayHangUp) {
  at_voice_start = [](hks::Out& out) {
    out.endCall("the agent said good-bye", HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
  };
  world.start();
  const std::string id = world.place();
  ASSERT_EQ(connect("/carrier/stream/" + token()), 101);
  ASSERT_TRUE(over(id));
  EXPECT_EQ(field(world.detail(id), "ended_by"), "agent");
}

TEST_F(Media, ACarrierPluginThatRefusesItsSessionEndsTheCall) {
  world.carrier().is_control = true;
  world.start();
  const std::string id = world.place();
  world.on([&] { world.carrier().refuses = true; });
  ASSERT_EQ(connect("/carrier/stream/" + token()), 101);
  ASSERT_TRUE(over(id));
  EXPECT_EQ(field(world.detail(id), "ended_by"), "fault");
}

TEST_F(Media, ASocketThatArrivesAfterTheEndIsClosed) {
  world.start();
  world.place();
  net::UpgradeReply reply = world.api->upgrade(World::request("GET", "/carrier/stream/" + token()));
  ASSERT_TRUE(reply.accepted);
  world.answer("POST", "/api/calls/end");
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  peer = fds[0];
  reply.accepted(std::make_unique<net::Stream>(fds[1]), {});
  char byte;
  EXPECT_EQ(::read(peer, &byte, 1), 0);
  EXPECT_EQ(world.carrier().opened(FakePlugin::carrier_role), 0);
}

}  // namespace
}  // namespace control_test
