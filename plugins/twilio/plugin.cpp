// Twilio Programmable Voice: calls by REST and webhook, audio by Media Streams.
#include "plugins/twilio/carrier.hpp"
#include "plugins/twilio/config.hpp"
#include "plugins/twilio/control.hpp"

HKS_PLUGIN("twilio", "Twilio", "1.0.0", hks::Keys<hookswitch::twilio::kKeys>, hks::Control<hookswitch::twilio::Control>,
           hks::Carrier<hookswitch::twilio::Carrier>, hks::Listens<HKS_DRAFT_KEYS, HKS_DRAFT_TRANSFER>);
