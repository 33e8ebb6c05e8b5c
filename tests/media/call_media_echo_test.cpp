// What a voice gives back comes through a call's media whole and in time.
#include <samplerate.h>

#include <cstring>

#include "host/media/g711.hpp"
#include "tests/media/call_media_support.hpp"
#include "tests/media/signals.hpp"

namespace media_test {
namespace {

/// The voice says what it hears, and time passes only when the test says so: what comes back is what was said, to the
/// sample, and no sooner or later than it must.
class EchoTest : public CallMediaTest {
 protected:
  void SetUp() override {
    CallMediaTest::SetUp();
    still_loop.start();
    bothReady();
    voice_step = [this](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_START) out.ready(takes, gives);
      if (in.type == HKS_AUDIO) {
        const std::string answer = answerTo(view(reinterpret_cast<const hks_audio&>(in).bytes));
        if (!answer.empty()) out.audio(gives, answer, "echo");
      }
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
  virtual std::string answerTo(std::string_view audio) { return std::string(audio); }  ///< [loop]
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
  std::uint32_t takes = HKS_PCMU_8K, gives = HKS_PCMU_8K;  ///< by the voice
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

/// The voice hears sixteen kilohertz and speaks twenty-four: another library makes the one of the other.
class ResampledEchoTest : public EchoTest {
 protected:
  ResampledEchoTest() {
    takes = HKS_S16_16K;
    gives = HKS_S16_24K;
  }
  ~ResampledEchoTest() override { src_delete(state); }
  std::string answerTo(std::string_view heard_now) override {
    media::test::Samples in(heard_now.size() / 2);
    std::memcpy(in.data(), heard_now.data(), in.size() * 2);
    std::vector<float> from(in.size()), to(in.size() * 2);
    src_short_to_float_array(in.data(), from.data(), int(in.size()));
    SRC_DATA data{};
    data.data_in = from.data();
    data.data_out = to.data();
    data.input_frames = long(from.size());
    data.output_frames = long(to.size());
    data.src_ratio = 1.5;
    EXPECT_EQ(src_process(state, &data), 0);
    media::test::Samples out(std::size_t(data.output_frames_gen));
    src_float_to_short_array(to.data(), out.data(), int(out.size()));
    return std::string(reinterpret_cast<const char*>(out.data()), out.size() * 2);
  }
  SRC_STATE* state = src_new(SRC_SINC_MEDIUM_QUALITY, 1, nullptr);
};

TEST_F(ResampledEchoTest, WhatComesInTimeIsTheSameVoiceWithoutAHole) {
  const auto original = media::test::speechLike(8000, 1.0, 1200);
  std::string said(original.size(), '\0');
  media::encodeMuLaw(original.data(), original.size(), reinterpret_cast<std::uint8_t*>(said.data()));
  for (std::size_t at = 0; at < said.size(); at += 160) {
    callerSays(std::string_view(said).substr(at, 160));
    pass(20);
  }
  pass(200);
  const std::string bytes = playedSoFar();
  media::test::Samples back(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) back[i] = media::decodeMuLaw(static_cast<std::uint8_t>(bytes[i]));
  ASSERT_GE(back.size(), original.size() - 400) << "all but what the filters still hold";
  // The filters delay it by a constant; a hole, or a sample too many, would end that.
  double best = -100;
  for (std::size_t shift = 0; shift < 200; ++shift)
    best = std::max(best, media::test::snr({original.begin(), original.end() - 400},
                                           {back.begin() + std::ptrdiff_t(std::min(shift, back.size())), back.end()}));
  EXPECT_GT(best, 15.0) << "dB";
}

}  // namespace
}  // namespace media_test
