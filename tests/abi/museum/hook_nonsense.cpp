// Misbehaves: asks for phases and deadlines that do not exist (phase 0 and 99, deadline 0 and an hour, NOTIFY three
// times) and answers with a state that does not exist. Deadlines must be held within 1..15000 ms.
#include <hookswitch/plugin.hpp>

namespace {
class Nonsense : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override {
    out.hook(0, 1000);
    out.hook(99, 1000);
    for (uint32_t deadline : {3600000u, 0u, 500u}) out.hook(HKS_PHASE_NOTIFY, deadline);
  }
  void onPhase(const hks_phase& phase, hks::Out& out) override { out.hookDone(phase.msg.id, 4242, "no such state"); }
};
}  // namespace

HKS_PLUGIN("hook_nonsense", "Nonsensical hooks", "1.0.0", hks::Control<Nonsense>);
