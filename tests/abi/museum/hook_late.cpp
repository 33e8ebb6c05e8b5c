// Misbehaves: answers 3 s after it was asked, when its deadline of 300 ms is long over. The answer must change nothing.
#include <hookswitch/plugin.hpp>

namespace {
class Late : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override {
    for (uint32_t phase : {HKS_PHASE_HANGUP, HKS_PHASE_NOTIFY}) out.hook(phase, 300);
  }
  void onPhase(const hks_phase& phase, hks::Out& out) override { out.timer(phase.msg.id, 3000); }
  void onTimer(uint64_t id, hks::Out& out) override { out.hookDone(id, HKS_HOOK_OK, "late"); }
};
}  // namespace

HKS_PLUGIN("hook_late", "Late hook", "1.0.0", hks::Control<Late>);
