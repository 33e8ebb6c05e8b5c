// The media of one call: carrier and voice on one loop, and the bridge between them.
#include "host/media/call_media.hpp"

#include "host/plugin/wire.hpp"
#include "tests/net/loop_support.hpp"
#include "tests/plugin/script_role.hpp"

namespace media_test {
namespace {

using namespace hookswitch;
using namespace loop_test;
using namespace plugin_test;
using media::CallMedia;
using media::MediaEvents;
using plugin::view;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class CallMediaTest : public testing::Test, public MediaEvents {
 protected:
  static constexpr int carrier = 0, first = 1, second = 2;

  void SetUp() override {
    loop.start();
    scriptOf<carrier>() = {};
    scriptOf<first>() = {};
    scriptOf<second>() = {};
    scriptOf<carrier>().step = [this](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_AUDIO)
        played += std::string(view(reinterpret_cast<const hks_audio&>(in).bytes));
      else if (in.type == HKS_MARK)
        marks.emplace_back(view(reinterpret_cast<const hks_mark&>(in).name));
      else
        diary.add(std::string("carrier ") + plugin::typeName(in.type));
      return carrier_step ? carrier_step(in, out) : hks_status(HKS_OK);
    };
    scriptOf<first>().step = voice("voice");
    scriptOf<second>().step = voice("second");
    auto terms = std::make_shared<call::Terms>();
    terms->id = "call-1";
    terms->greeting = "Hello";
    job.terms = terms;
    job.remote_id = "CA1";
    job.carrier = {"carrier", &scriptRole<carrier>(), std::make_shared<media::Settings>(), nullptr};
    job.voices = {{"voice", &scriptRole<first>(), std::make_shared<media::Settings>(), nullptr}};
  }
  void TearDown() override {
    on(loop, [&] { media.reset(); });
    on(loop, [] {});
    loop.stop();
    io.stop(net::IoPool::Stop::abandon);
    EXPECT_EQ(scriptOf<carrier>().opened, scriptOf<carrier>().closed);
    EXPECT_EQ(scriptOf<first>().opened, scriptOf<first>().closed);
  }
  std::function<hks_status(const hks_msg&, hks::Out&)> voice(const std::string& name) {
    return [this, name](const hks_msg& in, hks::Out& out) {
      std::string entry = name + " " + plugin::typeName(in.type);
      switch (in.type) {
        case HKS_AUDIO: heard += std::string(view(reinterpret_cast<const hks_audio&>(in).bytes)); break;
        case HKS_START:
          entry += " greeting=" + std::string(view(reinterpret_cast<const hks_start&>(in).call->greeting));
          break;
        case HKS_SAY: entry += " " + std::string(view(reinterpret_cast<const hks_notice&>(in).text)); break;
        case HKS_DTMF: entry += " " + std::string(view(reinterpret_cast<const hks_mark&>(in).name)); break;
        case HKS_HEARD: entry += " " + std::string(view(reinterpret_cast<const hks_heard&>(in).item)); break;
        default: break;
      }
      if (in.type != HKS_AUDIO) diary.add(entry);
      return voice_step ? voice_step(in, out) : hks_status(HKS_OK);
    };
  }
  void start() {
    int ours = -1;
    auto stream = socketPair(ours);
    peer = std::make_unique<Peer>(ours);
    on(loop, [&] {
      media = std::make_unique<CallMedia>(loop, io, *this, job);
      media->start(std::move(stream), {});
    });
  }
  /// Both sides speak mu-law and are ready from the beginning.
  void bothReady() {
    carrier_step = [](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_CONN_OPENED) out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
      return hks_status(HKS_OK);
    };
    voice_step = [](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_START) out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
      return hks_status(HKS_OK);
    };
  }
  /// The carrier's socket brings a message, in answer to which its session says this.
  void carrierSays(std::function<void(hks::Out&)> say) {
    on(loop, [&] {
      carrier_step = [say](const hks_msg& in, hks::Out& out) {
        if (in.type == HKS_DATA) say(out);
        return hks_status(HKS_OK);
      };
    });
    const std::size_t before = diary.count("carrier DATA");
    peer->text("x");
    ASSERT_TRUE(diary.waitFor("carrier DATA", before + 1));
    on(loop, [] {});
  }
  /// The voice's session says this when a key is pressed.
  void voiceSays(std::function<void(hks::Out&)> say) {
    on(loop, [&] {
      voice_step = [say](const hks_msg& in, hks::Out& out) {
        if (in.type == HKS_DTMF) say(out);
        return hks_status(HKS_OK);
      };
    });
    carrierSays([](hks::Out& out) { out.dtmf("#"); });
  }

  /// So many seconds of the loop's clock, in which the loop runs and nothing comes.
  void pass(int seconds) {
    on(loop, [&] {
      base::Paced& paced = *media;
      std::int64_t now = loop.pacingUs();
      paced.pace(now);
      for (int i = 0; i < seconds; ++i) paced.pace(now += 1'000'000);
    });
  }

  // MediaEvents [loop]
  void mediaStreamStarted(const std::string& id) override { diary.add("stream started " + id); }
  [[noreturn]] static void fail() { throw std::runtime_error("a mistake"); }
  void mediaTranscript(const std::string&, call::Line line) override { diary.add("line " + line.text); }
  void mediaFarEndLeft(const std::string&) override { diary.add("the far end left"); }
  void mediaEndRequested(const std::string&, call::EndedBy by, const std::string& reason) override {
    diary.add(std::string("end by ") + call::name(by) + ": " + reason);
  }
  void mediaVoiceChanged(const std::string&, const std::string& name) override { diary.add("voice is " + name); }
  void mediaNotice(const std::string&, const std::string& plugin, unsigned, const std::string& text) override {
    diary.add("notice of " + plugin + ": " + text);
  }
  void mediaToolCall(const std::string&, std::uint64_t, const std::string& name, const std::string&) override {
    diary.add("tool " + name);
    if (name == "faulty") fail();
  }
  void mediaStopped(const std::string& id) override { diary.add("stopped " + id); }

  base::Loop loop{"test"};
  net::IoPool io{2};
  media::MediaJob job;
  std::unique_ptr<CallMedia> media;
  std::unique_ptr<Peer> peer;
  Diary diary;
  std::function<hks_status(const hks_msg&, hks::Out&)> carrier_step, voice_step;  // [loop]
  std::string played, heard;                                                      // [loop]
  std::vector<std::string> marks;                                                 // [loop]
};

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

/// The voice says what it hears, and time passes only when the test says so: what comes back is what was said, to the
/// sample, and no sooner or later than it must.
class EchoTest : public CallMediaTest {
 protected:
  void SetUp() override {
    CallMediaTest::SetUp();
    still_loop.start();
    bothReady();
    voice_step = [](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_START) out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
      if (in.type == HKS_AUDIO) out.audio(HKS_PCMU_8K, view(reinterpret_cast<const hks_audio&>(in).bytes), "echo");
      return hks_status(HKS_OK);
    };
    int ours = -1;
    auto stream = socketPair(ours);
    peer = std::make_unique<Peer>(ours);
    on(still_loop, [&] {
      media = std::make_unique<CallMedia>(still_loop, io, *this, job);
      media->start(std::move(stream), {});
      // From here on nothing but this test paces it.
      still_loop.removePaced(*media);
    });
  }
  void TearDown() override {
    on(still_loop, [&] { media.reset(); });
    on(still_loop, [] {});
    still_loop.stop();
    CallMediaTest::TearDown();
  }
  /// The next 20 ms of the caller's line.
  void callerSays(std::string_view frame) {
    on(still_loop, [&] {
      carrier_step = [&](const hks_msg& in, hks::Out& out) {
        if (in.type == HKS_DATA) out.audio(HKS_PCMU_8K, frame, {}, sent_us);
        return hks_status(HKS_OK);
      };
    });
    const std::size_t before = diary.count("carrier DATA");
    peer->text("x");
    ASSERT_TRUE(diary.waitFor("carrier DATA", before + 1));
    on(still_loop, [] {});
    sent_us += 20'000;
  }
  void pass(std::int64_t ms) {
    clock.now_us += ms * 1000;
    on(still_loop, [&] { static_cast<base::Paced&>(*media).pace(still_loop.pacingUs()); });
  }
  std::string playedSoFar() {
    std::string now;
    on(still_loop, [&] { now = played; });
    return now;
  }
  /// A second of a voice: no two frames are the same.
  static std::string speech() {
    std::string bytes;
    for (std::uint32_t i = 0, x = 1; i < 8000; ++i) bytes += char((x = x * 1664525 + 1013904223) >> 24);
    return bytes;
  }

  struct StillClock final : base::Clock {
    std::int64_t livedUs() const override { return system().livedUs(); }
    std::int64_t allUs() const override { return system().allUs(); }
    std::int64_t pacingUs() const override { return now_us; }
    std::uint64_t unixMs() const override { return system().unixMs(); }
    std::atomic<std::int64_t> now_us{1'000'000};
  };
  StillClock clock;
  base::Loop still_loop{"still", clock};
  std::uint64_t sent_us = 0;
};

TEST_F(EchoTest, WhatComesInTimeIsPlayedWithoutAHoleSampleForSample) {
  const std::string said = speech();
  for (std::size_t at = 0; at < said.size(); at += 160) {
    callerSays(std::string_view(said).substr(at, 160));
    pass(20);
    const std::size_t behind = at + 160 - playedSoFar().size();
    EXPECT_LE(behind, 60u * 8) << "no later than what is gathered before it begins";
  }
  pass(200);
  EXPECT_EQ(playedSoFar(), said);
}

TEST_F(EchoTest, ALineThatStallsLosesNothingAndNothingIsPutIn) {
  const std::string said = speech();
  for (std::size_t at = 0; at < said.size(); at += 160) {
    callerSays(std::string_view(said).substr(at, 160));
    pass(at == 4000 ? 500 : at == 6400 ? 3 : 20);  // the machine had other things to do, and then catches up
  }
  for (int i = 0; i < 20; ++i) pass(20);
  EXPECT_EQ(playedSoFar(), said);
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
  // A pace or two: the queue is empty now, and an end that still waited would come.
  std::promise<void> later;
  on(loop, [&] { loop.after(80, [&] { later.set_value(); }); });
  later.get_future().wait();
  EXPECT_EQ(diary.count("end by"), 0u);
}

TEST_F(CallMediaTest, AnEndWithNothingLeftToPlayComesAtOnce) {
  bothReady();
  start();
  voiceSays([](hks::Out& out) { out.endCall("done", HKS_BY_AGENT, {}, HKS_END_AFTER_PLAYBACK); });
  EXPECT_EQ(diary.all().back(), "end by agent: done");
}

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

}  // namespace
}  // namespace media_test
