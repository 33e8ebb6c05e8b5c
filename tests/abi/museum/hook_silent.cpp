// Misbehaves: asks for every phase and never answers. Each phase must end at its deadline, 300 ms, and name this
// plugin.
#include <hookswitch/plugin.hpp>

namespace {
class Silent : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override {
    for (uint32_t phase :
         {HKS_PHASE_STARTED, HKS_PHASE_HANGUP, HKS_PHASE_DISCONNECT, HKS_PHASE_RECORD, HKS_PHASE_NOTIFY})
      out.hook(phase, 300);
  }
  void onPhase(const hks_phase&, hks::Out&) override {}
};
}  // namespace

HKS_PLUGIN("hook_silent", "Silent hook", "1.0.0", hks::Control<Silent>);
