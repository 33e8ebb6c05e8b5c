// What a call's media does when a voice or its carrier fails, and when the host itself makes a mistake.
#include "tests/media/call_media_support.hpp"

namespace media_test {
namespace {

TEST_F(CallMediaTest, WithoutAFallbackAVoiceThatIsGoneIsTheEnd) {
  bothReady();
  start();
  voiceSays([](hks::Out& out) { out.gone("quota"); });
  EXPECT_EQ(diary.all().back(), "end by fault: the voice voice is gone: quota");
  EXPECT_EQ(diary.count("end by"), 1u);
}

TEST_F(CallMediaTest, TheFallbackDoesNotGreetAgain) {
  job.voices.push_back({"second", &scriptRole<second>(), std::make_shared<media::Settings>(), nullptr});
  bothReady();
  start();
  voiceSays([](hks::Out& out) {
    out.transcript(HKS_ASSISTANT, "Hello");
    out.gone("overloaded");
  });
  ASSERT_TRUE(diary.waitFor("second START"));
  EXPECT_THAT(diary.all(), Contains("second START greeting="));
  EXPECT_THAT(diary.all(), Contains("voice is second"));
  EXPECT_EQ(diary.count("end by"), 0u);
}

TEST_F(CallMediaTest, AVoiceWithAnUnknownFormatIsNoVoice) {
  bothReady();
  voice_step = [](const hks_msg& in, hks::Out& out) {
    if (in.type == HKS_START) out.ready(HKS_PCMU_8K, 99);
    return hks_status(HKS_OK);
  };
  start();
  ASSERT_TRUE(diary.waitFor("end by fault: the voice voice is gone: it named an unknown audio format"));
}

TEST_F(CallMediaTest, ACarrierWithAnUnknownFormatEndsTheCall) {
  carrier_step = [](const hks_msg& in, hks::Out& out) {
    if (in.type == HKS_CONN_OPENED) out.ready(0, HKS_PCMU_8K);
    return hks_status(HKS_OK);
  };
  start();
  EXPECT_EQ(diary.all().back(), "end by fault: the carrier plugin named an unknown audio format");
}

TEST_F(CallMediaTest, AVoiceThatRefusesItsSessionIsGone) {
  scriptOf<first>().refuses = true;
  bothReady();
  start();
  ASSERT_TRUE(diary.waitFor("end by fault: the voice voice is gone: the plugin refused to open a session"));
}

TEST_F(CallMediaTest, ACarrierThatRefusesItsSessionEndsTheCallAndTheSocket) {
  scriptOf<carrier>().refuses = true;
  start();
  EXPECT_THAT(diary.all().back(), HasSubstr("refused to open a session"));
  EXPECT_EQ(peer->next(), "end");
}

// A mistake of the host's own costs the call in which it was made and nothing else.

TEST_F(CallMediaTest, AMistakeInWhatASessionSaysEndsTheCallByFaultAndIsLoggedOnce) {
  bothReady();
  start();
  testing::internal::CaptureStderr();
  voiceSays([](hks::Out& out) {
    out.toolCall(1, "faulty", "{}");
    out.toolCall(2, "faulty", "{}");
  });
  on(loop, [] {});
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(
      log,
      HasSubstr("[media] call=call-1 the message TOOL_CALL of the plugin voice could not be handled: a mistake\n"));
  EXPECT_EQ(log.find("a mistake"), log.rfind("a mistake"));
  EXPECT_EQ(diary.count("end by fault: an internal error of the gateway"), 1u);
  EXPECT_EQ(diary.count("end by"), 1u);
  EXPECT_EQ(diary.count("tool"), 1u) << "nothing of the call goes on";
  on(loop, [&] { media->stop("over"); });
  EXPECT_EQ(diary.count("stopped call-1"), 1u);
}

TEST_F(CallMediaTest, AMistakeInATaskOfACallEndsIt) {
  bothReady();
  start();
  on(loop, [&] { media->guarded("a task", [] { fail(); }); });
  EXPECT_EQ(diary.all().back(), "end by fault: an internal error of the gateway");
}

TEST_F(CallMediaTest, AMistakeInThePacingOfACallEndsIt) {
  bothReady();
  start();
  on(loop, [&] { EXPECT_TRUE(static_cast<base::Paced&>(*media).failed("a mistake")); });
  EXPECT_EQ(diary.all().back(), "end by fault: an internal error of the gateway");
}

}  // namespace
}  // namespace media_test
