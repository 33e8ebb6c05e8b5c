// The gateway after a restart: calls of an earlier run, and a receiver that watches.
#pragma once

#include "tests/control/support.hpp"

namespace control_test {

inline const char* const known_id = "11111111-2222-4333-8444-555555555555";

class Recovery : public WorldTest {
 protected:
  void SetUp() override {
    world.carrier().hooks = {{HKS_PHASE_HANGUP, 5000}, {HKS_PHASE_CONFIRM, 5000}, {HKS_PHASE_SETTLE, 5000}};
    world.limits.confirm_after_ms = 1;
    watch = &world.add("watch");
    watch->hooks = {{HKS_PHASE_NOTIFY, 5000}};
  }
  /// A call that was in progress when the last run died.
  store::StoredCall left(const std::string& remote_id = "remote-9", call::Status status = call::Status::in_progress) {
    store::StoredCall stored;
    call::Terms terms;
    terms.id = known_id;
    terms.carrier = "carrier";
    terms.voice = "voice";
    terms.to_number = "+15550100002";
    terms.base_url = "https://gateway.example";
    stored.record.terms = std::make_shared<const call::Terms>(std::move(terms));
    stored.record.remote_id = remote_id;
    stored.record.status = status;
    stored.record.started_unix_ms = base::Clock::system().unixMs() - 60'000;
    stored.record.answered_unix_ms = base::Clock::system().unixMs() - 50'000;
    stored.record.transcript = {{1, base::Clock::system().unixMs() - 40'000, "Hello?", "i1", 1}};
    stored.record.last_line = 1;
    return stored;
  }
  void says(std::uint32_t phase, std::uint32_t state, std::uint32_t outcome = 0, std::uint64_t duration_ms = 0,
            const std::string& remote = "remote-9") {
    world.carrier().on_phase = [=](const hks_phase& p, hks::Out& out) {
      if (p.phase == phase) out.state(known_id, remote, state, outcome, {}, duration_ms);
      out.hookDone(p.msg.id);
    };
  }
  std::string ended() {
    EXPECT_TRUE(world.until([&] { return world.calls->unfinished() == 0; }));
    return world.detail(known_id);
  }
  FakePlugin* watch = nullptr;
};

}  // namespace control_test
