// The plugin "openai": one role, a voice.
#include <hookswitch/plugin.hpp>

#include "plugins/openai/options.hpp"
#include "plugins/openai/session.hpp"

HKS_PLUGIN("openai", "OpenAI Realtime", "1.0.0", hks::Keys<hookswitch::openai::kKeys>,
           hks::Voice<hookswitch::openai::Voice>, hks::Listens<HKS_DRAFT_SAY_NOW, HKS_DRAFT_PROMPT>);
