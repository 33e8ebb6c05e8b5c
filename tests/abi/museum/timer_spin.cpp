// Misbehaves: a timer of 0 ms that sets itself again, for ever. Others on the control thread must still get their turn.
#include <hookswitch/plugin.hpp>

namespace {
class Spin : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override { out.timer(1, 0); }
  void onTimer(uint64_t id, hks::Out& out) override { out.timer(id, 0); }
};
}  // namespace

HKS_PLUGIN("timer_spin", "Spinning timer", "1.0.0", hks::Control<Spin>);
