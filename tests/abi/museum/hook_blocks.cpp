// Misbehaves: holds the thread that asks it about a hang-up for 20 s, in which the host can do nothing else there.
#include <hookswitch/plugin.hpp>

#include <chrono>
#include <thread>

namespace {
class Blocks : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override { out.hook(HKS_PHASE_HANGUP, 300); }
  void onPhase(const hks_phase& phase, hks::Out& out) override {
    std::this_thread::sleep_for(std::chrono::seconds(20));
    out.hookDone(phase.msg.id);
  }
};
}  // namespace

HKS_PLUGIN("hook_blocks", "Blocking hook", "1.0.0", hks::Control<Blocks>);
