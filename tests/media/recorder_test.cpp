// What a loop records of a call's media.
#include "host/media/recorder.hpp"

#include "tests/media/call_media_support.hpp"

namespace media_test {
namespace {

using call::What;

class RecorderTest : public CallMediaTest {
 protected:
  std::vector<What> stopped() {
    on(loop, [&] { media->stop("over"); });
    std::vector<What> out;
    for (auto& event : recorded.events.events()) out.push_back(event.what);
    return out;
  }
};

TEST_F(RecorderTest, TellsWhatTheCallerWasPlayedAndHow) {
  bothReady();
  start();
  voiceSays([](hks::Out& out) { out.audio(HKS_PCMU_8K, std::string(800, 'x'), "a"); });
  carrierSays([](hks::Out& out) { out.mark("nobody's"); });
  voiceSays([](hks::Out& out) { out.speechStarted(); });
  const auto events = stopped();
  const std::vector<What> expected{What::carrier_up, What::carrier_ready,   What::voice_opened, What::voice_ready,
                                   What::key,        What::playout_started, What::mark_unknown, What::key,
                                   What::barge_in,   What::cleared,         What::stopped};
  std::size_t next = 0;
  for (const What what : events)
    if (next < expected.size() && what == expected[next]) ++next;
  EXPECT_EQ(next, expected.size()) << "not there, or not in this order: " << name(expected[next]);
  EXPECT_EQ(recorded.lateness.frames(), 5u);
}

/// A bridge whose ports are the recorder's.
struct RecordedPorts final : media::BridgePorts {
  void carrierAudio(media::AudioFormat, std::string_view) override {}
  void carrierMark(std::string_view) override {}
  void carrierFlush() override {}
  void voiceAudio(media::AudioFormat, std::string_view) override {}
  void voiceHeard(std::string_view, std::uint64_t, std::uint64_t) override {}
  void frameLeft(std::int64_t late_us) override { recorder.frameLeft(late_us); }
  void noted(What what, std::uint64_t value) override { recorder.note(what, value); }
  base::Loop loop{"unused"};
  media::Recorder recorder{loop};
};

TEST(Recorder, AGapInsideOfWhatTheVoiceSaysIsSeenAndCountedByItsLength) {
  RecordedPorts ports;
  media::Bridge bridge(ports, media::ResamplerKind::polyphase);
  const auto mulaw = media::AudioFormat::pcmu_8k;
  bridge.carrierReady(mulaw, mulaw);
  bridge.voiceReady(mulaw, mulaw);
  const std::string piece(800, 'x');  // 100 ms
  bridge.voiceAudio(mulaw, "a", piece, 1'000'000);
  bridge.pace(1'500'000);
  bridge.voiceAudio(mulaw, "a", piece, 1'600'000);
  bridge.voiceAudioEnd("a", 1'600'000);
  bridge.pace(1'650'000);
  bridge.pace(1'900'000);
  const call::Recording& recorded = ports.recorder.recording();
  EXPECT_EQ(recorded.lateness.frames(), 10u);
  EXPECT_EQ(recorded.lateness.late(), 1u);
  EXPECT_EQ(recorded.lateness.worstUs(), 500'000u) << "the carrier had played everything at 1.1 s";
  std::vector<What> events;
  for (auto& event : recorded.events.events()) events.push_back(event.what);
  EXPECT_THAT(events, ElementsAre(What::playout_started, What::playout_dry, What::playout_started, What::frame_late,
                                  What::playout_over));
}

TEST_F(RecorderTest, TellsWhenTheHostItselfHasFailed) {
  bothReady();
  start();
  voiceSays([](hks::Out& out) { out.toolCall(1, "faulty", "{}"); });
  EXPECT_THAT(stopped(), Contains(What::fault));
}

}  // namespace
}  // namespace media_test
