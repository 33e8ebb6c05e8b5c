// A carrier that falls silent ends its call; what counts as a sign of life.
#include "tests/media/call_media_support.hpp"

namespace media_test {
namespace {

TEST_F(CallMediaTest, ACarrierThatFallsSilentEndsTheCallOnce) {
  job.media_idle_s = 30;
  bothReady();
  start();
  pass(29);
  EXPECT_EQ(diary.count("end by"), 0u);
  pass(1);
  EXPECT_EQ(diary.all().back(), "end by limit: media idle: no audio from the carrier for 30 s");
  pass(100);
  EXPECT_EQ(diary.count("end by"), 1u);
}

TEST_F(CallMediaTest, ACarrierThatNeverBeginsItsStreamIsSilentToo) {
  job.media_idle_s = 30;
  start();
  pass(30);
  EXPECT_EQ(diary.count("end by limit: media idle"), 1u);
}

TEST_F(CallMediaTest, AudioMarksAndKeysOfTheCarrierAreLife) {
  job.media_idle_s = 30;
  bothReady();
  start();
  const std::function<void(hks::Out&)> signs[] = {
      [](hks::Out& out) { out.audio(HKS_PCMU_8K, std::string(160, 'c'), {}, 0); },
      [](hks::Out& out) { out.mark("any"); }, [](hks::Out& out) { out.dtmf("5"); }};
  for (auto& sign : signs) {
    pass(29);
    carrierSays(sign);
  }
  pass(29);
  EXPECT_EQ(diary.count("end by"), 0u);
  carrierSays([](hks::Out& out) { out.log(HKS_INFO, "words are not a sign of the far end"); });
  pass(1);
  EXPECT_EQ(diary.count("end by limit: media idle"), 1u);
}

TEST_F(CallMediaTest, AnAgentWhoSpeaksToNobodyIsNotLife) {
  job.media_idle_s = 30;
  bothReady();
  start();
  on(loop, [&] {
    voice_step = [](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_SAY) out.audio(HKS_PCMU_8K, std::string(800, 'v'), "i1");
      return hks_status(HKS_OK);
    };
  });
  pass(29);
  on(loop, [&] { media->say("still here"); });
  pass(1);
  on(loop, [&] { EXPECT_FALSE(played.empty()); });
  EXPECT_EQ(diary.count("end by limit: media idle"), 1u);
}

TEST_F(CallMediaTest, WithoutALimitSilenceLastsAsLongAsItLikes) {
  bothReady();
  start();
  pass(10'000);
  EXPECT_EQ(diary.count("end by"), 0u);
}

TEST_F(CallMediaTest, ACallInWhichNothingIsQueuedHasNoTurnToWaitFor) {
  bothReady();
  start();
  std::int64_t before = 0;
  on(loop, [&] {
    EXPECT_EQ(loop.nextPaceUs(), base::Pacer::never) << "nobody has said anything";
    before = loop.pacingUs();
  });
  carrierSays([](hks::Out& out) { out.audio(HKS_PCMU_8K, std::string(160, 'c'), {}, 0); });
  on(loop, [&] { EXPECT_GE(loop.nextPaceUs() - before, 500'000) << "by then the caller has spoken again"; });
}

TEST_F(CallMediaTest, AnEndThatWaitsForTheCallerToHearItsWordsComesWithTheMark) {
  bothReady();
  start();
  voiceSays([](hks::Out& out) {
    out.audio(HKS_PCMU_8K, std::string(160, 'v'), "i1");
    out.audioEnd("i1");
    out.endCall("good-bye", HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
  });
  std::string mark;
  on(loop, [&] {
    ASSERT_EQ(marks.size(), 1u);
    mark = marks.back();
    EXPECT_EQ(diary.count("end by"), 0u) << "it has not been heard yet";
  });
  carrierSays([&](hks::Out& out) { out.mark(mark); });
  on(loop, [&] { EXPECT_EQ(diary.count("end by agent: good-bye"), 1u) << "in the turn that brought the mark"; });
}

TEST_F(CallMediaTest, WhoHasMoreToSayThanAGoodByeDoesNotEndTheCall) {
  bothReady();
  start();
  voiceSays([](hks::Out& out) {
    out.audio(HKS_PCMU_8K, std::string(8'000, 'v'), "i1");
    out.audioEnd("i1");
    out.endCall("good-bye", HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
  });
  on(loop, [&] { media->say("One more thing.", true); });
  pass(20);
  EXPECT_EQ(diary.count("voice SAY One more thing."), 1u);
  EXPECT_EQ(diary.count("voice HEARD "), 2u) << "it knows that it was silenced, and what was heard of it";
  EXPECT_EQ(diary.count("end by"), 0u);
}

TEST_F(CallMediaTest, WhatMayNotWaitIsSaidByTheNextVoiceWhenThisOneWasLostDuringItsGoodBye) {
  job.voices.push_back({"second", &scriptRole<second>(), std::make_shared<media::Settings>(), nullptr});
  bothReady();
  start();
  on(loop, [&] {
    voice_step = [](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_START) out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
      if (in.type == HKS_HEARD) out.gone("it was lost during its good-bye");
      return hks_status(HKS_OK);
    };
    media->say("One more thing.", true);
  });
  EXPECT_TRUE(diary.waitFor("second SAY One more thing."));
  EXPECT_EQ(diary.count("voice SAY"), 0u);
  EXPECT_EQ(diary.count("end by"), 0u);
}

}  // namespace
}  // namespace media_test
