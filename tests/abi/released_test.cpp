// Plugins that were released with ABI 1.0, built from its frozen headers, in the loader and the sessions of today's
// gateway. What they do there is played by their frozen transcripts.
#include "host/plugin/library.hpp"
#include "host/plugin/session.hpp"
#include "host/plugin/settings.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

using hookswitch::plugin::Session;

namespace {

class Released : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto result = hookswitch::plugin::load(std::string(HOOKSWITCH_RELEASED) + "/" + GetParam() + ".so");
    ASSERT_TRUE(result.library) << result.library.error();
    library = *result.library;
  }
  std::size_t count(Session& session, std::uint32_t type) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < session.queue().size(); ++i) n += session.queue()[i].type == type;
    return n;
  }
  std::shared_ptr<const hookswitch::plugin::Library> library;
};

TEST_P(Released, LoadsAsWhatItWas) {
  EXPECT_EQ(library->id, GetParam());
  EXPECT_EQ(library->abi, "1.0");
  EXPECT_FALSE(library->keys.empty());
  ASSERT_NE(library->control, nullptr);
}

TEST_P(Released, NothingThatItSendsIsRefused) {
  auto session = Session::open(*library->control, {library->id, "control", {}});
  ASSERT_TRUE(session);
  std::vector<hks_pair> settings;
  for (auto& key : library->keys)
    settings.push_back({hookswitch::plugin::str(key.name), hookswitch::plugin::str(key.fallback)});
  hks_start start{};
  start.msg = {sizeof start, HKS_START, 0};
  start.settings = settings.data();
  start.setting_count = settings.size();
  EXPECT_EQ(session->step(start.msg), HKS_OK);
  EXPECT_GT(count(*session, HKS_HOOK), 0u);

  hks_call call{};
  call.msg = {sizeof call, 0, 0};
  call.call = hookswitch::plugin::str("0f8fad5b-d9cb-469f-a165-70867728950e");
  hks_record record{};
  record.size = sizeof record;
  record.call = &call;
  hks_phase phase{};
  phase.msg = {sizeof phase, HKS_CALL_PHASE, std::uint64_t(1) << 63 | 7};
  phase.attempt = 1;
  phase.record = &record;
  for (phase.phase = HKS_PHASE_HANGUP; phase.phase <= HKS_PHASE_SETTLE; ++phase.phase)
    EXPECT_EQ(session->step(phase.msg), HKS_OK);
  EXPECT_EQ(session->queue().refused(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Of10, Released, testing::Values("hello_c", "webhook", "intercom"));

}  // namespace
