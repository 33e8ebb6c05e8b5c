// What a voice gives back comes through a call's media whole and in time.
#include "tests/media/call_media_support.hpp"

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

}  // namespace
}  // namespace media_test
