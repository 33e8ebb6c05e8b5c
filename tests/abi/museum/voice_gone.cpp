// Misbehaves: a speech model that is gone as soon as it started.
#include <hookswitch/plugin.hpp>

#include <stdexcept>
#include <string>

namespace {
class Model : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override { out.gone("voice_gone is gone from the start"); }
};
}  // namespace

HKS_PLUGIN("voice_gone", "voice_gone", "1.0.0", hks::Voice<Model>);
