// Misbehaves: asks for a retry of every hook, for ever, at once. Something of the host's must end this.
#include <hookswitch/plugin.hpp>

namespace {
class Retries : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override { out.hook(HKS_PHASE_NOTIFY, 1000); }
  void onPhase(const hks_phase& phase, hks::Out& out) override {
    out.hookDone(phase.msg.id, HKS_HOOK_RETRY, "not yet, attempt " + std::to_string(phase.attempt), 0);
  }
};
}  // namespace

HKS_PLUGIN("hook_retries", "Endless retries", "1.0.0", hks::Control<Retries>);
