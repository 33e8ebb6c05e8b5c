// A call whose carrier does something else with its leg for a while.
#include "tests/media/call_media_support.hpp"

namespace media_test {
namespace {

using media::Interlude;

class InterludeTest : public CallMediaTest {
 protected:
  void SetUp() override {
    CallMediaTest::SetUp();
    bothReady();
  }
  void mediaQuiet(const std::string& id) override { diary.add("quiet " + id); }
  void mediaBack(const std::string& id) override { diary.add("back " + id); }
  void act(std::function<void(Interlude&)> what) {
    on(loop, [&] { media->interlude(what); });
  }
  void begin() {
    act([](Interlude& i) { i.begin(); });
    ASSERT_TRUE(diary.waitFor("quiet call-1"));
  }
  /// Another socket, whose stream is ready at once.
  void comeBack() {
    int ours = -1;
    auto stream = socketPair(ours);
    old = std::move(peer);
    peer = std::make_unique<Peer>(ours);
    on(loop, [&] {
      carrier_step = [](const hks_msg& in, hks::Out& out) {
        if (in.type == HKS_CONN_OPENED) out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
        return hks_status(HKS_OK);
      };
      media->comeBack(job.terms, std::move(stream), {});
    });
    on(loop, [] {});
  }
  void stop() {
    carrierSays([](hks::Out& out) { out.endCall("the caller left", HKS_BY_CARRIER); });
  }
  std::string soFar() {
    std::string all;
    on(loop, [&] { all = played; });
    return all;
  }
  std::unique_ptr<Peer> old;
};

TEST_F(InterludeTest, TheStreamThatEndsForItAndTheOneThatFollowsAreTheSameCall) {
  start();
  begin();
  act([](Interlude& i) { i.taken(16'000, "it did not come back"); });
  stop();
  comeBack();
  EXPECT_TRUE(diary.waitFor("back call-1"));
  EXPECT_EQ(diary.count("end by"), 0u);
  EXPECT_EQ(diary.count("the far end left"), 0u);
  EXPECT_EQ(diary.count("voice START"), 1u) << "the model's session is kept";
  EXPECT_EQ(diary.count("stream started"), 1u);
  EXPECT_EQ(diary.count("carrier START"), 2u);
  stop();
  EXPECT_EQ(diary.count("the far end left"), 1u) << "the next stop is the end of the call";
  EXPECT_EQ(diary.count("end by carrier"), 1u);
}

TEST_F(InterludeTest, WhatTheModelSaysInItIsHeardBehindIt) {
  start();
  begin();
  act([](Interlude& i) { i.taken(16'000, {}); });
  stop();
  on(loop, [&] {
    media->say("quiet");  // waits as well
    played.clear();
  });
  EXPECT_EQ(diary.count("voice SAY"), 0u);
  comeBack();
  EXPECT_EQ(diary.count("voice SAY quiet"), 1u);
  voiceSays([](hks::Out& out) {
    out.audio(HKS_PCMU_8K, std::string(800, 'v'), "i1");
    out.audioEnd("i1");
  });
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (soFar() != std::string(800, 'v') && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_EQ(soFar(), std::string(800, 'v'));
}

TEST_F(InterludeTest, NothingIsSentToTheCarrierAndNothingIsLost) {
  start();
  begin();
  voiceSays([](hks::Out& out) {
    out.audio(HKS_PCMU_8K, std::string(1600, 'v'), "i1");
    out.audioEnd("i1");
  });
  EXPECT_EQ(soFar(), "");
  act([](Interlude& i) { i.taken(16'000, {}); });
  stop();
  comeBack();
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (soFar() != std::string(1600, 'v') && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_EQ(soFar(), std::string(1600, 'v'));
}

TEST_F(InterludeTest, AStreamThatNeverComesBackEndsTheCallWithThatReason) {
  start();
  begin();
  act([](Interlude& i) { i.taken(3'000, "the stream did not come back"); });
  stop();
  pass(2);
  EXPECT_EQ(diary.count("end by"), 0u);
  pass(4);
  EXPECT_EQ(diary.count("end by limit: the stream did not come back"), 1u);
}

TEST_F(InterludeTest, AStopThatTheRefusalFindsWasTheCallers) {
  start();
  begin();
  stop();
  EXPECT_EQ(diary.count("end by"), 0u);
  act([](Interlude& i) { i.refused(); });
  EXPECT_EQ(diary.count("the far end left"), 1u);
  EXPECT_EQ(diary.count("end by carrier: the caller left"), 1u);
}

TEST_F(InterludeTest, AfterARefusalTheCallGoesOn) {
  start();
  begin();
  act([](Interlude& i) { i.refused(); });
  EXPECT_EQ(diary.count("back call-1"), 1u);
  stop();
  EXPECT_EQ(diary.count("end by carrier"), 1u);
}

TEST_F(InterludeTest, AStreamThatLivesWasNotTouchedByAnActWithoutAnAnswer) {
  start();
  begin();
  act([](Interlude& i) { i.unsure(16'000, {}); });
  pass(12);
  EXPECT_EQ(diary.count("back call-1"), 1u);
  EXPECT_EQ(diary.count("end by"), 0u);
}

TEST_F(InterludeTest, AnotherStreamMayComeBeforeTheEndOfTheFirstIsRead) {
  start();
  begin();
  act([](Interlude& i) { i.taken(16'000, {}); });
  comeBack();
  EXPECT_TRUE(diary.waitFor("back call-1"));
  EXPECT_EQ(diary.count("end by"), 0u);
}

TEST_F(InterludeTest, KeysAsSoundStandBetweenWhatIsSaid) {
  start();
  begin();
  act([](Interlude& i) { i.keys("12"); });
  EXPECT_EQ(soFar().size(), 2u * 200 * 8);
  voiceSays([](hks::Out& out) {
    out.audio(HKS_PCMU_8K, std::string(800, 'v'), "i1");
    out.audioEnd("i1");
  });
  EXPECT_EQ(soFar().size(), 2u * 200 * 8) << "the model waits until they were heard";
  EXPECT_TRUE(diary.waitFor("back call-1"));
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (soFar().size() < 2u * 200 * 8 + 800 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_EQ(soFar().substr(2 * 200 * 8), std::string(800, 'v'));
}

TEST_F(InterludeTest, AnEndInTheMiddleOfItStopsEverything) {
  start();
  begin();
  act([](Interlude& i) { i.taken(16'000, {}); });
  stop();
  on(loop, [&] { media->stop("ended through the API"); });
  EXPECT_EQ(diary.count("stopped call-1"), 1u);
  act([](Interlude& i) { i.taken(1, {}); });
  pass(30);
  EXPECT_EQ(diary.count("end by"), 0u);
}

TEST_F(InterludeTest, AnEndThatWaitedEndsNoTalkThatTheAgentHasLeft) {
  start();
  voiceSays([](hks::Out& out) {
    out.audio(HKS_PCMU_8K, std::string(8'000, 'v'), "i1");
    out.audioEnd("i1");
    out.endCall("good-bye", HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
  });
  act([](Interlude& i) { i.begin(); });
  ASSERT_TRUE(diary.waitFor("quiet call-1"));
  act([](Interlude& i) { i.taken(0, {}); });
  stop();
  pass(200);
  EXPECT_EQ(diary.count("end by"), 0u) << "somebody may answer there";
  act([](Interlude& i) { i.leave(); });
  pass(400);
  EXPECT_EQ(diary.count("end by"), 0u) << "the two talk";
}

TEST_F(InterludeTest, AnEndThatIsWishedInItComesBehindIt) {
  start();
  begin();
  act([](Interlude& i) { i.taken(0, {}); });
  on(loop, [&] {
    voice_step = [](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_TOOL_RESULT) out.endCall("done", HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
      return hks_status(HKS_OK);
    };
    media->toolResult(1, "{}", false);
  });
  stop();
  pass(60);
  EXPECT_EQ(diary.count("end by"), 0u);
  comeBack();
  EXPECT_TRUE(diary.waitFor("end by agent: done"));
}

TEST_F(InterludeTest, ASilenceOfOurOwnMakingIsNotMediaIdle) {
  job.media_idle_s = 5;
  start();
  begin();
  act([](Interlude& i) { i.taken(60'000, {}); });
  stop();
  pass(20);
  EXPECT_EQ(diary.count("end by"), 0u);
}

}  // namespace
}  // namespace media_test
