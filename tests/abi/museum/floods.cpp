// Misbehaves: fills the sink in every step until it says HKS_FULL (at most a million messages), then tries to answer
// the hook. The gateway's log and memory must survive; whether the answer fits is not this plugin's to expect.
#include <hookswitch/plugin.hpp>

namespace {
class Floods : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override {
    out.hook(HKS_PHASE_NOTIFY, 300);
    flood(out);
  }
  void onPhase(const hks_phase& phase, hks::Out& out) override {
    flood(out);
    out.hookDone(phase.msg.id);
  }
  static void flood(hks::Out& out) {
    for (int i = 0; i < 1000000 && out.log(HKS_DEBUG, "flood"); ++i) {}
  }
};
}  // namespace

HKS_PLUGIN("floods", "Flood", "1.0.0", hks::Control<Floods>);
