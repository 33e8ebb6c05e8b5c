// Misbehaves: a voice that is ready and dies of the first piece of the caller's audio.
#include <hookswitch/plugin.hpp>

namespace {
volatile std::uintptr_t nowhere = 16;  // what the compiler cannot see it does not warn of

class Voice : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override { out.ready(HKS_PCMU_8K, HKS_PCMU_8K); }
  void onAudio(const hks_audio&, hks::Out&) override { *reinterpret_cast<volatile int*>(std::uintptr_t(nowhere)) = 1; }
};
}  // namespace

HKS_PLUGIN("voice_kills", "Killing voice", "1.0.0", hks::Voice<Voice>);
