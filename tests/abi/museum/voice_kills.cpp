// Misbehaves: a voice that is ready and dies of the first piece of the caller's audio that is not silence.
#include <hookswitch/plugin.hpp>

#include <algorithm>

namespace {
volatile std::uintptr_t nowhere = 16;  // what the compiler cannot see it does not warn of

class Voice : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override { out.ready(HKS_PCMU_8K, HKS_PCMU_8K); }
  void onAudio(const hks_audio& audio, hks::Out&) override {
    const auto silent = [](char byte) { return (byte | 0x80) == -1; };  // either zero of mu-law
    if (!std::all_of(audio.bytes.data, audio.bytes.data + audio.bytes.size, silent))
      *reinterpret_cast<volatile int*>(std::uintptr_t(nowhere)) = 1;
  }
};
}  // namespace

HKS_PLUGIN("voice_kills", "Killing voice", "1.0.0", hks::Voice<Voice>);
