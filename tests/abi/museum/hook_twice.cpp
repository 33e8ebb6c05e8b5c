// Misbehaves: answers each hook twice, and the second time otherwise. The first answer counts.
#include <hookswitch/plugin.hpp>

namespace {
class Twice : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override {
    for (uint32_t phase : {HKS_PHASE_HANGUP, HKS_PHASE_NOTIFY}) out.hook(phase, 1000);
  }
  void onPhase(const hks_phase& phase, hks::Out& out) override {
    out.hookDone(phase.msg.id);
    out.hookDone(phase.msg.id, HKS_HOOK_GIVE_UP, "the second answer must not count");
  }
};
}  // namespace

HKS_PLUGIN("hook_twice", "Hook answered twice", "1.0.0", hks::Control<Twice>);
