// Misbehaves: ready, and then throws at every piece of audio.
#include <hookswitch/plugin.hpp>

#include <stdexcept>
#include <string>

namespace {
class Model : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override { out.ready(HKS_PCMU_8K, HKS_PCMU_8K); }
  void onAudio(const hks_audio&, hks::Out&) override { throw std::runtime_error("voice_throws got audio"); }
};
}  // namespace

HKS_PLUGIN("voice_throws", "voice_throws", "1.0.0", hks::Voice<Model>);
