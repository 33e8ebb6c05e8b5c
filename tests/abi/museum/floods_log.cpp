// Misbehaves: as soon as it is started, and every 5 ms from then on, it writes a thousand lines of 20,000 bytes into
// the log and gives a hundred notices; it also asks for a thousand timers more than it may have. Hooks NOTIFY and
// answers.
#include <hookswitch/plugin.hpp>

namespace {
class Floods : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override {
    out.hook(HKS_PHASE_NOTIFY, 2000);
    onTimer(1, out);
  }
  void onTimer(uint64_t id, hks::Out& out) override {
    if (id != 1) return;
    for (int i = 0; i < 1000; ++i) out.log(HKS_INFO, line_);
    for (int i = 0; i < 100; ++i) out.notice({}, "look here");
    for (uint64_t i = 0; i < 1000; ++i) out.timer(1000000 + next_++, 3600000);
    out.timer(1, 5);
  }
  void onPhase(const hks_phase& phase, hks::Out& out) override { out.hookDone(phase.msg.id); }
  const std::string line_ = std::string(20000, 'x');
  uint64_t next_ = 0;
};
}  // namespace

HKS_PLUGIN("floods_log", "Log flood", "1.0.0", hks::Control<Floods>);
