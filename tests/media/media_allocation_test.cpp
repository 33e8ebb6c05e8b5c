// The frame path allocates nothing once it runs. A program of its own: it replaces operator new.
#include <gtest/gtest.h>
#include <cstdlib>
#include <new>
#include <string>

#include "host/media/playout.hpp"
#include "host/media/transcoder.hpp"

namespace {
std::size_t allocations = 0;  // one thread
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace hookswitch::media {
namespace {

TEST(FramePath, TranscodesWithoutAllocating) {
  for (const AudioFormat from : {AudioFormat::pcmu_8k, AudioFormat::s16_16k, AudioFormat::s16_24k}) {
    for (const AudioFormat to : {AudioFormat::pcma_8k, AudioFormat::s16_16k, AudioFormat::s16_24k}) {
      for (const ResamplerKind kind : {ResamplerKind::polyphase, ResamplerKind::samplerate}) {
        Transcoder transcoder(from, to, kind);
        const std::string frame(20 * bytesPerMs(from), 'a');
        for (int i = 0; i < 50; ++i) transcoder.process(frame);
        const std::size_t before = allocations;
        for (int i = 0; i < 1000; ++i) transcoder.process(frame);
        EXPECT_EQ(allocations, before) << static_cast<int>(from) << " to " << static_cast<int>(to);
      }
    }
  }
}

TEST(FramePath, PlaysWithoutAllocatingPerFrame) {
  Playout playout;
  const std::string delta(1600, 'a');
  std::int64_t now_us = 0;
  std::size_t before = 0;
  for (int frame = 0; frame < 11000; ++frame, now_us += 20000) {
    if (frame == 1000) before = allocations;
    if (frame % 10 == 0) playout.push("item", delta);
    PlayoutAction echo;
    for (const PlayoutAction& action : playout.due(now_us))
      if (action.kind == PlayoutAction::Kind::mark) echo = action;
    if (echo.kind == PlayoutAction::Kind::mark) playout.markEchoed(echo.mark(), now_us);
  }
  EXPECT_EQ(playout.counters().frames, 11000u);
  EXPECT_LE(allocations - before,
            100u);  // the queue of marks takes a new page now and then: 10,000 frames, 1,000 marks
}

}  // namespace
}  // namespace hookswitch::media
