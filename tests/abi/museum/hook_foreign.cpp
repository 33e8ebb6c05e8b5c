// Misbehaves: answers hooks that are not its own (the neighbours of its id, 0, all ones) and never its own. Others must
// not be taken for done because of it; it is itself timed out after 300 ms.
#include <hookswitch/plugin.hpp>

namespace {
class Foreign : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override {
    for (uint32_t phase : {HKS_PHASE_HANGUP, HKS_PHASE_NOTIFY}) out.hook(phase, 300);
  }
  void onPhase(const hks_phase& phase, hks::Out& out) override {
    for (uint64_t distance = 1; distance <= 8; ++distance) {
      out.hookDone(phase.msg.id + distance, HKS_HOOK_GIVE_UP, "not mine to answer");
      out.hookDone(phase.msg.id - distance, HKS_HOOK_GIVE_UP, "not mine to answer");
    }
    out.hookDone(0, HKS_HOOK_GIVE_UP, "not mine to answer");
    out.hookDone(UINT64_MAX, HKS_HOOK_GIVE_UP, "not mine to answer");
  }
};
}  // namespace

HKS_PLUGIN("hook_foreign", "Hooks of others", "1.0.0", hks::Control<Foreign>);
