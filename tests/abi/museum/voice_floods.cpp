// Misbehaves: answers every piece of audio with as much audio as the sink takes. The queue of a call must be bounded.
#include <hookswitch/plugin.hpp>

#include <stdexcept>
#include <string>

namespace {
class Model : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override { out.ready(HKS_PCMU_8K, HKS_PCMU_8K); }
  void onAudio(const hks_audio&, hks::Out& out) override {
    const std::string second(8000, '\x7f');
    while (out.audio(HKS_PCMU_8K, second, "item")) {}
  }
};
}  // namespace

HKS_PLUGIN("voice_floods", "voice_floods", "1.0.0", hks::Voice<Model>);
