// A carrier that does not read costs its audio and a voice that floods its call, not the memory of the gateway.
#include <malloc.h>

#include <algorithm>

#include "tests/media/call_media_support.hpp"

namespace media_test {
namespace {

/// So much of it that a queue without a bound is seen beside whatever else the process does.
constexpr int rounds = 20, piece_ms = 100'000, step_ms = 100;
constexpr std::size_t bound = 4 << 20, sent = std::size_t(rounds) * piece_ms * 8;
static_assert(sent > 3 * bound);

std::size_t allocated() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST_F(CallMediaTest, ACarrierThatDoesNotReadCostsItsAudioAndNoMemory) {
  bothReady();
  start();
  const std::string piece(std::size_t(piece_ms) * 8, 'x');
  std::size_t before = 0, grown = 0;
  std::int64_t now = 0;
  std::uint64_t connection = 0;
  on(loop, [&] {
    played.reserve(sent + bound);  // what the test itself keeps
    carrier_step = [&](const hks_msg& in, hks::Out&) {
      if (in.type == HKS_DATA) connection = in.id;
      return hks_status(HKS_OK);
    };
  });
  peer->text("which connection is this?");
  ASSERT_TRUE(diary.waitFor("carrier DATA"));
  for (int i = 0; i < rounds; ++i) {
    voiceSays([&](hks::Out& out) { out.audio(HKS_PCMU_8K, piece, std::to_string(i)); });
    on(loop, [&] {
      if (i == 0) before = allocated(), now = loop.pacingUs();
      carrier_step = [&](const hks_msg& in, hks::Out& out) {
        if (in.type == HKS_AUDIO) out.send(connection, view(reinterpret_cast<const hks_audio&>(in).bytes));
        return hks_status(HKS_OK);
      };
      base::Paced& paced = *media;
      for (int ms = 0; ms < piece_ms + 1'000; ms += step_ms) paced.pace(now += step_ms * 1'000);
    });
  }
  on(loop, [&] {
    const std::size_t after = allocated();
    grown = after > before ? after - before : 0;
  });
  EXPECT_LT(grown, bound) << "of " << sent << " bytes that the model said";
  on(loop, [&] { media->stop("over"); });
  const auto events = recorded.events.events();
  EXPECT_TRUE(std::any_of(events.begin(), events.end(),
                          [](auto& event) { return event.what == call::What::dropped_to_carrier; }));
}

TEST_F(CallMediaTest, AVoiceThatFloodsTheControlPlaneCostsItsCall) {
  bothReady();
  start();
  const auto lines = 3 * media::Telling::at_once;
  for (std::uint64_t i = 0; i < lines; i += 500)
    voiceSays([](hks::Out& out) {
      for (int n = 0; n < 500; ++n) out.toolCall(1, "again", "{}");
    });
  EXPECT_EQ(diary.count("end by fault: the voice sends more than"), 1u);
  EXPECT_GE(diary.count("tool again"), media::Telling::at_once);
  EXPECT_LT(diary.count("tool again"), lines);
}

TEST(Telling, HasRoomForABurstAndThenForSoManyASecond) {
  media::Telling telling;
  std::uint64_t told = 0;
  while (told < 10'000 && telling.may(5)) ++told;
  EXPECT_EQ(told, media::Telling::at_once);
  EXPECT_FALSE(telling.may(14));
  EXPECT_TRUE(telling.may(15));
  EXPECT_FALSE(telling.may(15));
  for (told = 0; told < 10'000 && telling.may(1'015);) ++told;
  EXPECT_EQ(told, media::Telling::a_second);
  for (told = 0; told < 10'000 && telling.may(3'600'000);) ++told;
  EXPECT_EQ(told, media::Telling::at_once) << "what nobody used is not saved up";
}

}  // namespace
}  // namespace media_test
