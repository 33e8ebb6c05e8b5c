// Misbehaves: a speech model that never becomes ready and never says why. Use it as calls.voice.
#include <hookswitch/plugin.hpp>

#include <stdexcept>
#include <string>

namespace {
class Model : public hks::Session {};
}  // namespace

HKS_PLUGIN("voice_mute", "voice_mute", "1.0.0", hks::Voice<Model>);
