// Misbehaves: a speech model each of whose steps holds its media loop for 130 ms, again and again. Use it as a call's
// voice: while such a call lives, every turn of its loop is late.
#include <hookswitch/plugin.hpp>

#include <time.h>

namespace {
class Heavy : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override {
    out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
    out.timer(1, 1);
  }
  void onTimer(uint64_t id, hks::Out& out) override {
    const timespec pause{0, 130'000'000};
    ::nanosleep(&pause, nullptr);
    out.timer(id, 1);
  }
};
}  // namespace

HKS_PLUGIN("voice_heavy", "voice_heavy", "1.0.0", hks::Voice<Heavy>);
