// The media of one call: carrier and voice on one loop, and the bridge between them.
#include "tests/media/call_media_support.hpp"

namespace media_test {
namespace {

TEST_F(CallMediaTest, TheVoiceIsOpenedOnceTheCarriersStreamIsUp) {
  carrier_step = nullptr;
  start();
  EXPECT_THAT(diary.all(), ElementsAre("carrier START", "carrier CONN_OPENED"));
  carrierSays([](hks::Out& out) { out.ready(HKS_PCMU_8K, HKS_PCMU_8K); });
  EXPECT_THAT(diary.all(), ElementsAre("carrier START", "carrier CONN_OPENED", "carrier DATA", "stream started call-1",
                                       "voice is voice", "voice START greeting=Hello"));
  carrierSays([](hks::Out& out) { out.ready(HKS_PCMU_8K, HKS_PCMU_8K); });
  EXPECT_EQ(diary.count("voice START"), 1u);
  EXPECT_EQ(diary.count("stream started"), 1u);
}

TEST_F(CallMediaTest, AudioGoesThroughUnchangedWhereBothSidesSpeakTheSame) {
  bothReady();
  start();
  carrierSays([](hks::Out& out) { out.audio(HKS_PCMU_8K, std::string(160, 'c'), {}, 0); });
  on(loop, [&] { EXPECT_EQ(heard.substr(0, 160), std::string(160, 'c')); });
  voiceSays([](hks::Out& out) {
    out.audio(HKS_PCMU_8K, std::string(1600, 'v'), "i1");
    out.audioEnd("i1");
  });
  const auto all = [&] {
    bool done = false;
    on(loop, [&] { done = played == std::string(1600, 'v'); });
    return done;
  };
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!all() && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_TRUE(all());
}

TEST_F(CallMediaTest, WhatIsToBeSaidBeforeTheVoiceIsReadyIsSaidThen) {
  carrier_step = [](const hks_msg& in, hks::Out& out) {
    if (in.type == HKS_CONN_OPENED) out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
    return hks_status(HKS_OK);
  };
  start();
  on(loop, [&] {
    media->say("one");
    media->say("two");
  });
  EXPECT_EQ(diary.count("voice SAY"), 0u);
  voiceSays([](hks::Out& out) { out.ready(HKS_PCMU_8K, HKS_PCMU_8K); });
  on(loop, [&] { media->say("three"); });
  EXPECT_THAT(diary.all(), Contains("voice SAY one two"));
  EXPECT_EQ(diary.all().back(), "voice SAY three");
}

TEST_F(CallMediaTest, WhatACarrierAsksToBeSaidIsSaidByTheVoice) {
  bothReady();
  start();
  carrierSays([](hks::Out& out) { out.say({}, "you are being recorded"); });
  EXPECT_EQ(diary.all().back(), "voice SAY you are being recorded");
}

TEST_F(CallMediaTest, KeysReachTheVoice) {
  bothReady();
  start();
  carrierSays([](hks::Out& out) { out.dtmf("5"); });
  EXPECT_EQ(diary.all().back(), "voice DTMF 5");
}

TEST_F(CallMediaTest, AKeySilencesTheAgentBeforeItReachesTheVoice) {
  job.dtmf_interrupts = true;
  bothReady();
  start();
  voiceSays([](hks::Out& out) {
    out.audio(HKS_PCMU_8K, std::string(80'000, 'v'), "i1");
    out.endCall("good-bye", HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
  });
  on(loop, [&] { voice_step = nullptr; });
  carrierSays([](hks::Out& out) { out.dtmf("5"); });
  const auto all = diary.all();
  ASSERT_GE(all.size(), 4u);
  EXPECT_THAT(std::vector<std::string>(all.end() - 4, all.end()),
              ElementsAre("voice HEARD ", "carrier FLUSH", "voice HEARD i1", "voice DTMF 5"));
  pass(1);
  EXPECT_EQ(diary.count("end by"), 0u) << "who presses a key over the good-bye goes on";
  carrierSays([](hks::Out& out) { out.dtmf("6"); });
  EXPECT_EQ(diary.count("carrier FLUSH"), 1u) << "nothing is playing";
}

TEST_F(CallMediaTest, ACallerWhoBreaksInIsHeardAndTheVoiceIsTold) {
  bothReady();
  start();
  voiceSays([](hks::Out& out) { out.audio(HKS_PCMU_8K, std::string(80'000, 'v'), "i1"); });
  voiceSays([](hks::Out& out) { out.speechStarted(); });
  EXPECT_EQ(diary.count("carrier FLUSH"), 1u);
  EXPECT_EQ(diary.all().back(), "voice HEARD i1");
}

TEST_F(CallMediaTest, AnEndAfterPlaybackWaitsUntilTheGoodByeWasHeard) {
  bothReady();
  start();
  voiceSays([](hks::Out& out) {
    out.audio(HKS_PCMU_8K, std::string(800, 'v'), "i1");
    out.audioEnd("i1");
    out.endCall("good-bye was said", HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
    out.endCall("again", HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
  });
  EXPECT_EQ(diary.count("end by"), 0u);
  // The carrier echoes marks as it plays.
  on(loop, [&] {
    carrier_step = [](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_MARK) out.mark(view(reinterpret_cast<const hks_mark&>(in).name));
      if (in.type == HKS_DATA) out.mark(view(reinterpret_cast<const hks_data&>(in).bytes));
      return hks_status(HKS_OK);
    };
  });
  std::vector<std::string> sent;
  on(loop, [&] { sent = marks; });
  for (auto& mark : sent) peer->text(mark);
  ASSERT_TRUE(diary.waitFor("end by"));
  EXPECT_EQ(diary.count("end by agent: good-bye was said"), 1u);
}

TEST_F(CallMediaTest, ACallerWhoSpeaksOverTheGoodByeGoesOn) {
  bothReady();
  start();
  voiceSays([](hks::Out& out) {
    out.audio(HKS_PCMU_8K, std::string(80'000, 'v'), "i1");
    out.endCall("good-bye", HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
    out.speechStarted();
  });
  // The queue is empty now, and an end that still waited would come.
  pass(1);
  EXPECT_EQ(diary.count("end by"), 0u);
}

TEST_F(CallMediaTest, AGreetingThatIsCutIsSaidAgainAndTheVoiceHearsSilenceMeanwhile) {
  auto terms = std::make_shared<call::Terms>(*job.terms);
  terms->greeting_shield_ms = call::whole_greeting;
  job.terms = terms;
  bothReady();
  start();
  voiceSays([](hks::Out& out) { out.audio(HKS_PCMU_8K, std::string(80'000, 'v'), "i1"); });
  carrierSays([](hks::Out& out) { out.audio(HKS_PCMU_8K, std::string(160, 'c'), {}); });
  on(loop, [&] { EXPECT_EQ(heard, std::string(160, '\xFF')); });
  voiceSays([](hks::Out& out) { out.speechStarted(); });
  EXPECT_EQ(diary.all().back(), "voice SAY Hello");
}

TEST_F(CallMediaTest, AnEndThatWaitsIsKeptWhenTheVoiceGoes) {
  job.voices.push_back({"second", &scriptRole<second>(), std::make_shared<media::Settings>(), nullptr});
  bothReady();
  start();
  voiceSays([](hks::Out& out) {
    out.audio(HKS_PCMU_8K, std::string(4800, 'v'), "i1");
    out.endCall("good-bye was said", HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK);
    out.gone("its socket died");
  });
  pass(30);
  EXPECT_EQ(diary.count("end by agent: good-bye was said"), 1u);
  EXPECT_EQ(diary.count("end by"), 1u);
  EXPECT_EQ(diary.count("second START"), 0u);
}

TEST_F(CallMediaTest, WhatAVoiceHasSaidIsHeardBeforeItsEndIsTheCalls) {
  bothReady();
  start();
  voiceSays([](hks::Out& out) {
    out.audio(HKS_PCMU_8K, std::string(160'000, 'v'), "i1");
    out.gone("its socket died");
  });
  EXPECT_EQ(diary.count("end by"), 0u);
  pass(200);  // a second at a time, of which the carrier is ahead by a fifth
  EXPECT_EQ(diary.count("end by fault: the voice voice is gone: its socket died"), 1u);
}

TEST_F(CallMediaTest, AnEndWithNothingLeftToPlayComesAtOnce) {
  bothReady();
  start();
  voiceSays([](hks::Out& out) { out.endCall("done", HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK); });
  EXPECT_EQ(diary.all().back(), "end by agent: done");
}

TEST_F(CallMediaTest, ToolsAndNoticesGoToTheControlPlane) {
  bothReady();
  start();
  voiceSays([](hks::Out& out) {
    out.toolCall(1, "weather", "{}");
    out.notice({}, "attention");
  });
  EXPECT_THAT(diary.all(), Contains("tool weather"));
  EXPECT_THAT(diary.all(), Contains("notice of voice: attention"));
  on(loop, [&] { media->toolResult(1, "{}", false); });
  EXPECT_EQ(diary.all().back(), "voice TOOL_RESULT");
}

TEST_F(CallMediaTest, StopClosesBothAndSaysSoOnce) {
  bothReady();
  start();
  on(loop, [&] {
    media->stop("over");
    media->stop("again");
  });
  on(loop, [] {});
  EXPECT_EQ(peer->next(), "close 1000 call over");
  EXPECT_EQ(diary.count("stopped call-1"), 1u);
  EXPECT_EQ(scriptOf<first>().closed, 1);
  EXPECT_EQ(scriptOf<carrier>().closed, 1);
  on(loop, [&] {
    media->say("x");
    media->toolResult(1, "{}", false);
  });
  EXPECT_EQ(diary.count("voice SAY"), 0u);
}

TEST_F(CallMediaTest, AMutedCallerIsSilenceOfTheSameLengthAndHisKeysAreNobodys) {
  bothReady();
  start();
  carrierSays([](hks::Out& out) { out.audio(HKS_PCMU_8K, std::string(160, 'a'), {}, 0); });
  on(loop, [&] { media->mute(true); });
  carrierSays([](hks::Out& out) {
    out.audio(HKS_PCMU_8K, std::string(160, 'b'), {}, 20'000);
    out.dtmf("5");
  });
  on(loop, [&] { media->mute(false); });
  carrierSays([](hks::Out& out) { out.audio(HKS_PCMU_8K, std::string(160, 'c'), {}, 40'000); });
  on(loop, [&] {
    EXPECT_EQ(heard.substr(0, 480), std::string(160, 'a') + std::string(160, '\xff') + std::string(160, 'c'));
  });
  EXPECT_EQ(diary.count("voice DTMF"), 0u);
}

TEST_F(CallMediaTest, ASentenceThatMayNotWaitBreaksOffWhatIsBeingSaid) {
  bothReady();
  job.voices[0].drafts = {HKS_DRAFT_SAY_NOW};
  start();
  voiceSays([](hks::Out& out) { out.audio(HKS_PCMU_8K, std::string(80'000, 'v'), "i1"); });
  on(loop, [&] { media->say("now", true); });
  EXPECT_EQ(diary.count("carrier FLUSH"), 1u);
  const auto all = diary.all();
  ASSERT_GE(all.size(), 2u);
  EXPECT_EQ(all[all.size() - 2], "voice HEARD i1");
  EXPECT_EQ(all.back(), "voice DRAFT_SAY_NOW");
}

TEST_F(CallMediaTest, OtherInstructionsReachTheVoiceAndTheOneThatTakesOver) {
  bothReady();
  job.voices[0].drafts = {HKS_DRAFT_PROMPT};
  job.voices.push_back({"second", &scriptRole<second>(), std::make_shared<media::Settings>(), nullptr});
  std::string later;
  scriptOf<second>().step = [&](const hks_msg& in, hks::Out&) {
    if (in.type == HKS_START) later = std::string(view(reinterpret_cast<const hks_start&>(in).call->prompt));
    if (in.type == HKS_START) diary.add("second START");
    return hks_status(HKS_OK);
  };
  start();
  on(loop, [&] { media->prompt("Speak French."); });
  EXPECT_EQ(diary.all().back(), "voice DRAFT_PROMPT");
  voiceSays([](hks::Out& out) { out.gone("lost"); });
  ASSERT_TRUE(diary.waitFor("second START"));
  on(loop, [&] { EXPECT_EQ(later, "Speak French."); });
}

}  // namespace
}  // namespace media_test
