// The plugin "gemini": one role, a voice.
#include <hookswitch/plugin.hpp>

#include "plugins/gemini/options.hpp"
#include "plugins/gemini/session.hpp"

HKS_PLUGIN("gemini", "Gemini Live", "1.0.0", hks::Keys<hookswitch::gemini::kKeys>,
           hks::Voice<hookswitch::gemini::Voice>, hks::Listens<HKS_DRAFT_SAY_NOW, HKS_DRAFT_PROMPT>);
