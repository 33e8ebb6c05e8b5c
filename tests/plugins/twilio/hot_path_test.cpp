// One frame in, one frame out: what happens 50 times a second and call must not touch the heap.
#include "plugins/twilio/carrier.hpp"
#include "tests/plugins/twilio/twilio_test.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>

namespace {
thread_local std::size_t allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size ? size : 1)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace hookswitch::twilio::test {
namespace {

struct Counts {
  std::size_t audio = 0, data = 0, other = 0;
};

hks_status count(const hks_sink* sink, const hks_msg* m) {
  auto& counts = *static_cast<Counts*>(sink->host);
  ++(m->type == HKS_AUDIO ? counts.audio : m->type == HKS_DATA ? counts.data : counts.other);
  return HKS_OK;
}

const void* nothing(const hks_sink*, const char*) { return nullptr; }

TEST(TwilioHotPath, AFrameInEitherDirectionAllocatesNothing) {
  const hks_role& role = hks::Carrier<Carrier>::table;
  std::unique_ptr<hks_session, decltype(role.close)> session(role.open(), role.close);
  Counts counts;
  const hks_sink sink{&counts, &count, &nothing};
  const auto step = [&](auto& m, std::uint32_t type, std::uint64_t id) {
    m.msg = {sizeof m, type, id};
    ASSERT_EQ(role.step(session.get(), &m.msg, &sink), HKS_OK);
  };
  hks_start start{};
  step(start, HKS_START, 0);
  hks_timer opened{};
  step(opened, HKS_CONN_OPENED, 1);
  const std::string hello = R"({"event":"start","start":{"streamSid":"MZ00000000000000000000000000000000"}})";
  hks_data data{};
  data.is_text = 1;
  data.bytes = hks::str(hello);
  step(data, HKS_DATA, 1);

  const std::string frame =
      R"({"event":"media","sequenceNumber":"7","streamSid":"MZ00000000000000000000000000000000","media":)"
      R"({"track":"inbound","chunk":"6","timestamp":"118","payload":")" +
      std::string(216, '/') + R"("}})";
  const std::string silence(160, '\xFF');
  hks_audio audio{};
  audio.format = HKS_PCMU_8K;
  audio.bytes = hks::str(silence);
  data.bytes = hks::str(frame);
  step(data, HKS_DATA, 1);  // the buffers grow to their size
  step(audio, HKS_AUDIO, 0);
  counts = {};
  allocations = 0;
  for (int i = 0; i < 1000; ++i) {
    step(data, HKS_DATA, 1);
    step(audio, HKS_AUDIO, 0);
  }
  EXPECT_EQ(allocations, 0u);
  EXPECT_EQ(counts.audio, 1000u);
  EXPECT_EQ(counts.data, 1000u);
  EXPECT_EQ(counts.other, 0u);
}

}  // namespace
}  // namespace hookswitch::twilio::test
