// Misbehaves: throws in every hook. The wrapper turns that into a log line and HKS_FAULT; the hook is never answered.
#include <hookswitch/plugin.hpp>

#include <stdexcept>

namespace {
class Throws : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override {
    for (uint32_t phase : {HKS_PHASE_HANGUP, HKS_PHASE_NOTIFY}) out.hook(phase, 300);
  }
  void onPhase(const hks_phase&, hks::Out&) override { throw std::runtime_error("hook_throws was asked and threw"); }
};
}  // namespace

HKS_PLUGIN("hook_throws", "Throwing hook", "1.0.0", hks::Control<Throws>);
